#!/usr/bin/env bash
set -euo pipefail
mkdir -p ~/.ssh && chmod 700 ~/.ssh
ssh-keygen -q -C c -t rsa -b 2048 -N '' -C c -f ~/.ssh/id
aws ec2 import-key-pair --key-name home --public-key-material fileb://~/.ssh/id.pub --query '[KeyName, length(KeyPairId)]' --output text
aws ec2 import-key-pair --key-name absolute --public-key-material "fileb://$HOME/.ssh/id.pub" --output text --query KeyName
cd ~/.ssh
aws ec2 import-key-pair --key-name relative --public-key-material fileb://id.pub --output text --query KeyName
aws ec2 import-key-pair --key-name encoded --public-key-material "$(base64 < id.pub | tr -d '\n')" --output text --query KeyName
base64 < id.pub > id.b64
aws ec2 import-key-pair --key-name textfile --public-key-material file://id.b64 --output text --query KeyName
aws ec2 describe-key-pairs --key-names home --include-public-key --query 'KeyPairs[].PublicKey' --output text | head -n 1 | cut -d ' ' -f 1
aws ec2 import-key-pair --key-name gone --public-key-material fileb://gone.pub || echo "status $?"
