//! What things look like: colours by meaning, and marks.
//!
//! A theme gives a style to a [`Meaning`], not to a widget. It uses the terminal's own 16 colours where
//! all terminals draw them so that they can be read on the ground that the theme is for, else one of
//! the 256 that do not depend on settings. Colour is never the only sign: [`Glyphs`] has a mark for each class, and
//! every screen a word.

use std::collections::HashMap;

use ratatui::style::{Color, Modifier, Style};

use super::keys::AssetError;
use super::when::Zone;

/// What a piece of text means. The order is that of the theme files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// Anything else.
    Text,
    /// Less important than the text next to it.
    Muted,
    /// Heads of screens, columns and panes.
    Title,
    /// Keys in hints and help.
    Key,
    /// The selected row.
    Selected,
    /// The part of an id that was searched for.
    Match,
    /// A row before the user was known.
    Anonymous,
    /// A row after.
    Identified,
    /// An accepted alias call.
    Alias,
    /// An identify point.
    Identify,
    /// A reset.
    Reset,
    /// A refused alias call.
    Refused,
    /// A split row.
    Split,
    /// A row of an orphan.
    Orphan,
    /// Something that deserves attention.
    Warn,
    /// Something that went wrong.
    Bad,
}

impl Meaning {
    /// Every meaning.
    pub const ALL: [Self; 16] = [
        Self::Text,
        Self::Muted,
        Self::Title,
        Self::Key,
        Self::Selected,
        Self::Match,
        Self::Anonymous,
        Self::Identified,
        Self::Alias,
        Self::Identify,
        Self::Reset,
        Self::Refused,
        Self::Split,
        Self::Orphan,
        Self::Warn,
        Self::Bad,
    ];

    /// The name in theme files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Muted => "muted",
            Self::Title => "title",
            Self::Key => "key",
            Self::Selected => "selected",
            Self::Match => "match",
            Self::Anonymous => "anonymous",
            Self::Identified => "identified",
            Self::Alias => "alias",
            Self::Identify => "identify",
            Self::Reset => "reset",
            Self::Refused => "refused",
            Self::Split => "split",
            Self::Orphan => "orphan",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }

    /// What stands in when a theme does not say.
    fn fallback(self) -> Option<Self> {
        match self {
            Self::Text => None,
            Self::Title | Self::Match | Self::Selected => Some(Self::Key),
            Self::Alias | Self::Reset => Some(Self::Identify),
            Self::Refused => Some(Self::Bad),
            Self::Split => Some(Self::Orphan),
            Self::Orphan | Self::Bad => Some(Self::Warn),
            _ => Some(Self::Text),
        }
    }
}

/// The number of one of the sixteen colours of a terminal; `None` for any other.
pub(in crate::tui) fn ansi(colour: Color) -> Option<usize> {
    Some(match colour {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        _ => return None,
    })
}

/// What a number of the 256 colours is drawn as, `0xrrggbb`; `None` for the first 16, which terminals
/// draw as they are set.
pub(in crate::tui) fn fixed(number: u8) -> Option<u32> {
    let number = u32::from(number).checked_sub(16)?;
    if let Some(gray) = number.checked_sub(216) {
        return Some((8 + 10 * gray) * 0x01_01_01);
    }
    let part = |level: u32| if level == 0 { 0 } else { 55 + 40 * level };
    Some(part(number / 36) << 16 | part(number / 6 % 6) << 8 | part(number % 6))
}

/// A style for each meaning.
#[derive(Clone, Debug, Default)]
pub struct Theme(HashMap<Meaning, Style>);

impl Theme {
    /// The themes that come with the program: for dark backgrounds, for light ones, without
    /// colour, and one that colour-blind users can read.
    pub const NAMES: [&str; 4] = ["default", "light", "mono", "colour-blind"];

    /// One of the program's own.
    pub fn named(name: &str) -> Result<Self, AssetError> {
        let text = match name {
            "default" => include_str!("../../assets/themes/default.toml"),
            "light" => include_str!("../../assets/themes/light.toml"),
            "mono" => include_str!("../../assets/themes/mono.toml"),
            "colour-blind" => include_str!("../../assets/themes/colour-blind.toml"),
            _ => return Err(AssetError::unknown("themes", "theme", name, &mut Self::NAMES.into_iter())),
        };
        Self::read(&format!("themes/{name}.toml"), text)
    }

    /// Reads the text of a theme file: `meaning = "words"`, each word a colour (a name, one of the
    /// 256 by its number, or `#rrggbb`), a modifier, or `on` before the colour of the background.
    pub fn read(file: &str, text: &str) -> Result<Self, AssetError> {
        let table: toml::Table = text.parse().map_err(|error| AssetError::toml(file, &error))?;
        let mut styles = HashMap::new();
        for (name, value) in &table {
            let meaning = Meaning::ALL.into_iter().find(|meaning| meaning.name() == name).ok_or_else(|| {
                AssetError::unknown(file, "meaning", name, &mut Meaning::ALL.iter().map(|meaning| meaning.name()))
            })?;
            let words = value.as_str().ok_or_else(|| AssetError::not_text(file, name))?;
            styles.insert(meaning, style(file, words)?);
        }
        Ok(Self(styles))
    }

