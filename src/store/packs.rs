//! Heads of rows, some hundred of them as one JSON text.
//!
//! A row of a table costs SQLite a quarter of a microsecond, whatever little it has; a text of a
//! hundred rows costs hardly more than one. And a text of numbers is still plain SQL: the view
//! `heads` reads it with `json_each`.

use rusqlite::{CachedStatement, Connection};
use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{number, pages};
use crate::model::Millis;

/// Bytes of a text, at most: four of them, each with the other columns of its row, fill a page.
const TEXT: usize = (pages::PAGE_ROOM - 8) / 4 - 53;

/// Milliseconds of a second: most exports have no finer times.
const SECOND: Millis = 1000;

/// A row as it arrived, without its properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) t: Millis,
    pub(super) delay: i64,
    pub(super) ev: i64,
    pub(super) sender: i64,
    pub(super) hash: i64,
    pub(super) line: i64,
    pub(super) nth: i64,
}

/// Whether what is written has a sum that tells damage: since version 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sums {
    /// A column has it.
    Kept,
    /// There is no such column yet.
    None,
}

/// Writes the heads of neighbouring rows, the first of which is at position `first`.
pub(super) fn write(
    db: &Connection,
    first: i64,
    heads: impl Iterator<Item = Head> + Clone,
    sums: Sums,
) -> rusqlite::Result<()> {
    let mut packs = Packs::from(db, first, unit(heads.clone().map(|head| head.t)), sums)?;
    for head in heads {
        packs.add(&head)?;
    }
    packs.close()
}

/// The unit in which all of these times can be written as their distance from each other.
fn unit(times: impl Iterator<Item = Millis> + Clone) -> Millis {
    let rests = times.map(|t| t.rem_euclid(SECOND));
    if rests.clone().zip(rests.skip(1)).all(|(one, next)| one == next) { SECOND } else { 1 }
}

/// What the numbers of a pack are counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) t: Millis,
    pub(super) unit: Millis,
    pub(super) sender: i64,
    pub(super) line: i64,
}

/// A pack as it stands in the table, from its columns `id, n, t, unit, sender, line, rows, sum`.
pub(super) struct Pack<'p> {
    /// The position of its first row.
    pub(super) first: i64,
    /// How many rows it has.
    pub(super) n: i64,
    pub(super) base: Base,
    pub(super) text: &'p str,
    pub(super) sum: Option<i64>,
}

impl<'p> Pack<'p> {
    pub(super) fn of(row: &'p rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            first: row.get(0)?,
            n: row.get(1)?,
            base: Base { t: row.get(2)?, unit: row.get(3)?, sender: row.get(4)?, line: row.get(5)? },
            text: row.get_ref(6)?.as_str()?,
            sum: row.get(7)?,
        })
    }

    /// Whether it is what was written, as far as its sum says.
    pub(super) fn is_whole(&self) -> bool {
        self.sum.is_none_or(|sum| sum == self.base.sum(self.first, self.n, self.text.as_bytes()))
    }
}

