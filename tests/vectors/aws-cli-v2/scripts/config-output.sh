#!/usr/bin/env bash
set -eu
mkdir -p ~/.aws
cat > ~/.aws/config <<CONFIG
[default]
output = text
region = us-east-1
cli_pager =

[profile tables]
output = table
cli_timestamp_format = wire
CONFIG
aws ec2 create-key-pair --key-name c --key-type rsa --query KeyMaterial > c.pem
chmod 400 c.pem
ssh-keygen -y -f c.pem | cut -d ' ' -f 1
aws ec2 describe-key-pairs --query 'KeyPairs[].[KeyName, KeyType]'
AWS_PROFILE=tables aws ec2 describe-key-pairs --query 'KeyPairs[].{Name: KeyName, Type: KeyType}' --color off
AWS_PROFILE=tables aws ec2 describe-key-pairs --query 'KeyPairs[].CreateTime' --output text | grep -cE '^[0-9-]+T[0-9:.]+Z$' || echo no
AWS_PROFILE=tables aws ec2 describe-key-pairs --query 'KeyPairs[].KeyName' --output json
