#!/usr/bin/env bash
# mixpanel-figma: each time a plugin is opened its user is a new visitor.
#
# Version:   mixpanel-figma 2.0.4 (npm), which is mixpanel-browser 2.32.0 without storage, in jsdom.
# Expected:  one anonymous id for one person until reset(), as with the library that it was made from.
# Behaviour: nothing is kept when the plugin is closed: the id is made anew at each open, and
#            identify(u) goes on from another one each time. Its README says so, and how to keep an id.
# Output:    two opens have two anonymous ids; the $identify rows of sally name both
# Meaning:   every open before the login is a visitor of its own, and in a legacy project nothing joins
#            them. mp_lib is "web": the version and the many ids alone give it away. Keep an id with
#            figma.clientStorage, and call identify with it before the first row.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . mixpanel-figma@2.0.4 jsdom@26.1.0
cat > run.cjs <<'JS'
const assert = require("assert"), fs = require("fs"), http = require("http");
const rows = [];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part)).on("end", () => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    const url = new URL(request.url, "http://127.0.0.1");
    const data = url.searchParams.get("data") || new URLSearchParams(body).get("data");
    if (url.pathname.startsWith("/track") && data) rows.push(...[].concat(JSON.parse(Buffer.from(data, "base64"))));
    response.end("1");
  });
});
const { JSDOM, VirtualConsole } = require("jsdom");
server.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const open = async () => {
    const { window } = new JSDOM("<script></script>", { url, runScripts: "outside-only", pretendToBeVisual: true, virtualConsole: new VirtualConsole() });
    window.eval(`{ const module = { exports: {} };\n${fs.readFileSync("node_modules/mixpanel-figma/mixpanel-patched.js", "utf8")}\nwindow.sdk = module.exports; }`);
    window.sdk.init("token", { api_host: url, disable_cookie: true, disable_persistence: true });
    window.sdk.track("Open");
    window.sdk.identify("sally");
    window.sdk.track("Use");
    await wait(1000);
  };
  await open();
  await open();
  const of = (name) => rows.filter((row) => row.event === name).map((row) => row.properties);
  const [first, second] = of("Open").map((row) => row.distinct_id);
  console.log({ first, second, identified: of("$identify").map((row) => row.$anon_distinct_id), lib: of("Use").map((row) => `${row.mp_lib} ${row.$lib_version}`) });
  assert.ok(first && second);
  assert.notStrictEqual(first, second);
  assert.deepStrictEqual(of("Use").map((row) => row.distinct_id), ["sally", "sally"]);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
JS
node run.cjs
