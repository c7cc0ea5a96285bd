#!/usr/bin/env python3
"""Prints how fast `journey` is beside other programs, on one generated export.

    cargo build --release
    tests/bench/peers.py --rows 1000000

Every line is a comparison of two runs that follow each other, A B A B ..., so that what else
the machine does falls on both; the ratio is the median of the ratios pair by pair. A run is a
whole process: its time by the clock, its processor time and its greatest memory come from the
kernel (wait4). Nothing is installed: a peer that is not there is named, and its line left out.

What each peer does (the export has one JSON object in a line):

* DuckDB: read_json into a table with the columns distinct_id, time, event, insert_id and the
  properties as JSON; the alias calls in a table; all ids in a table with an index.
* ClickHouse (chdb): into a MergeTree ordered by (distinct_id, time), properties as text under
  ZSTD; the alias calls in a table.
* sqlite3: .import of the lines, json_extract into columns, an index over distinct_id and time,
  the alias calls in a table; with the settings it comes with (without a journal and waiting for
  the disk it takes a fifth less).
* sqlite-utils: insert --nl; no columns of its own, no index.

None of them finds rows that were delivered twice, keeps the line of a row or survives a kill.

The time of an import by journey is that to its answer: all rows are there and can be searched. The
process goes on with the index of values, and a line of its own has the whole of it.

A value (`session_id=...`, which few rows have) is searched in the table that each has imported. Of
journey it is the whole process; of DuckDB and ClickHouse, which are libraries, the first question
of a process after the table is open, for ClickHouse with a test of the text before JSON is read.

Five findings that SQL can say (alias calls refused, rows split, two users on one device, placeholders
as ids, ids that differ only in case or blanks) are asked of the table of DuckDB, all in one process
after it is open. Of journey it is the whole process of a check for the six codes that they are, which says
more of each: users, places, money, advice; and, in a line of its own, of a check for all codes.

The people of a store are asked for in two ways (`--only people`). DuckDB answers the question of a migration report
from its table of the export, as far as SQL says it in reason: ids and arrivals from the properties, deliveries once,
aliases by their first target and rows of an alias before it, the users of devices by the first to arrive (simplified)
or the pairs that identify, alias and merge join, without those that are refused, and their components (original); then
people under both rule sets, who stays, is split or merged, and rows that change owner. Components are asked for in
three ways: by the recursion that most people write (every id with every id that it reaches), by WITH RECURSIVE ... USING
KEY, and by labels that are passed on until nothing changes. Its numbers have to be those of the report, or the line
says so. Not asked for: circles of aliases, the limit of 500 ids, what to change first, names, refusals by reason.
Of journey it is the whole process; of DuckDB the time after its table is open, and once more with all that it needs of
the properties in columns of a table that is there before the clock starts.

The second way is the part that DuckDB is best at, with everything before it left out: the components of pairs of numbers
that stand in a table. Of journey it is the forest of its rule sets, given the same pairs, and the component of every id
(`cargo bench --bench components`). The recursion that most people write takes memory and
time by the square of a component: an id that a thousand others are joined to (`undefined`, a shared account) is a
million pairs. So `--hub IDS` adds one.

The rows of the export in other forms (`--only formats`): DuckDB writes CSV and Parquet, with a column for each
property, and with the properties as text; calls of Segment and events of PostHog are made of each row. An
import of each is paired with one of the export, for a row of CSV and Parquet and for a byte of the others; and
DuckDB reads the same CSV and Parquet into a table, with the aliases and an index of the ids.
"""

import argparse
import datetime
import gzip
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIFTY = "fifty.user@example.com"

DUCKDB = """
CREATE TABLE events AS
SELECT properties->>'distinct_id' AS distinct_id, CAST(properties->>'time' AS BIGINT) AS time, event,
       properties->>'$."$insert_id"' AS insert_id, properties
FROM read_json('{export}', format = 'newline_delimited', columns = {{event: 'VARCHAR', properties: 'JSON'}});
CREATE TABLE aliases AS
SELECT properties->>'alias' AS alias, distinct_id, time FROM events WHERE event = '$create_alias';
CREATE TABLE ids AS
SELECT DISTINCT distinct_id AS id FROM events UNION SELECT alias FROM aliases;
CREATE INDEX ids_id ON ids(id);
CHECKPOINT;
"""

# The findings of journey that these are.
CODES = "alias-on-login,alias-race,alias-used-before,shared-device,placeholder-id,id-variants"

FINDINGS = [
    """SELECT count(*) FROM (
         SELECT alias, distinct_id, first_value(distinct_id) OVER (PARTITION BY alias ORDER BY arrived) AS kept FROM (
           SELECT properties->>'alias' AS alias, distinct_id, CAST(properties->>'mp_processing_time_ms' AS BIGINT) AS arrived
           FROM events WHERE event = '$create_alias'))
       WHERE distinct_id <> kept""",
    """SELECT count(*) FROM events e JOIN (
         SELECT properties->>'alias' AS alias, min(CAST(properties->>'mp_processing_time_ms' AS BIGINT)) AS arrived
         FROM events WHERE event = '$create_alias' GROUP BY 1) a ON e.distinct_id = a.alias
       WHERE CAST(e.properties->>'mp_processing_time_ms' AS BIGINT) < a.arrived""",
    """SELECT count(*) FROM (
         SELECT properties->>'$."$device_id"' AS device FROM events WHERE properties->>'$."$user_id"' IS NOT NULL
         GROUP BY 1 HAVING count(DISTINCT properties->>'$."$user_id"') > 1)""",
    """SELECT count(*) FROM events WHERE distinct_id IS NULL OR lower(distinct_id) IN
         ('', 'null', 'undefined', 'none', 'nil', 'anonymous', 'anon', 'unknown', 'n/a', 'na', '0', '-1', 'true', 'false')""",
    "SELECT count(*) FROM (SELECT lower(trim(id)) FROM ids GROUP BY 1 HAVING count(*) > 1)",
]

