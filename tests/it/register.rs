//! The tables of a journey: calls, lookup table, devices, changes.

use journey::identity::register::{Call, ChangeKind, Register};
use journey::identity::{Journey, LEGACY, Verdict, resolve_as_of};
use journey::model::Id;

use crate::support::story::Story;

fn sally() -> Story {
    Story::new(
        "1 View(12345) +,web-1 on web · Linux · Chrome
         3 AL(sally -> 12345)
         4 Buy(12345) +,web-1 on web · Linux · Chrome
         50 Dash(sally) +sally,web-1 on web · Linux · Chrome
         55 AL(uid-9 -> sally)
         57 Mail(uid-9)
         58 Mail(uid-9)
         60 AppOpen(P-1) +,phone-1 on iphone · iOS
         61 AL(sally -> P-1)
         62 AppBuy(P-1) +,phone-1 on iphone · iOS",
    )
}

fn printed(journey: &Journey) -> (Vec<String>, Vec<String>, Vec<String>, Vec<String>) {
    let register = Register::of(journey);
    let calls = register.calls.iter().map(|call| match *call {
        Call::Alias(at) => match journey.aliases[at].verdict {
            Verdict::Refused(refusal) => format!("alias {}", refusal.name()),
            verdict => format!("alias {verdict:?}"),
        },
        Call::Point(at) => format!("{} {}", journey.points[at].kind.name(), journey.points[at].id.as_str()),
    });
    let table = register.table.iter().map(|entry| {
        let chain: Vec<&str> = register.chain(entry).map(Id::as_str).collect();
        format!("{} ({} rows)", chain.join(" > "), entry.through)
    });
    let devices = register.devices.iter().map(|device| {
        let ids: Vec<&str> = device.ids.iter().map(Id::as_str).collect();
        format!(
            "{}: {}+{} {}..{} {}",
            device.id.as_str(),
            device.rows,
            device.orphaned,
            device.first,
            device.last,
            ids.join(" ")
        )
    });
    let changes = register.changes.iter().map(|change| {
        let name = |id: &Option<Id>| id.as_ref().map_or(String::new(), |id| id.as_str().to_owned());
        let what = match &change.kind {
            ChangeKind::Appears(id) => format!("+ {}", id.as_str()),
            ChangeKind::Point { kind, id } => format!("{} {}", kind.name(), id.as_str()),
            ChangeKind::Orphan(id) => format!("? {}", id.as_str()),
            ChangeKind::Call { alias, target, verdict } => {
                format!("{} > {}{}", name(alias), name(target), if *verdict == Verdict::Accepted { "" } else { " no" })
            }
        };
        format!("{} {what}", change.arrival.at / 1000)
    });
    (calls.collect(), table.collect(), devices.collect(), changes.collect())
}

#[test]
fn the_tables_say_what_the_rows_say() {
    let journey = sally().journey("sally");
    let register = Register::of(&journey);
    let times = register.calls.iter().map(|call| register.arrival_of(&journey, *call).unwrap().at / 1000);
    assert_eq!(times.collect::<Vec<_>>(), [3, 50, 55, 57, 61]);
    let (calls, table, devices, changes) = printed(&journey);
    assert_eq!(calls, ["alias Accepted", "login sally", "alias Accepted", "login uid-9", "alias already_mapped"]);
    assert_eq!(table, ["sally > 12345 (3 rows)", "uid-9 > sally > 12345 (2 rows)"]);
    assert_eq!(devices, ["web-1: 3+0 1000..50000 12345 sally", "phone-1: 0+2 60000..62000 P-1"]);
    assert_eq!(
        changes,
        [
            "1 + 12345",
            "3 sally > 12345",
            "50 login sally",
            "55 uid-9 > sally",
            "57 login uid-9",
            "60 ? P-1",
            "61 sally > P-1 no"
        ]
    );
}

#[test]
fn every_change_is_one_and_between_two_the_table_stands_still() {
    let story = sally();
    let facts = story.facts();
    let all = Register::of(&story.journey("12345")).changes;
    let then = |moment| {
        let journey = resolve_as_of(&facts, &Id::new("12345"), moment, LEGACY).unwrap();
        let register = Register::of(&journey);
        let ids: Vec<Id> = journey.ids.iter().map(|member| member.id.clone()).collect();
        (journey.aliases.len(), register.table.len(), ids, journey.orphans.len(), register.changes.len())
    };
    for (at, change) in all.iter().enumerate() {
        let seen = then(change.arrival);
        // An orphan is one once something ties it; the call that was refused does.
        let known = all[..=at].iter().filter(|change| !matches!(change.kind, ChangeKind::Orphan(_)) || at == 6).count();
        assert_eq!(seen.4, known, "{change:?}");
        let next = all.get(at + 1).map_or(i64::MAX, |next| next.arrival.at);
        let moment = journey::model::facts::Arrival::end_of(next - 1);
        assert_eq!(then(moment).0, seen.0);
        assert_eq!(then(moment).1, seen.1);
    }
}
