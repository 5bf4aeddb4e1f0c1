#!/usr/bin/env bash
set -euo pipefail
aws ec2 create-key-pair --cli-input-yaml "$(cat <<YAML
KeyName: yam
KeyType: rsa
TagSpecifications:
- ResourceType: key-pair
  Tags:
  - Key: 'cost center'
    Value: "r and d"
YAML
)" --output yaml --query '{Name: KeyName, Tags: Tags, Secret: KeyMaterial}' > created.yaml
grep -c 'PRIVATE KEY' created.yaml && rm created.yaml
aws ec2 describe-key-pairs --output yaml --query 'KeyPairs[].{Name: KeyName, Tags: Tags}'
aws ec2 describe-key-pairs --output yaml-stream --query 'KeyPairs[].KeyName'
aws ec2 describe-key-pairs --output text --query 'KeyPairs[].Tags[].Value'
