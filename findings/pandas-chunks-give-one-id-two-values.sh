#!/usr/bin/env bash
# pandas decides chunk by chunk whether text ids are numbers: one file gives one person two ids.
#
# Version:   pandas 3.1.1 (PyPI); 2.2.3 does the same.
# Expected:  a JSON string stays a string; at least, reading in chunks gives the same ids as
#            reading at once.
# Behaviour: read_json(lines=True) turns a column of strings that all look like numbers into
#            integers ("00123" becomes 123), and with chunksize it does so for each chunk alone: a
#            chunk with one e-mail address keeps '00123', the next has 123.
# Output:    at once ['00123', '00123', '00123', 'sally@example.test'];
#            in chunks of two [123, 123] ['00123', 'sally@example.test']
# Meaning:   a chunked loader writes the rows of one user under two ids, and an id with
#            leading zeros can meet the id of somebody else. Read with dtype=False.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'pandas==3.1.1'
cat > run.py <<'EOF'
import json, pandas as pd

ids = ["00123", "00123", "00123", "sally@example.test"]
with open("export.jsonl", "w") as f:
    f.writelines(json.dumps({"event": "View", "distinct_id": i}) + "\n" for i in ids)

whole = pd.read_json("export.jsonl", lines=True).distinct_id.tolist()
chunks = [c.distinct_id.tolist() for c in pd.read_json("export.jsonl", lines=True, chunksize=2)]
plain = [i for c in pd.read_json("export.jsonl", lines=True, chunksize=2, dtype=False)
         for i in c.distinct_id.tolist()]
print("at once: ", whole)
print("chunks:  ", *chunks)
print("no dtype:", plain)
assert whole == plain == ids
assert chunks == [[123, 123], ["00123", "sally@example.test"]]
EOF
env/bin/python run.py
