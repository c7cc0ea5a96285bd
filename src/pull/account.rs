//! Whose data it is, and which server has it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Where a project keeps its data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Region {
    /// The default of the vendor.
    #[default]
    Us,
    /// EU Data Residency.
    Eu,
    /// India Data Residency.
    In,
}

/// A server that no secret may be sent to.
#[derive(Debug, thiserror::Error)]
#[error("{0} is neither https:// nor an address of this computer")]
pub struct WrongServer(String);

/// Credentials and servers. `Debug` shows no secret.
#[derive(Clone)]
pub struct Account {
    /// The value of the header `Authorization`.
    authorization: String,
    /// What must be in no message.
    secrets: Vec<String>,
    /// The number of the project, which a service account has to say.
    project: Option<String>,
    /// Server of the raw export and server of the queries, up to the path.
    export: String,
    query: String,
}

impl Account {
    /// A service account, which may see several projects.
    pub fn service(user: &str, secret: &str, project: &str) -> Self {
        Self::new(user, secret, Some(project.to_owned()))
    }

    /// The secret of one project.
    pub fn project_secret(secret: &str) -> Self {
        Self::new(secret, "", None)
    }

    fn new(user: &str, secret: &str, project: Option<String>) -> Self {
        let token = STANDARD.encode(format!("{user}:{secret}"));
        let secrets = [token.as_str(), if secret.is_empty() { user } else { secret }];
        let secrets = secrets.iter().filter(|secret| !secret.is_empty()).map(|secret| (*secret).to_owned()).collect();
        let account = Self {
            authorization: format!("Basic {token}"),
            secrets,
            project,
            export: String::new(),
            query: String::new(),
        };
        account.in_region(Region::Us)
    }

    /// The same, of a project in a region.
    #[must_use]
    pub fn in_region(self, region: Region) -> Self {
        let (export, query) = match region {
            Region::Us => ("https://data.mixpanel.com", "https://mixpanel.com"),
            Region::Eu => ("https://data-eu.mixpanel.com", "https://eu.mixpanel.com"),
            Region::In => ("https://data-in.mixpanel.com", "https://in.mixpanel.com"),
        };
        Self { export: export.to_owned(), query: query.to_owned(), ..self }
    }

    /// The same, at another server: one that stands between, or one of this computer.
    ///
    /// # Errors
    /// The secret would go over a network as it is.
    pub fn at(self, server: &str) -> Result<Self, WrongServer> {
        let server = server.trim_end_matches('/');
        let is_safe = server.starts_with("https://") || server.strip_prefix("http://").is_some_and(is_this_computer);
        if !is_safe {
            // A password may stand before the host.
            let shown = match server.rsplit_once('@') {
                Some((before, host)) => match before.split_once("://") {
                    Some((scheme, _)) => format!("{scheme}://…@{host}"),
                    None => format!("…@{host}"),
                },
                None => server.to_owned(),
            };
            return Err(WrongServer(shown));
        }
        Ok(Self { export: server.to_owned(), query: server.to_owned(), ..self })
    }

    /// The number of the project, where it is known.
    pub fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }

    /// Whether the server is this computer.
    pub(super) fn is_here(&self) -> bool {
        self.query.split_once("://").is_some_and(|(_, rest)| is_this_computer(rest))
    }

    pub(super) fn authorization(&self) -> &str {
        &self.authorization
    }

    /// Address of the raw export, without parameters.
    pub(super) fn export(&self) -> String {
        format!("{}/api/2.0/export", self.export)
    }

    /// Address of a query, without parameters.
    pub(super) fn query(&self, name: &str) -> String {
        format!("{}/api/query/{name}", self.query)
    }

    /// A text without the secrets.
    pub(super) fn hidden(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "…"))
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("project", &self.project).finish_non_exhaustive()
    }
}

/// Whether what follows `http://` names this computer.
fn is_this_computer(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(inside) => inside.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    // `user@host` names another host than it begins with.
    !authority.contains('@') && ["127.0.0.1", "localhost", "::1"].contains(&host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_in_no_text() {
        for account in [Account::service("robot", "s3cret", "42"), Account::project_secret("s3cret")] {
            let said = account.hidden(&format!("{} or s3cret is wrong", account.authorization()));
            assert_eq!(said, "Basic … or … is wrong");
            assert!(!format!("{account:?}").contains("s3cret"));
        }
    }

    #[test]
    fn a_secret_goes_to_https_or_to_this_computer() {
        let account = Account::project_secret("s");
        for good in ["https://proxy.example.com", "http://127.0.0.1:80/x/", "http://localhost", "http://[::1]:9"] {
            assert!(account.clone().at(good).is_ok(), "{good}");
        }
        for bad in [
            "http://proxy.example.com",
            "http://localhost.example.com",
            "http://127.0.0.1@example.com",
            "http://[::2]:9",
            "ftp://localhost",
            "localhost",
            "",
        ] {
            assert!(account.clone().at(bad).is_err(), "{bad}");
        }
        for (bad, shown) in [
            ("http://me:s3cret@127.0.0.1:80/x", "http://…@127.0.0.1:80/x"),
            ("me:s3c@ret@host", "…@host"),
            ("http://host", "http://host"),
        ] {
            let said = account.clone().at(bad).unwrap_err().to_string();
            assert_eq!(said, format!("{shown} is neither https:// nor an address of this computer"));
        }
    }

    #[test]
    fn each_region_has_its_servers() {
        let address = |region| {
            let account = Account::project_secret("s").in_region(region);
            (account.export(), account.query("engage"))
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let (us, eu, india) = (address(Region::Us), address(Region::Eu), address(Region::In));
        assert_eq!(us, pair("https://data.mixpanel.com/api/2.0/export", "https://mixpanel.com/api/query/engage"));
        assert_eq!(eu, pair("https://data-eu.mixpanel.com/api/2.0/export", "https://eu.mixpanel.com/api/query/engage"));
        assert_eq!(
            india,
            pair("https://data-in.mixpanel.com/api/2.0/export", "https://in.mixpanel.com/api/query/engage")
        );
    }
}
