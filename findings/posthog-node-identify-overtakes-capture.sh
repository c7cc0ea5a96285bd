#!/usr/bin/env bash
# posthog-node 5.7: identify() and alias() overtake the capture() before them; the row of the
# visitor arrives, and is dated, after the call that makes the visitor known.
#
# Version:   posthog-node 5.7.0 (npm); 5.70.0 keeps the order.
# Expected:  rows have the order of the calls, in the batch and by their timestamps.
# Behaviour: capture() prepares its row in a promise, identify() and alias() put theirs into the
#            queue at once. The timestamp of the captured row is taken when it is put there.
# Output:    5.7.0: $identify, $create_alias, Before, After; 5.70.0: Before, $identify,
#            $create_alias, After
# Meaning:   what a visitor did before the sign-up stands behind it in every export, and a funnel
#            that begins with it loses the visitor. Update, or await between the calls.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . posthog-node@5.7.0 posthog-node-new@npm:posthog-node@5.70.0
cat > run.cjs <<'EOT'
const assert = require("assert"), http = require("http"), zlib = require("zlib");
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
  const order = async (name) => {
    const { PostHog } = require(name);
    const client = new PostHog("key", { host: `http://127.0.0.1:${server.address().port}`, flushAt: 100, flushInterval: 60000 });
    rows = [];
    client.capture({ distinctId: "visitor-1", event: "Before" });
    client.identify({ distinctId: "sally", properties: { plan: "trial" } });
    client.alias({ distinctId: "sally", alias: "visitor-1" });
    client.capture({ distinctId: "sally", event: "After" });
    await client.shutdown();
    const time = (event) => rows.find((row) => row.event === event).timestamp;
    assert(name !== "posthog-node" || time("Before") >= time("$identify"));
    return rows.map((row) => row.event);
  };
  const [old, current] = [await order("posthog-node"), await order("posthog-node-new")];
  console.log({ old, current });
  assert.deepStrictEqual(old, ["$identify", "$create_alias", "Before", "After"]);
  assert.deepStrictEqual(current, ["Before", "$identify", "$create_alias", "After"]);
  process.exit(0);
});
EOT
node run.cjs
