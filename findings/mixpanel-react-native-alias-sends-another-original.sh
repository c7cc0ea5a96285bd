#!/usr/bin/env bash
# mixpanel-react-native in JavaScript mode: alias("omar", "nora") makes omar an alias of whoever is
# signed in, and then signs nora in.
#
# Version:   mixpanel-react-native 3.8.0 (npm) in JavaScript mode (useNative = false), with a storage
#            in memory.
# Expected:  the row has distinct_id nora, the original id that the caller gave.
# Behaviour: the id of the client is put over the properties of the call last, so the second argument
#            never reaches the row; it is used for an identify() that the caller did not ask for.
# Output:    $create_alias: alias omar, distinct_id sally; getDistinctId(): nora
# Meaning:   the lookup table joins omar with sally, two strangers, for good: the first mapping of an
#            alias wins. Next to it stands a $identify row of nora with sally as the anonymous id.
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
  await sdk.init(false, {}, url);
  sdk.identify("sally");
  await wait(300);
  await sdk.alias("omar", "nora");
  await wait(300);
  const after = await sdk.getDistinctId();
  sdk.flush();
  await wait(1500);
  const alias = rows.find((r) => r.event === "$create_alias").properties;
  const identify = rows.filter((r) => r.event === "$identify").pop().properties;
  console.log({ alias: alias.alias, of: alias.distinct_id, after, identify: [identify.distinct_id, identify.$anon_distinct_id] });
  assert.deepStrictEqual([alias.alias, alias.distinct_id], ["omar", "sally"]);
  assert.strictEqual(after, "nora");
  assert.deepStrictEqual([identify.distinct_id, identify.$anon_distinct_id], ["nora", "sally"]);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
