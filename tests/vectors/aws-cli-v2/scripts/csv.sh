#!/usr/bin/env bash
set -euo pipefail
ssh-keygen -q -C c -t rsa -b 2048 -N '' -f id
aws ec2 import-key-pair --key-name one --public-key-material fileb://id.pub --tag-specifications 'ResourceType=key-pair,Tags=[{Key=owner,Value=ann}]' > /dev/null
aws ec2 import-key-pair --key-name 'two words' --public-key-material fileb://id.pub > /dev/null
echo "name,type,owner" > keys.csv
aws ec2 describe-key-pairs --query "sort_by(KeyPairs, &KeyName)[].[KeyName, KeyType, Tags[?Key=='owner'] | [0].Value]" --output text | tr '\t' ',' >> keys.csv
cat keys.csv
aws ec2 describe-key-pairs --query 'KeyPairs[].join(`,`, [KeyName, KeyType])' --output json | sed -n 's/^ *"\(.*\)".*/\1/p'
aws ec2 describe-key-pairs --output text --query 'KeyPairs[].[KeyName,KeyPairId]' | while IFS=$'\t' read -r name id; do
    printf '%s has %s characters\n' "$name" "${#id}"
done
aws ec2 describe-key-pairs --key-names "two words" --output text --query 'KeyPairs[].KeyName'
