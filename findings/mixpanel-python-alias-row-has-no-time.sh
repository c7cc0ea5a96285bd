#!/usr/bin/env bash
# Mixpanel for Python: the row of an alias call has no time and no insert id, unlike every other row.
#
# Version:   mixpanel 5.4.1 (PyPI).
# Expected:  the row of alias() says when it was made, and has an id by which a second delivery is known, as the
#            row of track() does.
# Behaviour: alias() sends the two ids and the token alone.
# Output:    track: distinct_id, time, token, $insert_id, mp_lib, $lib_version; alias: alias, distinct_id, token
# Meaning:   an alias call in a log or a queue of bodies has no place in time: replayed later, it happens
#            later, and whether a row before it was merged cannot be known. A retry is a second call. Keep the
#            time at which each body was sent, or send $create_alias with track().
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'mixpanel==5.4.1'
cat > run.py <<'EOF'
import json, mixpanel

rows = []
# Nothing leaves the machine: what a consumer would post is written down.
def write(self, request_url, json_message, *args, **options):
    rows.append(json.loads(json_message))
    return True
mixpanel.Consumer._write_request = write

client = mixpanel.Mixpanel("token")
client.track("anonymous-1", "Viewed")
client.alias("sally@example.test", "anonymous-1")
keys = {row["event"]: sorted(row["properties"]) for row in rows}
for event in keys.items():
    print(event)
assert {"time", "$insert_id"} <= set(keys["Viewed"])
assert keys["$create_alias"] == ["alias", "distinct_id", "token"]
EOF
env/bin/python run.py
