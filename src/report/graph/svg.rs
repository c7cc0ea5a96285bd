//! The graph as a picture of its own: boxes below each other, lines of different kinds.
//!
//! No script, no style from outside, no link; every text is [escaped](crate::report::svg::escape).
//! What a colour says is said by a shape or a word as well: a double box is the root, a dashed
//! one an orphan, a line that ends in a bar a refused call.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::text::{class_of, said};
use super::tree::{self, Placed};
use super::{Edge, EdgeKind, Graph, Node, NodeKind};
use crate::model::text::width;
use crate::report::look::{Class, Look};
use crate::report::svg::escape;

/// Columns of an id in a box.
const ID: usize = 44;
/// Pixels of one column of the text that is used.
const COLUMN: usize = 8;
const LINE: usize = 18;
const BOX: usize = 46;
const STEP: usize = 44;
const EDGE: usize = 24;

const STYLE: &str = "text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#1f2328}\
.s{fill:#59636e}.b{font-weight:bold}\
rect,polygon{fill:#fff;stroke:#59636e;stroke-width:1.2}\
path{fill:none;stroke:#59636e;stroke-width:1.4}\
.alias{stroke:#1a7f37;stroke-width:2}.ta{fill:#1a7f37}\
.refused{stroke:#cf222e;stroke-dasharray:6 4}.tr{fill:#cf222e}\
.orphan{stroke:#8250df;stroke-dasharray:2 4}.to{fill:#8250df}\
.bar{stroke:#cf222e;stroke-width:4}.dash{stroke-dasharray:5 4}";

/// Writes the picture.
pub fn svg(out: &mut dyn Write, graph: &Graph, look: &Look) -> io::Result<()> {
    let look = Look { ascii: false, colour: false, ..*look };
    let mut picture = Picture { graph, look: &look, body: String::new(), width: 0, y: EDGE };
    picture.text(EDGE, "b", &title(graph, &look));
    let tree = tree::tree(graph);
    let mut places: Vec<(usize, usize)> = Vec::new();
    for placed in &tree {
        let place = picture.placed(placed, &places);
        places.push(place);
    }
    for (title, kind) in
        [("devices", NodeKind::Device), ("other users", NodeKind::User), ("named only", NodeKind::Named)]
    {
        let nodes = tree::outside(graph, &tree, kind);
        if !nodes.is_empty() {
            picture.y += LINE;
            picture.text(EDGE, "b", title);
        }
        for (at, edges) in nodes {
            let Some(node) = graph.nodes.get(at) else { continue };
            picture.node(EDGE, node, &said(graph, at, &edges, &look));
        }
    }
    for cut in &graph.cuts {
        picture.text(EDGE, "tr", cut);
    }
    let (width, height) = (picture.width + EDGE, picture.y + EDGE);
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">"
    )?;
    writeln!(out, "<title>{}</title>", escape(&title(graph, &look)))?;
    writeln!(out, "<style>{STYLE}</style>")?;
    writeln!(out, "<rect width=\"{width}\" height=\"{height}\" style=\"stroke:none\"/>")?;
    out.write_all(picture.body.as_bytes())?;
    writeln!(out, "</svg>")
}

fn title(graph: &Graph, look: &Look) -> String {
    let as_of = graph.as_of.map_or_else(String::new, |moment| format!(", as of {}", look.clock.full(moment.at)));
    format!("ids of {}{as_of}", look.id(graph.query.as_str(), ID))
}

struct Picture<'a> {
    graph: &'a Graph,
    look: &'a Look,
    body: String,
    width: usize,
    /// Where the next thing begins.
    y: usize,
}

impl Picture<'_> {
    /// One line of text.
    fn text(&mut self, x: usize, class: &str, text: &str) {
        self.y += LINE;
        self.width = self.width.max(x + width(text) * COLUMN);
        // Writing to a String cannot fail.
        let _ = writeln!(self.body, "<text x=\"{x}\" y=\"{}\" class=\"{class}\">{}</text>", self.y, escape(text));
    }

    /// A node of the tree with its line to the parent; where its box begins.
    fn placed(&mut self, placed: &Placed<'_>, places: &[(usize, usize)]) -> (usize, usize) {
        let x = EDGE + placed.passed.len() * STEP;
        let class = class_of(placed.edges.iter().map(|edge| edge.kind));
        for edge in &placed.edges {
            let words = self.words(edge);
            self.text(x, text_class(edge.kind), &words);
        }
        let y = self.y + 8;
        if let Some((px, py)) = placed.parent.and_then(|parent| places.get(parent)) {
            let (line, middle) = (px + 16, y + BOX / 2);
            let style = match class {
                Class::Alias => "alias",
                Class::Refused => "refused",
                _ => "orphan",
            };
            let _ = writeln!(self.body, "<path class=\"{style}\" d=\"M{line} {}V{middle}H{x}\"/>", py + BOX);
            match class {
                // The arrow points the way that rows go.
                Class::Alias => {
                    let (top, left, right) = (py + BOX, line - 5, line + 5);
                    let _ = writeln!(
                        self.body,
                        "<path class=\"alias\" d=\"M{left} {}L{line} {top}L{right} {}\"/>",
                        top + 8,
                        top + 8
                    );
                }
                Class::Refused => {
                    let at = usize::midpoint(line, x);
                    let _ = writeln!(self.body, "<path class=\"bar\" d=\"M{at} {}V{}\"/>", middle - 8, middle + 8);
                }
                _ => {}
            }
        }
        if let Some(node) = self.graph.nodes.get(placed.node) {
            self.node(x, node, "");
        }
        (x, y)
    }

    fn words(&self, edge: &Edge) -> String {
        match edge.kind {
            EdgeKind::Alias(i64::MIN) => "alias from the start".to_owned(),
            EdgeKind::Alias(since) => format!("alias since {}", self.look.clock.second(since)),
            kind => kind.words(),
        }
    }

    /// A box with an id and what it is.
    fn node(&mut self, x: usize, node: &Node, more: &str) {
        let look = self.look;
        let mut parts = node.parts();
        if !more.is_empty() {
            parts.push(look.cut(more, 80));
        }
        let (id, what) = (look.id(node.id.as_str(), ID), parts.join(look.dot()));
        let wide = width(&id).max(width(&what)) * COLUMN + 28;
        let y = self.y + 8;
        let shape = |inset: usize, class: &str| {
            let (x, y, w, h) = (x + inset, y + inset, wide - 2 * inset, BOX - 2 * inset);
            let round = if node.kind == NodeKind::User { BOX / 2 } else { 4 };
            format!("<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"{round}\"/>")
        };
        let drawn = match node.kind {
            NodeKind::Root => format!("{}\n{}", shape(0, ""), shape(3, "")),
            NodeKind::Orphan | NodeKind::OrphanAlias => shape(0, "dash"),
            NodeKind::Device => {
                let (left, right, middle, bottom) = (x, x + wide, y + BOX / 2, y + BOX);
                let (l, r) = (left + 10, right - 10);
                format!(
                    "<polygon points=\"{l},{y} {r},{y} {right},{middle} {r},{bottom} {l},{bottom} {left},{middle}\"/>"
                )
            }
            _ => shape(0, ""),
        };
        let _ = writeln!(self.body, "{drawn}");
        self.width = self.width.max(x + wide);
        self.y = y + 1;
        self.text(x + 14, "b", &id);
        self.text(x + 14, "s", &what);
        self.y = y + BOX;
    }
}

fn text_class(kind: EdgeKind) -> &'static str {
    match class_of(std::iter::once(kind)) {
        Class::Alias => "ta",
        Class::Refused => "tr",
        _ => "to",
    }
}
