#!/usr/bin/env bash
set -u
for attempt in 1 2; do
    if ! out=$(aws ec2 create-key-pair --key-name dup --query KeyMaterial --output text 2>&1); then
        status=$?
        case $out in
        *InvalidKeyPair.Duplicate*) echo "exists already" ;;
        *) echo "failed ($status): $out" ;;
        esac
    else
        echo "$out" | grep -c BEGIN
    fi
done
aws ec2 create-key-pair --key-name dup > out.txt 2>&1
echo "status $?"
aws ec2 describe-key-pairs --key-names nope 2>&1 | grep -o 'An error occurred (InvalidKeyPair.NotFound) when calling the DescribeKeyPairs operation'
aws ec2 create-key-pair 2> err.txt
echo "status $?"
aws ec2 describe-key-pairs --filters Name 2> err.txt
echo "status $?"
grep -o "Error parsing parameter '--filters': Expected: '=', received: 'EOF' for input:" err.txt
aws ec2 describe-key-pairs --no-such-option 2> err.txt
echo "status $?"
rm err.txt out.txt
