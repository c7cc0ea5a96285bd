//! Objects as Python and `DuckDB` write them into a cell: `{'plan': 'free', 'ok': True, 'tags': [a, b]}`.
//!
//! Keys stand in quotes. Python puts each text in quotes; `DuckDB` only those that need some, so a bare
//! word is a text unless it is a number, a truth or nothing. Sources: `repr` of Python
//! <https://docs.python.org/3/library/functions.html#repr>, and structs that `DuckDB` 2.0 copied to CSV.

use super::dialect::TEXTS;

/// Levels of nesting that are read.
const DEEP: usize = 64;

/// The object as JSON; `None` for a text that is no such object.
pub(super) fn json(text: &str) -> Option<String> {
    let mut reading = Reading { rest: text.trim(), out: String::with_capacity(text.len()) };
    reading.rest.starts_with('{').then_some(())?;
    reading.value(0, false)?;
    reading.rest.is_empty().then_some(reading.out)
}

struct Reading<'a> {
    rest: &'a str,
    out: String,
}

impl Reading<'_> {
    /// Takes a sign, with the spaces behind it.
    fn take(&mut self, sign: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(sign)?.trim_start();
        Some(())
    }

    /// Reads one value; a bare word `is_text` whatever it looks like.
    fn value(&mut self, depth: usize, is_text: bool) -> Option<()> {
        if depth > DEEP {
            return None;
        }
        match self.rest.chars().next()? {
            '{' => self.object(depth),
            '[' => self.list(depth, '[', ']'),
            '(' => self.list(depth, '(', ')'),
            '\'' | '"' => {
                let text = self.quoted()?;
                self.write(&text);
                Some(())
            }
            _ => self.bare(is_text),
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.take('{')?;
        self.out.push('{');
        let mut is_written = false;
        while self.take('}').is_none() {
            let key = self.quoted()?;
            self.take(':')?;
            let before = self.out.len();
            if is_written {
                self.out.push(',');
            }
            self.write(&key);
            self.out.push(':');
            let at = self.out.len();
            self.value(depth + 1, TEXTS.contains(&key.as_str()))?;
            // What is nothing is no property.
            if self.out.get(at..) == Some("null") {
                self.out.truncate(before);
            } else {
                is_written = true;
            }
            self.between('}')?;
        }
        self.out.push('}');
        Some(())
    }

    fn list(&mut self, depth: usize, open: char, close: char) -> Option<()> {
        self.take(open)?;
        self.out.push('[');
        let mut is_first = true;
        while self.take(close).is_none() {
            if !is_first {
                self.out.push(',');
            }
            self.value(depth + 1, false)?;
            is_first = false;
            self.between(close)?;
        }
        self.out.push(']');
        Some(())
    }

    /// A comma between two parts, which may also stand behind the last: Python writes one value as `(1,)`.
    fn between(&mut self, close: char) -> Option<()> {
        if self.rest.starts_with(close) { Some(()) } else { self.take(',') }
    }

    /// A word without quotes, up to what ends it.
    fn bare(&mut self, is_text: bool) -> Option<()> {
        let end = self.rest.find([',', '}', ']', ')', '{', '[', '(', '\'', '"']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        let word = word.trim_end();
        if word.is_empty() || !rest.starts_with([',', '}', ']', ')']) {
            return None;
        }
        match word {
            "None" | "NULL" | "nan" | "inf" | "-inf" => self.out.push_str("null"),
            "True" | "False" | "true" | "false" if !is_text => self.out.push_str(&word.to_ascii_lowercase()),
            _ if !is_text && serde_json::from_str::<serde_json::Number>(word).is_ok() => self.out.push_str(word),
            _ => self.write(word),
        }
        self.rest = rest;
        Some(())
    }

    /// A text in quotes, with the spaces behind it.
    fn quoted(&mut self) -> Option<String> {
        let quote = self.rest.chars().next().filter(|sign| matches!(sign, '\'' | '"'))?;
        let mut text = String::new();
        let mut signs = self.rest.char_indices().skip(1);
        while let Some((at, sign)) = signs.next() {
            if sign == quote {
                self.rest = self.rest.get(at + 1..)?.trim_start();
                return Some(text);
            }
            if sign != '\\' {
                text.push(sign);
                continue;
            }
            let (_, escaped) = signs.next()?;
            text.push(match escaped {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'x' | 'u' | 'U' => {
                    let digits = match escaped {
                        'x' => 2,
                        'u' => 4,
                        _ => 8,
                    };
                    let mut code = 0;
                    for _ in 0..digits {
                        code = code * 16 + signs.next()?.1.to_digit(16)?;
                    }
                    // Half of a surrogate pair is no character.
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
                '\\' | '\'' | '"' => escaped,
                _ => return None,
            });
        }
        None
    }

    fn write(&mut self, text: &str) {
        self.out.push_str(&serde_json::Value::from(text).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_of_python_or_duckdb_is_one_of_json() {
        for (text, object) in [
            (
                r#"{'time': 1561971600, 'ok': True, 'no': None, 'ratio': 0.5, 'tags': ['a', "it's"], 'pair': (1,), 'in': {'a': {}}}"#,
                r#"{"time":1561971600,"ok":true,"ratio":0.5,"tags":["a","it's"],"pair":[1],"in":{"a":{}}}"#,
            ),
            (
                r"{'a': 'line one\nline \'two\' \\ \x1b\u2028', 'b': 'ü, {x}'}",
                "{\"a\":\"line one\\nline 'two' \\\\ \\u001b\u{2028}\",\"b\":\"ü, {x}\"}",
            ),
            (
                "{'distinct_id': 0F2C-AA, '$insert_id': ins-000, 'url': 'https://x.test/?a=1', 'n': NULL, 'tags': [\"a\", b]}",
                r#"{"distinct_id":"0F2C-AA","$insert_id":"ins-000","url":"https://x.test/?a=1","tags":["a","b"]}"#,
            ),
            (
                "{'distinct_id': 42, '$user_id': 1e3, 'alias': 00123, 'n': 42}",
                r#"{"distinct_id":"42","$user_id":"1e3","alias":"00123","n":42}"#,
            ),
            ("{'a': None}", "{}"),
            ("{}", "{}"),
        ] {
            assert_eq!(json(text).as_deref(), Some(object), "{text}");
            assert!(serde_json::from_str::<serde_json::Value>(object).is_ok());
        }
    }

    #[test]
    fn what_is_no_such_object_is_none() {
        for text in [
            "",
            "{'a': 1",
            "{'a': 1} b",
            "{'a'}",
            "{a: 1}",
            "{a=1}",
            "{'a': datetime.datetime(2019, 7, 1)}",
            "{'a': b, c}",
            "{'a': 'b}",
            "{'a': }",
            "{'a': 'x' 'y'}",
            "['a']",
        ] {
            assert_eq!(json(text), None, "{text}");
        }
        assert_eq!(json(&format!("{}1{}", "{'a':".repeat(500), "}".repeat(500))), None);
    }
}