# What each row says of ids. Arrival and line are one number, so that they order as one.
READ = r"""
CREATE TEMP {kind} columns AS
SELECT id, event, time, insert_id, x[1] AS device, x[2] AS named, x[3] AS alias, x[4] AS anon, x[6] AS into_id, x[7] AS other_id,
       (CAST(x[5] AS BIGINT) - 1600000000000) * 16777216 + line AS arrived
FROM (SELECT *, rowid AS line, distinct_id AS id, json_extract_string(properties, ['$."$device_id"', '$."$user_id"',
        '$.alias', '$."$anon_distinct_id"', '$.mp_processing_time_ms', '$."$distinct_ids"[0]', '$."$distinct_ids"[1]']) AS x
      FROM events);
"""

# Deliveries once.
SENT = r"""
CREATE TEMP TABLE sent AS
SELECT id, event, device, named, alias, anon, into_id, other_id, arrived FROM columns
QUALIFY insert_id IS NULL OR row_number() OVER (PARTITION BY id, event, time, insert_id ORDER BY arrived) = 1;
CREATE TEMP TABLE mapped AS
SELECT alias, arg_min(id, arrived) AS target, min(arrived) AS since
FROM sent WHERE event = '$create_alias' AND alias <> id GROUP BY alias;
CREATE TEMP TABLE ways AS
WITH RECURSIVE way(alias, target, since, hops) AS (
    SELECT alias, target, since, 1 FROM mapped
    UNION ALL
    SELECT way.alias, mapped.target, greatest(way.since, mapped.since), hops + 1
    FROM way JOIN mapped ON mapped.alias = way.target WHERE hops < 100)
SELECT * FROM way;
CREATE TEMP TABLE persons AS
SELECT id FROM (
    SELECT id FROM sent WHERE event = '$identify' AND anon IS NOT NULL
    UNION SELECT named FROM sent WHERE named IS NOT NULL AND (device IS NOT NULL OR id <> named)
    UNION SELECT alias FROM mapped WHERE NOT regexp_matches(alias, '^(\$device:.*|{uuid}|{web})$')
    UNION SELECT id FROM sent WHERE contains(id, '@')
    UNION SELECT named FROM sent WHERE contains(named, '@'))
WHERE id IS NOT NULL AND NOT regexp_matches(id, '^(\$device:.*|{web})$')
  AND id NOT IN (SELECT device FROM sent WHERE device IS NOT NULL AND regexp_matches(device, '^{uuid}$'));
""".replace("{uuid}", "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}").replace("{web}", "[0-9a-f]{11,16}(-[0-9a-f]+){4}")

CALLS = "('$create_alias', '$identify', '$merge')"

# The first user of a device; ids with the prefix of a device are that device, others without a user are users.
USERS = f"""
CREATE TEMP TABLE users AS
SELECT device AS node, arg_min(named, arrived) AS owner FROM sent
WHERE device IS NOT NULL AND named IS NOT NULL AND event NOT IN {CALLS} GROUP BY device;
"""
OF_SIMPLIFIED = (
    """CASE WHEN named IS NOT NULL THEN named WHEN device IS NOT NULL THEN coalesce(owner, '$device:' || device)
            WHEN starts_with(id, '$device:') THEN coalesce(owner, id) ELSE id END""",
    "coalesce(device, CASE WHEN starts_with(id, '$device:') THEN substr(id, 9) END)",
)

# Pairs that calls of Original ID Merge join: an anonymous id of the form of a GUID with its first user, an alias
# with its first target, all of $merge.
PAIRS = r"""
CREATE TEMP TABLE calls AS
WITH said AS (SELECT id, anon, arrived FROM sent WHERE event = '$identify' AND anon <> id
              AND regexp_matches(anon, '^(\$device:)?[A-Za-z0-9]+(-[A-Za-z0-9]+){4}$')),
firsts AS (SELECT anon, arg_min(id, arrived) AS first FROM said GROUP BY anon)
SELECT said.id AS a, anon AS b, min(arrived) AS said, true AS names FROM said JOIN firsts USING (anon)
WHERE said.id = first GROUP BY ALL
UNION ALL SELECT target, alias, since, false FROM mapped
UNION ALL SELECT into_id, other_id, arrived, false FROM sent WHERE event = '$merge' AND into_id <> other_id;
CREATE TEMP TABLE pairs AS SELECT a, b FROM calls UNION SELECT b, a FROM calls;
"""

# Each makes `component(id, root)` of `pairs(a, b)`, which has every pair both ways.
COMPONENTS = {
    "plain": """
CREATE OR REPLACE TEMP TABLE component AS
WITH RECURSIVE reached(id, other) AS (
    SELECT DISTINCT a, a FROM pairs
    UNION
    SELECT reached.id, pairs.b FROM reached JOIN pairs ON pairs.a = reached.other)
SELECT id, min(other) AS root FROM reached GROUP BY id""",
    "keyed": """
CREATE OR REPLACE TEMP TABLE component AS
WITH RECURSIVE component(id, root) USING KEY (id) AS (
    SELECT DISTINCT a, a FROM pairs
    UNION
    (SELECT known.id, min(near.root)
     FROM recurring.component AS known JOIN pairs ON pairs.a = known.id JOIN component AS near ON near.id = pairs.b
     WHERE near.root < known.root GROUP BY 1))
SELECT * FROM component""",
    "labels": None,
}
LABELS = [
    """CREATE OR REPLACE TEMP TABLE next AS
       SELECT component.id, least(component.root, near) AS root, near < component.root AS is_new
       FROM component JOIN (SELECT pairs.a AS id, min(root) AS near FROM pairs JOIN component ON component.id = pairs.b
                            GROUP BY 1) USING (id)""",
    # What the label of the label is by now.
    """CREATE OR REPLACE TEMP TABLE component AS
       SELECT next.id, least(next.root, up.root) AS root FROM next JOIN next AS up ON up.id = next.root""",
]

