#!/usr/bin/env bash
# Amplitude's earlier library for Node sends rows without a time.
#
# Version:   @amplitude/node 1.10.2 (npm); @amplitude/analytics-node 1.5.70 sends one.
# Expected:  logEvent() notes when it was called, as track() of the newer library does.
# Behaviour: a row has the time that the program gives it, and else none; the server then takes the moment at
#            which the request arrives. Rows wait up to a whole flush interval, and through retries.
# Output:    @amplitude/node: Viewed, Signed Up without a time, one second apart, in one request
# Meaning:   all rows of one request happen at the same moment, after what a browser sent meanwhile: a sign-up
#            can stand behind the login that followed it. The order in the request is all that is left.
#            Give each event `time: Date.now()`.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix . @amplitude/node@1.10.2 @amplitude/analytics-node@1.5.70
cat > run.cjs <<'EOF'
const assert = require("assert"), http = require("http");
const requests = [];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part)).on("end", () => {
    requests.push(JSON.parse(Buffer.concat(parts)).events.map((row) => [row.event_type, typeof row.time]));
    response.setHeader("content-type", "application/json");
    response.end('{"code":200}');
  });
});
server.listen(0, "127.0.0.1", async () => {
  const serverUrl = `http://127.0.0.1:${server.address().port}/2/httpapi`;
  const earlier = require("@amplitude/node").init("key", { serverUrl });
  earlier.logEvent({ event_type: "Viewed", device_id: "device-1" });
  // A second, in which the library has no turn to flush.
  for (const end = Date.now() + 1000; Date.now() < end;);
  earlier.logEvent({ event_type: "Signed Up", device_id: "device-1", user_id: "sally" });
  await earlier.flush();
  const later = require("@amplitude/analytics-node");
  await later.init("key", { serverUrl, flushQueueSize: 10 }).promise;
  later.track("Viewed", {}, { device_id: "device-1" });
  later.track("Signed Up", {}, { device_id: "device-1", user_id: "sally" });
  await later.flush().promise;
  await wait(300);
  console.log(JSON.stringify(requests));
  assert.deepStrictEqual(requests, [
    [["Viewed", "undefined"], ["Signed Up", "undefined"]],
    [["Viewed", "number"], ["Signed Up", "number"]],
  ]);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
