//! Where a warehouse is, and how it is entered.

use std::fmt;
use std::path::PathBuf;

use super::mapping::OwnTable;

/// Name of the variable with the user, unless the settings name another.
pub(super) const USER_VARIABLE: &str = "JOURNEY_WAREHOUSE_USER";
/// Name of the variable with the password, unless the settings name another.
pub(super) const PASSWORD_VARIABLE: &str = "JOURNEY_WAREHOUSE_PASSWORD";

/// What a question may cost on the server; each is sent as a setting of ClickHouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seconds (`max_execution_time`).
    pub seconds: u64,
    /// Rows that are read (`max_rows_to_read`); 0 for no limit.
    pub rows: u64,
    /// Bytes that are read (`max_bytes_to_read`); 0 for no limit.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { seconds: 30, rows: 0, bytes: 0 }
    }
}

/// The address of a warehouse, without secrets: those come from the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `http://host:8123` or `https://host:8443`, without a path.
    pub base: String,
    /// The database.
    pub database: String,
    /// The variable with the user.
    pub user_variable: String,
    /// The variable with the password.
    pub password_variable: String,
    /// Certificates of an authority of your own, in PEM, in addition to the usual ones.
    pub ca: Option<PathBuf>,
    /// What a question may cost.
    pub limits: Limits,
    /// A table of events of the owner's own, which is read in place of the tables of this program.
    pub own: Option<Box<OwnTable>>,
}

/// What begins an address: the scheme, what it stands for, and the usual port.
const SCHEMES: [(&str, &str, u16); 4] = [
    ("clickhouse://", "http://", 8123),
    ("clickhouses://", "https://", 8443),
    // As the settings of other programs have it.
    ("http://", "http://", 80),
    ("https://", "https://", 443),
];

impl Address {
    /// Whether a text is meant as an address, and not as the path of a file.
    pub fn is_meant(text: &str) -> bool {
        ["clickhouse:", "clickhouses:", "http://", "https://"].iter().any(|scheme| text.starts_with(scheme))
    }

    /// Reads `clickhouse://host[:port]/database`; `clickhouses://` is the same over TLS.
    ///
    /// # Errors
    /// What is wrong with it, in words that never repeat a secret.
    pub fn read(text: &str) -> Result<Self, String> {
        let found = SCHEMES.iter().find_map(|(scheme, real, port)| Some((text.strip_prefix(scheme)?, real, port)));
        let (rest, real, port) =
            found.ok_or("an address of a warehouse is clickhouse://HOST:PORT/DATABASE, or clickhouses:// for TLS")?;
        let (host, database) = rest.split_once('/').unwrap_or((rest, ""));
        if host.contains('@') {
            return Err(format!(
                "an address of a warehouse has no user and no password: put them in {USER_VARIABLE} and {PASSWORD_VARIABLE}"
            ));
        }
        if host.is_empty() {
            return Err("the address of the warehouse names no host".to_owned());
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || "._-:[]".contains(c);
        if let Some(wrong) = host.chars().find(|c| !is_name(*c)) {
            return Err(format!("the host of the warehouse has the character {wrong:?}"));
        }
        let has_port = host.rsplit_once(':').is_some_and(|(before, port)| {
            !port.is_empty()
                && port.chars().all(|c| c.is_ascii_digit())
                && (!before.contains(':') || before.ends_with(']'))
        });
        let base = if has_port { format!("{real}{host}") } else { format!("{real}{host}:{port}") };
        let database = if database.is_empty() { "default" } else { database };
        let address = Self {
            base,
            database: String::new(),
            user_variable: USER_VARIABLE.to_owned(),
            password_variable: PASSWORD_VARIABLE.to_owned(),
            ca: None,
            limits: Limits::default(),
            own: None,
        };
        address.with_database(database)
    }

    /// Whether an address names a database.
    pub fn names_database(text: &str) -> bool {
        text.split_once("://").and_then(|(_, rest)| rest.split_once('/')).is_some_and(|(_, name)| !name.is_empty())
    }

    /// The same with another database.
    ///
    /// # Errors
    /// It has a character that names of databases do not have here.
    pub fn with_database(self, database: &str) -> Result<Self, String> {
        match database.chars().find(|c| !(c.is_ascii_alphanumeric() || *c == '_')) {
            Some(wrong) => {
                Err(format!("the database of the warehouse has the character {wrong:?}: only letters, digits and _"))
            }
            None => Ok(Self { database: database.to_owned(), ..self }),
        }
    }

    /// Whether what is sent is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.base.starts_with("https://")
    }

    fn host(&self) -> &str {
        self.base.split_once("://").map_or(&*self.base, |(_, host)| host)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_encrypted() { "clickhouses" } else { "clickhouse" };
        write!(f, "{scheme}://{}/{}", self.host(), self.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_a_port_and_a_database() {
        for (text, base, shown) in [
            ("clickhouse://ch.example.com/shop", "http://ch.example.com:8123", "clickhouse://ch.example.com:8123/shop"),
            ("clickhouse://127.0.0.1:9000", "http://127.0.0.1:9000", "clickhouse://127.0.0.1:9000/default"),
            ("clickhouses://ch/x_1", "https://ch:8443", "clickhouses://ch:8443/x_1"),
            ("clickhouse://[::1]:8123/a", "http://[::1]:8123", "clickhouse://[::1]:8123/a"),
            ("clickhouse://[::1]/a", "http://[::1]:8123", "clickhouse://[::1]:8123/a"),
        ] {
            let address = Address::read(text).unwrap();
            assert_eq!((address.base.as_str(), address.to_string().as_str()), (base, shown), "{text}");
        }
    }

    #[test]
    fn an_address_with_a_secret_is_refused_without_repeating_it() {
        let error = Address::read("clickhouse://ann:secret@ch/shop").unwrap_err();
        assert!(error.contains(USER_VARIABLE) && !error.contains("secret") && !error.contains("ann"), "{error}");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["clickhouse:/x", "clickhouse://", "clickhouse:///x", "clickhouse://h o/x", "clickhouse://h/a;b"] {
            assert!(Address::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_is_no_address() {
        assert!(!Address::is_meant("clickhouse.db") && Address::is_meant("clickhouse://h/d"));
    }
}