# A component is called by the id that was identified first, else by the one that was there first.
NAMES = """
CREATE TEMP TABLE users AS
WITH seen AS (SELECT id, min(arrived) AS seen FROM (
    SELECT id, arrived FROM sent UNION ALL SELECT a, said FROM calls UNION ALL SELECT b, said FROM calls) GROUP BY id),
identified AS (SELECT a AS id, min(said) AS said FROM calls WHERE names GROUP BY a),
names AS (SELECT root, arg_min(id, (coalesce(said, 9223372036854775807), seen)) AS name
          FROM component JOIN seen USING (id) LEFT JOIN identified USING (id) GROUP BY root)
SELECT component.id AS node, name AS owner FROM component JOIN names USING (root);
"""
OF_ORIGINAL = ("coalesce(owner, id)", "sent.id")

SHARES = """
CREATE TEMP TABLE shares AS
SELECT coalesce(ways.target, e.id) AS old, new, count(*) AS rows
FROM (SELECT id, arrived, {owner} AS new FROM sent LEFT JOIN users ON users.node = {key}
      WHERE event NOT IN {calls} AND id IS NOT NULL) e
ASOF LEFT JOIN ways ON ways.alias = e.id AND ways.since < e.arrived
GROUP BY ALL
"""

PEOPLE = """
WITH olds AS (SELECT old, count(*) AS parts, any_value(new) AS new FROM shares GROUP BY old),
news AS (SELECT new, count(*) AS parts FROM shares GROUP BY new)
SELECT (SELECT sum(rows) FROM shares), count(*), (SELECT count(*) FROM news),
       count(*) FILTER (olds.parts = 1 AND news.parts = 1), count(*) FILTER (olds.parts > 1),
       count(*) FILTER (olds.parts = 1 AND news.parts > 1)
FROM olds JOIN news USING (new)
"""

CHANGED = r"""
WITH ends AS (SELECT alias, arg_max(target, hops) AS target FROM ways GROUP BY alias),
counterparts AS (
    SELECT old, new AS counterpart, shares.rows FROM shares
    LEFT JOIN ends ON ends.alias = new LEFT JOIN persons ON persons.id = new
    QUALIFY row_number() OVER (PARTITION BY old
        ORDER BY (persons.id IS NOT NULL AND coalesce(ends.target, new) = old) DESC, shares.rows DESC) = 1),
keepers AS (
    SELECT counterparts.rows FROM counterparts LEFT JOIN ends ON ends.alias = counterpart
    QUALIFY row_number() OVER (PARTITION BY counterpart
        ORDER BY coalesce(ends.target, {bare}) = old DESC, counterparts.rows DESC) = 1)
SELECT (SELECT sum(rows) FROM shares) - sum(rows) FROM keepers
"""

FORMS = """
CREATE VIEW rows AS SELECT * FROM read_json('{export}', format = 'newline_delimited', sample_size = -1);
CREATE VIEW texts AS SELECT event, properties->>'distinct_id' AS distinct_id, CAST(properties->>'time' AS BIGINT) AS time,
       properties->>'$."$insert_id"' AS insert_id, properties
FROM read_json('{export}', format = 'newline_delimited', columns = {{event: 'VARCHAR', properties: 'JSON'}});
COPY (SELECT event, properties.* FROM rows) TO '{folder}/columns.csv' (HEADER);
COPY (SELECT event, properties.* FROM rows) TO '{folder}/columns.parquet';
COPY texts TO '{folder}/text.csv' (HEADER);
COPY texts TO '{folder}/text.parquet';
"""

OF_COLUMNS = """
CREATE TABLE events AS SELECT * FROM '{file}';
CREATE TABLE aliases AS SELECT alias, distinct_id, time FROM events WHERE event = '$create_alias';
CREATE TABLE ids AS
SELECT DISTINCT CAST(distinct_id AS VARCHAR) AS id FROM events UNION SELECT CAST(alias AS VARCHAR) FROM aliases;
CREATE INDEX ids_id ON ids(id);
CHECKPOINT;
"""

OF_TEXT = """
CREATE TABLE events AS SELECT distinct_id, time, event, insert_id, CAST(properties AS JSON) AS properties FROM '{file}';
CREATE TABLE aliases AS
SELECT properties->>'alias' AS alias, distinct_id, time FROM events WHERE event = '$create_alias';
CREATE TABLE ids AS
SELECT DISTINCT CAST(distinct_id AS VARCHAR) AS id FROM events UNION SELECT alias FROM aliases;
CREATE INDEX ids_id ON ids(id);
CHECKPOINT;
"""

CLICKHOUSE = """
CREATE DATABASE IF NOT EXISTS crowd;
CREATE TABLE crowd.events (distinct_id String, time Int64, event LowCardinality(String), insert_id String,
                           properties String CODEC(ZSTD(1)))
ENGINE = MergeTree ORDER BY (distinct_id, time);
INSERT INTO crowd.events
SELECT JSONExtractString(properties, 'distinct_id'), JSONExtractInt(properties, 'time'), event,
       JSONExtractString(properties, '$insert_id'), properties
FROM file('{export}', 'JSONEachRow', 'event String, properties String');
CREATE TABLE crowd.aliases (alias String, distinct_id String, time Int64) ENGINE = MergeTree ORDER BY alias;
INSERT INTO crowd.aliases
SELECT JSONExtractString(properties, 'alias'), distinct_id, time FROM crowd.events WHERE event = '$create_alias';
"""

# The separator of columns is one that no line holds; quotes mean nothing in this mode.
SQLITE3 = r"""
CREATE TABLE raw (line TEXT);
.mode ascii
.separator "\037" "\n"
.import "{export}" raw
CREATE TABLE events AS
SELECT json_extract(line, '$.properties.distinct_id') AS distinct_id, json_extract(line, '$.properties.time') AS time,
       json_extract(line, '$.event') AS event, json_extract(line, '$.properties."$insert_id"') AS insert_id,
       json_extract(line, '$.properties') AS properties
FROM raw;
CREATE INDEX events_distinct_id ON events(distinct_id, time);
CREATE TABLE aliases AS
SELECT json_extract(properties, '$.alias') AS alias, distinct_id, time FROM events WHERE event = '$create_alias';
CREATE INDEX aliases_alias ON aliases(alias);
DROP TABLE raw;
SELECT count(*) FROM events;
"""


