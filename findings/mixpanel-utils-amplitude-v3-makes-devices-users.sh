#!/usr/bin/env bash
# mixpanel-utils moves Amplitude's anonymous rows to Mixpanel as rows of a user whose id is the
# device id.
#
# Version:   mixpanel-utils 2.2.7 (PyPI): import_from_amplitude_id_mgmt_v3, for projects with
#            simplified identity merge.
# Expected:  a row without user_id gets $device_id alone. In that identity system the first row with
#            both $device_id and $user_id joins the device to the user.
# Behaviour: a row without user_id gets $user_id = device_id as well, so the first anonymous row
#            already joins the device to a user of its own.
# Output:    View: $device_id DEVICE-1, $user_id DEVICE-1; Login: $device_id DEVICE-1, $user_id sally
# Meaning:   the device is taken when the person logs in, so nobody is ever joined with their
#            anonymous past, and each device counts as one more known user. A $user_id that equals
#            $device_id is no user.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'mixpanel-utils==2.2.7'
cat > run.py <<'EOF'
import http.server, json, os, threading, urllib.parse
from mixpanel_utils import MixpanelUtils

class Vendor(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer({})
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

def row(minute, user, event):
    return {"event_time": f"2020-01-01 12:{minute:02}:00.000000", "user_id": user, "device_id": "DEVICE-1",
            "amplitude_id": 900100, "event_type": event, "ip_address": None, "country": None,
            "event_properties": {}, "user_properties": {}, "insert_id": f"row-{minute}"}

os.mkdir("extracted")
with open("extracted/day.json", "w") as f:
    json.dump([row(0, None, "View"), row(5, "sally", "Login")], f)

client._transform_and_load_amplitude_data_id_mgmt_v3("extracted")
rows = [r for path, body in sent if path.startswith("/import") for r in body if r["event"] != "$merge"]
ids = {r["event"]: (r["properties"]["$device_id"], r["properties"]["$user_id"]) for r in rows}
print(ids)
assert ids == {"View": ("DEVICE-1", "DEVICE-1"), "Login": ("DEVICE-1", "sally")}
EOF
env/bin/python run.py
