#!/usr/bin/env bash
# mixpanel-react-native in JavaScript mode stores and sends a row with distinct_id null if track()
# is called before init() has ended.
#
# Version:   mixpanel-react-native 3.8.0 (npm) in JavaScript mode (useNative = false), with a storage
#            in memory.
# Expected:  track() waits for the stored id, as the queue waits for the network, or the row gets the
#            id when it is sent.
# Behaviour: the ids are read at the call; before storage has answered they are null, and null is
#            what is queued and sent later, when the id is known.
# Output:    App Opened: distinct_id null, $device_id null; Home: distinct_id $device:…
# Meaning:   the first row of each session, often the one with the campaign, belongs to nobody; only
#            $insert_id and time connect it. Await init().
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . mixpanel-react-native@3.8.0 esbuild@0.25.12
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
    if (/^\/(track|engage)/.test(request.url) && data) rows.push(...[].concat(JSON.parse(data)));
    response.end(JSON.stringify({ status: 1, error: null }));
  });
});
const bundle = (entry) => require("esbuild").buildSync({ stdin: { contents: entry, resolveDir: __dirname }, bundle: true,
  outfile: "sdk.cjs", format: "cjs", platform: "node", loader: { ".js": "jsx" }, logLevel: "error",
  alias: { "react-native": "./phone.js", "react-native-get-random-values": "./phone.js" },
  external: ["@react-native-async-storage/async-storage"] });
fs.writeFileSync("phone.js", `module.exports = { Platform: { OS: "ios", Version: "17", constants: {} }, NativeModules: {} };`);
bundle(`export { Mixpanel } from "mixpanel-react-native"`);
const { Mixpanel } = require("./sdk.cjs");
const kept = {};
const storage = { getItem: async (k) => kept[k] ?? null, setItem: async (k, v) => { kept[k] = v; }, removeItem: async (k) => { delete kept[k]; } };
server.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const sdk = new Mixpanel("token", false, false, storage);
  const ready = sdk.init(false, {}, url);
  sdk.track("App Opened");
  await ready;
  sdk.track("Home");
  await wait(300);
  sdk.flush();
  await wait(1500);
  const ids = Object.fromEntries(rows.map((r) => [r.event, [r.properties.distinct_id, r.properties.$device_id]]));
  console.log(ids);
  assert.deepStrictEqual(ids["App Opened"], [null, null]);
  assert.match(ids["Home"][0], /^\$device:/);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
