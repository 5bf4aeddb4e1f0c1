#!/usr/bin/env bash
set -eu
ssh-keygen -q -C c -t rsa -b 2048 -N '' -f id
for name in web db cache; do
    aws ec2 import-key-pair --key-name "$name" --public-key-material fileb://id.pub > /dev/null
done
for k in $(aws ec2 describe-key-pairs --query 'KeyPairs[*].[KeyName]' --output text); do
    echo "key: $k"
done
aws ec2 describe-key-pairs --query 'KeyPairs[*].KeyName' --output text | tr '\t' '\n' | sort
aws ec2 describe-key-pairs --query 'length(KeyPairs)'
