//! Activity over time: bars up are rows of the timeline, bars down rows outside it; above stand
//! the points where the user became known, below the refused calls. Every bar and sign leads to
//! its row.

use std::io::{self, Write};

use super::{Line, Page, rows, sign};
use crate::model::Millis;
use crate::report::look::{Class, count};
use crate::report::svg::escape;

/// Bars across the page.
const BARS: usize = 84;
/// Where the line between up and down stands, in pixels.
const BASE: usize = 62;
/// The longest bar, in pixels.
const LONGEST: f64 = 36.0;
/// Signs nearer to each other than this, in hundredths of the width, become one.
const NEAR: f64 = 3.4;

/// Distances of ticks, in milliseconds, from a second to a year.
const STEPS: &[Millis] = &[
    1_000,
    5_000,
    15_000,
    60_000,
    300_000,
    900_000,
    3_600_000,
    10_800_000,
    21_600_000,
    86_400_000,
    172_800_000,
    604_800_000,
    1_209_600_000,
    2_592_000_000,
    7_862_400_000,
    31_536_000_000,
];

/// The rows of one stretch of time.
#[derive(Clone, Copy, Default)]
struct Bar {
    rows: usize,
    first: usize,
    split: bool,
}

/// A sign above or below the bars.
struct Pin {
    x: f64,
    name: &'static str,
    line: usize,
    times: usize,
}

impl Page<'_, '_> {
    pub(super) fn strip(&self, out: &mut dyn Write) -> io::Result<()> {
        let lines = &self.sheet.lines;
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Ok(()) };
        if first.time == last.time {
            writeln!(out, "<section><h2>Activity</h2>")?;
            self.summary(out)?;
            return writeln!(out, "</section>");
        }
        let scale = Scale { from: first.time, length: last.time.saturating_sub(first.time).max(1) };
        let pins = self.pins(&scale);
        let low = pins.iter().any(|pin| pin.name == "refused");
        let axis = BASE + if low { 62 } else { 42 };
        let clock = self.sheet.look.clock;
        writeln!(out, "<section><h2>Activity <small>up: in the timeline · down: outside it</small></h2>")?;
        self.summary(out)?;
        write!(
            out,
            "<svg class=\"strip\" height=\"{}\" role=\"img\" \
             aria-label=\"Activity from {} to {}\">",
            axis + 22,
            escape(&clock.minute(first.time)),
            escape(&clock.minute(last.time)),
        )?;
        self.bars(out, &scale)?;
        for pin in &pins {
            self.pin(out, pin)?;
        }
        write!(out, "<line class=\"base\" x1=\"0\" x2=\"100%\" y1=\"{BASE}.5\" y2=\"{BASE}.5\"/>")?;
        for (number, at) in
            ticks(&scale, clock.shows(scale.from).map_or(scale.from, |wall| wall.and_utc().timestamp_millis()))
                .enumerate()
        {
            let x = scale.x(at);
            let second = if number % 2 == 1 { " class=\"second\"" } else { "" };
            write!(
                out,
                "<g{second}><line class=\"tick\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"{axis}\" y2=\"{}\"/>\
                 <text x=\"{x:.2}%\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
                axis + 4,
                axis + 17,
                escape(&scale.label(clock.shows(at))),
            )?;
        }
        writeln!(out, "</svg></section>")
    }

    fn bars(&self, out: &mut dyn Write, scale: &Scale) -> io::Result<()> {
        let mut bars = [[Bar::default(); 2]; BARS];
        for (number, line) in self.sheet.lines.iter().enumerate().filter(|(_, line)| line.step.is_some()) {
            let outside = usize::from(line.orphan.is_some());
            let Some(bar) = bars.get_mut(scale.bar(line.time)).and_then(|pair| pair.get_mut(outside)) else { continue };
            if bar.rows == 0 {
                bar.first = number;
            }
            bar.rows += 1;
            bar.split |= line.class == Class::Split;
        }
        let most = bars.iter().flatten().map(|bar| bar.rows).max().unwrap_or(1);
        for (at, pair) in bars.iter().enumerate() {
            for (outside, bar) in pair.iter().enumerate().filter(|(_, bar)| bar.rows > 0) {
                let height = height(bar.rows, most);
                let (class, what) = match (outside, bar.split) {
                    (0, false) => ("up", ""),
                    (0, true) => ("up apart", ", split rows among them"),
                    _ => ("down", " outside the timeline"),
                };
                let y = if outside == 0 { as_pixels(BASE) - height } else { as_pixels(BASE) + 1.0 };
                let when = self
                    .sheet
                    .lines
                    .get(bar.first)
                    .map(|line| self.sheet.look.clock.minute(line.time))
                    .unwrap_or_default();
                write!(
                    out,
                    "<a href=\"#r{}\" tabindex=\"-1\"><title>{}: {}{what}</title><rect class=\"{class}\" x=\"{:.2}%\" width=\"{:.2}%\" \
                     y=\"{y:.1}\" height=\"{height:.1}\"/></a>",
                    bar.first,
                    escape(&when),
                    rows(bar.rows),
                    1.0 + 98.0 * as_pixels(at) / as_pixels(BARS),
                    78.0 / as_pixels(BARS),
                )?;
            }
        }
        Ok(())
    }

    /// The signs, the most important first; what lies near a sign of its kind is counted there.
    fn pins(&self, scale: &Scale) -> Vec<Pin> {
        let mut marks: Vec<(usize, &'static str, usize, Millis)> = Vec::new();
        for (number, line) in self.sheet.lines.iter().enumerate() {
            if let Some((rank, name)) = kind(line) {
                marks.push((rank, name, number, line.time));
            }
            if line.class != Class::Reset && self.points_of(line, true).next().is_some() {
                marks.push((3, "reset", number, line.time));
            }
        }
        marks.sort_by_key(|(rank, _, _, time)| (*rank, *time));
        let mut pins: Vec<Pin> = Vec::new();
        for (_, name, line, time) in marks {
            let x = scale.x(time);
            let is_low = name == "refused";
            let mut near = pins.iter_mut().filter(|pin| (pin.name == "refused") == is_low && (pin.x - x).abs() < NEAR);
            match near.next() {
                Some(pin) if pin.name == name => pin.times += 1,
                Some(_) => {}
                None => pins.push(Pin { x, name, line, times: 1 }),
            }
        }
        pins
    }

    fn pin(&self, out: &mut dyn Write, pin: &Pin) -> io::Result<()> {
        let (colour, y1, y2, top) = match pin.name {
            "refused" => ("bad", BASE, BASE + 40, BASE + 41),
            "reset" => ("act", 18, BASE, 2),
            _ => ("good", 18, BASE, 2),
        };
        let when =
            self.sheet.lines.get(pin.line).map(|line| self.sheet.look.clock.second(line.time)).unwrap_or_default();
        let times = if pin.times > 1 { format!(" × {}", count(pin.times as u64)) } else { String::new() };
        write!(
            out,
            "<a href=\"#r{}\" tabindex=\"-1\"><title>{}{times}, {}</title><svg x=\"{:.2}%\" y=\"0\" overflow=\"visible\">\
             <line class=\"pin {colour}\" x1=\"0\" x2=\"0\" y1=\"{y1}\" y2=\"{y2}\"/>\
             <use href=\"#{}\" x=\"-8\" y=\"{top}\" width=\"16\" height=\"16\"/>",
            pin.line,
            pin.name,
            escape(&when),
            pin.x,
            pin.name,
        )?;
        if pin.times > 1 {
            // At the right edge the number stands left of its sign, inside the page.
            let (x, anchor) = if pin.x > 94.0 { (-11, " text-anchor=\"end\"") } else { (11, "") };
            write!(out, "<text class=\"times\" x=\"{x}\" y=\"{}\"{anchor}>×{}</text>", top + 12, pin.times)?;
        }
        write!(out, "</svg></a>")
    }
}

