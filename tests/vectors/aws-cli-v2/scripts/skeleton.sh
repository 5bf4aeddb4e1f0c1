#!/usr/bin/env bash
set -euo pipefail
aws ec2 describe-key-pairs --generate-cli-skeleton > skeleton.json
python3 -c '
import json
with open("skeleton.json") as file: skeleton = json.load(file)
print(list(skeleton))
skeleton.update(KeyNames=[], KeyPairIds=[], Filters=[{"Name": "key-name", "Values": ["s*"]}], DryRun=False)
with open("skeleton.json", "w") as file: json.dump(skeleton, file)
'
aws ec2 create-key-pair --key-name s1 --query KeyMaterial --output text > s1.pem
aws ec2 describe-key-pairs --cli-input-json file://skeleton.json --query 'KeyPairs[].KeyName' --output text
aws ec2 create-key-pair --generate-cli-skeleton | sed 's/"KeyName": ""/"KeyName": "edited"/; s/"KeyFormat": ""/"KeyFormat": "pem"/' > edited.json
grep KeyName edited.json
aws ec2 delete-key-pair --generate-cli-skeleton yaml-input
aws ec2 create-key-pair --key-name z --generate-cli-skeleton output
aws ec2 describe-key-pairs --generate-cli-skeleton output --query 'KeyPairs[0].KeyName' --output text
