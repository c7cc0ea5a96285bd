//! Parts that several screens draw: the selected line, bars, a failure with what to do.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::backend::Failure;
use super::fit;
use super::pen::Pen;
use super::theme::{Look, Meaning};
use crate::identity::Severity;

/// The first visible line, so that the selected one is visible with some lines around it.
pub(in crate::tui) fn scrolled(top: usize, selected: usize, lines: usize, all: usize) -> usize {
    let margin = (lines / 6).min(3);
    let lowest = selected.saturating_sub(lines.saturating_sub(1 + margin));
    let highest = selected.saturating_sub(margin);
    top.clamp(lowest, highest.max(lowest)).min(all.saturating_sub(lines))
}

/// Gives a row the look of the selected one. A theme that gives it a colour gives it to all of the
/// row: colours by meaning are made for the ground of the screen and are not read on another. Where a
/// theme gives none, muted text becomes plain.
pub(in crate::tui) fn select(buffer: &mut Buffer, area: Rect, look: &Look) {
    let muted = look.style(Meaning::Muted);
    let style = look.style(Meaning::Selected);
    for position in area.intersection(buffer.area).positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            if muted.fg.is_some() && Some(cell.fg) == muted.fg {
                cell.set_fg(ratatui::style::Color::Reset);
            }
            cell.modifier.remove(muted.add_modifier);
            if style.fg.is_some() {
                // Colours that are swapped stand on the wrong ground.
                cell.modifier.remove(ratatui::style::Modifier::REVERSED);
                cell.set_bg(ratatui::style::Color::Reset);
            }
            cell.set_style(style);
        }
    }
}

/// Draws a heading in a rule across the screen.
pub(in crate::tui) fn heading(text: &str, meaning: Meaning, look: &Look, pen: &mut Pen<'_>) {
    let rule = look.style(Meaning::Muted);
    pen.text(&look.glyphs.rule.repeat(2), rule).skip(1);
    pen.text(text, look.style(meaning)).skip(1).fill(look.glyphs.rule, rule);
}

/// Draws the pane below a list: a heading, then lines, as many as there is room for.
pub(in crate::tui) fn pane(lines: &[(String, Meaning)], area: Rect, buffer: &mut Buffer, look: &Look) {
    for (row, (text, meaning)) in (0..area.height).zip(lines) {
        let mut pen = Pen::new(buffer, area, row);
        if row == 0 {
            heading(text, *meaning, look, &mut pen);
        } else {
            pen.skip(1).text(text, look.style(*meaning));
        }
    }
}

/// The mark of how bad a finding is, and its colour: each has a shape of its own.
pub(in crate::tui) fn severity(severity: Severity, look: &Look) -> (&'static str, Meaning) {
    let is_ascii = look.is_ascii();
    match severity {
        Severity::Error => (if is_ascii { "!" } else { "▲" }, Meaning::Bad),
        Severity::Warning => (if is_ascii { "^" } else { "△" }, Meaning::Warn),
        Severity::Note => (if is_ascii { "v" } else { "▽" }, Meaning::Muted),
    }
}

/// A bar for a count; any rows at all are seen.
pub(in crate::tui) fn bar(rows: u64, most: u64, look: &Look) -> &'static str {
    let bars = &look.glyphs.bars;
    let height = if rows == 0 { 0 } else { (rows.saturating_mul(8) / most.max(1)).max(1) };
    bars.get(usize::try_from(height).unwrap_or(8)).copied().unwrap_or(" ")
}

/// Counts as bars in at most so many columns.
pub(in crate::tui) fn plot(pen: &mut Pen<'_>, parts: &[u64], columns: usize, look: &Look) {
    let parts = resampled(parts, columns);
    let most = parts.iter().copied().max().unwrap_or(0);
    for rows in parts {
        pen.cell(bar(rows, most.max(1), look), 1, look.style(Meaning::Identified));
    }
}

/// Counts added up so that they need no more than `columns`.
fn resampled(parts: &[u64], columns: usize) -> Vec<u64> {
    if parts.len() <= columns {
        return parts.to_vec();
    }
    let part = |column: usize| column * parts.len() / columns.max(1);
    (0..columns).map(|column| parts.get(part(column)..part(column + 1)).map_or(0, |parts| parts.iter().sum())).collect()
}

/// What went wrong, what was behind it, what to do.
pub(in crate::tui) fn failure(failure: &Failure, area: Rect, buffer: &mut Buffer, look: &Look) {
    failure_lines(failure, Some("F5 asks again"), area, buffer, look);
}