def ask(peer, value, store):
    """Searches a value in the table of a peer; runs in a process of its own, and prints seconds."""
    if peer == "duckdb":
        import duckdb

        connection = duckdb.connect(store, read_only=True)
        start = time.perf_counter()
        found = connection.execute(
            "SELECT distinct_id, count(*) FROM events WHERE properties->>'session_id' = ? GROUP BY 1", [value]
        ).fetchall()
    else:
        from chdb import session

        opened = session.Session(store)
        start = time.perf_counter()
        found = str(opened.query(
            f"SELECT distinct_id, count() FROM crowd.events WHERE position(properties, '{value}') > 0 "
            f"AND JSONExtractString(properties, 'session_id') = '{value}' GROUP BY 1", "TabSeparated")).split()
    taken = time.perf_counter() - start
    print(taken if found else "nothing")


def find(store):
    """Asks the table of DuckDB for five findings; runs in a process of its own, and prints seconds and what it found."""
    import duckdb

    connection = duckdb.connect(store, read_only=True)
    start = time.perf_counter()
    found = [connection.execute(question).fetchone()[0] for question in FINDINGS]
    print(time.perf_counter() - start, *found)


def components(connection, way):
    """Makes the table of components from that of pairs."""
    if COMPONENTS[way]:
        connection.execute(COMPONENTS[way])
        return
    connection.execute("CREATE OR REPLACE TEMP TABLE component AS SELECT DISTINCT a AS id, a AS root FROM pairs")
    changed = True
    while changed:
        connection.execute(LABELS[0])
        changed = connection.execute("SELECT count(*) FROM next WHERE is_new").fetchone()[0] > 0
        connection.execute(LABELS[1])


def migrate(store, to, way, table):
    """Asks DuckDB what becomes of everyone, from properties as JSON or from a table with a column for each that is
    needed; runs in a process of its own, and prints seconds and what it found."""
    import duckdb

    connection = duckdb.connect(store, read_only=True)
    if table == "columns":
        connection.execute(READ.format(kind="TABLE"))
    start = time.perf_counter()
    if table != "columns":
        connection.execute(READ.format(kind="VIEW"))
    connection.execute(SENT)
    if to == "simplified":
        connection.execute(USERS)
        owner, key = OF_SIMPLIFIED
    else:
        connection.execute(PAIRS)
        components(connection, way)
        connection.execute(NAMES)
        owner, key = OF_ORIGINAL
    connection.execute(SHARES.format(owner=owner, key=key, calls=CALLS))
    found = list(connection.execute(PEOPLE).fetchone())
    # A device that rows name and an id of its text are two under simplified.
    bare = r"regexp_replace(counterpart, '^\$device:', '')" if to == "simplified" else "counterpart"
    found += connection.execute(CHANGED.format(bare=bare)).fetchone()
    print(time.perf_counter() - start, *found)


def connect(store, way, hub):
    """Asks DuckDB for the components of pairs of numbers in a table; runs in a process of its own, and prints seconds
    and how many there are."""
    import duckdb

    connection = duckdb.connect(store, read_only=True)
    connection.execute(READ.format(kind="VIEW"))
    connection.execute(SENT)
    connection.execute(PAIRS)
    connection.execute("""
        CREATE TEMP TABLE numbers AS SELECT id, row_number() OVER () AS number FROM (SELECT DISTINCT a AS id FROM pairs);
        CREATE TEMP TABLE numbered AS
        SELECT x.number AS a, y.number AS b FROM pairs JOIN numbers x ON x.id = a JOIN numbers y ON y.id = b;
        DROP TABLE pairs;
        ALTER TABLE numbered RENAME TO pairs;
    """)
    if int(hub):
        connection.execute(f"""INSERT INTO pairs SELECT 0, -n FROM range(1, {int(hub)}) t(n)
                               UNION ALL SELECT -n, 0 FROM range(1, {int(hub)}) t(n)""")
    start = time.perf_counter()
    components(connection, way)
    found = connection.execute("SELECT count(DISTINCT root) FROM component").fetchone()[0]
    print(time.perf_counter() - start, found)


def child(peer, export, store):
    """Imports as one of the peers that are libraries of Python; runs in a process of its own."""
    if peer == "duckdb":
        import duckdb

        connection = duckdb.connect(store)
        connection.execute(DUCKDB.format(export=export.replace("'", "''")))
        print(connection.execute("SELECT count(*) FROM events").fetchone()[0])
        connection.close()
    elif peer == "chdb":
        from chdb import session

        opened = session.Session(store)
        for statement in CLICKHOUSE.format(export=export.replace("'", "\\'")).split(";"):
            if statement.strip():
                opened.query(statement)
        print(str(opened.query("SELECT count() FROM crowd.events", "TabSeparated")).strip())
        opened.close()


def read_form(file, store):
    """Has DuckDB read a table; runs in a process of its own."""
    import duckdb

    connection = duckdb.connect(store)
    read = OF_TEXT if Path(file).stem == "text" else OF_COLUMNS
    connection.execute(read.format(file=file.replace("'", "''")))
    print(connection.execute("SELECT count(*) FROM events").fetchone()[0])
    connection.close()


