#!/bin/sh
umask 077
aws ec2 create-key-pair --key-name MyKeyPair --query KeyMaterial --output text > k.pem && chmod 400 k.pem
aws ec2 create-key-pair --key-name ed --key-type ed25519 --key-format pem --query "KeyMaterial" --output text > ed.pem && chmod 600 ed.pem
head -n 1 k.pem | grep -c BEGIN
ssh-keygen -y -f k.pem | cut -d ' ' -f 1
ssh-keygen -y -f ed.pem | cut -d ' ' -f 1
aws ec2 describe-key-pairs --query 'KeyPairs[].[KeyName]' --output text
