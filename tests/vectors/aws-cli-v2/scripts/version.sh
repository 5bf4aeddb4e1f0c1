#!/bin/sh
set -eu
command -v aws > /dev/null || { echo "install aws" >&2; exit 1; }
version=$(aws --version 2>&1 | cut -d/ -f2 | cut -d' ' -f1)
echo "$version"
major=$(aws --version | sed -E 's#^aws-cli/([0-9]+)\..*#\1#')
[ "$major" -ge 2 ] && echo "version 2"
case $(aws --version) in aws-cli/2.*) echo "v2" ;; *) echo "other" ;; esac
aws ec2 describe-key-pairs --output off
echo "off: $?"