def calls(row, number):
    """A row of the export as a call of Segment and as an event of PostHog."""
    event, of = row["event"], row["properties"]
    moment = datetime.datetime.fromtimestamp(of["time"], datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    arrived = datetime.datetime.fromtimestamp(of.get("mp_processing_time_ms", of["time"] * 1000) / 1000, datetime.timezone.utc)
    arrived = arrived.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    sent = str(of.get("distinct_id"))
    # What Mixpanel itself writes would make it a row of Mixpanel.
    is_own = lambda key: key in ("time", "distinct_id", "$insert_id") or key.startswith(("mp_", "$mp_"))
    rest = {key: value for key, value in of.items() if not is_own(key)}
    segment = {
        "anonymousId": of.get("$device_id") or sent,
        "context": {"library": {"name": "analytics.js", "version": "4.1.0"}, "os": {"name": of.get("$os")},
                    "device": {"model": of.get("$model")}, "screen": {"width": of.get("$screen_width")}},
        "event": event, "messageId": of.get("$insert_id") or f"m-{number}", "originalTimestamp": moment,
        "properties": rest, "receivedAt": arrived, "sentAt": moment, "timestamp": moment, "type": "track",
    }
    if of.get("$user_id") is not None:
        segment["userId"] = str(of["$user_id"])
    # Those of PostHog with these names are about ids.
    event = event if not event.startswith("$") else event[1:]
    posthog = {
        "uuid": str(uuid.UUID(int=number)), "event": event, "properties": {**rest, "$lib": of.get("mp_lib", "web")},
        "distinct_id": sent, "timestamp": moment, "created_at": arrived, "elements_chain": "",
    }
    return segment, posthog


class Run:
    """What one process took."""

    def __init__(self, command, stdin=None, answers=False):
        # What earlier runs have written is on disk before this one starts.
        os.sync()
        if answers:
            return self.until_answer(command)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as problems:
            given = stdin.encode() if stdin is not None else b""
            start = time.perf_counter()
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=problems)
            try:
                process.stdin.write(given)
                process.stdin.close()
            except BrokenPipeError:
                pass
            _, status, used = os.wait4(process.pid, 0)
            self.wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            problems.seek(0)
            self.out = out.read().decode(errors="replace")
            if process.returncode != 0:
                said = problems.read().decode(errors="replace").strip()
                raise SystemExit(f"{Path(command[0]).name} ended with {process.returncode}: {said}")
        self.cpu = used.ru_utime + used.ru_stime
        # The kernel tells kilobytes, that of Apple bytes.
        self.peak = used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


    def until_answer(self, command):
        """As the others, with the time to the first line that it writes."""
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.out = process.stdout.readline().decode(errors="replace")
        self.wall = time.perf_counter() - start
        process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        self.whole = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{Path(command[0]).name} ended with {process.returncode}")
        self.cpu = used.ru_utime + used.ru_stime
        self.peak = used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def size(path):
    """Bytes of a file with what SQLite keeps beside it, or of a folder."""
    path = Path(path)
    if path.is_dir():
        return sum(entry.stat().st_size for entry in path.rglob("*") if entry.is_file())
    return sum(entry.stat().st_size for entry in path.parent.glob(path.name + "*"))


def remove(path):
    path = Path(path)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        for entry in path.parent.glob(path.name + "*"):
            entry.unlink()


class Bench:
    """The files and programs of one comparison."""

    def __init__(self, arguments, folder):
        self.journey = str(arguments.journey)
        self.rows, self.seed, self.pairs = arguments.rows, arguments.seed, arguments.pairs
        self.folder = folder
        self.export = str(arguments.export or self.generate("crowd.jsonl", self.rows, self.seed))
        self.bytes = os.path.getsize(self.export)
        self.ours = []
        manifest = str(ROOT / "Cargo.toml")
        self.components = arguments.components or ["cargo", "bench", "-q", "--manifest-path", manifest, "--bench", "components", "--"]

    def generate(self, name, rows, seed):
        """Has the crowd written; by the bench where the program does not know the command."""
        path = self.folder / name
        command = [self.journey, "generate", "export", "--rows", str(rows), "--seed", str(seed)]
        with open(path, "wb") as out:
            done = subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            environment = os.environ | {"JOURNEY_BENCH_ROWS": str(rows), "JOURNEY_BENCH_SEED": str(seed)}
            command = ["cargo", "bench", "-q", "--bench", "import", "--", "--generate", str(path)]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)
        return path

    def import_ours(self, export=None, into=None):
        """One import by journey into a new store, or into a copy of `into`."""
        store = self.folder / "ours.db"
        remove(store)
        if into:
            shutil.copyfile(into, store)
        run = Run([self.journey, "import", export or self.export, "--store", str(store), "--format", "json"], answers=True)
        report = json.loads(run.out)
        if report["events"] != self.rows or report["rejected"] != 0:
            raise SystemExit(f"journey stored {report['events']} of {self.rows} rows and rejected {report['rejected']}")
        run.size = size(store)
        self.ours.append(run)
        return run

    def import_theirs(self, command, store, stdin=None):
        remove(store)
        run = Run(command, stdin)
        run.size = size(store)
        counted = run.out.strip().splitlines()[-1:] or [""]
        if counted[0].isdigit() and int(counted[0]) != self.rows:
            raise SystemExit(f"{command[0]} stored {counted[0]} of {self.rows} rows")
        remove(store)
        return run

    def paired(self, first, second):
        """Runs the two in turn."""
        runs = [(first(), second()) for _ in range(self.pairs)]
        return [pair[0] for pair in runs], [pair[1] for pair in runs]


def median(runs, what):
    return statistics.median(getattr(run, what) for run in runs)


def ratios(over, under, what="wall"):
    return [getattr(one, what) / getattr(other, what) for one, other in zip(over, under)]


def spread(values):
    return f"{min(values):.2f}-{max(values):.2f}" if len(values) > 1 else ""


