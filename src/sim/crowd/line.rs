//! A row as a line of a raw export (identity.md §4.5).
//!
//! Three SDKs, each with what it adds by itself, and behind that a few properties of the
//! customer's own: numbers, booleans, nulls, lists, objects, free text.

use super::name::{self, Name, Platform};
use super::random::{Random, mix};
use super::text::Text;
use super::user::{Row, What};
use super::words;

/// Bytes behind the number of `mp_processing_time_ms`, which is the last of a line.
const END: &str = "}}\n";
/// Digits of a time in milliseconds, from 2001 to 2286.
const DIGITS: usize = 13;

/// Which kind of SDK sent a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    Web,
    Mobile,
    Server,
}

/// Writes the lines of a crowd.
pub(super) struct Lines {
    pub(super) seed: u64,
}

impl Lines {
    /// Writes `row` with its line break.
    pub(super) fn write(&self, text: &mut Text, row: &Row, random: &mut Random) -> Shape {
        let shape = match row.device {
            None => Shape::Server,
            Some((key, _)) if Platform::of(key).is_web() => Shape::Web,
            Some(_) => Shape::Mobile,
        };
        text.push("{\"event\":\"");
        text.push(match row.what {
            What::Alias { .. } => "$create_alias",
            What::Identify { .. } => "$identify",
            What::Merge { .. } => "$merge",
            What::Server { race: true } => "Account Created",
            What::Server { race: false } => random.pick_early(words::SERVER_EVENTS),
            What::Track if shape == Shape::Web => random.pick_early(words::WEB_EVENTS),
            What::Track => random.pick_early(words::APP_EVENTS),
        });
        text.push("\",\"properties\":{\"time\":");
        text.time(row.time / 1000);
        text.push(",\"distinct_id\":\"");
        name::write(text, self.seed, row.stored);
        text.push("\"");
        self.verb(text, row);
        match row.device {
            None => server(text, random),
            Some((key, anonymous)) => {
                text.push(",\"$device_id\":\"");
                name::write_device(text, anonymous);
                text.push("\"");
                if shape == Shape::Web { web(text, key, random) } else { mobile(text, key, random) }
            }
        }
        if let Some(user) = row.user.filter(|_| shape != Shape::Server) {
            text.push(",\"$user_id\":");
            let quote = if name::is_number(self.seed, user) { "" } else { "\"" };
            text.push(quote);
            name::write(text, self.seed, Name::User(user));
            text.push(quote);
        }
        if matches!(row.what, What::Track | What::Server { .. }) {
            let extras = match shape {
                Shape::Web | Shape::Mobile => 2 + random.below(4),
                Shape::Server => 4 + random.below(5),
            };
            let start = random.next();
            for number in 0..extras {
                // Steps of 5 visit all 16 before they repeat: no property is there twice.
                extra(text, start.wrapping_add(number * 5) & 0xF, random);
            }
        }
        text.push(",\"$mp_api_endpoint\":\"api-js.mixpanel.com\",\"$mp_api_timestamp_ms\":");
        text.time(row.arrival - 300);
        text.push(",\"mp_processing_time_ms\":");
        text.time(row.arrival);
        text.push(END);
        shape
    }

    /// What rows that move ids say.
    fn verb(&self, text: &mut Text, row: &Row) {
        let user = row.user.map_or(row.stored, Name::User);
        match row.what {
            What::Track | What::Server { .. } => {}
            What::Alias { .. } => {
                text.push(",\"alias\":\"");
                name::write(text, self.seed, user);
                text.push("\"");
            }
            What::Identify { anonymous } => {
                text.push(",\"$identified_id\":\"");
                name::write(text, self.seed, user);
                text.push("\",\"$anon_distinct_id\":\"");
                name::write(text, self.seed, anonymous);
                text.push("\"");
            }
            What::Merge { anonymous } => {
                text.push(",\"$distinct_ids\":[\"");
                name::write(text, self.seed, user);
                text.push("\",\"");
                name::write(text, self.seed, anonymous);
                text.push("\"]");
            }
        }
    }
}

