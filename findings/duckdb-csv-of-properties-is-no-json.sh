#!/usr/bin/env bash
# DuckDB writes the properties of an export into CSV without quotes: "42" and 42 are the same there.
#
# Version:   duckdb 2.0.0 (PyPI).
# Expected:  COPY of a struct to CSV writes JSON, as COPY to JSON does, or a form in which a text and a number
#            differ.
# Behaviour: a struct becomes {'key': value}; texts have quotes only when they need some, so the text "42" and
#            the number 42, the text "true" and true are written alike.
# Output:    {'distinct_id': 42, 'plan': true} for {"distinct_id":"42","plan":"true"}
# Meaning:   ids are texts and are to be read as texts, whatever they look like. A reader that takes the cell
#            for JSON has no rows. Write to_json(properties) into the CSV, or copy to JSON or Parquet.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'duckdb==2.0.0'
cat > run.py <<'EOF'
import csv, duckdb, json

def cell(properties):
    with open("export.jsonl", "w") as f:
        f.write(json.dumps({"event": "View", "properties": properties}) + "\n")
    columns = "{event: 'VARCHAR', properties: 'STRUCT(" + ", ".join(f'"{k}" {t}' for k, t in types(properties)) + ")'}"
    duckdb.execute(f"COPY (FROM read_json('export.jsonl', columns={columns})) TO 'rows.csv' (FORMAT csv)")
    with open("rows.csv", newline="") as f:
        return list(csv.DictReader(f))[0]["properties"]

def types(properties):
    return [(k, "BIGINT" if type(v) is int else "BOOLEAN" if type(v) is bool else "VARCHAR") for k, v in properties.items()]

text = cell({"distinct_id": "42", "plan": "true", "url": "/a?b=1", "mail": "sally@example.test"})
number = cell({"distinct_id": 42, "plan": True, "url": "/a?b=1", "mail": "sally@example.test"})
print("of texts:   ", text)
print("of a number:", number)
assert text == number
try:
    json.loads(text)
    raise SystemExit("it is JSON now")
except json.JSONDecodeError as error:
    print("as JSON:    ", error)
EOF
env/bin/python run.py
