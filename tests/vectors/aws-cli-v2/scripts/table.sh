#!/usr/bin/env bash
set -euo pipefail
ssh-keygen -q -C c -t rsa -b 2048 -N '' -f id
for n in b a; do
    aws ec2 import-key-pair --key-name $n --public-key-material fileb://id.pub --output table --query '{Name: KeyName}'
done
aws ec2 describe-key-pairs --output table --query 'KeyPairs[].[KeyName, KeyType]'
aws ec2 describe-key-pairs --output table --query 'sort_by(KeyPairs, &KeyName)[].{Type: KeyType, Name: KeyName}'
aws ec2 describe-key-pairs --output table
aws ec2 describe-key-pairs --output table --query 'KeyPairs[?KeyName==`none`]'
