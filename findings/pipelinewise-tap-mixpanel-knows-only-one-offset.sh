#!/usr/bin/env bash
# pipelinewise-tap-mixpanel shifts every row by the offset that the zone had on 1 January 1970:
# summer is an hour wrong, London always.
#
# Version:   pipelinewise-tap-mixpanel 1.2.0 (PyPI).
# Expected:  with project_timezone US/Pacific a row at noon is 20:00Z in January and 19:00Z in July;
#            with Europe/London 12:00Z in January and 11:00Z in July.
# Behaviour: the start of 1970 is put into the zone, the seconds are added to it, and the sum keeps
#            the offset of 1970. Britain had summer time all through 1970, so London is an hour early
#            in winter too.
# Output:    US/Pacific 2020-01-15T20:00Z, 2020-07-01T20:00Z; Europe/London 11:00Z and 11:00Z
# Meaning:   half of the year lies an hour away from server rows and from the half loaded by another
#            tool. An inferred offset looks sure, since all rows share it, and it is still wrong.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'pipelinewise-tap-mixpanel==1.2.0'
cat > run.py <<'EOF'
from datetime import datetime
from zoneinfo import ZoneInfo
from tap_mixpanel.transform import transform_record

def exported(zone, wall_clock):
    seconds = int(datetime.fromisoformat(wall_clock + "+00:00").timestamp())
    row = {"event": "View", "properties": {"time": seconds, "distinct_id": "12345", "$insert_id": "a"}}
    return transform_record(row, "export", zone, {"denest_properties": "true"})["time"][:16]

def right(zone, wall_clock):
    return datetime.fromisoformat(wall_clock).replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC")).isoformat()[:16]

off = {}
for zone in ("US/Pacific", "Europe/London"):
    for wall_clock in ("2020-01-15T12:00:00", "2020-07-01T12:00:00"):
        got, want = exported(zone, wall_clock), right(zone, wall_clock)
        off[zone, wall_clock[5:7]] = (datetime.fromisoformat(got) - datetime.fromisoformat(want)).total_seconds() / 3600
        print(zone, wall_clock, "->", got, "right:", want)
assert off == {("US/Pacific", "01"): 0, ("US/Pacific", "07"): 1, ("Europe/London", "01"): -1, ("Europe/London", "07"): 0}
EOF
env/bin/python run.py
