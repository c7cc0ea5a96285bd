#!/usr/bin/env bash
# tap-mixpanel's required setting project_timezone does not change the time of a single exported
# row.
#
# Version:   tap-mixpanel 1.8.0 (PyPI).
# Expected:  the tap does not start without the setting, and its transform takes it as the zone of
#            the times: noon on the wall clock of US/Pacific (winter) is exported as 12:00 and should
#            become 20:00Z.
# Behaviour: it moves the instant 1970-01-01T00:00Z to the zone and adds the seconds. Moving an
#            instant does not change it, so the result is the number read as UTC, in every zone. The
#            fork pipelinewise-tap-mixpanel 1.2.0 does shift.
# Output:    2020-01-15T12:00:00.000000Z for UTC, US/Pacific, Asia/Kolkata alike
# Meaning:   of a project made before 2023 the raw export has wall clock times. Client rows land
#            hours away from server rows of other sources, and who was first, the alias call or the
#            row that needed it, is judged wrongly. Do not shift rows of a newer project; shift those
#            of an older one after the tap.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'tap-mixpanel==1.8.0'
cat > run.py <<'EOF'
from datetime import datetime
from tap_mixpanel.transform import transform_record

def exported(zone, wall_clock):
    """The record that the tap writes for a row of the raw export."""
    seconds = int(datetime.fromisoformat(wall_clock + "+00:00").timestamp())
    row = {"event": "View", "properties": {"time": seconds, "distinct_id": "12345", "$insert_id": "a"}}
    return transform_record(row, "export", zone)["time"]

for zone in ("UTC", "US/Pacific", "Asia/Kolkata"):
    winter, summer = exported(zone, "2020-01-15T12:00:00"), exported(zone, "2020-07-01T12:00:00")
    print(zone, winter, summer)
    assert (winter, summer) == ("2020-01-15T12:00:00.000000Z", "2020-07-01T12:00:00.000000Z")
EOF
env/bin/python run.py
