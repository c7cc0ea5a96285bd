#!/usr/bin/env bash
# mixpanel-import gives rows of one event, one id and one time the same $insert_id, whatever else they
# say.
#
# Version:   mixpanel-import 3.1.43 (npm) with fixData: true (--fixData), which its documents call the
#            default; dryRun, so that it sends nothing.
# Expected:  two rows that differ in a property are two events, and get two ids; or the id is made of
#            all that a row says.
# Behaviour: where a row has no $insert_id, it is a hash of event, distinct_id and time alone. Times of
#            raw exports are whole seconds, so all that a person put into a cart within a second has one.
# Output:    three rows: cup, tea and pot; two ids: that of cup and tea, and pot's own
# Meaning:   the server takes rows with one event, id, time and $insert_id for deliveries of one row and
#            counts one of them. After a move between projects, orders lack items and money, and a journey of
#            the new project is shorter than that of the old one. Give each row an $insert_id before.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm install --silent --ignore-scripts --no-audit --no-fund --no-package-lock --prefix . mixpanel-import@3.1.43
cat > run.cjs <<'EOF'
const assert = require("node:assert");
const send = require("mixpanel-import");

const row = (item, more) => ({
  event: "Item Added",
  properties: { distinct_id: "12345", time: 1562148000, item, ...more },
});
const options = { recordType: "event", fixData: true, dryRun: true, verbose: false, logs: false, showProgress: false };

send({ token: "made-up" }, [row("cup"), row("tea"), row("pot", { $insert_id: "own" })], options).then(({ dryRun }) => {
  const made = dryRun.map(({ properties }) => [properties.item, properties.$insert_id]);
  console.log(JSON.stringify(made));
  assert.deepStrictEqual(made.map(([item]) => item), ["cup", "tea", "pot"]);
  assert.ok(made[0][1]);
  assert.strictEqual(made[0][1], made[1][1]);
  assert.strictEqual(made[2][1], "own");
  process.exit(0);
});
EOF
node run.cjs
