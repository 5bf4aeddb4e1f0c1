#!/usr/bin/env bash
set -euo pipefail
ssh-keygen -q -C c -t rsa -b 2048 -N '' -f id
id=$(aws ec2 import-key-pair --key-name t --public-key-material fileb://id.pub --query KeyPairId --output text)
tags() { aws ec2 describe-key-pairs --key-pair-ids "$id" --query 'sort_by(KeyPairs[0].Tags, &Key)[].join(`=`, [Key, Value])' --output text; }
aws ec2 create-tags --resources "$id" --tags Key=team,Value=ops Key=stage,Value=prod
tags
aws ec2 create-tags --resources "$id" --tags '[{"Key":"team","Value":"dev"}]'
aws ec2 create-tags --resources "$id" --tags Key=empty,Value=
tags
aws ec2 delete-tags --resources "$id" --tags Key=stage Key=empty,Value=
tags
aws ec2 delete-tags --resources "$id" --tags Key=team,Value=other
tags