def peers(bench):
    """Name, what is lacking, and how to run it once, of each peer."""
    here = [sys.executable, str(Path(__file__).resolve()), "--child"]
    store = bench.folder / "theirs.db"

    def library(name):
        return lambda: bench.import_theirs([*here, name, bench.export, str(store)], store)

    def command_line():
        script = SQLITE3.replace("{export}", bench.export)
        return bench.import_theirs(["sqlite3", str(store)], store, script)

    def sqlite_utils():
        command = [sys.executable, "-m", "sqlite_utils", "insert", str(store), "events", bench.export, "--nl", "--silent"]
        return bench.import_theirs(command, store)

    def lacks(module):
        return None if importlib.util.find_spec(module) else f"pip install {module.replace('_', '-')}"

    return [
        ("duckdb", "DuckDB, JSON column, keys, index of ids", lacks("duckdb"), library("duckdb"), "≥ 4×", "≥ 6×"),
        ("chdb", "ClickHouse (chdb), MergeTree", lacks("chdb"), library("chdb"), "≥ 3×", "4.4×"),
        (
            "sqlite3",
            "sqlite3, json_extract, index",
            None if shutil.which("sqlite3") else "apt-get install sqlite3",
            command_line,
            "≥ 10×",
            "15×",
        ),
        ("sqlite-utils", "sqlite-utils insert --nl", lacks("sqlite_utils"), sqlite_utils, "≥ 20×", "35×"),
    ]


def compare(bench, only):
    """The lines of the table of imports by others, and what is lacking."""
    lines, lacking = [], []
    for key, name, lack, theirs, must, aim in peers(bench):
        if only and key not in only:
            continue
        if lack:
            lacking.append(f"{name}: not measured, `{lack}`")
            continue
        note(f"import against {name}")
        ours, others = bench.paired(bench.import_ours, theirs)
        times = ratios(others, ours)
        lines.append(
            f"| {name} | {median(ours, 'wall'):.2f} | {median(others, 'wall'):.2f} | **{statistics.median(times):.1f}×** "
            f"| {spread(times)} | {statistics.median(ratios(others, ours, 'cpu')):.1f}× | {median(others, 'peak'):.0f} "
            f"| {median(others, 'size') / 1e6:.0f} | {must} | {aim} |"
        )
    return lines, lacking


def alone(bench, held_rows, held_export, shows):
    """The lines of the table of journey beside itself."""
    lines = []

    note("gzip against plain")
    packed = bench.folder / "crowd.jsonl.gz"
    with open(bench.export, "rb") as plain, gzip.open(packed, "wb", compresslevel=6) as out:
        shutil.copyfileobj(plain, out, 1 << 20)
    plain, zipped = bench.paired(bench.import_ours, lambda: bench.import_ours(str(packed)))
    times = ratios(zipped, plain)
    lines.append(f"| gzip input against plain, time | **{statistics.median(times):.2f}×** | {spread(times)} | ≤ 1.8× | 1.5× |")
    packed.unlink()

    note("a store that holds rows against an empty one")
    held = held_export or bench.generate("held.jsonl", held_rows, bench.seed + 1)
    full = bench.folder / "held.db"
    Run([bench.journey, "import", str(held), "--store", str(full)])
    if held != held_export:
        held.unlink()
    empty, onto = bench.paired(bench.import_ours, lambda: bench.import_ours(into=full))
    times = ratios(onto, empty)
    lines.append(
        f"| import into a store of {held_rows:,} rows against an empty one | **{statistics.median(times):.2f}×** "
        f"| {spread(times)} | ≤ 1.5× | 1.1× |"
    )
    remove(full)

    note("show")
    run = bench.import_ours()
    store = bench.folder / "ours.db"
    show = [bench.journey, "show", FIFTY, "--store", str(store), "--format", "json"]
    rows = len(json.loads(Run(show).out)["events"])
    if rows != 50:
        raise SystemExit(f"the journey of {FIFTY} has {rows} rows, not 50")
    walls = [Run(show).wall * 1000 for _ in range(shows)]
    lines.append(
        f"| `journey show` of a user with 50 rows, whole process, warm | **{statistics.median(walls):.1f} ms** "
        f"| {spread(walls)} | < 15 ms | 5 ms |"
    )
    lines.append(f"| store against export, size | **{100 * run.size / bench.bytes:.1f} %** | | ≤ 20 % | 15 % |")
    peaks = [run.peak for run in bench.ours]
    limit = "≤ 300 MiB | 165 MiB" if bench.rows <= 1_000_000 else "≤ 450 MiB | 263 MiB"
    lines.append(f"| peak memory of an import | **{statistics.median(peaks):.0f} MiB** | {spread(peaks)} | {limit} |")
    return lines


def values(bench):
    """The lines of the table of searches for a value."""
    with open(bench.export, encoding="utf-8") as export:
        value = next(line.split('"session_id":"', 1)[1].split('"', 1)[0] for line in export if '"session_id":"' in line)
    note("an import to search in")
    bench.import_ours()
    store = bench.folder / "ours.db"
    command = [bench.journey, "search", f"session_id={value}", "--store", str(store)]
    here = [sys.executable, str(Path(__file__).resolve())]
    lines = []
    for peer in ["duckdb", "chdb"]:
        if not importlib.util.find_spec(peer):
            continue
        note(f"a value against {peer}")
        theirs = bench.folder / "theirs.db"
        remove(theirs)
        Run([*here, "--child", peer, bench.export, str(theirs)])
        ours, others = [], []
        for _ in range(bench.pairs):
            ours.append(Run(command).wall)
            others.append(float(Run([*here, "--ask", peer, value, str(theirs)]).out))
        remove(theirs)
        times = [other / our for our, other in zip(ours, others)]
        lines.append(
            f"| {peer} | {statistics.median(ours) * 1000:.0f} | {statistics.median(others) * 1000:.0f} "
            f"| **{statistics.median(times):.1f}×** | {spread(times)} |"
        )
    return lines


