#!/usr/bin/env bash
set -eu
export AWS_DEFAULT_OUTPUT=text
aws ec2 create-key-pair --key-name o --key-type rsa --query KeyMaterial > o.pem
chmod 400 o.pem
ssh-keygen -y -f o.pem | cut -c 1-7
aws ec2 describe-key-pairs --query 'KeyPairs[].[KeyName,Tags]'
aws ec2 describe-key-pairs --query 'KeyPairs[].{Name: KeyName, Type: KeyType}'
aws ec2 describe-key-pairs
aws ec2 describe-key-pairs --output json --query KeyPairs[0].Tags
aws ec2 describe-key-pairs --query 'KeyPairs[0].None'
