//! Rows of a table with a cell of properties, next to which stands nothing that these do not say too: see
//! `formats::rows::repeating`, which reads the same in JSON.

use std::borrow::Cow;

use super::super::event::Properties;
use super::super::rows::{Role, Whole, is_null_sign};
use super::super::scan::properties;
use super::{Column, Token, is_nothing, quoted, token};

/// The name of the event of a row whose properties are `object`, and the row without it; `None` where another cell says
/// what these do not, and where a part of them is doubtful.
pub(super) fn read<'c>(
    object: &'c str,
    cells: &'c [Cow<'_, str>],
    columns: &[Column],
) -> Option<(Option<Cow<'c, str>>, Whole<'c>)> {
    let (mut fields, mut is_plain) = properties(object)?;
    let (mut event, mut has_properties) = (None, false);
    for (cell, Column { role, is_text, field, .. }) in cells.iter().zip(columns).filter(|(cell, _)| !is_nothing(cell)) {
        match role {
            Role::Own => {}
            Role::Properties if !has_properties => has_properties = true,
            Role::Name if event.is_none() && !is_null_sign(cell) => {
                let name = quoted(cell);
                is_plain &= !name.contains('\\');
                event = Some(name);
            }
            Role::Property(_) if field.wins && says(&mut fields, &field.name, cell, *is_text) => {}
            Role::Properties | Role::Name | Role::Property(_) => return None,
        }
    }
    let whole = Whole { event: None, properties: object.trim_end(), fields: Some(fields), repaired: false, is_plain };
    Some((event, whole))
}

/// Whether properties have the same as a cell, written in the same way.
pub(super) fn says(fields: &mut Properties<'_>, name: &str, cell: &str, is_text: bool) -> bool {
    let Some(value) = fields.slot(name.as_bytes()).and_then(|slot| *slot) else { return false };
    match value.strip_prefix('"').and_then(|inside| inside.strip_suffix('"')) {
        Some(inside) => {
            inside == cell
                && memchr::memchr(b'\\', cell.as_bytes()).is_none()
                && (is_text || matches!(token(cell), Token::Text))
        }
        None => value == cell && !is_text && matches!(token(cell), Token::Plain(_)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::rows::{Lifting, Shape};
    use super::super::Header;
    use super::*;

    type Seen = (Option<String>, String, String);

    fn seen(whole: &Whole<'_>) -> Seen {
        (whole.event.map(str::to_owned), whole.properties.to_owned(), format!("{:?}", whole.fields.unwrap_or_default()))
    }

    fn columns() -> Vec<Column> {
        let header = Header::of(b"event,distinct_id,time,insert_id,plan,properties").unwrap();
        header.columns(&Shape::of(&header.names().collect()))
    }

    /// The row by the reader of all rows.
    fn slowly(cells: &[Cow<'_, str>]) -> Result<Seen, String> {
        let columns = columns();
        let mut row = Lifting::default();
        for (cell, Column { role, is_text, .. }) in cells.iter().zip(&columns).filter(|(cell, _)| !is_nothing(cell)) {
            if *role == Role::Properties && row.take_object(cell) {
                continue;
            }
            let value = match if *is_text { Token::Text } else { token(cell) } {
                Token::Text => quoted(cell),
                Token::Plain(value) | Token::Doubtful(value) => value,
            };
            row.add(role.borrowed(), "event", value)?;
        }
        row.finish(false, seen)
    }

    fn quickly(cells: &[Cow<'_, str>]) -> Option<Seen> {
        let (event, whole) = read(cells.last()?, cells, &columns())?;
        Some(seen(&Whole { event: event.as_deref(), ..whole }))
    }

    proptest! {
        #[test]
        fn such_a_row_is_read_as_any_row_is(
            outer in proptest::collection::vec("|1|2|x|x \"y\"|\\\\|ᴺᵁᴸᴸ|true|null|\\[1\\]", 5),
            inner in proptest::collection::vec(
                (
                    "time|distinct_id|\\$insert_id|plan|a b",
                    "1|2|\"x\"|\"x \\\\\"y\\\\\"\"|\"1\"|\"\\\\\\\\\"|null|true|\"true\"|\\[1\\]|\"\\[1\\]\"",
                ),
                0..5,
            ),
        ) {
            let inner: Vec<String> = inner.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            let mut cells: Vec<Cow<'_, str>> = outer.iter().map(|cell| Cow::Borrowed(cell.as_str())).collect();
            cells.push(Cow::Owned(format!("{{{}}} ", inner.join(","))));
            if let Some(found) = quickly(&cells) {
                prop_assert_eq!(Ok(found), slowly(&cells), "{:?}", cells);
            }
        }
    }

    #[test]
    fn the_rows_of_warehouses_are_such_rows_and_others_are_not() {
        let object = r#"{"time":1,"distinct_id":"7","$insert_id":"i","x":"a \"b\""}"#;
        for (cells, is_such) in [
            (["A", "7", "1", "i", "", object], true),
            (["A", "", "", "", "", object], true),
            (["A", "8", "1", "i", "", object], false),
            (["A", "7", "1", "i", "x", object], false),
            (["A", "7", "1", "i", "", "[]"], false),
        ] {
            let cells = cells.map(Cow::Borrowed);
            let found = quickly(&cells);
            assert_eq!(found.is_some(), is_such, "{cells:?}");
            if let Some(found) = found {
                assert_eq!(Ok(found), slowly(&cells), "{cells:?}");
            }
        }
    }
}
