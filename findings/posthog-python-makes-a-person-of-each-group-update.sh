#!/usr/bin/env bash
# PostHog for Python: each group_identify() without a user is a row of a new id, and not marked as nobody's.
#
# Version:   posthog 7.91.1 (PyPI).
# Expected:  a call about a company is no row of a person; capture() without an id has a random one, too, and
#            says $process_person_profile: false, so that it makes no person.
# Behaviour: group_identify() takes a new random UUID as distinct_id each time, without that mark.
# Output:    two calls for one company: two ids, $process_person_profile missing; capture: a random id, false
# Meaning:   a nightly job that updates 1,000 companies adds 1,000 ids a night that look like visitors with
#            one row each. Do not count ids of $groupidentify rows. Pass distinct_id, one for all of them.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'posthog==7.91.1'
cat > run.py <<'EOF'
import gzip, json, threading, uuid
from http.server import BaseHTTPRequestHandler, HTTPServer

from posthog import Posthog

rows = []

class Recorder(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        rows.extend(json.loads(body).get("batch", []))
        self.send_response(200)
        self.send_header("content-length", "13")
        self.end_headers()
        self.wfile.write(b'{"status": 1}')

    def log_message(self, *args):
        pass

server = HTTPServer(("127.0.0.1", 0), Recorder)
threading.Thread(target=server.serve_forever, daemon=True).start()
sdk = Posthog("phc_key", host=f"http://127.0.0.1:{server.server_port}")
sdk.group_identify("company", "acme", {"plan": "pro"})
sdk.group_identify("company", "acme", {"plan": "free"})
sdk.capture("Job Ended")
sdk.shutdown()
said = [(row["event"], row["distinct_id"], row["properties"].get("$process_person_profile")) for row in rows]
for line in said:
    print(line)
groups = [(uuid.UUID(id), mark) for event, id, mark in said if event == "$groupidentify"]
captured = [(uuid.UUID(id), mark) for event, id, mark in said if event == "Job Ended"]
assert len(groups) == 2 and groups[0][0] != groups[1][0] and groups[0][1] is None and groups[1][1] is None
assert len(captured) == 1 and captured[0][1] is False
EOF
env/bin/python run.py
