#!/usr/bin/env bash
set -euo pipefail
created=$(aws ec2 create-key-pair --key-name py --output json)
echo "$created" | python3 -c 'import json, sys; print(sorted(json.load(sys.stdin)))'
python3 - "$created" <<'PY'
import json, os, sys
pair = json.loads(sys.argv[1])
with open("py.pem", "w", opener=lambda path, flags: os.open(path, flags, 0o400)) as file:
    file.write(pair["KeyMaterial"].rstrip("\n") + "\n")
print(pair["KeyName"], pair["KeyPairId"].startswith("key-"))
PY
aws ec2 describe-key-pairs | python3 -c '
import datetime, json, sys
for pair in json.load(sys.stdin)["KeyPairs"]:
    time = datetime.datetime.fromisoformat(pair["CreateTime"])
    print(pair["KeyName"], pair["Tags"], time.tzinfo)
'
