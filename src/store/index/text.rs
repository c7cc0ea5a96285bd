//! Reading the JSON of a row for its values, where most of it is as in the row before.
//!
//! Rows of one user stand together, and of two neighbours four values in five are the same, under
//! the same names in the same order. So a row is compared with the row before, eight bytes at a
//! time, and only what differs is taken apart.

/// What takes the values of a row.
pub(super) trait Take {
    /// The number of a property of this name, which is at the top or inside of another; `None` when
    /// there are too many names. The text is that of the JSON, without quotes.
    fn name(&mut self, name: &str, is_top: bool) -> Option<u16>;

    /// A value: the text of the JSON, for a string as it stands without its quotes.
    fn value(&mut self, name: Option<u16>, text: &str, kind: Kind);
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A string as it stands.
    Plain,
    /// A string with escapes, in its quotes.
    Escaped,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Word,
}

/// The JSON of a row.
#[derive(Clone, Copy)]
struct Text<'t> {
    text: &'t str,
    bytes: &'t [u8],
}

impl<'t> Text<'t> {
    #[inline]
    fn get(self, at: usize) -> Option<&'t u8> {
        self.bytes.get(at)
    }
}

/// A property at the top: where its name begins, with the quote, and where its value does and ends.
#[derive(Clone, Copy, Debug)]
struct Member {
    start: usize,
    value: usize,
    end: usize,
    name: Option<u16>,
}

/// Properties of the row before in which the next one of this row is looked for.
const AHEAD: usize = 8;

/// Levels of nesting that are read.
const DEEPEST: usize = 128;

/// Reads rows one after the other.
#[derive(Debug, Default)]
pub(super) struct Rows {
    before: Vec<Member>,
    members: Vec<Member>,
    /// Of each list and object that a place is in, its name, and whether it is an object.
    open: Vec<(Option<u16>, bool)>,
}

impl Rows {
    /// Forgets the row before: its values are those of another block.
    pub(super) fn forget(&mut self) {
        self.before.clear();
    }

