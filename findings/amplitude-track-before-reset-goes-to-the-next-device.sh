#!/usr/bin/env bash
# Amplitude for browsers: track("Logged Out") on the line before reset() is sent without the user
# and with the new device id.
#
# Version:   @amplitude/analytics-browser 2.48.1 (npm), in jsdom.
# Expected:  a row belongs to the user at the moment of the call, as its time does.
# Behaviour: user and device id are filled in by a later step that runs after the current task, so
#            every change made on the following lines counts for the rows before it.
# Output:    Settled: sally, first device; Logged Out: no user, second device
# Meaning:   the last row of a session stands alone at the head of the next visitor, and rows sent
#            right before setUserId(omar) on a shared device count for omar. Await track().promise
#            before reset().
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . @amplitude/analytics-browser@2.48.1 esbuild@0.25.12 jsdom@26.1.0
cat > run.cjs <<'EOF'
const assert = require("assert"), fs = require("fs");
const http = require("http");
const rows = [];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part)).on("end", () => {
    response.setHeader("Access-Control-Allow-Origin", request.headers.origin || "*");
    response.setHeader("Access-Control-Allow-Headers", "content-type, authorization, anonymousid");
    response.setHeader("Access-Control-Allow-Credentials", "true");
    try { const body = JSON.parse(Buffer.concat(parts)); rows.push(...(body.events || body.batch || [body])); } catch {}
    response.end(JSON.stringify({ code: 200, status: 1 }));
  });
});
const { JSDOM, VirtualConsole } = require("jsdom");
const page = (url) => {
  const { window } = new JSDOM("<script></script>", { url, runScripts: "outside-only", pretendToBeVisual: true, virtualConsole: new VirtualConsole() });
  window.fetch = (to, options) => fetch(to, { method: options.method, headers: options.headers, body: options.body });
  return window;
};
const load = (window, file, as) =>
  window.eval(`{ const module = { exports: {} }, exports = module.exports;\n${fs.readFileSync(file, "utf8")}\nwindow.${as} = module.exports; }`);
server.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  require("esbuild").buildSync({ stdin: { contents: `export * from "@amplitude/analytics-browser"`, resolveDir: __dirname }, bundle: true,
    outfile: "sdk.js", format: "iife", globalName: "amplitude", logLevel: "error" });
  const window = page(url);
  window.eval(fs.readFileSync("sdk.js", "utf8") + ";window.amplitude = amplitude;");
  const sdk = window.amplitude;
  await sdk.init("key", { serverUrl: `${url}/events`, autocapture: false, flushQueueSize: 1, flushIntervalMillis: 50, fetchRemoteConfig: false, remoteConfig: { fetchRemoteConfig: false } }).promise;
  const first = sdk.getDeviceId();
  sdk.setUserId("sally");
  await sdk.track("Settled").promise;
  sdk.track("Logged Out");
  sdk.reset();
  const second = sdk.getDeviceId();
  await wait(1500);
  const seen = Object.fromEntries(rows.map((r) => [r.event_type, [r.user_id, r.device_id]]));
  console.log({ first, second, seen });
  assert.notStrictEqual(first, second);
  assert.deepStrictEqual(seen["Settled"], ["sally", first]);
  assert.deepStrictEqual(seen["Logged Out"], [undefined, second]);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
