#!/usr/bin/env bash
# mixpanel-react-native in JavaScript mode: alias() right before identify() leaves the user
# anonymous, and calls the user id the anonymous one.
#
# Version:   mixpanel-react-native 3.8.0 (npm) in JavaScript mode (useNative = false), with a storage
#            in memory.
# Expected:  alias("sally", id) and then identify("sally") end with the id sally.
# Behaviour: alias() ends with an identify() of its second argument, after its own row is stored;
#            identify("sally") on the next line runs first and is undone. Both $identify rows have
#            the device as distinct_id, the second names sally as $anon_distinct_id, and $user_id is
#            the device.
# Output:    getDistinctId(): $device:…; $identify: distinct_id $device:…, $anon_distinct_id sally
# Meaning:   all users who sign up look anonymous, each with a $user_id that is a device, and the
#            direction of the proof is turned round. Await alias() before identify(), or leave
#            alias() out.
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
  const device = await sdk.getDistinctId();
  sdk.alias("sally", device);
  sdk.identify("sally");
  await wait(500);
  sdk.track("After sign-up");
  await wait(500);
  const after = await sdk.getDistinctId();
  sdk.flush();
  await wait(1500);
  const identify = rows.filter((r) => r.event === "$identify").map((r) => r.properties);
  const last = rows.find((r) => r.event === "After sign-up").properties;
  console.log({ device, after, identify: identify.map((p) => [p.distinct_id, p.$anon_distinct_id, p.$user_id]) });
  assert.strictEqual(after, device);
  assert.ok(identify.every((p) => p.distinct_id === device));
  assert.ok(identify.some((p) => p.$anon_distinct_id === "sally"));
  assert.deepStrictEqual([last.distinct_id, last.$user_id], [device, device]);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
