#!/usr/bin/env bash
set -euo pipefail
cat > create.json <<JSON
{"KeyName": "from-json", "KeyType": "ed25519", "TagSpecifications": [{"ResourceType": "key-pair", "Tags": [{"Key": "a", "Value": "b"}]}]}
JSON
aws ec2 create-key-pair --cli-input-json "$(cat create.json)" > created.json
python3 -c 'import json; pair = json.load(open("created.json")); print(pair["KeyName"], pair["Tags"])'
aws ec2 create-key-pair --cli-input-json file://create.json --key-name overridden --query KeyMaterial --output text > overridden.pem
aws ec2 describe-key-pairs --key-names overridden --query 'KeyPairs[0].KeyName' --output text
printf 'KeyNames:\n  - from-json\nFilters:\n  - Name: tag:a\n    Values: [b]\n' > describe.yaml
aws ec2 describe-key-pairs --cli-input-yaml file://describe.yaml --query 'KeyPairs[].[KeyName, KeyType]' --output text
aws ec2 describe-key-pairs --cli-input-json '{"KeyNamez": []}' || echo "status $?"