/// Makes the last line of `text` one that arrived `later` milliseconds later, at `arrival`
/// before.
pub(super) fn deliver_again(line: &mut Text, arrival: i64, later: i64) {
    line.truncate(line.len().saturating_sub(END.len() + DIGITS));
    line.time(arrival + later);
    line.push(END);
}

fn place(text: &mut Text, device: &mut Random) {
    let (city, region, country) = device.pick_early(words::PLACES);
    field(text, ",\"$city\":\"", city);
    field(text, ",\"$region\":\"", region);
    field(text, ",\"mp_country_code\":\"", country);
}

/// `before`, which ends in a quote, and a value with the quote that ends it.
fn field(text: &mut Text, before: &str, value: &str) {
    text.push(before);
    text.push(value);
    text.push("\"");
}

fn pair(text: &mut Text, before: &str, number: u64) {
    text.push(before);
    text.number(number);
}

fn insert_id(text: &mut Text, random: &mut Random) {
    text.push(",\"$insert_id\":\"");
    text.hex(random.next(), 16);
    text.push("\"");
}

fn web(text: &mut Text, key: u64, random: &mut Random) {
    // What a device keeps for life comes from its key.
    let mut device = Random::new(key, 0);
    let (browser, version, system) = device.pick_early(words::BROWSERS);
    let (width, height) = device.pick_early(words::SCREENS);
    let (referrer, domain) = device.pick_early(words::REFERRERS);
    field(text, ",\"$browser\":\"", browser);
    field(text, ",\"$browser_version\":\"", version);
    place(text, &mut device);
    text.push(",\"$current_url\":\"https://shop.example.com");
    text.push(random.pick_early(words::PATHS));
    text.push("\"");
    field(text, ",\"$initial_referrer\":\"", referrer);
    field(text, ",\"$initial_referring_domain\":\"", domain);
    insert_id(text, random);
    field(text, ",\"$lib_version\":\"", if Platform::of(key) == Platform::Web { "2.47.0" } else { "2.29.1" });
    field(text, ",\"$os\":\"", system);
    text.push(",\"$referrer\":\"https://shop.example.com");
    text.push(random.pick_early(words::PATHS));
    text.push("\",\"$referring_domain\":\"shop.example.com\"");
    pair(text, ",\"$screen_height\":", height);
    pair(text, ",\"$screen_width\":", width);
    text.push(",\"mp_lib\":\"web\"");
    if device.per_mille(300) {
        field(text, ",\"utm_campaign\":\"", device.pick(words::CAMPAIGNS));
        text.push(",\"utm_source\":\"google\",\"utm_medium\":\"cpc\"");
    }
}

fn mobile(text: &mut Text, key: u64, random: &mut Random) {
    let mut device = Random::new(key, 0);
    let ios = Platform::of(key) == Platform::Ios;
    field(text, ",\"$app_version_string\":\"", device.pick_early(&["4.12.0", "4.11.2", "4.9.0", "3.30.1"]));
    place(text, &mut device);
    field(text, ",\"$carrier\":\"", device.pick_early(words::CARRIERS));
    insert_id(text, random);
    if ios {
        let (model, version) = device.pick_early(words::IPHONES);
        text.push(",\"$manufacturer\":\"Apple\",\"$os\":\"iOS\",\"mp_lib\":\"swift\",\"$lib_version\":\"4.1.0\"");
        field(text, ",\"$model\":\"", model);
        field(text, ",\"$os_version\":\"", version);
        text.push(",\"$radio\":\"LTE\",\"$screen_height\":844,\"$screen_width\":390,\"$ae_total_app_sessions\":");
    } else {
        let (brand, model, version) = device.pick_early(words::ANDROIDS);
        text.push(",\"$os\":\"Android\",\"mp_lib\":\"android\",\"$lib_version\":\"");
        text.push(if Platform::of(key) == Platform::Android { "7.3.0\"" } else { "5.9.6\"" });
        field(text, ",\"$manufacturer\":\"", brand);
        field(text, ",\"$model\":\"", model);
        field(text, ",\"$os_version\":\"", version);
        text.push(",\"$screen_dpi\":420,\"$screen_height\":2400,\"$screen_width\":1080,\"$ae_total_app_sessions\":");
    }
    text.number(1 + random.below(90));
    text.push(if random.per_mille(700) { ",\"$wifi\":true" } else { ",\"$wifi\":false" });
    field(text, ",\"screen\":\"", random.pick_early(words::VIEWS));
    pair(text, ",\"battery\":", random.below(101));
}