    /// The properties at the top of `row`, which was read last, that have a role, each with its value; `None` where
    /// the name of one is not known.
    pub(super) fn said<'r>(&self, row: &'r str, role: impl Fn(u16) -> Option<usize>) -> Option<Vec<(usize, &'r str)>> {
        let mut said = Vec::new();
        for member in &self.before {
            if let Some(role) = role(member.name?) {
                said.push((role, row.get(member.value..member.end)?));
            }
        }
        Some(said)
    }

    /// Gives `take` the values of `row` that the row before, `before`, does not have at the same
    /// place; `None` when it is no JSON object.
    pub(super) fn read(&mut self, before: &str, row: &str, take: &mut impl Take) -> Option<()> {
        self.members.clear();
        let row = Text { text: row, bytes: row.as_bytes() };
        let mut at = spaces(row, 0);
        if row.get(at) != Some(&b'{') {
            return None;
        }
        at = spaces(row, at + 1);
        let mut next = 0;
        if row.get(at) != Some(&b'}') {
            loop {
                at = self.member(before.as_bytes(), row, at, &mut next, take)?;
                at = spaces(row, at);
                match row.get(at)? {
                    b',' => at = spaces(row, at + 1),
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        std::mem::swap(&mut self.before, &mut self.members);
        (spaces(row, at + 1) == row.bytes.len()).then_some(())
    }

    /// Reads the property that begins at `at`, and those behind it that are as in the row before;
    /// gives where they end.
    fn member(
        &mut self,
        before: &[u8],
        row: Text<'_>,
        at: usize,
        next: &mut usize,
        take: &mut impl Take,
    ) -> Option<usize> {
        let rest = row.bytes.get(at..)?;
        let Some((place, member, same)) = self.alike(before, rest, *next) else {
            // A property that the row before does not have.
            let end = string(row, at)?.0;
            let name = take.name(row.text.get(at + 1..end - 1)?, true);
            let colon = spaces(row, end);
            if row.get(colon) != Some(&b':') {
                return None;
            }
            let value = spaces(row, colon + 1);
            let end = self.value(row, value, name, take)?;
            self.members.push(Member { start: at, value, end, name });
            return Some(end);
        };
        *next = place;
        let same = member.start + same;
        let mut end = None;
        // What ends before the first difference is followed by the same byte too, so it is whole.
        while let Some(whole) = self.before.get(*next).filter(|member| member.end < same) {
            let moved = |place: usize| place - member.start + at;
            let whole = Member {
                start: moved(whole.start),
                value: moved(whole.value),
                end: moved(whole.end),
                name: whole.name,
            };
            end = Some(whole.end);
            self.members.push(whole);
            *next += 1;
        }
        if end.is_some() {
            return end;
        }
        let value = at + (member.value - member.start);
        let end = self.value(row, value, member.name, take)?;
        self.members.push(Member { start: at, value, end, name: member.name });
        *next += 1;
        Some(end)
    }

    /// The property of the row before, from the one `next` on, that has the name which `rest` begins
    /// with: its place, and how many bytes from there on are the same.
    #[inline]
    fn alike(&self, before: &[u8], rest: &[u8], next: usize) -> Option<(usize, Member, usize)> {
        let first = self.before.get(next)?;
        let same = common(before.get(first.start..)?, rest);
        if first.start + same >= first.value {
            return Some((next, *first, same));
        }
        // Bytes of a name that are compared at once; most names are longer, with quotes and colon.
        let begin: Option<&[u8; 8]> = rest.first_chunk();
        for (place, member) in self.before.iter().enumerate().skip(next + 1).take(AHEAD) {
            let there = before.get(member.start..)?;
            if there.first_chunk() == begin {
                let same = common(there, rest);
                if member.start + same >= member.value {
                    return Some((place, *member, same));
                }
            }
        }
        None
    }

    /// Gives the values from `at` on that belong to one name; gives where they end.
    fn value(&mut self, row: Text<'_>, at: usize, name: Option<u16>, take: &mut impl Take) -> Option<usize> {
        if !matches!(row.get(at)?, b'{' | b'[') {
            return scalar(row, at, name, take);
        }
        self.open.clear();
        let mut at = at;
        let mut name = name;
        loop {
            // A value begins here.
            let first = *row.get(at)?;
            if matches!(first, b'{' | b'[') {
                let is_object = first == b'{';
                if self.open.len() >= DEEPEST {
                    return None;
                }
                self.open.push((name, is_object));
                at = spaces(row, at + 1);
                if row.get(at)? != if is_object { &b'}' } else { &b']' } {
                    if is_object {
                        (name, at) = inner_name(row, at, take)?;
                    }
                    continue;
                }
            } else {
                at = scalar(row, at, name, take)?;
                at = spaces(row, at);
            }
            // What follows a value, or ends the lists and objects that it is in.
            loop {
                let (outer, is_object) = *self.open.last()?;
                match row.get(at)? {
                    b',' => {
                        at = spaces(row, at + 1);
                        name = outer;
                        if is_object {
                            (name, at) = inner_name(row, at, take)?;
                        }
                        break;
                    }
                    b'}' | b']' => {
                        at += 1;
                        self.open.pop();
                        if self.open.is_empty() {
                            return Some(at);
                        }
                        at = spaces(row, at);
                    }
                    _ => return None,
                }
            }
        }
    }
}

/// The name of a property inside of another, and where its value begins.
fn inner_name(row: Text<'_>, at: usize, take: &mut impl Take) -> Option<(Option<u16>, usize)> {
    let end = string(row, at)?.0;
    let name = take.name(row.text.get(at + 1..end - 1)?, false);
    let colon = spaces(row, end);
    (row.get(colon)? == &b':').then(|| (name, spaces(row, colon + 1)))
}

/// Gives the value at `at`, which is no list and no object; gives where it ends.
#[inline]
fn scalar(row: Text<'_>, at: usize, name: Option<u16>, take: &mut impl Take) -> Option<usize> {
    match row.get(at)? {
        b'"' => {
            let (end, has_escapes) = string(row, at)?;
            if has_escapes {
                take.value(name, row.text.get(at..end)?, Kind::Escaped);
            } else {
                take.value(name, row.text.get(at + 1..end - 1)?, Kind::Plain);
            }
            Some(end)
        }
        b'-' | b'0'..=b'9' => {
            let rest = row.bytes.get(at..)?;
            let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E');
            let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
            take.value(name, row.text.get(at..at + length)?, Kind::Number);
            Some(at + length)
        }
        _ => {
            let rest = row.text.get(at..)?;
            let word = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word))?;
            take.value(name, word, Kind::Word);
            Some(at + word.len())
        }
    }
}

/// Where the string that begins at `at` ends, behind its quote, and whether it has escapes.
#[inline]
fn string(row: Text<'_>, at: usize) -> Option<(usize, bool)> {
    if row.get(at) != Some(&b'"') {
        return None;
    }
    let mut has_escapes = false;
    let mut at = at + 1;
    loop {
        at += special(row.bytes.get(at..)?)?;
        if row.get(at) == Some(&b'"') {
            return Some((at + 1, has_escapes));
        }
        has_escapes = true;
        at += 2;
    }
}

/// Where the first quote or backslash is.
#[inline]
fn special(text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let mut rest = text;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return Some(text.len() - rest.len() + usize::try_from(found.trailing_zeros() / 8).unwrap_or(0));
        }
        rest = behind;
    }
    let found = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    Some(text.len() - rest.len() + found)
}

/// How many bytes both begin with.
#[inline]
fn common(one: &[u8], other: &[u8]) -> usize {
    let length = one.len();
    let (mut one, mut other) = (one, other);
    while let (Some((word, behind)), Some((other_word, other_behind))) =
        (one.split_first_chunk(), other.split_first_chunk())
    {
        let differ = u64::from_le_bytes(*word) ^ u64::from_le_bytes(*other_word);
        if differ != 0 {
            return length - one.len() + usize::try_from(differ.trailing_zeros() / 8).unwrap_or(0);
        }
        (one, other) = (behind, other_behind);
    }
    let same = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    length - one.len() + same
}

/// Where what follows white space begins.
#[inline]
fn spaces(row: Text<'_>, at: usize) -> usize {
    let mut at = at;
    while let Some(b' ' | b'\t' | b'\r' | b'\n') = row.get(at) {
        at += 1;
    }
    at
}
