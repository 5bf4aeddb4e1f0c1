#!/usr/bin/env bash
set -u
if aws ec2 create-key-pair --key-name probe --dry-run 2>&1 | grep -q DryRunOperation; then
    echo "may create"
else
    echo "may not create"
fi
out=$(aws ec2 delete-key-pair --key-name probe --dry-run 2>&1)
status=$?
case $out in
*DryRunOperation*) echo "may delete ($status)" ;;
*UnauthorizedOperation*) echo "may not delete" ;;
*) echo "unexpected: $out" ;;
esac
aws ec2 describe-key-pairs --query 'length(KeyPairs)' --no-dry-run