/// The same, with another last line or none.
pub(in crate::tui) fn failure_lines(
    failure: &Failure,
    last: Option<&str>,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) {
    let width = usize::from(area.width.saturating_sub(2));
    let mut lines: Vec<(String, Meaning)> = Vec::new();
    let mut add = |text: &str, meaning| {
        lines.extend(fit::wrap(text, width, 6).into_iter().map(|line| (line, meaning)));
    };
    add(&failure.what, Meaning::Bad);
    if let Some(cause) = &failure.cause {
        add(&format!("cause: {cause}"), Meaning::Text);
    }
    for hint in &failure.hints {
        add(&format!("try: {hint}"), Meaning::Text);
    }
    if let Some(last) = last {
        add(last, Meaning::Muted);
    }
    for (row, (line, meaning)) in (0..area.height).zip(lines) {
        Pen::new(buffer, area, row).skip(1).text(&line, look.style(meaning));
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Modifier};

    use super::select;
    use crate::tui::theme::{Look, Meaning, Theme, ansi, fixed};
    use crate::tui::when::Zone;

    /// What terminals draw for the 16 colours of ANSI unless they are set otherwise, in their order.
    const PALETTES: [(&str, [u32; 16]); 4] = [
        (
            "xterm",
            [
                0x0000_0000,
                0x00cd_0000,
                0x0000_cd00,
                0x00cd_cd00,
                0x0000_00ee,
                0x00cd_00cd,
                0x0000_cdcd,
                0x00e5_e5e5,
                0x007f_7f7f,
                0x00ff_0000,
                0x0000_ff00,
                0x00ff_ff00,
                0x005c_5cff,
                0x00ff_00ff,
                0x0000_ffff,
                0x00ff_ffff,
            ],
        ),
        (
            "VGA",
            [
                0x0000_0000,
                0x00aa_0000,
                0x0000_aa00,
                0x00aa_5500,
                0x0000_00aa,
                0x00aa_00aa,
                0x0000_aaaa,
                0x00aa_aaaa,
                0x0055_5555,
                0x00ff_5555,
                0x0055_ff55,
                0x00ff_ff55,
                0x0055_55ff,
                0x00ff_55ff,
                0x0055_ffff,
                0x00ff_ffff,
            ],
        ),
        (
            "Windows",
            [
                0x000c_0c0c,
                0x00c5_0f1f,
                0x0013_a10e,
                0x00c1_9c00,
                0x0000_37da,
                0x0088_1798,
                0x003a_96dd,
                0x00cc_cccc,
                0x0076_7676,
                0x00e7_4856,
                0x0016_c60c,
                0x00f9_f1a5,
                0x003b_78ff,
                0x00b4_009e,
                0x0061_d6d6,
                0x00f2_f2f2,
            ],
        ),
        (
            "Tango",
            [
                0x002e_3436,
                0x00cc_0000,
                0x004e_9a06,
                0x00c4_a000,
                0x0034_65a4,
                0x0075_507b,
                0x0006_989a,
                0x00d3_d7cf,
                0x0055_5753,
                0x00ef_2929,
                0x008a_e234,
                0x00fc_e94f,
                0x0072_9fcf,
                0x00ad_7fa8,
                0x0034_e2e2,
                0x00ee_eeec,
            ],
        ),
    ];

    /// The colour that a terminal draws; `None` for its own text and ground.
    fn drawn(colour: Color, palette: &[u32; 16]) -> Option<u32> {
        match colour {
            Color::Rgb(red, green, blue) => Some(u32::from_be_bytes([0, red, green, blue])),
            Color::Indexed(number) => fixed(number),
            _ => palette.get(ansi(colour)?).copied(),
        }
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(colour: u32) -> f64 {
        let [_, red, green, blue] = colour.to_be_bytes();
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// WCAG 2.2, "contrast ratio".
    fn contrast(one: u32, other: u32) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((contrast(0x00ff_ffff, 0) - 21.0).abs() < 1e-9);
        assert!((contrast(0x0077_7777, 0x00ff_ffff) - 4.478).abs() < 1e-3, "the grey that just fails");
        assert!(contrast(0x00cd_0000, 0x0000_00ee) < 1.8, "red on blue is not to be read");
    }

    #[test]
    fn every_meaning_is_readable_on_the_ground_that_a_theme_is_for() {
        for name in Theme::NAMES {
            let theme = Theme::named(name).unwrap();
            for meaning in Meaning::ALL.into_iter().filter(|meaning| *meaning != Meaning::Selected) {
                let style = theme.style(meaning);
                for (terminal, palette) in PALETTES {
                    // The black and the white of a palette are its grounds.
                    let own = if name == "light" { palette[15] } else { palette[0] };
                    let drawn = |colour: Option<Color>| colour.and_then(|colour| drawn(colour, &palette));
                    // A theme without colours leaves text and ground to the terminal.
                    let Some(text) = drawn(style.fg) else { continue };
                    let ratio = contrast(text, drawn(style.bg).unwrap_or(own));
                    assert!(ratio >= 4.5, "{name}: {meaning:?}, {terminal}: {ratio:.1}");
                }
            }
        }
    }

    #[test]
    fn the_selected_row_is_readable_whatever_it_means_in_every_theme() {
        let area = Rect { x: 0, y: 0, width: 1, height: 1 };
        for name in Theme::NAMES {
            let look = Look::new(Theme::named(name).unwrap(), false, Zone::Utc);
            for meaning in Meaning::ALL {
                let mut buffer = Buffer::empty(area);
                buffer.set_string(0, 0, "x", look.style(meaning));
                select(&mut buffer, area, &look);
                let cell = &buffer[(0, 0)];
                let is_reversed = cell.modifier.contains(Modifier::REVERSED);
                for (terminal, palette) in PALETTES {
                    match (drawn(cell.fg, &palette), drawn(cell.bg, &palette)) {
                        (Some(text), Some(ground)) => {
                            let ratio = contrast(text, ground);
                            assert!(ratio >= 4.5, "{name}: {meaning:?} on the selected row, {terminal}: {ratio:.1}");
                        }
                        // The terminal's own two colours, swapped.
                        (None, None) => assert!(is_reversed, "{name}: {meaning:?} looks as if it were not selected"),
                        one => panic!("{name}: {meaning:?} has one colour of its own and one unknown: {one:?}"),
                    }
                }
            }
        }
    }
}