def against_duckdb(bench, what, command, question):
    """Runs of a command of journey and of a question to DuckDB about its own table, in pairs; what DuckDB found last."""
    note(f"an import for {what}")
    bench.import_ours()
    store, theirs = bench.folder / "ours.db", bench.folder / "theirs.db"
    here = [sys.executable, str(Path(__file__).resolve())]
    note(f"{what} against duckdb")
    remove(theirs)
    Run([*here, "--child", "duckdb", bench.export, str(theirs)])
    ours, others, found = [], [], []
    for _ in range(bench.pairs):
        ours.append(Run([bench.journey, *command, "--store", str(store)]))
        run = Run([*here, question, str(theirs)])
        seconds, *found = run.out.split()
        run.wall = float(seconds)
        others.append(run)
    remove(theirs)
    return ours, others, found


def findings(bench):
    """The lines of the table of findings."""
    if not importlib.util.find_spec("duckdb"):
        return []
    lines = []
    for codes, command in [("these", ["check", "--only", CODES]), ("all", ["check"])]:
        ours, others, found = against_duckdb(bench, "findings", command, "--find")
        times = ratios(others, ours)
        lines.append(
            f"| DuckDB, five findings ({', '.join(found)}); journey: {codes} "
            f"| {median(ours, 'wall'):.2f} | {median(others, 'wall'):.2f} "
            f"| **{statistics.median(times):.1f}×** | {spread(times)} "
            f"| {statistics.median(ratios(others, ours, 'cpu')):.1f}× "
            f"| {median(ours, 'cpu'):.2f} | {median(ours, 'peak'):.0f} | {median(others, 'peak'):.0f} |"
        )
    return lines


def people(bench, hub):
    """The lines of the tables of people: the question of a report, and components alone."""
    if not importlib.util.find_spec("duckdb"):
        return [], []
    note("an import for people")
    bench.import_ours()
    store, theirs = bench.folder / "ours.db", bench.folder / "theirs.db"
    here = [sys.executable, str(Path(__file__).resolve())]
    remove(theirs)
    Run([*here, "--child", "duckdb", bench.export, str(theirs)])

    def timed(command):
        run = Run(command)
        seconds, *run.found = run.out.split()
        run.wall = float(seconds)
        return run

    reports = []
    for to, way, table in [
        ("simplified", "-", "JSON"), ("original", "keyed", "JSON"), ("original", "plain", "JSON"), ("original", "labels", "JSON"),
        ("simplified", "-", "columns"), ("original", "keyed", "columns"),
    ]:
        note(f"people under {to}, {way}, {table}")
        ours, others = [], []
        for _ in range(bench.pairs):
            command = ["compare", "--from", "legacy", "--to", to, "--format", "json", "--store", str(store)]
            ours.append(Run([bench.journey, *command]))
            others.append(timed([*here, "--migrate", str(theirs), to, way, table]))
        of = json.loads(ours[-1].out)
        expected = [of["rows"], of["people"]["from"], of["people"]["to"], of["same"], of["split"], of["merged"], of["rows_changed"]]
        found = [int(number) for number in others[-1].found]
        same = "same numbers" if found == expected else f"OTHER NUMBERS: {found} against {expected}"
        times = ratios(others, ours)
        reports.append(
            f"| {to}, {way}, {table} | {median(ours, 'wall'):.2f} | {median(others, 'wall'):.2f} | **{statistics.median(times):.1f}×** "
            f"| {spread(times)} | {statistics.median(ratios(others, ours, 'cpu')):.1f}× | {median(ours, 'peak'):.0f} "
            f"| {median(others, 'peak'):.0f} | {same} |"
        )
    alone = []
    bench_of = [*bench.components, str(store)]
    for ids in [0, hub]:
        for way in COMPONENTS:
            note(f"components, {way}, a hub of {ids} ids")
            ours, others = [], []
            for _ in range(bench.pairs):
                ours.append(timed([*bench_of, str(ids)]))
                others.append(timed([*here, "--connect", str(theirs), way, str(ids)]))
            times = ratios(others, ours)
            same = "" if ours[-1].found == others[-1].found else f"; OTHERS: {ours[-1].found[0]}"
            alone.append(
                f"| {way} | {ids or 'none'} | {int(others[-1].found[0]):,}{same} | {median(ours, 'wall') * 1000:.1f} "
                f"| {median(others, 'wall') * 1000:.1f} | **{statistics.median(times):.1f}×** | {spread(times)} |"
            )
    remove(theirs)
    return reports, alone


