#!/usr/bin/env bash
# @analytics/mixpanel ignores identify(4711); the traits of that user wait, and go to the next user
# whose id is a text.
#
# Version:   @analytics/mixpanel 0.4.0, analytics 0.8.19, mixpanel-browser 2.83.0 (npm), in jsdom.
# Expected:  a number id is sent as its text, as mixpanel-browser itself does, or the call fails.
# Behaviour: only a string is passed on, without a warning. The traits are passed on: mixpanel-
#            browser holds profile updates back until somebody is identified, and then sends them for
#            that user. alias is never called.
# Output:    after identify(4711, {plan: "pro"}) the rows have distinct_id $device:…; after
#            identify("omar") plan "pro" is set for omar
# Meaning:   every user of a backend with number ids is anonymous and without a profile; where both
#            forms occur, a profile gets the values of another person. No $identify row in the whole
#            export is the sign.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . @analytics/mixpanel@0.4.0 analytics@0.8.19 mixpanel-browser@2.83.0 jsdom@26.1.0
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
  load(window, "node_modules/mixpanel-browser/dist/mixpanel.cjs.js", "mixpanel");
  window.mixpanel.init("token", { api_host: url, batch_requests: false });
  load(window, "node_modules/@analytics/mixpanel/lib/analytics-plugin-mixpanel.browser.cjs.js", "plugin");
  window.eval(fs.readFileSync("node_modules/analytics/dist/analytics.min.js", "utf8"));
  const create = window._analytics.default || window._analytics.init || window._analytics;
  const app = create({ app: "shop", plugins: [(window.plugin.default || window.plugin)({ token: "token" })] });
  const profiles = () => rows.filter((r) => r.$set && r.$set.plan).map((r) => [r.$distinct_id, r.$set.plan]);
  await wait(200);
  await app.identify(4711, { plan: "pro" });
  await app.track("Number");
  await wait(1000);
  const before = profiles();
  await app.identify("omar");
  await app.track("Text");
  await wait(1000);
  const id = (event) => rows.find((r) => r.event === event).properties.distinct_id;
  console.log({ number: id("Number"), text: id("Text"), before, after: profiles() });
  assert.match(id("Number"), /^\$device:/);
  assert.strictEqual(id("Text"), "omar");
  assert.deepStrictEqual(before, []);
  assert.deepStrictEqual(profiles(), [["omar", "pro"]]);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
