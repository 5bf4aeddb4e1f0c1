#!/usr/bin/env bash
set -Eeuo pipefail
trap 'echo "failed with $? at line $LINENO"' ERR
log() { printf '[%s] %s\n' "$1" "$2"; }
KEY_NAME="trap-$((1 + 1))"
log info "creating $KEY_NAME"
aws ec2 create-key-pair --key-name "$KEY_NAME" --output json > pair.json
log info "$(python3 -c 'import json; print(json.load(open("pair.json"))["KeyName"])')"
existing=$(aws ec2 describe-key-pairs --filters "Name=key-name,Values=$KEY_NAME" --query 'KeyPairs[*].KeyName' --output text)
[[ -z $existing ]] && log info absent || log info "found $existing"
none=$(aws ec2 describe-key-pairs --filters "Name=key-name,Values=none" --query 'KeyPairs[*].KeyName' --output text)
[[ -z $none ]] && log info absent
count=$(aws ec2 describe-key-pairs | grep -c '"KeyName"')
log info "$count"
aws ec2 describe-key-pairs --key-names none
log info "not reached"
