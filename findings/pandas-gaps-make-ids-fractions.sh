#!/usr/bin/env bash
# pandas makes fractions of numeric user ids as soon as one row has none: 4711 is written as 4711.0.
#
# Version:   pandas 3.1.1 (PyPI).
# Expected:  a property that is a whole number in JSON is written as that whole number again.
# Behaviour: a column of integers with a gap becomes one of floating-point numbers. to_csv and to_json
#            write 4711.0, and an id above 2^53 becomes its neighbour. Without the gap both are right.
# Output:    with an anonymous row ['', '4711.0', '9007199254740992.0'],
#            without ['4711', '9007199254740993']
# Meaning:   exports begin with anonymous rows, so $user_id is just the column with gaps: the
#            user 4711 of another file or of distinct_id is not found under "4711.0", and two
#            users with long ids become one. DataFrame(rows, dtype=object) keeps both.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'pandas==3.1.1'
cat > run.py <<'EOF'
import csv, io, json, warnings
import pandas as pd
warnings.simplefilter("error")

def written(rows):
    table = pd.json_normalize([json.loads(row) for row in rows])
    cells = csv.DictReader(io.StringIO(table.to_csv(index=False)))
    lines = [json.loads(line) for line in table.to_json(orient="records", lines=True).splitlines()]
    return [row["properties.$user_id"] for row in cells], [row["properties.$user_id"] for row in lines]

anonymous = '{"event": "View", "properties": {"distinct_id": "device"}}'
users = ['{"event": "Login", "properties": {"distinct_id": "%d", "$user_id": %d}}' % (i, i) for i in (4711, 9007199254740993)]
with_gap, without = written([anonymous, *users]), written(users)
print("with an anonymous row:", *with_gap)
print("without:              ", *without)
assert with_gap == (["", "4711.0", "9007199254740992.0"], [None, 4711.0, 9007199254740992.0])
assert without == (["4711", "9007199254740993"], [4711, 9007199254740993])
EOF
env/bin/python run.py
