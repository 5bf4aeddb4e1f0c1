#!/usr/bin/env bash
# Creates a key pair unless it exists.
set -euo pipefail
KEY=${1:-deploy}
for round in 1 2; do
    if aws ec2 describe-key-pairs --key-names "$KEY" > /dev/null 2>&1; then
        echo "$KEY exists"
    else
        aws ec2 create-key-pair --key-name "$KEY" --query 'KeyMaterial' --output text > "$KEY.pem"
        chmod 400 "$KEY.pem"
        echo "created $KEY"
    fi
done
aws ec2 describe-key-pairs --key-names "$KEY" --query 'KeyPairs[0].KeyName' --output text || aws ec2 create-key-pair --key-name "$KEY"
