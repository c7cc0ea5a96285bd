#!/usr/bin/env bash
# mixpanel-headless gives a row that has no $insert_id a random one, another one each time that the
# same export is read.
#
# Version:   mixpanel-headless 0.4.0 (PyPI), its library with httpx; its export address is a loopback
#            one by the variable MP_API_BASE_URL that it documents.
# Expected:  a row of the raw export without $insert_id, as SDKs before 2020 and many /import scripts
#            leave it, has none in the stream of events either: insert_id is null or missing.
# Behaviour: the stream of events (not the raw one) makes a UUID of version 4 for each such row. Two
#            readings of one day give two ids for one row.
# Output:    a1 and a1 for the row that has an id, two UUIDs for the row that has none; raw: none
# Meaning:   readings of one day that are joined hold the rows of older SDKs twice, and nothing that
#            compares insert ids finds it: visits before the sign-up count double. Stored rows that
#            are sent to /import again are new to the server, too. Read with raw=True.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'mixpanel-headless==0.4.0'
cat > run.py <<'EOF'
import json, os, threading
from http.server import BaseHTTPRequestHandler, HTTPServer

ROWS = [
    {"event": "View", "properties": {"time": 1562148000, "distinct_id": "16bb6dd8", "$insert_id": "a1"}},
    {"event": "View", "properties": {"time": 1562148060, "distinct_id": "16bb6dd8"}},
]

class Export(BaseHTTPRequestHandler):
    """Answers as the raw export does, the same each time."""

    def do_GET(self):
        body = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", 0), Export)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ.update(
    HOME=os.getcwd(),
    MP_API_BASE_URL=f"http://127.0.0.1:{server.server_port}",
    MP_USERNAME="made.up", MP_SECRET="made-up", MP_PROJECT_ID="1", MP_REGION="us",
)

from mixpanel_headless import Workspace

workspace = Workspace()

def read(**options):
    return list(workspace.stream_events(from_date="2019-07-03", to_date="2019-07-03", **options))

first, second = ([row["insert_id"] for row in read()] for _ in range(2))
print(first, second)
assert first[0] == second[0] == "a1"
assert first[1] and second[1] and first[1] != second[1]
raw = [row["properties"].get("$insert_id") for row in read(raw=True)]
print(raw)
assert raw == ["a1", None]
EOF
env/bin/python run.py