/// Numbers of a head in a text. The place in the line is left out when it is 0, as it is nearly
/// always.
#[derive(Deserialize)]
struct Counted(i64, i64, i64, i64, i64, i64, #[serde(default)] i64);

/// The head that `text` begins with, and what follows.
fn counted_head(text: &[u8]) -> Option<(Counted, &[u8])> {
    let mut rest = text.strip_prefix(b"[")?;
    let mut numbers = [0_i64; 7];
    let mut count = 0;
    loop {
        let (number, after) = whole(rest)?;
        *numbers.get_mut(count)? = number;
        count += 1;
        let (end, after) = after.split_first()?;
        rest = after;
        match end {
            b',' => {}
            b']' => break,
            _ => return None,
        }
    }
    let [t, delay, ev, sender, hash, line, nth] = numbers;
    (count >= 6).then_some((Counted(t, delay, ev, sender, hash, line, nth), rest))
}

/// The heads with one of `events`, which are sorted, each with its place among all, and how many these
/// are. Of the others only the event is read, so the text must be one that [`Base::write`] wrote: a sum
/// has shown that. `None` where it is in another form all the same.
fn counted_of(text: &[u8], events: &[i64]) -> Option<(Vec<(i64, Counted)>, i64)> {
    let mut rest = text.strip_prefix(b"[")?;
    let mut heads = Vec::new();
    let mut place = 0;
    loop {
        let comma = |from: usize| Some(from + 1 + rest.get(from..)?.iter().position(|byte| *byte == b',')?);
        let (event, _) = whole(rest.get(comma(comma(1)?)?..)?)?;
        let after = if events.binary_search(&event).is_ok() {
            let (head, after) = counted_head(rest)?;
            heads.push((place, head));
            after
        } else {
            rest.get(memchr::memchr(b']', rest)? + 1..)?
        };
        place += 1;
        match after {
            [b',', after @ ..] => rest = after,
            b"]" => return Some((heads, place)),
            _ => return None,
        }
    }
}

/// The whole number that `text` begins with, and what follows; `None` where it is none in the
/// form of JSON, or so long that it may be none of 64 bits.
fn whole(text: &[u8]) -> Option<(i64, &[u8])> {
    let (negative, mut rest) = text.strip_prefix(b"-").map_or((false, text), |digits| (true, digits));
    let (mut number, mut digits) = (0_i64, 0);
    while let Some((byte, after)) = rest.split_first() {
        let digit = byte.wrapping_sub(b'0');
        // One that begins with 0 is 0.
        if digit > 9 || digits == 18 || digits == 1 && number == 0 {
            break;
        }
        number = number * 10 + i64::from(digit);
        digits += 1;
        rest = after;
    }
    let is_whole = digits > 0 && !rest.first()?.is_ascii_digit();
    is_whole.then_some((if negative { -number } else { number }, rest))
}

impl Base {
    /// One that `head` is nothing away from.
    fn of(head: &Head, unit: Millis) -> Self {
        Self { t: head.t, unit, sender: head.sender, line: head.line }
    }

    /// Writes a head behind those of `text`; `false` when it is too far from here.
    fn write(&self, head: &Head, text: &mut Vec<u8>) -> bool {
        let (Some(t), Some(sender), Some(line)) = (
            head.t.checked_sub(self.t).and_then(|t| t.checked_div(self.unit)),
            head.sender.checked_sub(self.sender),
            head.line.checked_sub(self.line),
        ) else {
            return false;
        };
        let numbers = [t, head.delay, head.ev, sender, head.hash, line, head.nth];
        let numbers = if head.nth == 0 { numbers.split_last().map_or(&[][..], |(_, others)| others) } else { &numbers };
        // Writing into memory does not fail.
        serde_json::to_writer(text, numbers).is_ok()
    }

    /// What `text` and all that it is counted from add up to, for the pack of `n` rows from `first`
    /// on: another number when a bit of them has changed.
    pub(super) fn sum(&self, first: i64, n: i64, text: &[u8]) -> i64 {
        let Self { t, unit, sender, line } = *self;
        let mut counted = [0; 48];
        for (bytes, number) in counted.chunks_exact_mut(8).zip([first, n, t, unit, sender, line]) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        xxh3_64_with_seed(text, xxh3_64_with_seed(&counted, 0)).cast_signed()
    }

    /// The head that numbers stand for; `None` where one of them is too large.
    fn head(&self, Counted(t, delay, ev, sender, hash, line, nth): Counted) -> Option<Head> {
        Some(Head {
            t: t.checked_mul(self.unit)?.checked_add(self.t)?,
            delay,
            ev,
            sender: sender.checked_add(self.sender)?,
            hash,
            line: line.checked_add(self.line)?,
            nth,
        })
    }

    /// Gives the heads of a text as [`Base::write`] writes it to `take`; `None` for any other, which may be good
    /// JSON still. Reading a journey is reading such texts, and this is three times as fast as the general way.
    fn each_written(&self, text: &[u8], take: &mut impl FnMut(Head)) -> Option<()> {
        let mut rest = text.strip_prefix(b"[")?;
        loop {
            let (head, after) = counted_head(rest)?;
            take(self.head(head)?);
            match after {
                [b',', after @ ..] => rest = after,
                b"]" => return Some(()),
                _ => return None,
            }
        }
    }

    /// Puts the heads that a text has behind `heads`; the error says what is wrong with the text, and then `heads`
    /// are as they were.
    pub(super) fn read_into(&self, text: &str, heads: &mut Vec<Head>) -> Result<(), String> {
        let before = heads.len();
        if self.each_written(text.as_bytes(), &mut |head| heads.push(head)).is_some() {
            return Ok(());
        }
        heads.truncate(before);
        let numbers: Vec<Counted> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for numbers in numbers {
            let Some(head) = self.head(numbers) else {
                heads.truncate(before);
                return Err(too_large());
            };
            heads.push(head);
        }
        Ok(())
    }

    /// The heads that a text has; the error says what is wrong with it.
    pub(super) fn read(&self, text: &str) -> Result<Vec<Head>, String> {
        // Most heads have more bytes than that.
        let mut heads = Vec::with_capacity(text.len() / 30);
        self.read_into(text, &mut heads)?;
        Ok(heads)
    }

    /// Those of them that have one of `events`, which are sorted, each with its place among all, and how many
    /// these are: four times as fast where few have one. What the text adds up to must be [`Base::sum`].
    pub(super) fn read_of(&self, text: &str, events: &[i64]) -> Result<(Vec<(i64, Head)>, i64), String> {
        let Some((heads, n)) = counted_of(text.as_bytes(), events) else {
            let heads = self.read(text)?;
            let n = number::length(heads.len());
            let is_of = |(_, head): &(i64, Head)| events.binary_search(&head.ev).is_ok();
            return Ok(((0..).zip(heads).filter(is_of).collect(), n));
        };
        let heads = heads.into_iter().map(|(place, counted)| Some((place, self.head(counted)?)));
        Ok((heads.collect::<Option<_>>().ok_or_else(too_large)?, n))
    }
}

fn too_large() -> String {
    "a number is too large".to_owned()
}

/// Writes heads behind all that are there.
struct Packs<'c> {
    insert: CachedStatement<'c>,
    sums: Sums,
    /// Position of the first head of the open pack.
    first: i64,
    n: i64,
    unit: Millis,
    base: Base,
    text: Vec<u8>,
}

