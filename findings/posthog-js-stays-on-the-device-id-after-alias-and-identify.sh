#!/usr/bin/env bash
# posthog-js: after alias("sally") and identify("sally") the rows still have the anonymous id as
# distinct_id.
#
# Version:   posthog-js 1.449.2 (npm), in jsdom.
# Expected:  identify("sally") makes sally the distinct_id of later rows, as it does without the
#            alias call before it.
# Behaviour: an id that was just given as an alias is not taken over as distinct_id. The $identify
#            row itself has sally, $user_id is sally, and get_distinct_id() is the anonymous id.
# Output:    with alias: distinct_id <device>, $user_id sally; without: distinct_id sally
# Meaning:   PostHog joins the ids, so its own pages look right; in an export the same person is
#            under the device id in the session of the sign-up and under sally in all others. Rows
#            with $user_id and an anonymous distinct_id are of a known person.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . posthog-js@1.449.2 jsdom@26.1.0
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
  const start = () => {
    const window = page(url);
    window.eval(fs.readFileSync("node_modules/posthog-js/dist/array.full.no-external.js", "utf8"));
    window.posthog.init("key", { api_host: url, autocapture: false, capture_pageview: false, disable_session_recording: true, request_batching: false,
      disable_compression: true, advanced_disable_flags: true, opt_out_useragent_filter: true, persistence: "memory" });
    return window.posthog;
  };
  const ids = async (sdk) => { sdk.capture("After"); await wait(1000); const p = rows.filter((r) => r.event === "After").pop().properties; return [p.distinct_id, p.$user_id]; };
  const plain = start(); await wait(300);
  plain.identify("sally");
  const without = await ids(plain);
  const aliased = start(); await wait(300);
  const device = aliased.get_distinct_id();
  aliased.alias("sally"); aliased.identify("sally");
  const after = await ids(aliased);
  console.log({ device, without, after });
  assert.deepStrictEqual(without, ["sally", "sally"]);
  assert.deepStrictEqual(after, [device, "sally"]);
  assert.strictEqual(aliased.get_distinct_id(), device);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
