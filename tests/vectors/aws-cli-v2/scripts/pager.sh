#!/usr/bin/env bash
set -eu
export AWS_PAGER=""
aws ec2 create-key-pair --key-name p --query KeyMaterial --output text --no-cli-pager > p.pem
aws --no-cli-pager --output text ec2 describe-key-pairs --query 'KeyPairs[].KeyName'
unset AWS_PAGER
AWS_PAGER=cat aws ec2 describe-key-pairs --query 'KeyPairs[].KeyName' --output yaml --color off
PAGER=false aws ec2 describe-key-pairs --query 'KeyPairs[].KeyName' --output text
aws --region us-east-1 ec2 describe-key-pairs --query KeyPairs[0].KeyName --no-paginate --cli-read-timeout 10 --cli-connect-timeout 10
