#!/usr/bin/env bash
# DuckDB's JSON reader changes device ids: a column in which every sampled value is a UUID becomes
# the type UUID, and an id that iOS wrote in capitals comes out in small letters.
#
# Version:   duckdb 2.0.0 (PyPI); 1.1.3 does the same.
# Expected:  "distinct_id" is a JSON string, so it is text, and COPY writes the text that was read.
# Behaviour: the inferred type is UUID; COPY TO (FORMAT json) writes the value in small letters, and
#            a comparison with the id as the export has it finds nothing once it is text again.
#            One row with another kind of id keeps the whole column as text, so two days of one
#            project come out in two spellings.
# Output:    anonymous day: UUID a1b2c3d4-e5f6-4711-8899-aabbccddeeff; day with a login: VARCHAR
#            A1B2C3D4-E5F6-4711-8899-AABBCCDDEEFF
# Meaning:   Mixpanel compares ids byte by byte. After such a round trip the anonymous rows
#            of an iPhone stand under one id and its alias call names another: the past is orphaned.
#            Ask for the type: read_json(..., columns = {distinct_id: 'VARCHAR', ...}).
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'duckdb==2.0.0'
cat > run.py <<'EOF'
import duckdb, json

DEVICE = "A1B2C3D4-E5F6-4711-8899-AABBCCDDEEFF"
view = {"event": "View", "distinct_id": DEVICE, "time": 1561972321}
alias = {"event": "$create_alias", "distinct_id": DEVICE, "time": 1561972381}
login = {"event": "Login", "distinct_id": "sally@example.test", "time": 1561972441}
days = {"anonymous": [view, alias], "with-login": [view, alias, login]}

out = {}
for day, rows in days.items():
    with open(f"{day}.jsonl", "w") as f:
        f.writelines(json.dumps(r) + "\n" for r in rows)
    source = f"read_json_auto('{day}.jsonl')"
    kind = duckdb.sql(f"SELECT typeof(distinct_id) FROM {source} LIMIT 1").fetchall()[0][0]
    duckdb.sql(f"COPY (FROM {source}) TO '{day}.out' (FORMAT json)")
    out[day] = kind, json.loads(open(f"{day}.out").readline())["distinct_id"]
    print(day, *out[day])

assert out["anonymous"] == ("UUID", DEVICE.lower())
assert out["with-login"] == ("VARCHAR", DEVICE)

found = duckdb.sql("SELECT count(*) FROM read_json_auto('anonymous.jsonl')"
                   f" WHERE distinct_id::VARCHAR = '{DEVICE}'").fetchall()[0][0]
print("rows found under the exported id:", found)
assert found == 0
EOF
env/bin/python run.py
