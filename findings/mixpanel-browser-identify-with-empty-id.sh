#!/usr/bin/env bash
# mixpanel-browser accepts identify(""): all later rows have an empty distinct_id while $user_id
# still names the person.
#
# Version:   mixpanel-browser 2.83.0 (npm), in jsdom.
# Expected:  identify without a usable id is refused, as identify of an id that begins with
#            "$device:" is.
# Behaviour: "" becomes the distinct_id and is kept in storage; $user_id is only changed by a value
#            that is true, so it stays. The $identify row says that sally is the anonymous id of "".
#            identify(null) does the same with null, and the next real login names null as its
#            anonymous id.
# Output:    After empty: distinct_id "", $user_id sally; After null: distinct_id null, $user_id
#            sally; then $identify of omar: $anon_distinct_id null
# Meaning:   an app that calls identify(user.id) after logout, when the id is gone, sends rows
#            without an id until the next login. $user_id and $device_id of the row still tell whose
#            they are.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . mixpanel-browser@2.83.0 jsdom@26.1.0
cat > run.cjs <<'EOF'
const assert = require("assert"), fs = require("fs");
const http = require("http");
const rows = [];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part)).on("end", () => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Allow-Headers", "*");
    const data = new URLSearchParams(body).get("data");
    if (/^\/(track|engage)/.test(request.url) && data) rows.push(...[].concat(JSON.parse(Buffer.from(data, "base64"))));
    response.end(JSON.stringify({ status: 1, error: null }));
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
  load(window, "node_modules/mixpanel-browser/dist/mixpanel.cjs.js", "sdk");
  const sdk = window.sdk;
  sdk.init("token", { api_host: url, batch_requests: false });
  sdk.identify("sally");
  sdk.identify(""); sdk.track("After empty");
  sdk.identify(null); sdk.track("After null");
  sdk.identify("omar"); sdk.track("After omar");
  await wait(1500);
  const of = (event) => rows.filter((r) => r.event === event).map((r) =>
    [r.properties.distinct_id, r.properties.$user_id, r.properties.$anon_distinct_id]);
  console.log({ empty: of("After empty"), null: of("After null"), omar: of("After omar"), identify: of("$identify") });
  assert.deepStrictEqual(of("After empty"), [["", "sally", undefined]]);
  assert.deepStrictEqual(of("After null"), [[null, "sally", undefined]]);
  assert.deepStrictEqual(of("After omar"), [["omar", "omar", undefined]]);
  const pairs = of("$identify").map(([to, , from]) => [to, from]);
  assert.deepStrictEqual(pairs.slice(1), [["", "sally"], [null, ""], ["omar", null]]);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
