//! What the SDKs of servers send, as their Python packages sent it (`tests/data/servers`, by package and version):
//! a view of an anonymous visitor, a sign-up, a purchase, another visitor and another user. All ids are made up.

use super::*;

/// The rows of a file, by time: call, event, id, the other id of a call, and when.
fn story(name: &str) -> Vec<String> {
    let reader = reader(vec![Input::Path(data(&format!("servers/{name}.jsonl")))]);
    let mut rows: Vec<_> =
        reader.all_ids().unwrap().iter().flat_map(|id| reader.events_of(id, usize::MAX).unwrap()).collect();
    rows.sort_by_key(|row| (row.time, row.row));
    let begun = rows.first().map_or(0, |row| row.time);
    rows.iter()
        .map(|row| {
            let id = |id: &Option<Id>| id.as_ref().map_or("-".to_owned(), |id| id.as_str().to_owned());
            let sender = &row.sender;
            format!("{} {} {} {}", (row.time - begun) / 1000, row.event, id(&sender.id), id(&sender.other))
        })
        .collect()
}

#[test]
fn calls_of_segment_and_rudderstack_keep_their_ids_and_times() {
    for name in ["segment-analytics-python-2.4.0", "rudder-sdk-python-2.1.9"] {
        assert_eq!(
            story(name),
            [
                "0 View anon-7f3a -",
                "10 identify kim@example.com anon-7f3a",
                "11 alias kim@example.com kim@example.com",
                "20 Buy kim@example.com -",
                "30 Home anon-91bc -",
                "40 Buy lee@example.com -",
            ],
            "{name}"
        );
    }
}

#[test]
fn events_of_posthog_keep_their_ids_and_times() {
    assert_eq!(
        story("posthog-7.91.1"),
        [
            "0 View anon-7f3a -",
            "10 $identify kim@example.com anon-7f3a",
            "11 $create_alias anon-7f3a kim@example.com",
            "20 Buy kim@example.com -",
            "30 View anon-91bc -",
            "40 Buy lee@example.com -",
            "41 $set kim@example.com -",
        ]
    );
}

#[test]
fn events_of_amplitude_keep_their_ids_and_times() {
    assert_eq!(
        story("amplitude-analytics-1.3.0"),
        [
            "0 View dev-1 -",
            "10 $identify kim@example.com -",
            "20 Buy kim@example.com -",
            "30 View dev-2 -",
            "40 Buy lee@example.com -",
        ]
    );
}

#[test]
fn events_of_snowplow_and_mixpanel_keep_their_ids_and_times() {
    assert_eq!(story("snowplow-tracker-1.1.0"), ["0 page_view anon-7f3a -", "0 buy kim@example.com -"]);
    assert_eq!(
        story("mixpanel-5.4.1"),
        [
            "0 Old kim@example.com -",
            "86400 View anon-7f3a -",
            "86410 Sign Up anon-7f3a -",
            "86420 Buy kim@example.com -",
            "86430 View anon-91bc -",
            "86440 Buy lee@example.com -",
        ]
    );
}