fn server(text: &mut Text, random: &mut Random) {
    text.push(",\"$insert_id\":\"");
    text.hex(random.next(), 16);
    text.hex(random.next(), 16);
    text.push("\",\"$lib_version\":\"4.10.0\",\"mp_lib\":\"python\",\"environment\":\"production\",\"$import\":false");
    pair(text, ",\"worker\":", random.below(24));
    field(text, ",\"region\":\"", random.pick_early(&["eu-west-1", "us-east-1", "ap-south-1"]));
    text.push(",\"request_id\":\"");
    text.uuid(random.next(), random.next(), false);
    text.push("\"");
}

/// One property of the customer's own, of sixteen.
fn extra(text: &mut Text, which: u64, random: &mut Random) {
    match which {
        0 => {
            pair(text, ",\"cart\":{\"items\":[{\"sku\":\"L-", 1000 + random.below(900));
            pair(text, "\",\"qty\":", 1 + random.below(5));
            pair(text, ",\"price\":", random.below(400));
            pair(text, ".5},{\"sku\":\"B-", 1000 + random.below(900));
            pair(text, "\",\"qty\":1,\"gift\":null}],\"total\":", random.below(2000));
            text.push("}");
        }
        1 => {
            field(text, ",\"tags\":[\"", random.pick(words::TAGS));
            field(text, ",\"", random.pick(words::TAGS));
            text.push("]");
        }
        2 => field(text, ",\"title\":\"", random.pick(words::TEXTS)),
        3 => text.push(",\"coupon\":null"),
        4 => {
            pair(text, ",\"price\":", random.below(300));
            pair(text, ".", 10 + random.below(90));
        }
        5 => field(text, ",\"plan\":\"", random.pick_early(words::PLANS)),
        6 => {
            text.push(",\"session_id\":\"");
            text.hex(random.next(), 16);
            text.push("\"");
        }
        7 => pair(text, ",\"duration_ms\":", random.below(60_000)),
        8 => text.push(if random.per_mille(500) { ",\"logged_in\":true" } else { ",\"logged_in\":false" }),
        9 => {
            text.push(",\"experiments\":{\"checkout-v3\":\"");
            text.push(random.pick(&["control", "variant-a", "variant-b"]));
            pair(text, "\",\"search\":{\"bucket\":", random.below(100));
            text.push(",\"since\":\"2023-04-01T00:00:00Z\"}}");
        }
        10 => field(text, ",\"note\":\"", random.pick(words::TEXTS)),
        11 => {
            pair(text, ",\"position\":[", random.below(1200));
            pair(text, ",-", random.below(800));
            text.push("]");
        }
        12 => pair(text, ",\"ratio\":1.", random.below(1_000_000)),
        13 => text.push(if random.per_mille(100) { ",\"scores\":[]" } else { ",\"scores\":[1,2.5,-3e-7]" }),
        14 => {
            pair(text, ",\"order_id\":\"", 10_000_000 + mix(random.next()) % 90_000_000);
            text.push("\"");
        }
        _ => field(text, ",\"page_title\":\"Example Shop \\u2014 ", random.pick(words::TEXTS)),
    }
}
