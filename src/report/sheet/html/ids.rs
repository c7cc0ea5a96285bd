//! The ids of the user as a tree: aliases join the root, orphans hang on what ties them to it and
//! joins nothing. Then the alias calls, and who else is near.

use std::collections::HashMap;
use std::io::{self, Write};

use super::lanes::Lanes;
use super::page::breaking;
use super::{Page, rows, sign};
use crate::identity::{AliasLine, Evidence, Member, Orphan, Owner, Role, Verdict};
use crate::model::{Client, Id, Millis};
use crate::report::svg::escape;
use crate::report::text::verdict;

/// Clients of an id that are named.
const CLIENTS: usize = 2;

/// What a node of the tree shows.
struct Node<'n> {
    id: &'n Id,
    class: String,
    sign: &'static str,
    is: String,
    rows: usize,
    span: Option<(Millis, Millis)>,
    /// What ties it to the node above.
    tie: String,
    /// What opens below it.
    body: String,
}

impl Page<'_, '_> {
    pub(super) fn tree(&self, out: &mut dyn Write) -> io::Result<()> {
        let journey = self.sheet.journey();
        let Some(root) = journey.ids.iter().find(|member| member.role == Role::Root) else { return Ok(()) };
        let clients = self.clients();
        writeln!(out, "<section><h2>Ids <small>and what stands between them</small></h2>\n<ul class=\"tree\">")?;
        self.node(out, &clients, &self.member(root, None))?;
        writeln!(out, "<ul>")?;
        let mut joined: HashMap<&Id, &AliasLine> = HashMap::new();
        for call in journey.aliases.iter().filter(|call| call.verdict == Verdict::Accepted) {
            joined.extend(call.alias.as_ref().map(|alias| (alias, call)));
        }
        for member in journey.ids.iter().filter(|member| member.role != Role::Root) {
            self.node(out, &clients, &self.member(member, joined.get(&member.id).copied()))?;
            writeln!(out, "</li>")?;
        }
        for orphan in &journey.orphans {
            self.node(out, &clients, &self.orphan(orphan))?;
            writeln!(out, "</li>")?;
        }
        writeln!(out, "</ul></li></ul></section>")
    }

    /// Clients by the id of their lane, the most frequent first.
    fn clients(&self) -> HashMap<&Id, Vec<(&Client, usize)>> {
        let mut all: HashMap<&Id, HashMap<&Client, usize>> = HashMap::new();
        for line in &self.sheet.lines {
            let client = line.step.and_then(|step| step.event.client.as_ref());
            if let (Some(id), Some(client)) = (Lanes::id(line), client) {
                *all.entry(id).or_default().entry(client).or_default() += 1;
            }
        }
        let ranked = all.into_iter().map(|(id, clients)| {
            let mut clients: Vec<(&Client, usize)> = clients.into_iter().collect();
            clients.sort_by_key(|(client, number)| (std::cmp::Reverse(*number), *client));
            (id, clients)
        });
        ranked.collect()
    }

