#!/usr/bin/env bash
# Countly for Node: the view of the user before ends under the id of the next one.
#
# Version:   countly-sdk-nodejs 24.10.4 (npm).
# Expected:  change_id("omar", false) makes omar another person: the view of nora ends under nora, as her
#            session does.
# Behaviour: change_id ends the session of the old id, puts the new id in place, and only then ends the
#            view that is open: its row with the duration is queued for the new id.
# Output:    view of home: begins under nora, ends under omar; end_session: nora
# Meaning:   each change of user on one device gives the next person a view that was not theirs, and a time on
#            it. A first row of a person that has a duration and no visit belongs to the one before.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix . countly-sdk-nodejs@24.10.4
cat > run.cjs <<'EOF'
const assert = require("assert"), http = require("http");
const rows = [], sessions = [];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part)).on("end", () => {
    const said = new URLSearchParams(request.method === "GET" ? request.url.split("?")[1] : Buffer.concat(parts).toString());
    for (const event of JSON.parse(said.get("events") || "[]")) rows.push({ id: said.get("device_id"), ...event });
    if (said.get("end_session")) sessions.push(said.get("device_id"));
    response.end('{"result":"Success"}');
  });
});
server.listen(0, "127.0.0.1", async () => {
  const Countly = require("countly-sdk-nodejs");
  Countly.init({ app_key: "key", url: `http://127.0.0.1:${server.address().port}`, device_id: "nora", interval: 100, storage_path: `${__dirname}/store/` });
  Countly.begin_session();
  Countly.track_view("home");
  await wait(1500);
  Countly.change_id("omar", false);
  await wait(2500);
  const views = rows.filter((row) => row.key === "[CLY]_view" && row.segmentation.name === "home");
  const begins = views.filter((row) => row.segmentation.visit).map((row) => row.id);
  const ends = views.filter((row) => !row.segmentation.visit).map((row) => row.id);
  console.log({ begins, ends, sessions });
  assert.deepStrictEqual(begins, ["nora"]);
  assert.deepStrictEqual(ends, ["omar"]);
  assert.deepStrictEqual(sessions, ["nora"]);
  process.exit(0);
});
process.on("unhandledRejection", (error) => { console.error(error); process.exit(1); });
EOF
node run.cjs
