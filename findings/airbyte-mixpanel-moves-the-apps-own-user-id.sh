#!/usr/bin/env bash
# Airbyte's Mixpanel source gives the column user_id to $user_id of the SDK; the app's own user_id
# is in _user_id, but only in rows that have both.
#
# Version:   airbyte-source-mixpanel 4.0.2 (PyPI).
# Expected:  one column for each property, the same one in each row.
# Behaviour: the leading $ is cut off, and names that are then equal without regard to case get
#            underscores in the order of the alphabet: $user_id comes first and takes user_id. This
#            is decided for each row by the names in that row.
# Output:    Browse: user_id = own-7; Login: user_id = sally, _user_id = own-7
# Meaning:   one column has the ids of two systems. Rows join a person by an id that only looks
#            alike, and the property of the app seems to change at the moment of login.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile --no-deps 'airbyte-source-mixpanel==4.0.2'
cat > run.py <<'EOF'
import glob, importlib.util

# the module that renames, without the connector around it, which takes a minute to install
path = glob.glob("env/lib/python*/site-packages/source_mixpanel/property_transformation.py")[0]
spec = importlib.util.spec_from_file_location("renaming", path)
renaming = importlib.util.module_from_spec(spec)
spec.loader.exec_module(renaming)

def flat(**properties):
    properties = {k.replace("sdk_", "$"): v for k, v in properties.items()}
    return {r.transformed_name: properties[r.source_name] for r in renaming.transform_property_names(properties)}

browse = flat(distinct_id="device-1", user_id="own-7")
login = flat(distinct_id="sally", user_id="own-7", sdk_user_id="sally")
print(browse)
print(login)
assert browse["user_id"] == "own-7" and "_user_id" not in browse
assert login["user_id"] == "sally" and login["_user_id"] == "own-7"
EOF
env/bin/python run.py
