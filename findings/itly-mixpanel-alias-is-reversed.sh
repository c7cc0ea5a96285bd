#!/usr/bin/env bash
# The Mixpanel plugin of itly for Python makes the anonymous id the alias of the user id.
#
# Version:   itly-plugin-mixpanel 0.1.10, itly-sdk 0.1.24, mixpanel 4.11.1 (PyPI).
# Expected:  alias(user_id="sally", previous_id="anon-1") makes sally an alias of anon-1, as the call
#            alias of Mixpanel is meant: later rows of sally are stored with the anonymous past.
# Behaviour: the two are passed the other way round. The row says distinct_id sally, alias anon-1.
# Output:    {"distinct_id": "sally", "alias": "anon-1"}
# Meaning:   anon-1 has rows already; as an alias they can no longer be reached, so the past of every
#            user who signs up is stranded while the call looks accepted. An alias that is anonymous
#            in form and has rows before the call is the sign.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'itly-plugin-mixpanel==0.1.10' 'itly-sdk==0.1.24' 'mixpanel==4.11.1' 'setuptools<80'
cat > run.py <<'EOF'
import json
from mixpanel import Consumer
from itly_sdk import PluginLoadOptions, Environment, Logger
from itly_plugin_mixpanel import MixpanelPlugin

sent = []
Consumer.send = lambda self, endpoint, message, *rest, **named: sent.append((endpoint, json.loads(message)))

plugin = MixpanelPlugin("token")
plugin.load(PluginLoadOptions(environment=Environment.PRODUCTION, logger=Logger.NONE))
plugin.alias(user_id="sally", previous_id="anon-1")
row = sent[0][1]
print(row["event"], row["properties"])
assert row["event"] == "$create_alias"
assert (row["properties"]["distinct_id"], row["properties"]["alias"]) == ("sally", "anon-1")
EOF
env/bin/python run.py
