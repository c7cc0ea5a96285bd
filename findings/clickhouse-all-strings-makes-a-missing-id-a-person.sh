#!/usr/bin/env bash
# ClickHouse's JSONStringsEachRow writes NULL as the word "ᴺᵁᴸᴸ" in quotes: rows without an id get one.
#
# Version:   chdb 4.4.0 (PyPI; the ClickHouse engine 26.9 as a library).
# Expected:  the format quotes numbers, which keeps 64-bit ids exact in JavaScript, and leaves NULL
#            as the JSON value null, as JSONEachRow does.
# Behaviour: NULL becomes a JSON string of four small capitals (U+1D3A U+1D41 U+1D38 U+1D38). It is
#            no null, not empty, and no reader that looks for "null", "NULL" or "\N" knows it.
# Output:    JSONEachRow {"distinct_id":null}; JSONStringsEachRow {"distinct_id":"ᴺᵁᴸᴸ"}
# Meaning:   all rows without an id become the rows of one user, who is on every device, and
#            $user_id "ᴺᵁᴸᴸ" makes every anonymous row known. Use JSONEachRow with
#            output_format_json_quote_64bit_integers = 1 where ids have to be quoted.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'chdb==4.4.0'
cat > run.py <<'EOF'
import chdb, json

rows = """SELECT * FROM VALUES('distinct_id Nullable(String), device UInt64',
    (NULL, 9007199254740993), ('sally', 9007199254740993))"""
plain = [json.loads(l) for l in str(chdb.query(rows, "JSONEachRow")).splitlines()]
words = [json.loads(l) for l in str(chdb.query(rows, "JSONStringsEachRow")).splitlines()]
quoted = [json.loads(l) for l in str(chdb.query(
    rows + " SETTINGS output_format_json_quote_64bit_integers = 1", "JSONEachRow")).splitlines()]
print("JSONEachRow:       ", plain)
print("JSONStringsEachRow:", words)
print("64 bits quoted:    ", quoted)
assert plain[0]["distinct_id"] is None and plain[1]["device"] == 9007199254740993
assert words[0] == {"distinct_id": "\u1d3a\u1d41\u1d38\u1d38", "device": "9007199254740993"}
assert quoted[0] == {"distinct_id": None, "device": "9007199254740993"}
EOF
env/bin/python run.py