impl<'c> Packs<'c> {
    /// Heads from position `first` on, with times that `unit` distinguishes ([`unit`]).
    fn from(db: &'c Connection, first: i64, unit: Millis, sums: Sums) -> rusqlite::Result<Self> {
        let insert = db.prepare_cached(match sums {
            Sums::Kept => {
                "INSERT INTO packs (id, n, t, unit, sender, line, rows, sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
            }
            Sums::None => "INSERT INTO packs (id, n, t, unit, sender, line, rows) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        })?;
        Ok(Self { insert, sums, first, n: 0, unit, base: Base::default(), text: Vec::with_capacity(TEXT * 2) })
    }

    /// Adds the next head.
    fn add(&mut self, head: &Head) -> rusqlite::Result<()> {
        if self.n > 0 {
            let before = self.text.len();
            self.text.push(b',');
            if self.base.write(head, &mut self.text) && self.text.len() < TEXT {
                self.n += 1;
                return Ok(());
            }
            self.text.truncate(before);
            self.close()?;
        }
        self.base = Base::of(head, self.unit);
        self.text.push(b'[');
        self.base.write(head, &mut self.text);
        self.n = 1;
        Ok(())
    }

    /// Writes the heads that wait.
    fn close(&mut self) -> rusqlite::Result<()> {
        if self.n == 0 {
            return Ok(());
        }
        self.text.push(b']');
        let Base { t, unit, sender, line } = self.base;
        let text = str::from_utf8(&self.text)?;
        let row = (self.first, self.n, t, unit, sender, line, text);
        match self.sums {
            Sums::None => self.insert.execute(row)?,
            Sums::Kept => {
                let sum = self.base.sum(self.first, self.n, &self.text);
                self.insert.execute((row.0, row.1, row.2, row.3, row.4, row.5, row.6, sum))?
            }
        };
        self.first += self.n;
        self.n = 0;
        self.text.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::open;

    /// A store in memory with these heads, from position 5 on.
    fn packed(heads: &[Head]) -> Connection {
        let db = open::in_memory(std::path::Path::new("memory")).unwrap();
        write(&db, 5, heads.iter().copied(), Sums::Kept).unwrap();
        db
    }

    /// The heads as plain SQL has them.
    fn by_sql(db: &Connection) -> Vec<(i64, Head)> {
        let mut select = db.prepare("SELECT id, t, delay, ev, sender, hash, line, nth FROM heads ORDER BY id").unwrap();
        let heads = select.query_map([], |row| {
            let [id, t, delay, ev, sender, hash, line, nth] = std::array::from_fn(|column| row.get(column).unwrap());
            Ok((id, Head { t, delay, ev, sender, hash, line, nth }))
        });
        heads.unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    /// The heads as they are read here.
    fn by_text(db: &Connection) -> Vec<(i64, Head)> {
        let mut select = db.prepare("SELECT id, t, unit, sender, line, rows, n FROM packs ORDER BY id").unwrap();
        let mut heads = Vec::new();
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let [first, t, unit, sender, line] = std::array::from_fn(|column| row.get(column).unwrap());
            let text: String = row.get(5).unwrap();
            let read = Base { t, unit, sender, line }.read(&text).unwrap();
            assert_eq!(row.get::<_, i64>(6).unwrap(), i64::try_from(read.len()).unwrap());
            heads.extend((first..).zip(read));
        }
        heads
    }

    fn number() -> impl Strategy<Value = i64> {
        prop_oneof![4 => -9_i64..99, 2 => 1_600_000_000_000_i64..1_700_000_000_000, 1 => any::<i64>()]
    }

    prop_compose! {
        fn head()(t in number(), in_seconds in any::<bool>(), delay in number(), ev in 1_i64..300, sender in 1_i64..99_999,
                  hash in number(), line in 1_i64..9_999_999, nth in prop_oneof![9 => Just(0), 1 => 0_i64..9]) -> Head {
            Head { t: if in_seconds { t / 2000 * 1000 } else { t }, delay, ev, sender, hash, line, nth }
        }
    }

    proptest! {
        #[test]
        fn heads_come_back_from_their_texts_and_from_plain_sql(heads in proptest::collection::vec(head(), 0..400)) {
            let db = packed(&heads);
            let expected: Vec<(i64, Head)> = (5..).zip(heads).collect();
            prop_assert_eq!(by_text(&db), &expected[..]);
            prop_assert_eq!(by_sql(&db), expected);
        }
    }

    #[test]
    fn four_packs_fill_a_page() {
        let head = |n: i64| Head {
            t: 1_700_000_000_000 + n * 1000,
            delay: n * 7919 % 90_000,
            ev: n % 99,
            sender: 80_000_000 + n / 9,
            hash: n * 7_919_000_099 % 140_000_000_000_000,
            line: 70_000_000 + n,
            nth: 0,
        };
        let heads: Vec<Head> = (0..40_000).map(head).collect();
        let db = packed(&heads);
        let ask = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        let packs = ask("SELECT count(*) FROM packs");
        let leaves = ask("SELECT count(*) FROM dbstat WHERE name = 'packs' AND pagetype = 'leaf'");
        assert!(packs > 100 && leaves * 4 < packs + 4, "{packs} packs on {leaves} pages");
        assert_eq!(ask("SELECT count(*) FROM dbstat WHERE name = 'packs' AND pagetype = 'overflow'"), 0);
    }

    #[test]
    fn times_are_written_in_seconds_only_if_all_of_them_can_be() {
        let unit_of = |times: &[Millis]| unit(times.iter().copied());
        assert_eq!([unit_of(&[]), unit_of(&[7]), unit_of(&[7, -993, 2007])], [SECOND; 3]);
        assert_eq!([unit_of(&[7, 8]), unit_of(&[-7, 7])], [1; 2]);
    }

    #[test]
    fn a_head_reads_the_same_the_fast_way_and_the_general_way() {
        let base = Base { unit: 1, ..Base::default() };
        let fast = |text: &str| {
            let mut heads = Vec::new();
            base.each_written(text.as_bytes(), &mut |head| heads.push(head)).map(|()| heads)
        };
        for text in ["[[1,-2,3,4,5,6]]", "[[0,0,0,0,0,0,7],[-1,999999999999999999,3,4,5,6]]"] {
            let general: Vec<Counted> = serde_json::from_str(text).unwrap();
            let general = general.into_iter().map(|numbers| base.head(numbers).unwrap()).collect::<Vec<_>>();
            assert_eq!(fast(text), Some(general), "{text}");
        }
        // Left to the general way, which reads the first three and refuses the others.
        for text in [
            "[]",
            "[[1, 2,3,4,5,6]]",
            "[[9223372036854775807,2,3,4,5,6]]",
            "[[01,2,3,4,5,6]]",
            "[[00,2,3,4,5,6]]",
            "[[1000000000000000000,2,3,4,5,6]]",
            "[[-,2,3,4,5,6]]",
            "[[1,2,3,4,5,6]",
            "[[1,2,3,4,5,6]]x",
            "[[1,2,3,4,5]]",
            "[[1,2,3,4,5,6,7,8]]",
        ] {
            assert!(fast(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn heads_of_some_events_are_those_of_all(
            heads in proptest::collection::vec(head(), 1..60),
            events in proptest::collection::btree_set(1_i64..300, 0..200),
        ) {
            let base = Base::of(&heads[0], 1);
            let mut text = vec![b'['];
            for head in &heads {
                let before = text.len();
                if text.len() > 1 {
                    text.push(b',');
                }
                if !base.write(head, &mut text) {
                    text.truncate(before);
                }
            }
            text.push(b']');
            let text = String::from_utf8(text).unwrap();
            let all = base.read(&text).unwrap();
            let events: Vec<i64> = events.into_iter().collect();
            let of_some = (0..).zip(&all).filter(|(_, head)| events.contains(&head.ev)).map(|(at, head)| (at, *head));
            let expected = (of_some.collect::<Vec<_>>(), i64::try_from(all.len()).unwrap());
            // As they were written, and in a form that only the general way reads.
            for text in [text.clone(), text.replace(',', ", ")] {
                prop_assert_eq!(base.read_of(&text, &events), Ok(expected.clone()));
            }
        }
    }

    #[test]
    fn a_text_that_is_no_list_of_heads_is_reported() {
        let base = Base { t: 1, unit: 1000, sender: 1, line: 1 };
        for text in ["", "[", "7", "[7]", "[[1,2,3,4,5]]", "[[1,2,3,4,5,6,7,8]]", "[[1,2,3,4,5,'6']]"] {
            assert!(base.read(text).is_err(), "{text}");
        }
        assert_eq!(base.read("[[9223372036854775807,0,0,0,0,0]]"), Err("a number is too large".to_owned()));
    }
}
