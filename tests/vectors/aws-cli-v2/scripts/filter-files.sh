#!/usr/bin/env bash
set -euo pipefail
ssh-keygen -q -C c -t rsa -b 2048 -N '' -f id
for n in x y z; do aws ec2 import-key-pair --key-name $n --public-key-material fileb://id.pub > /dev/null; done
printf 'y' > wanted.txt
aws ec2 describe-key-pairs --filters 'Name=key-name,Values@=file://wanted.txt' --query 'KeyPairs[].KeyName' --output text
aws ec2 describe-key-pairs --filters "Name=key-name,Values=[x,z]" --query 'KeyPairs[].KeyName' --output text
echo '[{"Name": "key-name", "Values": ["x", "y"]}]' > filters.json
aws ec2 describe-key-pairs --filters file://filters.json --query 'KeyPairs[].KeyName' --output text
echo '["z", "x"]' > names.json
aws ec2 describe-key-pairs --key-names file://names.json --query 'KeyPairs[].KeyName' --output text
aws ec2 describe-key-pairs --key-names '["y"]' --query 'KeyPairs[].KeyName' --output text
printf 'z' > name.txt
aws ec2 delete-key-pair --key-name file://name.txt > /dev/null
aws ec2 describe-key-pairs --query 'KeyPairs[].KeyName' --output text
aws ec2 describe-key-pairs --key-names x y --query 'KeyPairs[].KeyName' --output text
aws ec2 describe-key-pairs --filters "Name=key-name,Values='x','y'" --query 'KeyPairs[].KeyName' --output text
aws ec2 describe-key-pairs --filters 'Name@=file://none,Values=x' || echo "status $?"
