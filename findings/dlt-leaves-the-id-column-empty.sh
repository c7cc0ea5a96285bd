#!/usr/bin/env bash
# dlt fills two columns with one property: after one numeric id, the column distinct_id is NULL for
# every id that is text, and a text of digits loses its leading zeros.
#
# Version:   dlt 1.31.0 (PyPI), destination duckdb.
# Expected:  a property with values of two types becomes text, or the load stops.
# Behaviour: the first row decides the type of the column. Later values of another type go to a
#            second column, properties__distinct_id__v_text, and leave the first one NULL; a text that
#            reads as a number is made one. The load reports success. Which kind of id owns the plain
#            name depends on the order of rows.
# Output:    properties__distinct_id [4711, None, 815],
#            properties__distinct_id__v_text [None, 'sally@example.test', None]
# Meaning:   SQL, and any tool that reads the table by its column names, sees all users but
#            the numeric ones as rows without an id, and "0815" as another user than the export has.
#            Give columns={"properties__distinct_id": {"data_type": "text"}}.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export DLT_DATA_DIR="$work/data" RUNTIME__DLTHUB_TELEMETRY=false
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'dlt[duckdb]==1.31.0' 'duckdb==2.0.0'
cat > run.py <<'EOF'
import dlt, duckdb

def load(name, ids):
    rows = [{"event": "View", "properties": {"distinct_id": i, "time": 1561972321 + n}} for n, i in enumerate(ids)]
    pipeline = dlt.pipeline(name, destination=dlt.destinations.duckdb(f"{name}.duckdb"), dataset_name="main")
    info = pipeline.run(dlt.resource(rows, name="events"))
    assert not info.has_failed_jobs
    with duckdb.connect(f"{name}.duckdb") as db:
        table = db.sql("FROM events ORDER BY properties__time")
        return {c: [r[k] for r in table.fetchall()] for k, c in enumerate(table.columns) if "distinct_id" in c}

first = load("number_first", [4711, "sally@example.test", "0815"])
last = load("number_last", ["sally@example.test", "0815", 4711])
print("number first:", first)
print("number last: ", last)
assert first == {"properties__distinct_id": [4711, None, 815],
                 "properties__distinct_id__v_text": [None, "sally@example.test", None]}
assert last == {"properties__distinct_id": ["sally@example.test", "0815", "4711"]}
EOF
env/bin/python run.py
