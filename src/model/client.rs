//! Which program sent a row: library, system, browser or model, screen.
//!
//! Two rows with equal clients *may* come from one device; a [reset][r] differs from a
//! second device by that alone, so it is marked as inferred wherever it is shown.
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
    /// it has another part than the library, and is no server.
    pub fn can_tell_devices(&self) -> bool {
        !self.is_server() && self.parts().next().is_some()
    }
}

/// A [`Client`] whose pieces still lie in the input.
#[derive(Clone, Debug)]
pub struct ClientView<'a> {
    /// The library, or all of the text.
    library: Cow<'a, str>,
    /// The other parts; empty where there are none.
    parts: [Cow<'a, str>; 3],
    /// Width and height.
    screen: Option<[Cow<'a, str>; 2]>,
}

impl<'a> ClientView<'a> {
    /// What a row tells: its library; system, browser and model; width and height of the screen.
    /// `None` when it tells nothing of these.
    pub fn of(
        library: Option<Cow<'a, str>>,
        parts: [Cow<'a, str>; 3],
        screen: Option<[Cow<'a, str>; 2]>,
    ) -> Option<Self> {
        let tells_more = screen.is_some() || parts.iter().any(|part| !part.is_empty());
        let library = library.or(tells_more.then_some(Cow::Borrowed("?")))?;
        Some(Self { library, parts, screen })
    }

    /// A text that [`Client::as_str`] gave.
    pub fn from_text(text: Cow<'a, str>) -> Self {
        Self { library: text, parts: Default::default(), screen: None }
    }

    /// Writes the text of the client behind `out`.
    pub fn write(&self, out: &mut String) {
        out.push_str(&self.library);
        for part in self.parts.iter().filter(|part| !part.is_empty()) {
            out.push_str(GAP);
            out.push_str(part);
        }
        if let Some([width, height]) = &self.screen {
            for piece in [GAP, width, "x", height] {
                out.push_str(piece);
            }
        }
    }

    /// The text of the client.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }
}

impl PartialEq for ClientView<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_says_library_first() {
        let text = |library: Option<&'static str>, parts: [&'static str; 3], screen: Option<[&'static str; 2]>| {
            let view = ClientView::of(
                library.map(Cow::Borrowed),
                parts.map(Cow::Borrowed),
                screen.map(|s| s.map(Cow::Borrowed)),
            );
            view.map(|view| view.text())
        };
        let ios = ["iOS", "", "iPhone12,1"];
        assert_eq!(text(None, ios, None).as_deref(), Some("? · iOS · iPhone12,1"));
        assert_eq!(
            text(Some("swift"), ios, Some(["390", "844"])).as_deref(),
            Some("swift · iOS · iPhone12,1 · 390x844")
        );
        assert_eq!(text(Some("python"), [""; 3], None).as_deref(), Some("python"));
        assert_eq!(text(None, [""; 3], Some(["390", "844"])).as_deref(), Some("? · 390x844"));
        assert_eq!(text(None, [""; 3], None), None);
    }

    #[test]
    fn a_client_is_the_same_in_pieces_and_whole() {
        let pieces = ClientView::of(Some("web".into()), ["Linux".into(), "".into(), "".into()], None).unwrap();
        let whole = ClientView::from_text(pieces.text().into());
        assert_eq!(whole, pieces);
        assert_eq!(whole.text(), "web · Linux");
        assert_ne!(whole, ClientView::from_text("web".into()));
    }

    #[test]
    fn a_server_tells_no_devices() {
        assert!(Client::from_text("python").is_server());
        assert!(!Client::from_text("web").can_tell_devices());
        assert!(Client::from_text("web · Linux").can_tell_devices());
    }
}
