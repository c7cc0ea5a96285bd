#!/usr/bin/env bash
# Countly for browsers: the row that begins a view and the row that ends it have one id.
#
# Version:   countly-sdk-web 26.1.1 (npm), in jsdom.
# Expected:  the id of an event is its own, so that a second delivery of it can be known.
# Behaviour: a view sends two rows, one with visit=1 at its begin and one with the duration at its end; both
#            have the id of the view.
# Output:    [CLY]_view home visit, [CLY]_view home dur: the same id
# Meaning:   whoever drops rows with an id that was there before loses the end of each view, and with it the time on
#            a page. Tell deliveries by id, key and timestamp together.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix . countly-sdk-web@26.1.1 jsdom@26.1.0
cat > run.cjs <<'EOF'
const assert = require("assert"), fs = require("fs"), http = require("http");
const { JSDOM, VirtualConsole } = require("jsdom");
const rows = [];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part)).on("end", () => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    const said = new URLSearchParams(Buffer.concat(parts).toString() || request.url.split("?")[1]);
    rows.push(...JSON.parse(said.get("events") || "[]"));
    response.end('{"result":"Success"}');
  });
});
server.listen(0, "127.0.0.1", async () => {
  const { window } = new JSDOM("<script></script>", { url: "https://shop.example.test/", runScripts: "outside-only", pretendToBeVisual: true, virtualConsole: new VirtualConsole() });
  const folder = `${__dirname}/node_modules/countly-sdk-web/lib`;
  window.eval(fs.readFileSync(`${folder}/countly.min.js`, "utf8"));
  const { Countly } = window;
  Countly.init({ app_key: "key", url: `http://127.0.0.1:${server.address().port}`, interval: 100, force_post: true });
  Countly.track_view("home");
  await wait(1500);
  Countly.track_view("prices");
  await wait(2500);
  const home = rows.filter((row) => row.key === "[CLY]_view" && row.segmentation.name === "home");
  console.log(home.map((row) => [row.id, row.segmentation.visit, row.dur]));
  assert.strictEqual(home.length, 2);
  assert.strictEqual(home[0].segmentation.visit, 1);
  assert.ok(home[1].segmentation.visit === undefined && home[1].dur >= 1);
  assert.strictEqual(home[0].id, home[1].id);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
