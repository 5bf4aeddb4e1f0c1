#!/usr/bin/env bash
# Replaces a key pair, and keeps the old file.
set -euo pipefail
NAME=service
DIR=keys
mkdir -p $DIR
create() {
    aws ec2 create-key-pair --key-name "$NAME" --key-type ed25519 --query KeyMaterial --output text > "$DIR/$NAME.pem.new"
    mv "$DIR/$NAME.pem.new" "$DIR/$NAME.pem"
    chmod 400 "$DIR/$NAME.pem"
}
create
old=$(aws ec2 describe-key-pairs --key-names $NAME --query 'KeyPairs[0].KeyPairId' --output text)
aws ec2 delete-key-pair --key-name $NAME > /dev/null
mv $DIR/$NAME.pem $DIR/$NAME.old.pem
create
new=$(aws ec2 describe-key-pairs --key-names $NAME --query 'KeyPairs[0].KeyPairId' --output text)
[[ $old != "$new" ]] && echo rotated
cmp -s $DIR/$NAME.pem $DIR/$NAME.old.pem || echo "keys differ"
aws ec2 describe-key-pairs --filters "Name=key-pair-id,Values=$old,$new" --query 'length(KeyPairs)' --output text
