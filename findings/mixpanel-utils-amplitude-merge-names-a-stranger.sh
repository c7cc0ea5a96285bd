#!/usr/bin/env bash
# mixpanel-utils moves Amplitude data and merges each user with an id that no row is stored under;
# the anonymous past stays alone.
#
# Version:   mixpanel-utils 2.2.7 (PyPI): import_from_amplitude.
# Expected:  the $merge rows that it sends join the rows of a user with what the same person did
#            before.
# Behaviour: anonymous rows are sent under device_id. The merge is of user_id and amplitude_id, which
#            is only used as distinct_id where a row has no device_id; the merge row itself has
#            distinct_id "".
# Output:    rows under DEVICE-1 and sally; $merge of ["sally", "900100"]
# Meaning:   every person who was anonymous in Amplitude is two in Mixpanel, although the import
#            reports success and the merge was accepted. What joins them is $device_id of the user's
#            own rows.
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

client._transform_and_load_amplitude_data("extracted")
rows = [r for path, body in sent if path.startswith("/import") for r in body]
stored = [r["properties"]["distinct_id"] for r in rows if r["event"] != "$merge"]
merges = [(r["properties"]["$distinct_ids"], r["properties"]["distinct_id"]) for r in rows if r["event"] == "$merge"]
print("rows are under", stored, "merges are of", merges)
assert stored == ["DEVICE-1", "sally"]
assert merges == [(["sally", "900100"], "")]
EOF
env/bin/python run.py
