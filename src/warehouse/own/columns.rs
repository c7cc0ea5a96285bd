//! The expressions of the columns of a table, each with what makes one type of it.

/// The expressions with what makes one type of each.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    pub(super) id: String,
    pub(super) time: String,
    pub(super) arrived: String,
    pub(super) event: String,
    pub(super) properties: String,
    pub(super) row: String,
    /// Other columns with ids that a row names.
    pub(super) named: Vec<Named>,
}

/// An expression with ids.
#[derive(Clone, Debug)]
pub(super) enum Named {
    /// One text.
    One(String),
    /// A list of texts.
    List(String),
}

impl Named {
    /// The condition that it has one of the ids of `list`, which has literals.
    pub(super) fn is_one_of(&self, list: &str) -> String {
        match self {
            Self::One(sql) => format!("{sql} IN ({list})"),
            Self::List(sql) => format!("hasAny({sql}, [{list}])"),
        }
    }

    /// The condition that an id in it has the text of a literal in it, in any case.
    pub(super) fn has(&self, text: &str) -> String {
        match self {
            Self::One(sql) => format!("positionCaseInsensitiveUTF8({sql}, {text}) > 0"),
            Self::List(sql) => format!("arrayExists(x -> positionCaseInsensitiveUTF8(x, {text}) > 0, {sql})"),
        }
    }

    /// All ids in it, as a list.
    pub(super) fn as_list(&self) -> String {
        match self {
            Self::One(sql) => format!("[{sql}]"),
            Self::List(sql) => sql.clone(),
        }
    }
}

impl Columns {
    /// The error says which expression has which type, and what to write instead.
    pub(super) fn of(types: &[(&'static str, String, String)]) -> Result<Self, String> {
        let of = |wanted: &str| types.iter().find(|(name, ..)| *name == wanted);
        let text = |name: &str| {
            of(name).map_or_else(
                || Err(format!("the warehouse does not say what {name} is")),
                |(_, sql, kind)| Ok(text_of(sql, kind)),
            )
        };
        let time = |name: &'static str| {
            // Made a column: old servers cannot join parts of an answer of shards in which it is a constant.
            let Some((_, sql, kind)) = of(name) else { return Ok("materialize(toInt64(0))".to_owned()) };
            time_of(sql, kind).ok_or_else(|| {
                format!("{name} is {sql}, which is {kind}: write what gives a time or a number, such as parseDateTimeBestEffort({sql})")
            })
        };
        let (id, event) = (text("id")?, text("event")?);
        let (time, arrived) = (time("time")?, time("arrived")?);
        let properties = match of("properties") {
            Some((_, sql, kind)) if is_text(plain(kind)) => text_of(sql, kind),
            Some((_, sql, kind))
                if ["Map", "JSON", "Object", "Tuple"].iter().any(|known| plain(kind).starts_with(known)) =>
            {
                format!("toJSONString({sql})")
            }
            Some((_, sql, kind)) => {
                return Err(format!(
                    "properties is {sql}, which is {kind}: write what gives JSON, as text, Map or JSON"
                ));
            }
            None => return Err("the warehouse does not say what properties is".to_owned()),
        };
        let row = match of("row") {
            Some((_, sql, kind)) if plain(kind).starts_with("UInt") || plain(kind).starts_with("Int") => {
                format!("ifNull(toUInt64({sql}), toUInt64(0))")
            }
            Some((_, sql, kind)) => {
                return Err(format!("row is {sql}, which is {kind}: write what gives a whole number"));
            }
            // Ten digits are enough to tell one row of a person from another, and can be read.
            None => format!("cityHash64({id}, {time}, {event}, {properties}) % 10000000000"),
        };
        let named = types.iter().filter(|(name, ..)| *name == "named");
        let named = named.map(|(_, sql, kind)| {
            if plain(kind).starts_with("Array") {
                Named::List(format!("arrayMap(x -> ifNull(toString(x), ''), {sql})"))
            } else {
                Named::One(text_of(sql, kind))
            }
        });
        Ok(Self { named: named.collect(), id, time, arrived, event, properties, row })
    }
}

/// A type without what says that it can be absent or has few values.
fn plain(kind: &str) -> &str {
    let mut kind = kind;
    for wrapping in ["LowCardinality(", "Nullable("] {
        if let Some(inside) = kind.strip_prefix(wrapping).and_then(|rest| rest.strip_suffix(')')) {
            kind = inside;
        }
    }
    kind
}

fn is_text(kind: &str) -> bool {
    kind == "String" || kind.starts_with("FixedString")
}

/// An expression as a text. A column of texts stays as it is, so that its index serves it.
pub(super) fn text_of(sql: &str, kind: &str) -> String {
    if kind == "String" { format!("({sql})") } else { format!("ifNull(toString({sql}), '')") }
}

/// An expression as milliseconds, 0 where there is none; `None` for a type that is no time.
fn time_of(sql: &str, kind: &str) -> Option<String> {
    let millis = match plain(kind) {
        kind if kind.starts_with("DateTime64") => format!("toUnixTimestamp64Milli({sql})"),
        kind if kind.starts_with("DateTime") => format!("toInt64(toUInt32({sql})) * 1000"),
        "Date" => format!("toInt64(toUInt16({sql})) * 86400000"),
        "Date32" => format!("toInt64(toInt32({sql})) * 86400000"),
        kind if kind.starts_with("Int") || kind.starts_with("UInt") => {
            let n = format!("toInt64({sql})");
            format!(
                "multiIf({n} < 100000000000, {n} * 1000, {n} < 100000000000000, {n}, \
                 {n} < 100000000000000000, intDiv({n}, 1000), intDiv({n}, 1000000))"
            )
        }
        kind if kind.starts_with("Float") || kind.starts_with("Decimal") => {
            let n = format!("toFloat64({sql})");
            format!(
                "toInt64(floor(multiIf({n} < 1e11, {n} * 1000, {n} < 1e14, {n}, {n} < 1e17, {n} / 1000, {n} / 1e6) + 0.0005))"
            )
        }
        _ => return None,
    };
    Some(format!("ifNull({millis}, toInt64(0))"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_of_a_wrong_type_is_named_with_its_type() {
        let types = |time: &str, properties: &str| {
            let of = |name: &'static str, kind: &str| (name, name.to_owned(), kind.to_owned());
            vec![
                of("id", "String"),
                of("event", "LowCardinality(String)"),
                of("time", time),
                of("properties", properties),
            ]
        };
        let wrong = |time: &str, properties: &str| Columns::of(&types(time, properties)).unwrap_err();
        assert!(wrong("String", "String").contains("time is time, which is String: write what gives a time"));
        assert!(wrong("DateTime", "UInt8").contains("properties is properties, which is UInt8"));
        for time in
            ["DateTime", "Nullable(DateTime64(3, 'UTC'))", "Int64", "Nullable(Float64)", "Date", "Decimal(18, 3)"]
        {
            for properties in
                ["String", "Nullable(String)", "Map(String, String)", "JSON", "LowCardinality(Nullable(String))"]
            {
                assert!(Columns::of(&types(time, properties)).is_ok(), "{time} {properties}");
            }
        }
    }
}
