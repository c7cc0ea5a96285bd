#!/usr/bin/env bash
# mixpanel-browser signs the next visitor in as the last user if the answer to alias() arrives after
# reset().
#
# Version:   mixpanel-browser 2.83.0 (npm), in jsdom, with a server that answers the alias call after
#            one second.
# Expected:  reset() ends what is under way for the old user: the visitor after it is anonymous until
#            identify() is called.
# Behaviour: alias() calls identify() of the alias when the server answers, whoever is on the device
#            then. After reset() that is the new anonymous id: the $identify row joins the new device
#            to the old user, and all later rows are theirs.
# Output:    Next visitor: distinct_id $device:<new>; later rows of the same visitor: distinct_id
#            sally
# Meaning:   on a shared browser with a slow network the rows of two people are under one id, and the
#            $identify row looks like proof. A $identify right after a reset, from a device id that
#            has hardly any row, and no login of the app, is the sign.
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
    const late = rows.length && rows.at(-1).event === "$create_alias" ? 1000 : 0;
    setTimeout(() => response.end(JSON.stringify({ status: 1, error: null })), late);
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
  const first = sdk.get_distinct_id();
  sdk.alias("sally");
  await wait(300);
  sdk.reset();
  const second = sdk.get_distinct_id();
  sdk.track("Next visitor");
  await wait(2000);
  sdk.track("Next visitor, later");
  await wait(500);
  const ids = Object.fromEntries(rows.map((r) => [r.event, r.properties.distinct_id]));
  const identify = rows.find((r) => r.event === "$identify").properties;
  console.log({ first, second, ids, from: identify.$anon_distinct_id });
  assert.notStrictEqual(first, second);
  assert.strictEqual(ids["$create_alias"], first);
  assert.strictEqual(ids["Next visitor"], second);
  assert.strictEqual(ids["Next visitor, later"], "sally");
  assert.deepStrictEqual([identify.distinct_id, identify.$anon_distinct_id], ["sally", second]);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
