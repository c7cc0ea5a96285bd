//! Which program sent a row: library, system, browser or model, screen.
//!
//! Two rows with equal clients *may* come from one device; that is how a [reset][r] is told
//! apart from a second device, and it is said to be inferred wherever it is used.
//!
//! [r]: crate::identity

use std::borrow::Cow;
use std::sync::Arc;

/// One text for the program and machine that sent a row: `web · Mac OS X · Chrome · 1440x900`.
///
/// The first part is always the library, `?` where the row does not say. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Client(Arc<str>);

/// Values of `mp_lib` that run on servers: their rows come from no device.
const SERVER_LIBRARIES: &[&str] =
    &["python", "node", "ruby", "php", "java", "go", "c#", "dotnet", "elixir", "rust", "perl"];

/// What stands between the parts.
const GAP: &str = " · ";

impl Client {
    /// Puts the parts together; `None` when no row property told any of them.
    pub fn of(library: Option<&str>, parts: &[Option<&str>]) -> Option<Self> {
        let parts: Vec<[&str; 1]> = parts.iter().map(|part| [part.unwrap_or_default()]).collect();
        let parts: Vec<&[&str]> = parts.iter().map(<[&str; 1]>::as_slice).collect();
        Self::text(library.map(Cow::Borrowed), &parts).map(|text| Self(text.into()))
    }

    /// The text of [`Client::of`]; the library itself where nothing else is told. Each part is
    /// what its pieces are together, nothing if they are empty.
    pub fn text<'a>(library: Option<Cow<'a, str>>, parts: &[&[&str]]) -> Option<Cow<'a, str>> {
        let length = |part: &[&str]| part.iter().map(|piece| piece.len()).sum::<usize>();
        let told = || parts.iter().filter(|part| length(part) > 0);
        let more: usize = told().map(|part| GAP.len() + length(part)).sum();
        if more == 0 {
            return library;
        }
        let library = library.unwrap_or(Cow::Borrowed("?"));
        let mut text = String::with_capacity(library.len() + more);
        text.push_str(&library);
        for part in told() {
            text.push_str(GAP);
            part.iter().for_each(|piece| text.push_str(piece));
        }
        Some(Cow::Owned(text))
    }

    /// Takes back a text that [`Client::as_str`] gave.
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// Takes a text that [`Client::as_str`] gave, without a copy.
    pub fn from_shared(text: Arc<str>) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The library, `?` where the row did not say.
    pub fn library(&self) -> &str {
        self.0.split(GAP).next().unwrap_or("?")
    }

    /// The parts after the library.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split(GAP).skip(1)
    }

    /// Whether a server library sent the row: such a row says nothing of a device.
    pub fn is_server(&self) -> bool {
        let library = self.library();
        SERVER_LIBRARIES.iter().any(|known| library.eq_ignore_ascii_case(known))
    }

    /// Whether this tells enough to say that two rows with it look like one device:
    /// it has a part besides the library, and is no server.
    pub fn can_tell_devices(&self) -> bool {
        !self.is_server() && self.parts().next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_says_library_first() {
        let client = Client::of(None, &[Some("iOS"), None, Some("iPhone12,1")]);
        assert_eq!(client.as_ref().map(Client::as_str), Some("? · iOS · iPhone12,1"));
        assert_eq!(Client::of(None, &[None]), None);
    }

    #[test]
    fn a_server_tells_no_devices() {
        assert!(Client::from_text("python").is_server());
        assert!(!Client::from_text("web").can_tell_devices());
        assert!(Client::from_text("web · Linux").can_tell_devices());
    }
}
