//! The screens: what keys do to them, and what they look like.

#[path = "support/app.rs"]
mod app;
#[path = "support/journeys.rs"]
mod journeys;

use app::App;
use journeys::*;

#[test]
fn dump() {
    let which = std::env::var("DUMP").unwrap_or_default();
    for one in which.split(';').filter(|one| !one.is_empty()) {
        let mut parts = one.splitn(4, ',');
        let story = parts.next().unwrap();
        let w: u16 = parts.next().unwrap().parse().unwrap();
        let h: u16 = parts.next().unwrap().parse().unwrap();
        let keys = parts.next().unwrap_or("");
        let j = match story {
            "sally" => sally(),
            "phone" => phone(),
            "two" => two_people(),
            "race" => race(),
            "many" => many_lanes(),
            "long" => long(),
            "hostile" => hostile(),
            _ => mentioned(),
        };
        let mut app = App::start(Stories::of(vec![j, mentioned()])).sized(w, h);
        app.press(keys);
        println!("=== {one} top={} asked={:?}", app.top(), app.asked.len());
        println!("{}", app.text());
    }
}
