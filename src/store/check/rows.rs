//! Whether all rows are there, as they were written.

use std::io::Read;

use rusqlite::{Connection, OptionalExtension};

use super::{Checked, Counts, Part, Problem};
use crate::model::text;
use crate::store::index;
use crate::store::packs::{Pack, Sums};
use crate::store::reader::block;
use crate::store::schema::seven;
use crate::store::{Error, number};

/// Packs or blocks between two reports of how far it is.
const OFTEN: u64 = 64;

type Tell<'t> = &'t mut dyn FnMut(Part, u64, u64);

/// Looks at every row, and compares what the tables count.
pub(super) fn check(
    checked: &mut Checked<'_>,
    db: &Connection,
    (version, counts): (i64, Counts),
    tell: Tell<'_>,
    stop: &dyn Fn() -> bool,
) -> Result<(), Error> {
    if version < 1 {
        return Ok(());
    }
    let total = counts.events.unwrap_or(0);
    let mut counted: Vec<(&'static str, Option<u64>)> = Vec::new();
    if version >= 3 {
        let found = heads(db, version, total, tell, stop);
        let found = checked.ask(found)?;
        if let Some(found) = &found {
            if stop() {
                return Err(Error::Cancelled);
            }
            if found.damaged.0 > 0 {
                let (packs, rows) = found.damaged;
                checked.problems.push(Problem::DamagedRows { packs, rows });
            }
        }
        counted.push(("packs", found.as_ref().map(|found| found.rows)));
        counted.push(("events", found.as_ref().map(|found| found.read - found.without_sender)));
        let unnamed = found.as_ref().map_or(0, |found| found.without_name);
        if unnamed > 0 {
            checked.damaged(format!("{unnamed} rows name an event or an id that is not in `names` or `ids`"));
        }
    } else {
        // Tables of these names in the versions 1 and 2.
        let table = if version == 1 { "rows" } else { "heads" };
        counted.push((table, checked.number(db, &format!("SELECT count(*) FROM {table}"))?));
    }
    counted.push(("runs", checked.number(db, "SELECT coalesce(sum(n), 0) FROM runs")?));
    counted.push(("blocks", checked.number(db, "SELECT coalesce(sum(n), 0) FROM blocks")?));
    compare(checked, "rows", counts.events, counted);
    if version >= seven::SINCE
        && let Some(parts) = checked.ask(index::check(db))?
        && parts > 0
    {
        let differ = if parts == 1 { "differs" } else { "differ" };
        let parts = text::counted(parts, "part");
        checked.damaged(format!("{parts} of the index of values or the summary of ids {differ} from what was written"));
    }
    for (what, table) in [("pieces", "chunks"), ("senders", if version > 1 { "senders" } else { "chunks" })] {
        let sql = format!("SELECT count(*) FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM files WHERE id = t.file)");
        if let Some(lost) = checked.number(db, &sql)?.filter(|lost| *lost > 0) {
            checked.damaged(format!("{lost} {what} name a file that is not in `files`"));
        }
    }
    let calls = checked.number(db, "SELECT count(*) FROM alias_calls NOT INDEXED")?;
    compare(checked, "alias calls", counts.alias_calls, vec![("alias_calls", calls)]);
    let found = properties(db, version, total, tell, stop);
    if let Some((blocks, rows)) = checked.ask(found)?
        && blocks > 0
    {
        checked.problems.push(Problem::DamagedProperties { blocks, rows });
    }
    if stop() {
        return Err(Error::Cancelled);
    }
    Ok(())
}

fn compare(
    checked: &mut Checked<'_>,
    of: &'static str,
    totals: Option<u64>,
    counted: Vec<(&'static str, Option<u64>)>,
) {
    let Some(totals) = totals else { return };
    let counted: Vec<_> = counted.into_iter().filter_map(|(table, number)| Some((table, number?))).collect();
    if counted.iter().any(|(_, number)| *number != totals) {
        checked.problems.push(Problem::Disagreement { of, totals, counted });
    }
}

/// What the texts of heads have.
#[derive(Default)]
struct Heads {
    /// Rows that the packs say they have.
    rows: u64,
    /// Rows that can be read.
    read: u64,
    /// Those of them that name no sender, which the views leave out.
    without_sender: u64,
    /// Those whose event has no name, or whose sender has an id that is not there.
    without_name: u64,
    /// Packs that are damaged, and the rows that they say they have.
    damaged: (u64, u64),
}

fn heads(
    db: &Connection,
    version: i64,
    total: u64,
    tell: Tell<'_>,
    stop: &dyn Fn() -> bool,
) -> rusqlite::Result<Heads> {
    let senders = numbers(db, "SELECT id FROM senders ORDER BY id")?;
    let names = numbers(db, "SELECT id FROM names ORDER BY id")?;
    let nameless = numbers(db, NAMELESS)?;
    let sum = if version >= 4 { "sum" } else { "NULL" };
    let mut select = db.prepare(&format!("SELECT id, n, t, unit, sender, line, rows, {sum} FROM packs ORDER BY id"))?;
    let mut packs = select.query([])?;
    let (mut found, mut done) = (Heads::default(), 0_u64);
    while let Some(pack) = packs.next()? {
        if done.is_multiple_of(OFTEN) {
            tell(Part::Rows, found.rows, total);
            if stop() {
                break;
            }
        }
        done += 1;
        let n: i64 = pack.get(1)?;
        found.rows += number::from_sql(n);
        let read = || -> rusqlite::Result<Option<Vec<_>>> {
            let pack = Pack::of(pack)?;
            let heads = if pack.is_whole() { pack.base.read(pack.text).ok() } else { None };
            Ok(heads.filter(|heads| number::length(heads.len()) == n))
        };
        // A value of a wrong type is damage of this pack alone.
        if let Ok(Some(heads)) = read() {
            let lost = heads.iter().filter(|head| !has(&senders, head.sender)).count();
            found.without_sender += number::from_sql(number::length(lost));
            let unnamed = heads.iter().filter(|head| !has(&names, head.ev) || has(&nameless, head.sender)).count();
            found.without_name += number::from_sql(number::length(unnamed));
            found.read += number::from_sql(n);
        } else {
            found.damaged.0 += 1;
            found.damaged.1 += number::from_sql(n);
        }
    }
    Ok(found)
}

/// Senders with an id that is not there; 0 stands for none.
const NAMELESS: &str = "
SELECT s.id FROM senders s
WHERE s.uid <> 0 AND NOT EXISTS (SELECT 1 FROM ids WHERE id = s.uid)
   OR s.device IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ids WHERE id = s.device)
   OR s.user IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ids WHERE id = s.user)
   OR s.other IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ids WHERE id = s.other)
