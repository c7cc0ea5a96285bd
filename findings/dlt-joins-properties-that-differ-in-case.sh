#!/usr/bin/env bash
# dlt makes one column of userId, user_id and "user id": of the values of one row the last one stays.
#
# Version:   dlt 1.31.0 (PyPI), destination duckdb, snake_case naming (the one it begins with).
# Expected:  three properties are three columns, or the load says that their names collide.
# Behaviour: names are normalised one by one, and equal results share a column. The value that
#            comes last in the row wins; the others are gone and the load reports success.
# Output:    {"userId": "sally", "user_id": 4711, "user id": "guest"} is loaded as
#            properties__user_id = 'guest', the others nowhere
# Meaning:   apps often have userId of their own beside user_id of an SDK or of the backend.
#            The table then names one person for a row that the export ties to two.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
export DLT_DATA_DIR="$work/data" RUNTIME__DLTHUB_TELEMETRY=false
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'dlt[duckdb]==1.31.0' 'duckdb==2.0.0'
cat > run.py <<'EOF'
import dlt, duckdb

row = {"event": "Login", "properties": {"distinct_id": "device-1", "$user_id": "sdk",
       "userId": "sally", "user_id": 4711, "user id": "guest"}}
pipeline = dlt.pipeline("joined", destination=dlt.destinations.duckdb("joined.duckdb"), dataset_name="main")
info = pipeline.run(dlt.resource([row], name="events"))
assert not info.has_failed_jobs
with duckdb.connect("joined.duckdb") as db:
    table = db.sql("FROM events")
    loaded = {c: v for c, v in zip(table.columns, table.fetchall()[0]) if not c.startswith("_dlt")}
print(loaded)
assert loaded == {"event": "Login", "properties__distinct_id": "device-1", "properties___user_id": "sdk",
                  "properties__user_id": "guest"}
EOF
env/bin/python run.py