    /// Gives a meaning another style.
    pub(super) fn set(&mut self, meaning: Meaning, file: &str, words: &str) -> Result<(), AssetError> {
        self.0.insert(meaning, style(file, words)?);
        Ok(())
    }

    /// Whether words say a style.
    pub(super) fn check(file: &str, words: &str) -> Result<(), AssetError> {
        style(file, words).map(drop)
    }

    /// The style of a meaning, else that of its fallback, else the terminal's own.
    pub fn style(&self, meaning: Meaning) -> Style {
        let mut asked = Some(meaning);
        while let Some(meaning) = asked {
            if let Some(style) = self.0.get(&meaning) {
                return *style;
            }
            asked = meaning.fallback();
        }
        Style::new()
    }
}

const COLOURS: &[(&str, Color)] = &[
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("gray", Color::Gray),
    ("dark-gray", Color::DarkGray),
    ("light-red", Color::LightRed),
    ("light-green", Color::LightGreen),
    ("light-yellow", Color::LightYellow),
    ("light-blue", Color::LightBlue),
    ("light-magenta", Color::LightMagenta),
    ("light-cyan", Color::LightCyan),
    ("white", Color::White),
];

const MODIFIERS: &[(&str, Modifier)] = &[
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

fn style(file: &str, words: &str) -> Result<Style, AssetError> {
    let mut style = Style::new();
    let mut background = false;
    for word in words.split_whitespace() {
        if word == "on" {
            background = true;
        } else if let Some((_, colour)) = COLOURS.iter().find(|(name, _)| *name == word) {
            style = if background { style.bg(*colour) } else { style.fg(*colour) };
            background = false;
        } else if let Some((_, modifier)) = MODIFIERS.iter().find(|(name, _)| *name == word) {
            style = style.add_modifier(*modifier);
        } else if let Some(colour) = other_colour(word) {
            style = if background { style.bg(colour) } else { style.fg(colour) };
            background = false;
        } else {
            let mut known = COLOURS.iter().map(|(name, _)| *name).chain(MODIFIERS.iter().map(|(name, _)| *name));
            return Err(AssetError::unknown(file, "colour or modifier", word, &mut known));
        }
    }
    Ok(style)
}

/// One of the 256 colours by its number, or `#rrggbb`.
fn other_colour(word: &str) -> Option<Color> {
    let number = || word.parse().ok().map(Color::Indexed);
    word.strip_prefix('#').map_or_else(number, |_| word.parse().ok())
}

/// The marks of the screens, each one column wide.
#[derive(Debug)]
pub struct Glyphs {
    /// The selected row.
    pub cursor: &'static str,
    /// A row of the user before the first identify point.
    pub anonymous: &'static str,
    /// A row of the user from it on.
    pub identified: &'static str,
    /// An accepted alias call.
    pub alias: &'static str,
    /// An alias call that was in the table already.
    pub duplicate: &'static str,
    /// A refused alias call, at the id it asked for.
    pub refused: &'static str,
    /// The end of the bar of a refused alias call.
    pub refused_end: &'static str,
    /// An identify point.
    pub identify: &'static str,
    /// A reset.
    pub reset: &'static str,
    /// A row of an orphan.
    pub orphan: &'static str,
    /// A split row.
    pub split: &'static str,
    /// A lane whose rows count for the user.
    pub lane: &'static str,
    /// A lane whose rows do not.
    pub lane_unmerged: &'static str,
    /// The lane of the selected row, the same two.
    pub lane_here: [&'static str; 2],
    /// The alias call that the selected row depends on.
    pub depends: &'static str,
    /// A marked row.
    pub marked: &'static str,
    /// A row that was looked for.
    pub found: &'static str,
    /// A value that is unfolded, and one that is folded.
    pub folds: [&'static str; 2],
    /// Under the row that a line belongs to.
    pub corner: &'static str,
    /// Between two lanes that an alias joins.
    pub join: &'static str,
    /// A lane that a join crosses.
    pub join_cross: &'static str,
    /// The end of a join to the right, and to the left.
    pub join_ends: [&'static str; 2],
    /// Between two lanes that a refused alias does not join.
    pub bar: &'static str,
    /// A lane that such a bar crosses.
    pub bar_cross: &'static str,
    /// A rule across the screen.
    pub rule: &'static str,
    /// The rule at the first identify point.
    pub phase_rule: &'static str,
    /// From one id to another.
    pub arrow: &'static str,
    /// Between parts of a line.
    pub dot: &'static str,
    /// Something is wrong.
    pub warn: &'static str,
    /// Between the list and the pane next to it.
    pub wall: &'static str,
    /// Heights of a bar, from nothing to full.
    pub bars: [&'static str; 9],
    /// Keys with a picture.
    pub arrows: [&'static str; 4],
}

/// Marks of Unicode, of one column in every terminal that does not take ambiguous as wide.
pub static UNICODE: Glyphs = Glyphs {
    cursor: "▸",
    anonymous: "○",
    identified: "●",
    alias: "◆",
    duplicate: "◈",
    refused: "◇",
    refused_end: "╳",
    identify: "■",
    reset: "↺",
    orphan: "◌",
    split: "◐",
    lane: "│",
    lane_unmerged: "┊",
    lane_here: ["┃", "┋"],
    depends: "»",
    marked: "†",
    found: "›",
    folds: ["▿", "▹"],
    corner: "└",
    join: "━",
    join_cross: "┿",
    join_ends: ["╮", "╭"],
    bar: "╌",
    bar_cross: "┼",
    rule: "─",
    phase_rule: "═",
    arrow: "→",
    dot: "·",
    warn: "▲",
    wall: "│",
    bars: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    arrows: ["↑", "↓", "←", "→"],
};

/// The same with ASCII alone.
pub static ASCII: Glyphs = Glyphs {
    cursor: ">",
    anonymous: "o",
    identified: "*",
    alias: "A",
    duplicate: "a",
    refused: "x",
    refused_end: "X",
    identify: "I",
    reset: "R",
    orphan: ".",
    split: "s",
    lane: "|",
    lane_unmerged: ":",
    lane_here: ["|", ":"],
    depends: "=",
    marked: "+",
    found: "/",
    folds: ["-", "+"],
    corner: "`",
    join: "=",
    join_cross: "#",
    join_ends: ["+", "+"],
    bar: "-",
    bar_cross: "+",
    rule: "-",
    phase_rule: "=",
    arrow: "->",
    dot: "-",
    warn: "!",
    wall: "|",
    bars: [" ", ".", ".", ":", ":", "|", "|", "#", "#"],
    arrows: ["Up", "Down", "Left", "Right"],
};

/// Everything about how to draw that does not depend on what is drawn.
#[derive(Clone, Debug)]
pub struct Look {
    theme: Theme,
    ascii: bool,
    /// The marks.
    pub glyphs: &'static Glyphs,
    /// The zone of all times.
    pub zone: Zone,
}

impl Look {
    /// Puts the parts together.
    pub fn new(theme: Theme, ascii: bool, zone: Zone) -> Self {
        Self { theme, ascii, glyphs: if ascii { &ASCII } else { &UNICODE }, zone }
    }

    /// Uses another theme.
    pub fn set_theme(&mut self, theme: Theme) {
        self.theme = theme;
    }

    /// The style of a meaning.
    pub fn style(&self, meaning: Meaning) -> Style {
        self.theme.style(meaning)
    }

    /// Whether only ASCII may be drawn.
    pub fn is_ascii(&self) -> bool {
        self.ascii
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_of_the_program_can_be_read() {
        for name in Theme::NAMES {
            assert!(Theme::named(name).is_ok(), "{name:?}: {:?}", Theme::named(name).err());
        }
    }

    #[test]
    fn the_theme_without_colour_has_none() {
        let theme = Theme::named("mono").unwrap();
        for meaning in Meaning::ALL {
            let style = theme.style(meaning);
            assert_eq!((style.fg, style.bg), (None, None), "{meaning:?}");
        }
    }

    #[test]
    fn a_colour_has_a_name_a_number_or_six_digits() {
        let theme = Theme::read("t.toml", "muted = \"248\"\nbad = \"bold #ff0000 on 17\"").unwrap();
        assert_eq!(theme.style(Meaning::Muted), Style::new().fg(Color::Indexed(248)));
        let bad = Style::new().fg(Color::Rgb(255, 0, 0)).bg(Color::Indexed(17)).add_modifier(Modifier::BOLD);
        assert_eq!(theme.style(Meaning::Bad), bad);
        assert!(Theme::read("t.toml", "muted = \"256\"").is_err());
        assert_eq!(
            [16, 21, 210, 231, 232, 255].map(fixed),
            [0, 0xff, 0xff_8787, 0xff_ffff, 0x08_0808, 0xee_eeee].map(Some)
        );
        assert_eq!(fixed(15), None);
    }

    #[test]
    fn a_wrong_word_gets_the_right_one_suggested() {
        let error = Theme::read("t.toml", "text = \"grean\"").unwrap_err().to_string();
        assert!(error.contains("grean") && error.contains("did you mean green"), "{error}");
        let error = Theme::read("t.toml", "mutted = \"dim\"").unwrap_err().to_string();
        assert!(error.contains("did you mean muted"), "{error}");
    }

    #[test]
    fn a_meaning_that_a_theme_leaves_out_looks_like_its_fallback() {
        let theme = Theme::read("t.toml", "warn = \"yellow\"").unwrap();
        assert_eq!(theme.style(Meaning::Refused), Style::new().fg(Color::Yellow));
        assert_eq!(theme.style(Meaning::Muted), Style::new());
    }

    #[test]
    fn every_mark_is_as_wide_as_its_place() {
        use unicode_width::UnicodeWidthStr;
        for glyphs in [&UNICODE, &ASCII] {
            for mark in [glyphs.cursor, glyphs.alias, glyphs.refused, glyphs.reset, glyphs.split, glyphs.join] {
                assert_eq!(mark.width(), 1, "{mark}");
            }
        }
    }
}
