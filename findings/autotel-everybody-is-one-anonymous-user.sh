#!/usr/bin/env bash
# autotel-subscribers sends every Mixpanel row without a userId attribute as the one user
# "anonymous", other ids in the row or not.
#
# Version:   autotel-subscribers 56.0.1, mixpanel 0.24.0 (npm).
# Expected:  a row with distinct_id, or with $user_id and $device_id, keeps them, and a row with no
#            id at all has none or one of its own.
# Behaviour: only userId and user_id are looked at; else distinct_id is the word "anonymous". An own
#            distinct_id attribute wins, $user_id and $device_id do not.
# Output:    {} -> anonymous; {$device_id: "d1", $user_id: "sally"} -> anonymous; {userId: "sally"}
#            -> sally
# Meaning:   all visitors of a service share one timeline, and strict import later refuses it as a
#            placeholder. Hundreds of devices or IP addresses under "anonymous" are the sign.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . autotel-subscribers@56.0.1 mixpanel@0.24.0
cat > run.cjs <<'EOF'
const assert = require("assert"), http = require("http");
const rows = [];
const server = http.createServer((request, response) => {
  const data = new URL(request.url, "http://localhost").searchParams.get("data");
  if (data) rows.push(JSON.parse(Buffer.from(data, "base64")));
  response.end("1");
});
server.listen(0, "127.0.0.1", async () => {
  // the subscriber has no setting for the address, so the client that it makes is sent to this one
  const mixpanel = require("mixpanel"), init = mixpanel.init;
  mixpanel.init = (token) => init(token, { protocol: "http", host: `127.0.0.1:${server.address().port}` });
  const { MixpanelSubscriber } = require("autotel-subscribers/mixpanel");
  const subscriber = new MixpanelSubscriber({ token: "token" });
  await subscriber.trackEvent("Nothing", {});
  await subscriber.trackEvent("Own ids", { $device_id: "d1", $user_id: "sally" });
  await subscriber.trackEvent("User", { userId: "sally" });
  await new Promise((done) => setTimeout(done, 1000));
  const ids = Object.fromEntries(rows.map((r) => [r.event, r.properties.distinct_id]));
  console.log(ids);
  assert.deepStrictEqual(ids, { Nothing: "anonymous", "Own ids": "anonymous", User: "sally" });
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
