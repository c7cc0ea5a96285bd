#!/usr/bin/env bash
# A CSV that mixpanel-utils exports comes back through mixpanel-utils with other ids: $device_id
# becomes a number, distinct_id stays text.
#
# Version:   mixpanel-utils 2.2.7 (PyPI).
# Expected:  export_events(format="csv") and import_events of that file give the same rows.
# Behaviour: each cell but event, distinct_id and time is read as JSON if it can be: the text "4711"
#            becomes the number 4711 and "1e5" becomes 100000.0. A true, written as True, cannot be,
#            and becomes the text "True". Null properties are left out.
# Output:    "$device_id": "4711" -> 4711; "$user_id": "1e5" -> 100000.0; "trial": true -> "True"
# Meaning:   "distinct_id": "1e5" and its own "$user_id": 100000.0 now name two users, and a row of
#            device 4711 no longer meets the alias call of "4711" where ids are compared with their
#            type.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'mixpanel-utils==2.2.7'
cat > run.py <<'EOF'
import http.server, json, os, threading, urllib.parse
from mixpanel_utils import MixpanelUtils

ROW = {"event": "Login", "properties": {"time": 1561972321, "distinct_id": "1e5", "$user_id": "1e5",
       "$device_id": "4711", "zip": "01067", "trial": True, "ended": None, "$insert_id": "a"}}

class Vendor(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(json.dumps(ROW) + "\n")
    def do_POST(self):
        sent.append((self.path, json.loads(self.rfile.read(int(self.headers["content-length"])))))
        self.answer({"status": "OK", "code": 200})
    def answer(self, value):
        body = (value if isinstance(value, str) else json.dumps(value)).encode()
        self.send_response(200); self.send_header("content-length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass

sent = []
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = MixpanelUtils("secret", token="token")
client.raw_api = client.import_api = client.formatted_api = f"http://127.0.0.1:{server.server_port}"

client.export_events("export.csv", {"from_date": "2019-07-01", "to_date": "2019-07-01"}, format="csv")
client.import_events("export.csv", 0)
before, after = ROW["properties"], sent[0][1][0]["properties"]
for key in before:
    print(f"{key:12} {before[key]!r:14} {after.get(key, 'absent')!r}")
assert after["distinct_id"] == "1e5" and after["$user_id"] == 100000.0
assert after["$device_id"] == 4711 and after["zip"] == "01067"
assert after["trial"] == "True" and "ended" not in after
EOF
env/bin/python run.py
