#!/usr/bin/env bash
# Mixpanel for Python: alias() goes to the host of the United States, whatever consumer was given.
#
# Version:   mixpanel 5.4.1 (PyPI); 4.10.1 does the same.
# Expected:  Mixpanel(token, consumer=Consumer(api_host="api-eu.mixpanel.com")) sends every call there.
# Behaviour: alias() makes a Consumer of its own with the default host, past the one that was given,
#            so neither its host, nor its buffer, nor a consumer of one's own sees the call.
# Output:    given consumer: ['Viewed']; a new Consumer for https://api.mixpanel.com/track: ['$create_alias']
# Meaning:   of a project in Europe, India or behind a proxy the rows are there and its aliases are not:
#            each user who signed up on a server stays split. A test with a consumer that sends nothing
#            sends its aliases all the same. Send a row $create_alias with track() instead.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat > run.py <<'EOF'
import json, mixpanel

given, others = [], []
# Nothing leaves the machine: what a consumer would post is written down.
def write(self, request_url, json_message, *args, **options):
    host = request_url if request_url.startswith("http") else self._endpoints[request_url]
    (given if self is mine else others).append((json.loads(json_message)["event"], host))
    return True
mixpanel.Consumer._write_request = write

mine = mixpanel.Consumer(api_host="api-eu.mixpanel.com")
client = mixpanel.Mixpanel("token", consumer=mine)
client.track("anonymous-1", "Viewed")
client.alias("sally@example.test", "anonymous-1")
print("given consumer:", given)
print("another consumer:", others)
assert given == [("Viewed", "https://api-eu.mixpanel.com/track")]
assert others == [("$create_alias", "https://api.mixpanel.com/track")]
EOF
python3 -m venv --without-pip new && python3 -m pip --python new/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'mixpanel==5.4.1'
python3 -m venv --without-pip old && python3 -m pip --python old/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'mixpanel==4.10.1'
for env in new old; do echo "mixpanel, the $env version"; "$env/bin/python" run.py; done
