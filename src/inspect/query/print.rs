//! From a tree back to text that reads the same.

use std::fmt::{self, Display, Formatter};

use super::property::{Relation, Test};
use super::read::{KEYWORDS, has_relation};
use super::{Expr, Field, Place, Query, Sought, Term, When};
use crate::identity::Phase;

/// A text as a value of the language: in quotes if it would be read as something else.
pub fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '"' | '\\'));
    if plain { text.to_owned() } else { in_quotes(text) }
}

/// A property name as the language writes it.
pub fn quoted_name(name: &str) -> String {
    let plain = !name.is_empty()
        && !name.starts_with('-')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '$' | '_' | '.' | '-'));
    if plain { name.to_owned() } else { in_quotes(name) }
}

/// A property and its value as the language asks for it: `plan=pro`, with `prop:` where the name alone means more.
pub fn of_property(name: &str, value: &str) -> String {
    let term = Term::Property(name.to_owned(), Test::Equals(value.to_owned()));
    let short = format!("{}={}", quoted_name(name), quoted(value));
    let is_it = |query: &Query| *query.expr() == Expr::Term(term.clone());
    let reads = Query::read(&short, Place::Search).ok().flatten().is_some_and(|query| is_it(&query));
    if reads { short } else { term.to_string() }
}

/// A text that stands for itself.
fn quoted_word(word: &str) -> String {
    let means = word.starts_with('-')
        || KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
        || has_relation(word);
    if means { in_quotes(word) } else { quoted(word) }
}

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What an expression stands in, which says whether it needs brackets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Any,
    All,
    Not,
}

impl Expr {
    fn write(&self, within: Within, f: &mut Formatter<'_>) -> fmt::Result {
        let brackets = match self {
            Self::Any(_) => within != Within::Nothing,
            Self::All(_) => matches!(within, Within::All | Within::Not),
            Self::Group(_) => true,
            Self::Not(_) | Self::Term(_) => false,
        };
        if brackets {
            f.write_str("(")?;
        }
        match self {
            Self::All(list) => join(list, " ", Within::All, f)?,
            Self::Any(list) => join(list, " or ", Within::Any, f)?,
            Self::Not(inner) => {
                f.write_str("-")?;
                inner.write(Within::Not, f)?;
            }
            Self::Group(inner) => inner.write(Within::Nothing, f)?,
            Self::Term(term) => write!(f, "{term}")?,
        }
        if brackets { f.write_str(")") } else { Ok(()) }
    }
}

fn join(list: &[Expr], between: &str, within: Within, f: &mut Formatter<'_>) -> fmt::Result {
    for (at, expr) in list.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        expr.write(within, f)?;
    }
    Ok(())
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.write(Within::Nothing, f)
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(&quoted_word(word)),
            Self::Field(field, Sought::Part(text)) => write!(f, "{}:{}", field.name(), quoted(text)),
            Self::Field(field, Sought::Whole(text)) => write!(f, "{}={}", field.name(), quoted(text)),
            Self::Lane(label) => write!(f, "lane:{}", quoted(label)),
            Self::Phase(Phase::Anonymous) => f.write_str("phase:anonymous"),
            Self::Phase(Phase::Identified) => f.write_str("phase:identified"),
            Self::Is(state) => write!(f, "is:{state}"),
            Self::Property(name, test) => write!(f, "prop:{}{test}", any_or_quoted(name)),
            Self::After(when) => write!(f, "after:{when}"),
            Self::Before(when) => write!(f, "before:{when}"),
            Self::At(when) => write!(f, "at:{when}"),
            Self::Between(from, to) => {
                let text = |when: &Option<When>| when.as_ref().map(|when| when.text.clone()).unwrap_or_default();
                write!(f, "at:{}", quoted(&format!("{}..{}", text(from), text(to))))
            }
        }
    }
}

fn any_or_quoted(name: &str) -> String {
    if name == "*" { name.to_owned() } else { quoted_name(name) }
}

impl Display for When {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted(&self.text))
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists => Ok(()),
            Self::Equals(text) => write!(f, "={}", quoted(text)),
            Self::Differs(text) => write!(f, "!={}", quoted(text)),
            Self::Contains(text) => write!(f, "~{}", quoted(text)),
            Self::Number(relation, number) => write!(f, "{relation}{number}"),
            Self::Date(relation, date) => write!(f, "{relation}{}", quoted(date)),
        }
    }
}

impl Display for Relation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::More => ">",
            Self::AtLeast => ">=",
            Self::Less => "<",
            Self::AtMost => "<=",
        })
    }
}

impl Field {
    /// Its name in the language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Id => "id",
            Self::Alias => "alias",
            Self::Email => "email",
            Self::Name => "name",
            Self::Phone => "phone",
            Self::Device => "device",
            Self::User => "user",
            Self::Client => "client",
            Self::File => "file",
        }
    }
}
