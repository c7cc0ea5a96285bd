#!/usr/bin/env bash
# mixpanel-browser sends the rows in its queue twice when a page is left.
#
# Version:   mixpanel-browser 2.83.0 (npm) with its defaults, in Debian's Chromium 156 (headless, driven by
#            puppeteer-core 24.10.0).
# Expected:  each row is sent once; the page that is left hands its queue over once.
# Behaviour: the SDK sends its queue by beacon at `pagehide` and again at `visibilitychange`. Both events come when a
#            page is left, two milliseconds one after the other, and the queue still has its rows the second time.
# Output:    a row tracked right before leaving arrives twice, both times with the same $insert_id
# Meaning:   the last rows of each page are counted twice by a collector, a proxy or a warehouse that does not remove
#            duplicates by $insert_id.
set -euo pipefail
chromium=$(command -v chromium) || { echo "this script needs chromium (Debian: apt-get install chromium)" >&2; exit 1; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . mixpanel-browser@2.83.0 puppeteer-core@24.10.0
cat > run.cjs <<'EOF'
const assert = require("assert"), fs = require("fs"), http = require("http"), puppeteer = require("puppeteer-core");
const sdk = "{ const module = { exports: {} }, exports = module.exports;\n" +
  fs.readFileSync("node_modules/mixpanel-browser/dist/mixpanel.cjs.js", "utf8") + "\nwindow.sdk = module.exports; }";
const arrived = [];
let whenLast = () => {};
const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part)).on("end", () => {
    if (request.url === "/sdk.js") return response.end(sdk);
    if (request.url.startsWith("/page")) {
      response.setHeader("Content-Type", "text/html");
      return response.end("<!doctype html><script src=/sdk.js></script>");
    }
    response.end(JSON.stringify({ status: 1, error: null }));
    const data = new URLSearchParams(body).get("data");
    if (!request.url.startsWith("/track") || !data) return;
    const text = data.startsWith("[") || data.startsWith("{") ? data : Buffer.from(data, "base64").toString();
    for (const row of [].concat(JSON.parse(text))) {
      arrived.push({ event: row.event, insert: row.properties.$insert_id });
      if (row.event === "On the next page") whenLast();
    }
  });
});
server.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const browser = await puppeteer.launch({
    executablePath: process.argv[2],
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
  });
  const last = new Promise((done, fail) => { whenLast = done; setTimeout(fail, 30000, new Error("rows are missing")); });
  const page = await browser.newPage();
  const start = (to) => window.sdk.init("token", { api_host: to });
  await page.goto(`${url}/page-1`);
  await page.evaluate(start, url);
  await page.evaluate(() => window.sdk.track("Right before leaving"));
  await page.goto(`${url}/page-2`);
  await page.evaluate(start, url);
  await page.evaluate(() => window.sdk.track("On the next page"));
  await last;
  await browser.close();
  const rows = arrived.filter((row) => row.event === "Right before leaving");
  console.log(`"Right before leaving" was tracked once and arrived ${rows.length} times`);
  assert(rows.length >= 2, JSON.stringify(arrived));
  assert.strictEqual(new Set(rows.map((row) => row.insert)).size, 1);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs "$chromium"