    fn member<'n>(&self, member: &'n Member, call: Option<&AliasLine>) -> Node<'n> {
        let (role, class, sign_name) = match (member.role, member.anonymous) {
            (Role::Root, true) => ("root", "root", "anonymous"),
            (Role::Root, false) => ("root", "root", "known"),
            (Role::Alias, _) => ("alias", "joined", "alias"),
        };
        let tie = call.map_or_else(String::new, |call| {
            format!("alias since {}, {}", escape(&self.sheet.look.clock.second(call.time)), self.place(&call.source))
        });
        Node {
            id: &member.id,
            class: class.to_owned(),
            sign: sign_name,
            is: format!("{role} · {}", if member.anonymous { "anonymous" } else { "known" }),
            rows: usize::try_from(member.events).unwrap_or(usize::MAX),
            span: member.first.zip(member.last),
            tie,
            body: call.map_or_else(String::new, |call| format!("<p>{}</p>", self.prose(&call.why))),
        }
    }

    fn orphan<'n>(&self, orphan: &'n Orphan) -> Node<'n> {
        let journey = self.sheet.journey();
        let targets = |call: &&AliasLine| call.target.as_ref().is_some_and(|target| orphan.ids.contains(target));
        let refused = journey.refused().find(targets);
        let tie = match (refused, orphan.evidence.first()) {
            (Some(call), _) => {
                format!("{}alias {}, {}", sign("refused"), words(&verdict(call.verdict)), self.place(&call.source))
            }
            (None, Some(evidence)) => format!("{}, {}", words(evidence.kind.name()), self.place(&evidence.source)),
            (None, None) => String::new(),
        };
        let body = format!("<p>{}</p>{}", self.prose(&orphan.why), self.evidence(&orphan.evidence));
        let what = if orphan.contested { "contested" } else { "orphan" };
        Node {
            id: &orphan.id,
            class: format!("out{}", if refused.is_some() { " refused" } else { "" }),
            sign: what,
            is: format!("{what} · {}", orphan.strength.name()),
            rows: orphan.steps.len(),
            span: orphan
                .steps
                .first()
                .zip(orphan.steps.last())
                .map(|(first, last)| (first.event.time, last.event.time)),
            tie,
            body,
        }
    }

    fn evidence(&self, evidence: &[Evidence]) -> String {
        let items: Vec<String> = evidence
            .iter()
            .map(|evidence| {
                let (kind, why, place) =
                    (words(evidence.kind.name()), self.prose(&evidence.why), self.place(&evidence.source));
                format!("<li><b>{kind}</b>, {}: {why} {place}</li>", rows(usize::try_from(evidence.rows).unwrap_or(0)))
            })
            .collect();
        let items = items.concat();
        if items.is_empty() { items } else { format!("<ul class=\"plain\">{items}</ul>") }
    }

    /// Writes a node and leaves its item open for what hangs below it.
    fn node(
        &self,
        out: &mut dyn Write,
        clients: &HashMap<&Id, Vec<(&Client, usize)>>,
        node: &Node<'_>,
    ) -> io::Result<()> {
        let anchor = self.names.anchor(node.id).map(|anchor| format!(" id=\"{anchor}\"")).unwrap_or_default();
        let tie = if node.tie.is_empty() { String::new() } else { format!("<p class=\"tie\">{}</p>", node.tie) };
        let clock = self.sheet.look.clock;
        let span = node.span.map_or_else(String::new, |(first, last)| {
            let (from, to) = (clock.minute(first), clock.minute(last));
            if from == to {
                return from;
            }
            let same_day = clock.date(first) == clock.date(last);
            // A day that both ends share stands once.
            let to = if same_day { to.rsplit(' ').next().unwrap_or_default().to_owned() } else { to };
            format!("{from} – {to}")
        });
        let of_id = clients.get(node.id).map(Vec::as_slice).unwrap_or_default();
        let named: Vec<&str> = of_id.iter().take(CLIENTS).map(|(client, _)| client.as_str()).collect();
        let more = if of_id.len() > CLIENTS { ", …" } else { "" };
        let whole: Vec<String> = of_id
            .iter()
            .map(|(client, number)| format!("<li>{}: {}</li>", escape(client.as_str()), rows(*number)))
            .collect();
        let whole = whole.concat();
        writeln!(
            out,
            "<li{anchor} class=\"node {}\">{tie}<details><summary>{}{}<span class=\"cell is\">{}</span>\
             <span class=\"cell count\">{}</span><span class=\"cell when\">{}</span><span class=\"cell client\" title=\"{}{more}\">{}{more}</span></summary>\
             <div class=\"more\"><p><code>{}</code></p>{}<ul class=\"plain mut\">{whole}</ul></div></details>",
            node.class,
            sign(node.sign),
            self.names.whole(node.id, &self.sheet.look),
            node.is,
            rows(node.rows),
            escape(&span),
            escape(&named.join(", ")),
            escape(&named.join(", ")),
            breaking(&self.sheet.look.whole_id(node.id.as_str())),
            node.body,
        )
    }

    pub(super) fn calls(&self, out: &mut dyn Write) -> io::Result<()> {
        let calls = &self.sheet.journey().aliases;
        if calls.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "<section><h2>Alias calls <small>in order of arrival</small></h2><div class=\"wide\"><table><thead><tr><th></th><th>time</th>\
             <th>alias</th><th></th><th>asked for by</th><th>answer</th><th>source</th></tr></thead><tbody>"
        )?;
        let look = &self.sheet.look;
        for call in calls {
            let refused = matches!(call.verdict, Verdict::Refused(_));
            let (mark, arrow, colour) = if refused { ("refused", "↛", "bad") } else { ("alias", "→", "good") };
            let id =
                |id: &Option<Id>| id.as_ref().map_or_else(|| "(empty)".to_owned(), |id| self.names.short(id, look));
            writeln!(
                out,
                "<tr><td>{}</td><td><time>{}</time></td><td>{}</td><td>{arrow}</td><td>{}</td><td class=\"{colour}\" title=\"{}\">{}</td><td>{}</td></tr>",
                sign(mark),
                escape(&look.clock.second(call.time)),
                id(&call.alias),
                id(&call.target),
                escape(&call.why),
                words(&verdict(call.verdict)),
                self.place(&call.source),
            )?;
        }
        writeln!(out, "</tbody></table></div></section>")
    }

    /// Who else is near: users of the same devices, users whom these rows may belong to, ids that
    /// look like one of these.
    pub(super) fn elsewhere(&self, out: &mut dyn Write) -> io::Result<()> {
        let journey = self.sheet.journey();
        let owner = |owner: &Owner| {
            let likely = if owner.suggested { ", the most likely" } else { "" };
            let id = self.person(&owner.root);
            format!("{id} {}{likely}{}", owner.strength.name(), self.evidence(&owner.evidence))
        };
        list(out, "Whose rows these may be", &journey.orphan_of.iter().map(owner).collect::<Vec<_>>())?;
        let mentions = journey.mentions.iter().map(|mention| {
            format!("{} {} {}", self.person(&mention.root), self.prose(&mention.why), self.place(&mention.source))
        });
        list(out, "Where this id is mentioned", &mentions.collect::<Vec<_>>())?;
        let near = journey
            .neighbours
            .iter()
            .map(|near| format!("{} {} {}", self.person(&near.root), self.prose(&near.why), self.place(&near.source)));
        list(out, "Others on the same device", &near.collect::<Vec<_>>())?;
        let look = &self.sheet.look;
        let alike = journey.alike.iter().map(|alike| {
            let (other, own) = (self.names.short(&alike.id, look), self.names.short(&alike.of, look));
            format!("{other} looks like {own}: they differ in {}", escape(&alike.differ.join(", ")))
        });
        list(out, "Ids that look alike", &alike.collect::<Vec<_>>())
    }

    /// Another person, by the best name, with the id.
    fn person(&self, root: &Id) -> String {
        let id = self.names.short(root, &self.sheet.look);
        let name = self.sheet.journey().names.get(root).filter(|name| *name != root.as_str());
        name.map_or_else(|| id.clone(), |name| format!("<b>{}</b> {id}", escape(&self.sheet.look.clean(name))))
    }

    pub(super) fn foot(&self, out: &mut dyn Write) -> io::Result<()> {
        let journey = self.sheet.journey();
        let clock = self.sheet.look.clock;
        let when = match journey.as_of {
            Some(moment) => format!("as of {}", clock.full(moment.at)),
            None => "all that had arrived".to_owned(),
        };
        writeln!(
            out,
            "<footer>Made by <b>journey</b> {} · rules: {} · {} · times in {}</footer>",
            env!("CARGO_PKG_VERSION"),
            journey.rules.name(),
            escape(&when),
            escape(&clock.name()),
        )
    }
}

/// A section with one item a line; none for no items.
fn list(out: &mut dyn Write, title: &str, items: &[String]) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section><h2>{title}</h2><ul class=\"plain\"><li>{}</li></ul></section>", items.join("</li>\n<li>"))
}

/// `refused already_mapped` in words.
fn words(name: &str) -> String {
    escape(&name.replace('_', " "))
}
