#!/usr/bin/env bash
# Segment for browsers: alias("new-id") of a signed-in user sends the old id twice and the new one
# nowhere.
#
# Version:   @segment/analytics-next 1.84.3 (npm), in jsdom.
# Expected:  alias(to) sends userId = to and previousId = the current id, as it does for an anonymous
#            visitor and as the server libraries do.
# Behaviour: when the row is completed, userId is set to the id of the signed-in user, over the one
#            that the call gave. previousId is that id, too; one given as the second argument is
#            kept.
# Output:    anonymous: new-1 <- <anonymousId>; signed in as nora: nora <- nora; alias("new-3",
#            "old-3"): nora <- old-3
# Meaning:   a change of id, from e-mail to number for one, is lost: an alias of an id with itself is
#            refused by all. In the last form an id is joined to the signed-in user that the call did
#            not name.
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

  await sdk.alias("new-1");
  await sdk.identify("nora");
  await sdk.alias("new-2");
  await sdk.alias("new-3", "old-3");
  await wait(1500);
  const pairs = rows.filter((r) => r.type === "alias").map((r) => [r.userId, r.previousId === r.anonymousId ? "anonymous" : r.previousId]);
  console.log(pairs);
  assert.deepStrictEqual(pairs, [["new-1", "anonymous"], ["nora", "nora"], ["nora", "old-3"]]);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
