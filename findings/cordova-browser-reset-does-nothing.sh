#!/usr/bin/env bash
# cordova-plugin-mixpanel on the browser platform: reset() does nothing, so the next user of the browser goes
# on as the last one.
#
# Version:   cordova-plugin-mixpanel 4.7.2 (npm), its browser platform with the library 2.7.1 that it
#            brings, in jsdom.
# Expected:  reset() at logout begins a new anonymous visitor, as on iOS and Android.
# Behaviour: it calls onFail with "reset is not supported", or nothing where none is given; the id and
#            the super properties stay.
# Output:    before and after reset the rows have one distinct_id, sally
# Meaning:   what is done between a logout and the next login counts for the user before. Rows show it
#            only as several users of one app who have no anonymous rows between them: this library
#            sends no $device_id. Clear the storage of the app at logout, or use mixpanel-browser.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . cordova-plugin-mixpanel@4.7.2 jsdom@26.1.0
cat > run.cjs <<'JS'
const assert = require("assert"), fs = require("fs"), http = require("http");
const rows = [];
const plugin = "node_modules/cordova-plugin-mixpanel/src/browser/";
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part)).on("end", () => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    const url = new URL(request.url, "http://127.0.0.1");
    if (url.pathname.endsWith("mixpanel-js-lib.js")) return response.end(fs.readFileSync(plugin + "mixpanel-js-lib.js"));
    const data = url.searchParams.get("data") || new URLSearchParams(body).get("data");
    if (url.pathname.startsWith("/track") && data) rows.push(JSON.parse(Buffer.from(data, "base64")));
    response.end("1");
  });
});
const { JSDOM, VirtualConsole } = require("jsdom");
server.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const { window } = new JSDOM("<script></script>", { url, runScripts: "dangerously", resources: "usable", pretendToBeVisual: true, virtualConsole: new VirtualConsole() });
  await wait(300);
  window.require = () => ({ add() {} });
  window.eval(`{ const module = { exports: {} };\n${fs.readFileSync(plugin + "MixpanelProxy.js", "utf8")}\n}`);
  await wait(1000);
  await new Promise((done) => window.mixpanel.init("token", done));
  const sdk = window.mixpanel;
  // Rows go to this machine and nowhere else.
  sdk.set_config({ api_host: url });
  const anonymous = sdk.get_distinct_id();
  sdk.identify("sally");
  sdk.track("Before", {});
  let said;
  sdk.reset(() => (said = "done"), (why) => (said = why));
  sdk.track("After", {});
  await wait(1000);
  const id = (name) => rows.find((row) => row.event === name)?.properties.distinct_id;
  console.log({ anonymous, before: id("Before"), after: id("After"), said });
  assert.strictEqual(id("Before"), "sally");
  assert.strictEqual(id("After"), "sally");
  assert.match(said, /not supported/);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
JS
node run.cjs
