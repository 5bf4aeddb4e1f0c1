#!/usr/bin/env bash
set -euo pipefail
aws ec2 create-key-pair --key-name stored --query KeyMaterial --output text > stored.pem
id=$(aws ec2 describe-key-pairs --key-names stored --query 'KeyPairs[0].KeyPairId' --output text)
version1 ssm put-parameter --type SecureString --name "/ec2/keypair/$id" --value "$(cat stored.pem)" > /dev/null
aws ssm get-parameter --name "/ec2/keypair/$id" --with-decryption --query Parameter.Value --output text > fetched.pem
chmod 400 fetched.pem
ssh-keygen -y -f fetched.pem | cut -d ' ' -f 1
aws ssm get-parameters --names "/ec2/keypair/$id" /ec2/keypair/key-none --with-decryption --query '[length(Parameters), length(InvalidParameters)]' --output text
aws ssm get-parameter --name /ec2/keypair/key-none --with-decryption > /dev/null 2> error.txt || { echo "status $?"; grep -o ParameterNotFound error.txt; rm error.txt; }
aws ssm get-parameter --name "/ec2/keypair/$id" --query 'Parameter.[Type, Version]' --output text
