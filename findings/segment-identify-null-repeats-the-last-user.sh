#!/usr/bin/env bash
# Segment for browsers: identify(null) at logout signs nobody out; it sends one more identify of the
# last user.
#
# Version:   @segment/analytics-next 1.84.3 (npm), in jsdom.
# Expected:  identify(null) clears the user id, or is refused, since an identify needs one.
# Behaviour: null, "" and undefined mean "no change": the stored user id is filled in and an identify
#            row of that user is sent. Later rows are of that user until reset().
# Output:    identify(null) -> identify of sally; the row after it: userId sally
# Meaning:   what the next person on the device does is stored for the last user, and the repeated
#            identify looks like a second login. A gap of hours before such a row is the only sign.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . @segment/analytics-next@1.84.3 esbuild@0.25.12 jsdom@26.1.0
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
  require("esbuild").buildSync({ stdin: { contents: `export * from "@segment/analytics-next"`, resolveDir: __dirname }, bundle: true,
    outfile: "sdk.js", format: "iife", globalName: "segment", logLevel: "error" });
  const window = page(url);
  window.eval(fs.readFileSync("sdk.js", "utf8") + ";window.segment = segment;");
  const [sdk] = await window.segment.AnalyticsBrowser.load({ writeKey: "key", cdnSettings: { plan: {}, integrations: {
    "Segment.io": { apiKey: "key", apiHost: `${url.slice(7)}/v1`, protocol: "http" } } } });

  await sdk.identify("sally");
  await sdk.identify(null);
  await sdk.identify("");
  await sdk.track("Next person");
  await sdk.reset();
  await sdk.track("After reset");
  await wait(1500);
  const seen = rows.map((r) => [r.event || r.type, r.userId]);
  console.log(seen);
  assert.deepStrictEqual(seen, [["identify", "sally"], ["identify", "sally"], ["identify", "sally"], ["Next person", "sally"], ["After reset", null]]);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
