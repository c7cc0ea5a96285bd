#!/usr/bin/env bash
# Polars drops $user_id without a word when the first 100 rows of an export are anonymous.
#
# Version:   polars 2.1.0 (PyPI); 1.20.0 does the same.
# Expected:  a property that begins at row 101 becomes a column with nulls above it, or an error
#            says that the sampled schema does not fit.
# Behaviour: read_ndjson takes the fields of a struct from the first 100 rows. A field that is met
#            later is left out of every row; no error and no warning. A field of another type
#            does raise an error, so the silence is about missing names alone.
# Output:    login at row 100: {'distinct_id': 'sally', '$user_id': 'sally'};
#            login at row 101: {'distinct_id': 'sally'}
# Meaning:   exports are sorted by time and people begin anonymous. $user_id, $device_id of
#            a second SDK, and $anon_distinct_id of $identify rows are just the fields that begin
#            late: with them goes the proof of who an anonymous id was.
#            Give infer_schema_length=None, or a schema.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'polars==2.1.0'
cat > run.py <<'EOF'
import json, polars as pl, warnings
warnings.simplefilter("error")

def read(anonymous, **options):
    rows = [{"event": "View", "properties": {"distinct_id": f"device-{i}"}} for i in range(anonymous)]
    rows.append({"event": "Login", "properties": {"distinct_id": "sally", "$user_id": "sally"}})
    with open("export.jsonl", "w") as f:
        f.writelines(json.dumps(r) + "\n" for r in rows)
    return pl.read_ndjson("export.jsonl", **options).tail(1).to_dicts()[0]["properties"]

at_100, at_101, whole = read(99), read(100), read(100, infer_schema_length=None)
print("login at row 100:", at_100)
print("login at row 101:", at_101)
print("login at row 101, whole file inferred:", whole)
assert at_100 == whole == {"distinct_id": "sally", "$user_id": "sally"}
assert at_101 == {"distinct_id": "sally"}
EOF
env/bin/python run.py
