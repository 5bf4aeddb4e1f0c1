#!/usr/bin/env bash
set -euo pipefail
ssh-keygen -q -C c -t rsa -b 2048 -N '' -f id
aws ec2 import-key-pair --public-key-material fileb://id.pub --key-name a --tag-specifications 'ResourceType=key-pair,Tags=[{Key=Name,Value=a},{Key=Owner,Value="Ops Team"}]' --query 'Tags' --output json
aws ec2 import-key-pair --public-key-material fileb://id.pub --key-name b --tag-specifications '[{"ResourceType":"key-pair","Tags":[{"Key":"Name","Value":"b, with comma"}]}]' --query 'Tags[0].Value' --output text
cat > tags.json <<JSON
[
  {"ResourceType": "key-pair", "Tags": [{"Key": "Name", "Value": "c"}, {"Key": "Empty", "Value": ""}]}
]
JSON
aws ec2 import-key-pair --public-key-material fileb://id.pub --key-name c --tag-specifications file://tags.json --query 'Tags[].[Key, Value]' --output text
aws ec2 import-key-pair --public-key-material fileb://id.pub --key-name d --tag-specifications 'ResourceType=key-pair,Tags={Key=Name,Value=d}' --query Tags
aws ec2 import-key-pair --public-key-material fileb://id.pub --key-name e --tag-specifications "ResourceType=key-pair, Tags=[ {Key=Name, Value=e} ]" --query Tags --output yaml
aws ec2 describe-tags --filters Name=resource-type,Values=key-pair > /dev/null 2>&1 || true
aws ec2 describe-key-pairs --query 'KeyPairs[].{n: KeyName, t: Tags[?Key==`Name`] | [0].Value}' --output text
