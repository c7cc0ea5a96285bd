#!/usr/bin/env bash
# PyArrow: a folder with a partition for each user has 007 and 7 as one id when it is read again.
#
# Version:   pyarrow 26.0.1 (PyPI), which wrote the folder, too.
# Expected:  distinct_id was a column of texts when the folder was written, so it is one when it is read.
# Behaviour: a partition column is in no file: its values are names of folders, and their type is guessed
#            again on reading. Where all of them are digits, they are numbers.
# Output:    written: ['007', '7'] (string); read: [7, 7] (dictionary of int32)
# Meaning:   two users share a timeline, and neither id of digits with a zero in front matches an export, an
#            alias call or another table. pyarrow.dataset.partitioning with a schema keeps the type; a
#            partition by day or by event has no id in it.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'pyarrow==26.0.1'
cat > run.py <<'EOF'
import pyarrow as pa, pyarrow.dataset as ds, pyarrow.parquet as pq

table = pa.table({"event": ["View", "Buy"], "distinct_id": ["007", "7"], "time": [1561971600, 1561971700]})
pq.write_to_dataset(table, "events", partition_cols=["distinct_id"])
guessed = pq.read_table("events")
print("written:", table["distinct_id"].to_pylist(), table.schema.field("distinct_id").type)
print("read:   ", guessed["distinct_id"].to_pylist(), guessed.schema.field("distinct_id").type)
typed = ds.partitioning(pa.schema([("distinct_id", pa.string())]), flavor="hive")
kept = sorted(ds.dataset("events", partitioning=typed).to_table()["distinct_id"].to_pylist())
print("by a schema:", kept)
assert guessed["distinct_id"].to_pylist() == [7, 7]
assert kept == ["007", "7"]
EOF
env/bin/python run.py