/// The signs and their words.
pub(super) fn key() -> String {
    let words = [
        ("anonymous", "anonymous"),
        ("known", "identified"),
        ("identify", "login, identify"),
        ("alias", "alias"),
        ("refused", "refused"),
        ("split", "split"),
        ("orphan", "orphan"),
        ("contested", "contested"),
        ("reset", "reset"),
    ];
    let items: Vec<String> = words.iter().map(|(name, word)| format!("<li>{}{word}</li>", sign(name))).collect();
    format!("<ul class=\"key\" aria-label=\"Signs\">{}</ul>", items.concat())
}

/// What a line is above or below the bars, and how much it matters.
fn kind(line: &Line<'_>) -> Option<(usize, &'static str)> {
    match line.class {
        Class::Refused => Some((0, "refused")),
        Class::Alias => Some((1, "alias")),
        Class::Identify => Some((2, "identify")),
        Class::Reset => Some((3, "reset")),
        _ => None,
    }
}

/// From times to places.
struct Scale {
    from: Millis,
    length: Millis,
}

impl Scale {
    /// In hundredths of the width.
    fn x(&self, at: Millis) -> f64 {
        1.0 + 98.0 * self.share(at)
    }

    #[expect(clippy::cast_precision_loss, reason = "a place on a screen")]
    fn share(&self, at: Millis) -> f64 {
        at.saturating_sub(self.from) as f64 / self.length as f64
    }

    fn bar(&self, at: Millis) -> usize {
        let passed = i128::from(at.saturating_sub(self.from));
        let bar = passed * BARS as i128 / i128::from(self.length);
        usize::try_from(bar).unwrap_or(0).min(BARS - 1)
    }

    /// The distance of ticks: at most ten of them.
    fn step(&self) -> Millis {
        let fits = STEPS.iter().find(|step| self.length / **step <= 9);
        fits.copied().unwrap_or(self.length / 8)
    }

    fn label(&self, wall: Option<chrono::NaiveDateTime>) -> String {
        let Some(wall) = wall else { return String::new() };
        let midnight = wall.time() == chrono::NaiveTime::MIN;
        let form = match self.step() {
            7_862_400_000.. => "%b %Y",
            86_400_000.. => "%-d %b",
            60_000.. if midnight => "%-d %b",
            60_000.. => "%H:%M",
            _ => "%H:%M:%S",
        };
        wall.format(form).to_string()
    }
}

/// Round times between both ends, by the clock that shows `wall` at the start.
fn ticks(scale: &Scale, wall: Millis) -> impl Iterator<Item = Millis> {
    let step = scale.step().max(1);
    let offset = wall.saturating_sub(scale.from);
    let first = (wall.div_euclid(step) + 1).saturating_mul(step).saturating_sub(offset);
    let (from, length) = (scale.from, scale.length);
    let inside = move |at: &Millis| at.saturating_sub(from) < length / 100 * 97;
    (0..12)
        .map(move |number| first.saturating_add(step.saturating_mul(number)))
        .take_while(inside)
        .filter(move |at| at.saturating_sub(from) > length / 100 * 3)
}

fn height(rows: usize, most: usize) -> f64 {
    (LONGEST * (as_pixels(rows) / as_pixels(most.max(1))).powf(0.6)).max(5.0)
}

#[expect(clippy::cast_precision_loss, reason = "a place on a screen")]
fn as_pixels(number: usize) -> f64 {
    number as f64
}