def formats(bench):
    """The lines of the table of the same rows in other forms."""
    if not importlib.util.find_spec("duckdb"):
        return []
    import duckdb

    note("the rows in other forms")
    duckdb.execute(FORMS.format(export=bench.export.replace("'", "''"), folder=bench.folder))
    with (open(bench.export, encoding="utf-8") as export, open(bench.folder / "segment.jsonl", "w", encoding="utf-8") as segment,
          open(bench.folder / "posthog.jsonl", "w", encoding="utf-8") as posthog):
        for number, line in enumerate(export):
            for made, out in zip(calls(json.loads(line), number), [segment, posthog]):
                out.write(json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n")
    here = [sys.executable, str(Path(__file__).resolve()), "--read"]
    store = bench.folder / "theirs.db"
    lines, kept = [], list(bench.ours)
    for name, what, must in [
        ("columns.csv", "CSV, a column for each property", 1.3), ("text.csv", "CSV, properties as text", 1.3),
        ("columns.parquet", "Parquet, a column for each property", 1.3), ("text.parquet", "Parquet, properties as text", 1.3),
        ("segment.jsonl", "calls of Segment", 1.2), ("posthog.jsonl", "events of PostHog", 1.2),
    ]:
        note(what)
        file = bench.folder / name
        is_table = not name.endswith(".jsonl")
        others, exports = bench.paired(lambda: bench.import_ours(str(file)), bench.import_ours)
        scale = 1 if is_table else bench.bytes / file.stat().st_size
        took = {kind: [scale * ratio for ratio in ratios(others, exports, kind)] for kind in ("wall", "cpu", "whole")}
        theirs = "|"
        if is_table:
            _, read = bench.paired(lambda: None, lambda: bench.import_theirs([*here, str(file), str(store)], store))
            theirs = f"{statistics.median(ratios(read, others)):.2f}× | {statistics.median(ratios(read, others, 'cpu')):.2f}×"
        lines.append(
            f"| {what} | {'row' if is_table else 'byte'} | **{statistics.median(took['wall']):.2f}×** | {spread(took['wall'])} "
            f"| {statistics.median(took['cpu']):.2f}× | {statistics.median(took['whole']):.2f}× | ≤ {must}× "
            f"| {median(others, 'peak'):.0f} | {theirs} |"
        )
        file.unlink()
    # Imports of these are none of the export.
    bench.ours = kept
    return lines


def note(text):
    print(f"... {text}", file=sys.stderr, flush=True)


def versions():
    found = []
    for module in ["duckdb", "chdb", "sqlite_utils"]:
        if importlib.util.find_spec(module):
            from importlib.metadata import version

            found.append(f"{module.replace('_', '-')} {version(module.replace('_', '-'))}")
    if shutil.which("sqlite3"):
        said = subprocess.run(["sqlite3", "--version"], capture_output=True, text=True, check=False).stdout.split()
        found.append(f"sqlite3 {said[0] if said else '?'}")
    return ", ".join(found) or "none"


def main():
    if sys.argv[1:2] == ["--child"]:
        return child(*sys.argv[2:5])
    if sys.argv[1:2] == ["--ask"]:
        return ask(*sys.argv[2:5])
    if sys.argv[1:2] == ["--find"]:
        return find(sys.argv[2])
    if sys.argv[1:2] == ["--migrate"]:
        return migrate(*sys.argv[2:6])
    if sys.argv[1:2] == ["--connect"]:
        return connect(*sys.argv[2:5])
    if sys.argv[1:2] == ["--read"]:
        return read_form(*sys.argv[2:4])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=lambda text: int(text.replace("_", "")), default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--pairs", type=int, default=3, help="runs of each of two that are compared [3]")
    parser.add_argument("--shows", type=int, default=21, help="runs of `journey show` [21]")
    parser.add_argument("--held", type=lambda text: int(text.replace("_", "")), help="rows of a filled store [--rows]")
    parser.add_argument("--journey", type=Path, default=ROOT / "target/release/journey")
    parser.add_argument("--export", type=Path, help="an export of --rows rows that is there already")
    parser.add_argument("--held-export", type=Path, help="an export of --held rows and another seed, likewise")
    parser.add_argument("--components", nargs=1, help="the bench of components, where it is built already")
    parser.add_argument("--hub", type=int, default=2000, help="ids that are joined to one, for components [2000]")
    parser.add_argument("--folder", type=Path, help="where the files are made, and removed [temporary]")
    parser.add_argument("--only", action="append", choices=["duckdb", "chdb", "sqlite3", "sqlite-utils", "alone", "values", "findings", "people", "formats"])
    arguments = parser.parse_args()
    if not arguments.journey.exists():
        raise SystemExit(f"{arguments.journey} is not there; make it with cargo build --release, or name it by --journey")

    with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="journey-peers-") as folder:
        bench = Bench(arguments, Path(folder))
        lines, lacking = compare(bench, arguments.only)
        own = []
        if not arguments.only or "alone" in arguments.only:
            own = alone(bench, arguments.held or arguments.rows, arguments.held_export, arguments.shows)
        searched = values(bench) if not arguments.only or "values" in arguments.only else []
        checked = findings(bench) if not arguments.only or "findings" in arguments.only else []
        joined, connected = people(bench, arguments.hub) if not arguments.only or "people" in arguments.only else ([], [])
        formed = formats(bench) if not arguments.only or "formats" in arguments.only else []
        ours = bench.ours
        print(f"{bench.rows:,} rows, {bench.bytes / 1e6:.0f} MB of JSON Lines, seed {bench.seed}; "
              f"{os.cpu_count()} cores; {bench.pairs} pairs each, medians; {versions()}.")
        if ours:
            wall = median(ours, "wall")
            print(f"journey import: {wall:.2f} s to its answer, {median(ours, 'whole'):.2f} s with the index of values, {median(ours, 'cpu'):.2f} s of processor, "
                  f"{bench.rows / wall / 1000:.0f} thousand rows/s, {bench.bytes / wall / 1e6:.0f} MB/s, "
                  f"{median(ours, 'peak'):.0f} MiB, store {median(ours, 'size') / 1e6:.0f} MB.")
        if lines:
            print("\n| import by | journey, s | it, s | ratio | pairs | processor | its peak, MiB | its store, MB | must | aim |")
            print("|---|---|---|---|---|---|---|---|---|---|")
            print("\n".join(lines))
        if own:
            print("\n| journey | measured | runs | must | aim |\n|---|---|---|---|---|")
            print("\n".join(own))
        if searched:
            print("\n| a value, searched against | journey, ms | it, ms | ratio | pairs |\n|---|---|---|---|---|")
            print("\n".join(searched))
        if checked:
            print("\n| a check, against | journey, s | it, s | ratio | pairs | processor | journey's, s | its peak, MiB | peak of it, MiB |")
            print("|---|---|---|---|---|---|---|---|---|")
            print("\n".join(checked))
        if joined:
            print("\n| a migration report from legacy to, components by, from | journey, s | DuckDB, s | ratio | pairs | processor "
                  "| journey's peak, MiB | its peak, MiB | |")
            print("|---|---|---|---|---|---|---|---|---|")
            print("\n".join(joined))
        if connected:
            print("\n| components of pairs in a table, by | hub of ids | components | journey, ms | DuckDB, ms | ratio | pairs |")
            print("|---|---|---|---|---|---|---|")
            print("\n".join(connected))
        if formed:
            print("\n| import of the same rows as | of a | time to the answer against JSON Lines | pairs | processor | whole process | must | peak, MiB "
                  "| DuckDB against journey | processor |")
            print("|---|---|---|---|---|---|---|---|---|---|")
            print("\n".join(formed))
        for line in lacking:
            print(f"\n{line}")


if __name__ == "__main__":
    main()
