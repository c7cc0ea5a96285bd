#!/usr/bin/env bash
# mParticle's Mixpanel kit calls identify without a value when the chosen identity is missing; the
# row says that the device was identified as itself.
#
# Version:   @mparticle/web-mixpanel-kit 2.1.2, mixpanel-browser 2.83.0 (npm), in jsdom.
# Expected:  a login with an e-mail only, in a project that identifies by customer id, sends nothing,
#            as a login without any identity does.
# Behaviour: the kit checks that there is some identity, not that there is the one it needs, and
#            calls mixpanel.identify(undefined). Mixpanel then sends $identify with distinct_id and
#            $anon_distinct_id both the device.
# Output:    $identify: distinct_id $device:…, $anon_distinct_id the same, no $user_id
# Meaning:   the row looks like a login and is none: the person stays anonymous. A $identify row
#            whose two ids are equal is the sign.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix . @mparticle/web-mixpanel-kit@2.1.2 mixpanel-browser@2.83.0 jsdom@26.1.0
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
  window.mParticle = { getVersion: () => "2.0.0", ProductActionType: { Purchase: 1 } };
  load(window, "node_modules/@mparticle/web-mixpanel-kit/dist/MixpanelEventForwarder.common.js", "kit");
  const config = { kits: {} };
  window.kit.default.register(config);
  const kit = new (Object.values(config.kits)[0].constructor)();
  kit.init({ token: "token", baseUrl: url, userIdentificationType: "CustomerId" }, () => {}, true);
  const login = (identities) => kit.onLoginComplete({ getUserIdentities: () => ({ userIdentities: identities }), getMPID: () => "1" });
  login({ email: "sally@example.test" });
  kit.process({ EventDataType: 4, EventName: "After login by e-mail" });
  login({ customerid: "sally" });
  kit.process({ EventDataType: 4, EventName: "After login by customer id" });
  await wait(7000); // rows are sent in batches
  const [own, real] = rows.filter((r) => r.event === "$identify").map((r) => r.properties);
  const id = (event) => rows.find((r) => r.event === event).properties.distinct_id;
  console.log([own, real].map((p) => [p.distinct_id, p.$anon_distinct_id, p.$user_id]));
  assert.strictEqual(own.distinct_id, own.$anon_distinct_id);
  assert.strictEqual(own.$user_id, undefined);
  assert.strictEqual(id("After login by e-mail"), own.distinct_id);
  assert.strictEqual(real.distinct_id, "sally");
  assert.strictEqual(id("After login by customer id"), "sally");
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
