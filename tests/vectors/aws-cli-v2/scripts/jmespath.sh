#!/usr/bin/env bash
set -euo pipefail
ssh-keygen -q -C c -t rsa -b 2048 -N '' -f id
ssh-keygen -q -C c -t ed25519 -N '' -f ed
for n in prod-web prod-db dev-web; do
    aws ec2 import-key-pair --key-name $n --public-key-material fileb://id.pub --tag-specifications "ResourceType=key-pair,Tags=[{Key=stage,Value=${n%-*}}]" > /dev/null
done
aws ec2 import-key-pair --key-name zed --public-key-material fileb://ed.pub > /dev/null
q() { aws ec2 describe-key-pairs --query "$1" --output "${2:-json}"; }
q 'sort_by(KeyPairs, &KeyName)[].KeyName'
q 'reverse(sort_by(KeyPairs, &KeyName))[0].KeyName' text
q "KeyPairs[?starts_with(KeyName, 'prod')].KeyName | sort(@)"
q "KeyPairs[?contains(KeyName, 'web')].[KeyName, KeyType]" text
q "KeyPairs[?KeyType=='ed25519'] | length(@)"
q "KeyPairs[].{name: KeyName, stage: Tags[?Key=='stage'].Value | [0]}"
q "KeyPairs[?!not_null(Tags[?Key=='stage'].Value | [0])].KeyName"
q "KeyPairs[?Tags[?Key=='stage' && contains(['prod'], Value)]].KeyName" yaml
q 'KeyPairs[-1].KeyName'
q "join(', ', sort(KeyPairs[].KeyName))" text
q 'KeyPairs[:2].KeyName'
q "to_string(KeyPairs[0].Tags)" text
q 'KeyPairs[].KeyName.length(@)'
q "KeyPairs[0].ends_with(KeyName, 'web')" text
q 'keys(@)'
q '[KeyPairs[0].KeyName, `1`, `null`, `true`]' text
q 'bad[' || echo "status $?"
