#!/usr/bin/env bash
set -e
ssh-keygen -q -C c -t ed25519 -N '' -f id
aws ec2 import-key-pair --key-name late --public-key-material fileb://id.pub --output json > out.json
aws ec2 wait key-pair-exists --key-names late
echo "waited $?"
aws ec2 wait key-pair-exists --filters Name=key-name,Values='la*' && echo found
aws ec2 wait key-pair-exists --key-name late
echo "singular $?"
