#!/usr/bin/env bash
# RudderStack for Python: each row says that it comes from Segment's SDK.
#
# Version:   rudder-sdk-python 2.1.9, segment-analytics-python 2.4.0 (PyPI).
# Expected:  context.library names the SDK that sent a row.
# Behaviour: both send analytics-python, with the version of their own. What only RudderStack's rows have is
#            channel: "server".
# Output:    rudder-sdk-python 2.1.9: analytics-python, channel server; segment: analytics-python, no channel
# Meaning:   a pipeline or a person that goes by the library takes RudderStack's rows for Segment's. What
#            reset() and identify() of a browser do differs between the two, so the ids of a device mean
#            something else. Go by the endpoint or by channel.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'rudder-sdk-python==2.1.9' 'segment-analytics-python==2.4.0'
cat > run.py <<'EOF'
import json, threading
from http.server import BaseHTTPRequestHandler, HTTPServer

rows = []

class Recorder(BaseHTTPRequestHandler):
    def do_POST(self):
        rows.extend(json.loads(self.rfile.read(int(self.headers["content-length"])))["batch"])
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args):
        pass

server = HTTPServer(("127.0.0.1", 0), Recorder)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"

import rudderstack.analytics as rudder
import segment.analytics as segment

rudder.write_key, rudder.dataPlaneUrl, rudder.gzip = "key", url, False
segment.write_key, segment.host = "key", url
for sdk in (rudder, segment):
    sdk.track("sally@example.test", "Viewed")
    sdk.flush()
said = [(row["context"]["library"]["name"], row.get("channel")) for row in rows]
print("rudder-sdk-python, segment-analytics-python:", said)
assert said == [("analytics-python", "server"), ("analytics-python", None)]
EOF
env/bin/python run.py
