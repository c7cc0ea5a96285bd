#!/usr/bin/env bash
# RudderStack: reset() at logout keeps the anonymous id, so two users of one browser log in from the
# same one.
#
# Version:   @rudderstack/analytics-js 3.34.1 (npm), in jsdom.
# Expected:  reset() at logout begins a new anonymous visitor, as reset() of Mixpanel, Segment,
#            PostHog and Amplitude does.
# Behaviour: only the user id and traits are cleared. reset(true) is needed for a new anonymous id;
#            so is it for a change of user without logout.
# Output:    identify rows of sally and omar have one anonymousId
# Meaning:   in the first of two $identify or $merge rows the anonymous id is proof of a person, in
#            the second the same id contradicts it; with $merge both users become one person for
#            good.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . @rudderstack/analytics-js@3.34.1 jsdom@26.1.0
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
  const window = page(url);
  load(window, "node_modules/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js", "sdk");
  const sdk = new window.sdk.RudderAnalytics();
  const source = { id: "s", name: "shop", writeKey: "key", enabled: true, workspaceId: "w", connections: [], destinations: [], dataplanes: {},
    config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } } };
  window.TextEncoder = TextEncoder;
  sdk.load("key", url, { configUrl: url, getSourceConfig: () => ({ source, updatedAt: "" }), logLevel: "NONE", polyfillIfRequired: false, storage: { type: "localStorage" } });
  await wait(1000);
  sdk.identify("sally"); sdk.reset(); sdk.identify("omar"); sdk.reset(true); sdk.identify("nora");
  await wait(3000);
  const anonymous = Object.fromEntries(rows.filter((r) => r.type === "identify").map((r) => [r.userId, r.anonymousId]));
  console.log(anonymous);
  assert.ok(anonymous.sally && anonymous.nora);
  assert.strictEqual(anonymous.omar, anonymous.sally);
  assert.notStrictEqual(anonymous.nora, anonymous.omar);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