ORDER BY s.id";

/// Some numbers in their order, as the first and last of each run without a gap: few.
fn numbers(db: &Connection, select: &str) -> rusqlite::Result<Vec<(i64, i64)>> {
    let mut select = db.prepare(select)?;
    let mut ids = select.query([])?;
    let mut spans: Vec<(i64, i64)> = Vec::new();
    while let Some(row) = ids.next()? {
        let id: i64 = row.get(0)?;
        match spans.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(id) => *last = id,
            _ => spans.push((id, id)),
        }
    }
    Ok(spans)
}

fn has(spans: &[(i64, i64)], id: i64) -> bool {
    let after = spans.partition_point(|(first, _)| *first <= id);
    after.checked_sub(1).and_then(|at| spans.get(at)).is_some_and(|(_, last)| id <= *last)
}

/// Blocks of properties that are damaged, and the rows that they say they have.
fn properties(
    db: &Connection,
    version: i64,
    total: u64,
    tell: Tell<'_>,
    stop: &dyn Fn() -> bool,
) -> rusqlite::Result<(u64, u64)> {
    let without_sum = if version >= 4 { "sum IS NULL" } else { "1" };
    let mut select = db.prepare(&format!("SELECT id, n, {without_sum} FROM blocks ORDER BY id"))?;
    let mut blocks = select.query([])?;
    let (mut seen, mut damaged, mut done) = (0, (0, 0), 0_u64);
    while let Some(row) = blocks.next()? {
        if done.is_multiple_of(OFTEN) {
            tell(Part::Properties, seen, total);
            if stop() {
                break;
            }
        }
        done += 1;
        let (first, n, without_sum): (i64, i64, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let is_whole = match frame(db, version, first) {
            Ok(Some(frame)) => !frame.is_empty() && (!without_sum || unpacks(&frame, n)),
            Err(error) if error.sqlite_error_code().is_some() => return Err(error),
            // None, or a value of a wrong type.
            Ok(None) | Err(_) => false,
        };
        seen += number::from_sql(n);
        if !is_whole {
            damaged.0 += 1;
            damaged.1 += number::from_sql(n);
        }
    }
    Ok(damaged)
}

/// The frame of the block that begins at this row.
fn frame(db: &Connection, version: i64, first: i64) -> rusqlite::Result<Option<Vec<u8>>> {
    if version > 1 {
        let sums = if version >= 4 { Sums::Kept } else { Sums::None };
        return Ok(block(db, first, sums)?.map(|(_, _, frame)| frame));
    }
    db.prepare_cached("SELECT z FROM blocks WHERE id = ?1")?.query_row([first], |row| row.get(0)).optional()
}

/// Whether a frame without a sum has so many lines; nothing of it is kept.
fn unpacks(frame: &[u8], n: i64) -> bool {
    let lines = zstd::stream::read::Decoder::new(frame).and_then(|mut frame| {
        let (mut part, mut lines) = ([0; 1 << 14], 1);
        loop {
            match frame.read(&mut part)? {
                0 => return Ok(lines),
                read => lines += memchr::memchr_iter(b'\n', part.get(..read).unwrap_or_default()).count(),
            }
        }
    });
    lines.is_ok_and(|lines| number::length(lines) == n)
}
