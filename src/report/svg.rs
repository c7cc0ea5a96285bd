//! Text that stands in an SVG file and cannot do anything there.

use crate::model::text::{is_plain, visible};

/// `text` as the content of an element or the value of an attribute: characters that act on a
/// terminal are shown, those that mean something in XML are escaped, those that XML cannot hold
/// are replaced.
pub fn escape(text: &str) -> String {
    let text = visible(text);
    if is_plain(text.as_bytes()) && !text.contains(['&', '<', '>', '"', '\'']) {
        return text.into_owned();
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' | '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' => {
                escaped.push('\u{fffd}');
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_in_a_text_ends_an_element_or_an_attribute() {
        assert_eq!(escape("</text><script>\"'&"), "&lt;/text&gt;&lt;script&gt;&quot;&#39;&amp;");
        assert!(
            !escape("a\u{1b}]0;x\u{7}\u{0}\u{ffff}\u{202e}")
                .contains(['\u{1b}', '\u{7}', '\0', '\u{ffff}', '\u{202e}'])
        );
    }
}
