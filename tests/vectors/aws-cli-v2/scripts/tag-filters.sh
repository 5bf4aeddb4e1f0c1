#!/usr/bin/env bash
set -euo pipefail
ssh-keygen -q -C c -t rsa -b 2048 -N '' -f id
import() {
    aws ec2 import-key-pair --key-name "$1" --public-key-material fileb://id.pub \
        --tag-specifications "ResourceType=key-pair,Tags=[{Key=team,Value=$2},{Key=env,Value=$3}]" \
        --query KeyName --output text
}
import one ops prod
import two ops test
import three dev prod
aws ec2 describe-key-pairs --filters "Name=tag:team,Values=ops" --query 'KeyPairs[].KeyName' --output text
aws ec2 describe-key-pairs --filters Name=tag:team,Values=ops Name=tag:env,Values=prod --query 'KeyPairs[].KeyName'
aws ec2 describe-key-pairs --filters 'Name=tag:env,Values=prod,test' 'Name=key-name,Values=t*' --query 'sort(KeyPairs[].KeyName)'
aws ec2 describe-key-pairs --filter Name=tag-key,Values=team --query "KeyPairs[?Tags[?Key=='env' && Value=='test']].KeyName | [0]" --output text
aws ec2 describe-key-pairs --filters '[{"Name": "tag:team", "Values": ["dev"]}]' --query 'KeyPairs[].Tags[]' --output text
aws ec2 describe-key-pairs --filters Name=tag:team,Values=none --query 'KeyPairs'
aws ec2 describe-key-pairs --filters Name=tag:team,Values=none --query 'KeyPairs[0].KeyName' --output text
