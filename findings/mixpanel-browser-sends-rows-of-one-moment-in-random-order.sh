#!/usr/bin/env bash
# mixpanel-browser sends rows that are tracked in quick succession in a random order.
#
# Version:   mixpanel-browser 2.83.0 (npm), in jsdom and with its default of sending rows in batches; seen in
#            Chromium 156 as well.
# Expected:  one page with one tab sends its rows in the order of the calls.
# Behaviour: each call waits for a lock on the stored queue. Calls that find the lock taken try again after a
#            random time, so the queue gets their rows in a random order. `time` has milliseconds, and rows of
#            one millisecond have nothing else that says which came first.
# Output:    of 5 runs with 12 calls each: all rows arrive, and the order of arrival differs from the order of
#            the calls
# Meaning:   the order of rows in a request, and so their order of arrival, is not the order of the calls. A row
#            before login can arrive after `$identify`, and a row after it before. Sort by `time` first, and do not
#            read an order out of rows of the same millisecond.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . mixpanel-browser@2.83.0 jsdom@26.1.0
cat > run.cjs <<'EOF'
const assert = require("assert"), fs = require("fs"), http = require("http");
const { JSDOM, VirtualConsole } = require("jsdom");
const sdk = fs.readFileSync("node_modules/mixpanel-browser/dist/mixpanel.cjs.js", "utf8");
const RUNS = 5, CALLS = 12;
let arrived = [], whenAll = () => {};
const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part)).on("end", () => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Allow-Headers", "*");
    response.end(JSON.stringify({ status: 1, error: null }));
    const data = new URLSearchParams(body).get("data");
    if (!request.url.startsWith("/track") || !data) return;
    const text = data.startsWith("[") || data.startsWith("{") ? data : Buffer.from(data, "base64").toString();
    arrived.push(...[].concat(JSON.parse(text)).map((row) => row.event));
    if (arrived.length >= CALLS) whenAll();
  });
});
server.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const called = Array.from({ length: CALLS }, (_, call) => `Event ${String(call + 1).padStart(2, "0")}`);
  let mixed = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const { window } = new JSDOM("<script></script>", {
      url: `${url}/${run}`, runScripts: "outside-only", pretendToBeVisual: true, virtualConsole: new VirtualConsole(),
    });
    window.fetch = (to, options) => fetch(to, { method: options.method, headers: options.headers, body: options.body });
    window.eval(`{ const module = { exports: {} }, exports = module.exports;\n${sdk}\nwindow.sdk = module.exports; }`);
    arrived = [];
    const all = new Promise((done, fail) => { whenAll = done; setTimeout(fail, 30000, new Error("rows are missing")); });
    window.sdk.init(`token-${run}`, { api_host: url, batch_flush_interval_ms: 500 });
    called.forEach((event) => window.sdk.track(event));
    await all;
    assert.deepStrictEqual([...arrived].sort(), called);
    if (arrived.join() !== called.join()) mixed += 1;
    console.log(arrived.map((event) => event.slice(-2)).join(" "));
    window.close();
  }
  assert(mixed > 0, "every run kept the order of the calls");
  console.log(`${mixed} of ${RUNS} runs were in another order than the calls`);
  process.exit(0);
});
EOF
node run.cjs
