#!/usr/bin/env bash
# mixpanel-utils puts the second day of an export three years and the third twelve thousand years
# away.
#
# Version:   mixpanel-utils 2.2.7 (PyPI).
# Expected:  export_events(timezone_offset=-8, request_per_day=True) writes one file for each day and
#            moves the rows of each by 8 hours.
# Behaviour: hours are turned into seconds inside of the loop over the days, in place: -8 becomes
#            -28,800, then -103,680,000, then -373,248,000,000. Without request_per_day, and for the
#            first day, the times are right. No error.
# Output:    01: 2020-01-01T20:00Z; 02: 2023-04-16T12:00Z; 03: in the year 13847
# Meaning:   the first file looks right and is the one people check. All later rows of a user come
#            after everything else, so each alias call of the first day is in front of rows that it
#            should race with, and "last seen" is in the future.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'mixpanel-utils==2.2.7'
cat > run.py <<'EOF'
import http.server, json, os, threading, urllib.parse
from datetime import datetime, timezone
from mixpanel_utils import MixpanelUtils

class Vendor(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(raw_export(urllib.parse.urlparse(self.path).query))
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

def raw_export(query):
    day = urllib.parse.parse_qs(query)["from_date"][0]
    noon = int(datetime.fromisoformat(day + "T12:00:00+00:00").timestamp())
    return json.dumps({"event": "View", "properties": {"time": noon, "distinct_id": "12345"}}) + "\n"

client.export_events("export.json", {"from_date": "2020-01-01", "to_date": "2020-01-03"},
                     timezone_offset=-8, request_per_day=True)
shift = {}
for day in ("2020-01-01", "2020-01-02", "2020-01-03"):
    time = json.load(open(f"export_{day}.json"))[0]["properties"]["time"]
    shift[day] = time - int(datetime.fromisoformat(day + "T12:00:00+00:00").timestamp())
    print(day, "shifted by", shift[day], "s, about the year", 1970 + time // 31556952)
assert list(shift.values()) == [8 * 3600, 8 * 3600**2, 8 * 3600**3]
EOF
env/bin/python run.py
