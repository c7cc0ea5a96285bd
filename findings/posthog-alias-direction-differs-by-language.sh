#!/usr/bin/env bash
# PostHog's libraries send the two ids of one alias call in opposite roles: for Python the row has
# the old id as distinct_id, for Node and browsers the new one.
#
# Version:   posthog 7.91.1 (PyPI), posthog-node 5.70.0 (npm).
# Expected:  "visitor-1 is sally from now on" is the same row from every library.
# Behaviour: Python has alias(previous_id, distinct_id) and sends distinct_id visitor-1, alias sally;
#            Node has alias({distinctId, alias}) and sends distinct_id sally, alias visitor-1.
# Output:    Python: distinct_id visitor-1, alias sally; Node: distinct_id sally, alias visitor-1
# Meaning:   PostHog joins the two either way, so its pages look right. In an export, whoever reads
#            the alias row as "alias leads to distinct_id" finds the person under the anonymous id
#            for one service and under the user id for the other.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'posthog==7.91.1'
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . posthog-node@5.70.0
cat > run.cjs <<'EOT'
const assert = require("assert"), http = require("http"), zlib = require("zlib");
const { execFile } = require("child_process");
const { PostHog } = require("posthog-node");
let rows = [];
const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part)).on("end", () => {
    const body = Buffer.concat(parts);
    try { rows.push(...(JSON.parse(body[0] === 0x1f ? zlib.gunzipSync(body) : body).batch || [])); } catch {}
    response.end('{"status":"Ok"}');
  });
});
server.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const row = () => { const { distinct_id, properties } = rows.find((row) => row.event === "$create_alias"); return [distinct_id, properties.alias]; };
  const client = new PostHog("key", { host: url });
  client.alias({ distinctId: "sally", alias: "visitor-1" });
  await client.shutdown();
  const node = row();
  rows = [];
  await new Promise((done, failed) => execFile("env/bin/python", ["-c", `
from posthog import Posthog
client = Posthog("key", host="${url}", sync_mode=True)
client.alias(previous_id="visitor-1", distinct_id="sally")
`], (error) => (error ? failed(error) : done())));
  const python = row();
  console.log({ python, node });
  assert.deepStrictEqual(python, ["visitor-1", "sally"]);
  assert.deepStrictEqual(node, ["sally", "visitor-1"]);
  process.exit(0);
});
EOT
node run.cjs
