//! How to point an SDK at the server: one line of code each, as they were tried.

/// What an SDK is called, and the line that sends what it has to the server at `url`.
///
/// `assets/docs/listen.md` has the same lines with the versions that they were tried with, and says which are
/// those of the documentation of their SDK.
pub fn lines(url: &str) -> Vec<(&'static str, String)> {
    let bare = url.trim_start_matches("http://");
    vec![
        ("web", format!("mixpanel.init(TOKEN, {{api_host: \"{url}\"}})")),
        ("node", format!("Mixpanel.init(TOKEN, {{host: \"{bare}\", protocol: \"http\"}})")),
        ("python", format!("Mixpanel(TOKEN, Consumer(events_url=\"{url}/track\", people_url=\"{url}/engage\"))")),
        ("swift", format!("Mixpanel.mainInstance().serverURL = \"{url}\"")),
        ("android", format!("mixpanel.setServerURL(\"{}\")", url.replace("127.0.0.1", "10.0.2.2"))),
        ("posthog", format!("new PostHog(KEY, {{host: \"{url}\"}})")),
        ("segment", format!("new Analytics({{writeKey, host: \"{url}\"}})")),
        ("amplitude", format!("init(KEY, {{serverUrl: \"{url}/2/httpapi\"}})")),
        ("rudder", format!("new Analytics(KEY, {{dataPlaneUrl: \"{url}\"}})")),
        (
            "curl",
            format!(
                "curl {url}/track --data-urlencode \
                 'data={{\"event\":\"A\",\"properties\":{{\"token\":\"T\",\"distinct_id\":\"a\"}}}}'"
            ),
        ),
    ]
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_docs_have_each_line() {
        let docs = include_str!("../../assets/docs/listen.md");
        for (name, line) in super::lines("http://127.0.0.1:8787") {
            assert!(docs.contains(&format!("`{line}`")), "{name}: {line}");
        }
    }
}
