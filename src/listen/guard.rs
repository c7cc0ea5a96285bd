//! Who may send: checked before anything of a request is read.

use std::net::{IpAddr, SocketAddr};

/// Who may send to the server.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    /// A word that each request has to bring, as the first part of its path or as a header.
    token: Option<String>,
    /// Whether only this machine is served, so that only its own names may stand in the header `Host`.
    is_local: bool,
}

/// The header that can carry the token.
pub(super) const TOKEN_HEADER: &str = "x-journey-token";

/// Names by which this machine, and the emulator of a phone on it, call this machine.
const OWN_NAMES: &[&str] = &["localhost", "10.0.2.2"];

/// What keeps a request out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Its header `Host` is of another machine: a page has its name point here.
    Host,
    /// It has no token, or another one.
    Token,
}

impl Guard {
    /// Who may send to a server at `address`: programs of this machine alone, or any that has the token.
    pub fn new(address: SocketAddr, token: Option<String>) -> Self {
        Self { token, is_local: address.ip().is_loopback() }
    }

    /// The path without the token, where the request may come in.
    pub(super) fn admit<'p>(
        &self,
        host: Option<&str>,
        path: &'p str,
        header: Option<&str>,
    ) -> Result<&'p str, Refusal> {
        if self.is_local && !host.is_some_and(is_own) {
            return Err(Refusal::Host);
        }
        let Some(token) = &self.token else { return Ok(path) };
        if let Some(rest) = path.strip_prefix('/').and_then(|path| {
            let (first, rest) = path.split_once('/').unwrap_or((path, ""));
            is_same(first, token).then_some(rest)
        }) {
            // What is left begins with the slash before it.
            let start = path.len() - rest.len();
            return Ok(path.get(start.saturating_sub(1)..).filter(|path| path.starts_with('/')).unwrap_or("/"));
        }
        if header.is_some_and(|header| is_same(header, token)) { Ok(path) } else { Err(Refusal::Token) }
    }
}

/// Whether a header `Host` names this machine.
fn is_own(host: &str) -> bool {
    let Some((name, port)) = (match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']'),
        None => Some(host.split_at(host.find(':').unwrap_or(host.len()))),
    }) else {
        return false;
    };
    // Nothing but a port stands behind the name.
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit())) {
        return false;
    }
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    OWN_NAMES.contains(&name.as_str())
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Compares in a time that does not tell how much is equal.
fn is_same(given: &str, token: &str) -> bool {
    let (given, token) = (given.as_bytes(), token.as_bytes());
    given.len() == token.len() && given.iter().zip(token).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_answered_on_loopback() {
        let guard = Guard::new(([127, 0, 0, 1], 8787).into(), None);
        for host in ["127.0.0.1:8787", "localhost", "LOCALHOST:8787", "[::1]:8787", "shop.localhost:1", "10.0.2.2:8787"]
        {
            assert_eq!(guard.admit(Some(host), "/track", None), Ok("/track"), "{host}");
        }
        for host in [
            Some("evil.example"),
            Some("evil.example:8787"),
            Some("127.0.0.1.evil.example"),
            Some("localhost.evil.example"),
            Some("[::1].evil.example"),
            Some("[::1"),
            Some("localhost:80.evil.example"),
            Some("127.0.0.1:8787:evil.example"),
            Some(""),
            None,
        ] {
            assert_eq!(guard.admit(host, "/track", None), Err(Refusal::Host), "{host:?}");
        }
    }

    #[test]
    fn another_address_wants_its_token_in_the_path_or_in_a_header() {
        let guard = Guard::new(([0, 0, 0, 0], 8787).into(), Some("plum-tree".into()));
        assert_eq!(guard.admit(Some("192.0.2.7"), "/plum-tree/track/", None), Ok("/track/"));
        assert_eq!(guard.admit(Some("192.0.2.7"), "/plum-tree", None), Ok("/"));
        assert_eq!(guard.admit(None, "/track", Some("plum-tree")), Ok("/track"));
        for (path, header) in
            [("/track", None), ("/plum-treetrack", None), ("/plum/track", Some("plum")), ("/", Some(""))]
        {
            assert_eq!(guard.admit(Some("192.0.2.7"), path, header), Err(Refusal::Token), "{path} {header:?}");
        }
    }
}
