#!/usr/bin/env bash
# Mixpanel's own libraries take the two ids of alias() in opposite order: alias("a", "b") of Python
# and of Node mean the reverse.
#
# Version:   mixpanel 5.4.1 (PyPI), mixpanel 0.24.0 (npm).
# Expected:  one vendor, one call, one order: a port of alias(new, old) from the Python backend to
#            the Node one keeps its arguments.
# Behaviour: Python has alias(alias_id, original), Node has alias(distinct_id, alias). Both take two
#            texts, so nothing fails.
# Output:    Python: distinct_id old, alias new; Node: distinct_id new, alias old
# Meaning:   a ported call makes the anonymous id an alias of the new user id: the past cannot be
#            reached any more, and the alias is refused for every second user of the device. Two
#            services of one project with opposite directions are the sign.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'mixpanel==5.4.1'
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . mixpanel@0.24.0
cat > run.py <<'EOF'
import json, mixpanel, subprocess

sent = []
mixpanel.Consumer.send = lambda self, endpoint, message, *rest, **named: sent.append(json.loads(message))
mixpanel.Mixpanel("token").alias("new", "old")
python = sent[0]["properties"]

node = json.loads(subprocess.check_output(["node", "-e", """
    const sdk = require("mixpanel").init("token");
    sdk.track = (event, properties) => console.log(JSON.stringify(properties));
    sdk.alias("new", "old");
"""]))
print("Python:", python, "Node:", node)
assert (python["distinct_id"], python["alias"]) == ("old", "new")
assert (node["distinct_id"], node["alias"]) == ("new", "old")
EOF
env/bin/python run.py
