#!/usr/bin/env bash
# sqlite-utils 4 reads a CSV of events with the ids 0042, 42 and 4e1 as numbers: two people become one.
#
# Version:   sqlite-utils 4.2.1 (PyPI). In 3.38 the columns of a CSV are text unless one asks for
#            --detect-types; in version 4 --no-detect-types turns it off.
# Expected:  a CSV has no types, so an id column is text, as it was in versions 1 to 3.
# Behaviour: a column in which each value reads as a number is INTEGER, or REAL if one has a point
#            or an exponent. Leading zeros are gone, and a hexadecimal-looking id changes the type,
#            and so the spelling, of all the others.
# Output:    without 4e1: 42, 42 (integer); with it: 42.0, 42.0, 40.0 (real)
# Meaning:   two users share a timeline, and no id of the table matches the export, the
#            alias calls or the vendor any more. Use --no-detect-types.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv --without-pip env && python3 -m pip --python env/bin/python install -q --disable-pip-version-check --root-user-action=ignore --no-compile 'sqlite-utils==4.2.1'
printf 'event,distinct_id,time\nView,0042,1561972321\nView,42,1561972322\n' > plain.csv
{ cat plain.csv; printf 'View,4e1,1561972323\n'; } > exponent.csv
ids() { env/bin/sqlite-utils query "$1" "SELECT group_concat(distinct_id || ' ' || typeof(distinct_id), ', ') AS ids FROM events" --raw; }
env/bin/sqlite-utils insert plain.db events plain.csv --csv > log
env/bin/sqlite-utils insert exponent.db events exponent.csv --csv >> log
env/bin/sqlite-utils insert text.db events exponent.csv --csv --no-detect-types >> log
plain=$(ids plain.db); exponent=$(ids exponent.db); text=$(ids text.db)
printf 'plain:    %s\nexponent: %s\ntext:     %s\n' "$plain" "$exponent" "$text"
[ "$plain" = '42 integer, 42 integer' ]
[ "$exponent" = '42.0 real, 42.0 real, 40.0 real' ]
[ "$text" = '0042 text, 42 text, 4e1 text' ]
