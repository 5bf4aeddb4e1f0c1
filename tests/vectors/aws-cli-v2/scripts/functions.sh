#!/bin/sh
# Functions of a library of shell scripts.
key_exists() { aws ec2 describe-key-pairs --key-names "$1" >/dev/null 2>&1; }
key_fingerprint() { aws ec2 describe-key-pairs --key-names "$1" --query 'KeyPairs[0].KeyFingerprint' --output text; }
ensure_key() {
    key_exists "$1" && return 0
    [ -f "$1" ] || ssh-keygen -q -C c -t rsa -b 2048 -N '' -f "$1"
    aws ec2 import-key-pair --key-name "$1" --public-key-material "fileb://$1.pub" --output text --query KeyName
}
ensure_key lib
ensure_key lib
local_print=$(ssh-keygen -e -m PKCS8 -f lib.pub | openssl pkey -pubin -outform DER | openssl md5 -c | sed 's/.*= *//')
[ "$(key_fingerprint lib)" = "$local_print" ] && echo "same key"
key_exists none || echo "none: $?"
aws ec2 delete-key-pair --key-name lib --query Return --output text
key_exists lib || echo "deleted"
export AWS_REGION=eu-west-1
aws ec2 describe-key-pairs --query 'KeyPairs' --output json | tr -d ' \n'; echo
