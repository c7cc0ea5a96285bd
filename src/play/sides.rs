//! Two plays of one story side by side: which rows of them are the same call.

use std::collections::{HashMap, VecDeque};

use super::{Entry, Play, Server};
use crate::model::Millis;

/// A row of the first play, of the second, or the same row of both.
pub type Pair<'s> = [Option<&'s Entry>; 2];

/// The rows of two servers by time. Rows of one device, one time and one event are the same row; of several such
/// rows the first is the first.
pub fn sides<'s>(plays: [&Play; 2], servers: [&'s Server; 2]) -> Vec<Pair<'s>> {
    let [one, other] = servers;
    let mut alone: HashMap<Call<'_>, VecDeque<&Entry>> = HashMap::new();
    for entry in &one.timeline {
        alone.entry(call(plays[0], entry)).or_default().push_back(entry);
    }
    let mut pairs: Vec<Pair<'s>> = Vec::new();
    for entry in &other.timeline {
        let same = alone.get_mut(&call(plays[1], entry)).and_then(VecDeque::pop_front);
        pairs.push([same, Some(entry)]);
    }
    pairs.extend(alone.into_values().flatten().map(|entry| [Some(entry), None]));
    pairs.sort_by_key(|[one, other]| other.or(*one).map(|entry| (entry.time, entry.sent, other.is_none())));
    pairs
}

/// Whether a row is in one play alone, or is another user's, or stored elsewhere, in the other.
pub fn differs(pair: Pair<'_>) -> bool {
    match pair {
        [Some(one), Some(other)] => {
            (&one.standing, &one.stored_under, &one.root, one.verdict)
                != (&other.standing, &other.stored_under, &other.root, other.verdict)
        }
        _ => true,
    }
}

/// The device and time of the call that sent a row, and its event.
type Call<'s> = (Option<(usize, Millis)>, &'s str);

fn call<'s>(play: &Play, entry: &'s Entry) -> Call<'s> {
    (play.run().sent.get(entry.sent).map(|sent| (sent.device, sent.at)), entry.event.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::play::leave_out;
    use crate::sim::{Scenario, gallery};

    fn sally() -> Play {
        let (name, text) = gallery().iter().find(|(name, _)| *name == "01-sally").unwrap();
        Play::new(Scenario::parse(name, text).unwrap())
    }

    /// The moment of the call with this code that comes last.
    fn moment(play: &Play, code: &str) -> usize {
        (1..=play.last()).rev().find(|moment| play.step(*moment).unwrap().code == code).unwrap()
    }

    #[test]
    fn a_play_with_itself_has_each_row_on_both_sides_and_no_difference() {
        let play = sally();
        let server = play.server(play.last());
        let pairs = sides([&play, &play], [&server, &server]);
        assert_eq!(pairs.len(), server.timeline.len());
        for (pair, entry) in pairs.iter().zip(&server.timeline) {
            assert!(pair.iter().all(|side| side.unwrap().sent == entry.sent));
            assert!(!differs(*pair));
        }
    }

    #[test]
    fn a_call_that_is_left_out_stands_on_one_side_alone_and_what_it_changed_differs() {
        let play = sally();
        let (changed, _) = leave_out(&play, moment(&play, "alias(\"sally@gmail.com\")")).unwrap();
        let servers = [play.server(play.last()), changed.server(changed.last())];
        let pairs = sides([&play, &changed], [&servers[0], &servers[1]]);
        let alone: Vec<&str> =
            pairs.iter().filter(|pair| pair[1].is_none()).map(|pair| pair[0].unwrap().event.as_str()).collect();
        assert_eq!(alone.first(), Some(&"$create_alias"), "{alone:?}");
        for side in 0..2 {
            let shown: Vec<usize> = pairs.iter().filter_map(|pair| pair[side]).map(|entry| entry.sent).collect();
            assert_eq!(shown.len(), servers[side].timeline.len(), "no row is lost or stands twice");
        }
        let same = pairs.iter().filter(|pair| !differs(**pair)).count();
        assert!(same > 10, "rows before the call are as they were: {same}");
        assert!(pairs.windows(2).all(|pair| {
            let time = |pair: Pair<'_>| pair[1].or(pair[0]).unwrap().time;
            time(pair[0]) <= time(pair[1])
        }));
    }
}
