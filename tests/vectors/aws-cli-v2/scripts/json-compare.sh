#!/usr/bin/env bash
set -euo pipefail
ssh-keygen -q -C c -t ed25519 -N '' -C cmp -f id
aws ec2 import-key-pair --key-name cmp --public-key-material fileb://id.pub | tee imported.json
aws ec2 describe-key-pairs --key-names cmp | tee described.json
aws ec2 describe-key-pairs --output text
diff <(grep -o '"KeyPairId": "[^"]*"' imported.json) <(grep -o '"KeyPairId": "[^"]*"' described.json) && echo same
aws ec2 delete-key-pair --key-name cmp | tee deleted.json
