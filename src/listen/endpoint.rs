//! Where requests go: the paths of the real endpoints.

use super::answer::Answer;
use super::body::{Content, Parameters};
use crate::model::Millis;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// `/track` of Mixpanel.
    Track,
    /// `/import` of Mixpanel.
    Import,
    /// `/engage` of Mixpanel.
    Engage,
    /// `/groups` of Mixpanel.
    Groups,
    /// `/decide`, of Mixpanel and of PostHog.
    Decide,
    /// `/flags`, of Mixpanel and of PostHog.
    Flags,
    /// `/record` of Mixpanel.
    Record,
    /// `/settings` of Mixpanel.
    Settings,
    /// A call of Segment or RudderStack, or a batch of them.
    Calls,
    /// Settings that `analytics-next` asks for.
    SegmentSettings,
    /// Numbers on itself that an SDK of Segment or RudderStack sends.
    Metrics,
    /// The configuration that the SDKs of RudderStack ask for.
    RudderConfig,
    /// Events of PostHog.
    Capture,
    /// `/batch`, of PostHog and of Amplitude.
    Batch,
    /// What `posthog-js` asks for when it starts.
    PostHogConfig,
    /// Recordings of sessions of PostHog.
    PostHogRecording,
    /// Lists of things that a project has none of, which `posthog-js` asks for.
    PostHogLists,
    /// `/2/httpapi` of Amplitude.
    HttpApi,
    /// What SDKs of Amplitude sent before it: a form with events in it.
    AmplitudeForm,
    /// A call of Segment or RudderStack that an image makes.
    Pixel,
}

/// Bytes of a body that Mixpanel takes, unpacked.
const MIXPANEL_LIMIT: usize = 10 << 20;
/// Bytes of a body that PostHog takes, unpacked.
const POSTHOG_LIMIT: usize = 20 << 20;

/// Bytes of a body that `/2/httpapi` takes.
const AMPLITUDE_LIMIT: usize = 1 << 20;
/// Calls that a pixel can make.
const CALLS: &[&str] = &["identify", "group", "alias", "page", "screen", "track"];

impl Endpoint {
    /// The endpoint that a method finds at a path. The oldest SDKs of Amplitude post to the host alone.
    pub(super) fn at(method: &str, path: &str) -> Option<Self> {
        if method == "POST" && path == "/" { Some(Self::AmplitudeForm) } else { Self::of(path) }
    }

    /// The endpoint at a path, with or without a slash at its end.
    pub(super) fn of(path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        Some(match path {
            "/track" => Self::Track,
            "/import" => Self::Import,
            "/engage" => Self::Engage,
            "/groups" => Self::Groups,
            "/decide" => Self::Decide,
            "/flags" | "/flags/definitions" => Self::Flags,
            "/record" => Self::Record,
            "/settings" => Self::Settings,
            "/v1/batch" | "/v1/b" | "/v1/import" | "/v1/track" | "/v1/identify" | "/v1/page" | "/v1/screen"
            | "/v1/group" | "/v1/alias" | "/v1/merge" | "/v1/t" | "/v1/i" | "/v1/p" | "/v1/g" | "/v1/a" | "/v1/s"
            | "/beacon/v1/batch" => Self::Calls,
            "/v1/m" | "/rsaMetrics" => Self::Metrics,
            "/sourceConfig" => Self::RudderConfig,
            "/capture" | "/e" | "/i/v0/e" => Self::Capture,
            "/batch" => Self::Batch,
            "/s" => Self::PostHogRecording,
            "/api/surveys"
            | "/api/early_access_features"
            | "/api/web_experiments"
            | "/api/feature_flag/local_evaluation" => Self::PostHogLists,
            "/2/httpapi" => Self::HttpApi,
            "/httpapi" | "/identify" => Self::AmplitudeForm,
            _ => {
                let parts: Vec<&str> = path.split('/').skip(1).collect();
                match parts.as_slice() {
                    ["v1", "projects", _, "settings"] => Self::SegmentSettings,
                    ["array", _, "config" | "config.js"] => Self::PostHogConfig,
                    ["v1", "pixel", kind] | ["pixel", "v1", kind] if CALLS.contains(kind) => Self::Pixel,
                    _ => return None,
                }
            }
        })
    }

    /// Bytes of a body that it takes, packed and unpacked.
    pub(super) fn limit(self) -> usize {
        match self {
            Self::Capture | Self::Batch | Self::PostHogRecording => POSTHOG_LIMIT,
            Self::HttpApi | Self::AmplitudeForm => AMPLITUDE_LIMIT,
            _ => MIXPANEL_LIMIT,
        }
    }

    /// Whether its bodies are kept; the others are read and dropped.
    pub(super) fn is_for_rows(self) -> bool {
        matches!(
            self,
            Self::Track
                | Self::Import
                | Self::Engage
                | Self::Groups
                | Self::Calls
                | Self::Capture
                | Self::Batch
                | Self::HttpApi
                | Self::AmplitudeForm
                | Self::Pixel
        )
    }

    /// Whether it answers a request without a body.
    pub(super) fn takes_get(self) -> bool {
        !matches!(self, Self::Import | Self::Calls | Self::Batch | Self::HttpApi)
    }

    /// The answer to a body that is too large.
    pub(super) fn too_large(self) -> Answer {
        let limit = self.limit();
        match self {
            Self::HttpApi | Self::AmplitudeForm => Answer::json(413, r#"{"code":413,"error":"Payload too large"}"#),
            Self::Import => Answer::json(
                413,
                &format!(
                    r#"{{"code":413,"error":"request exceeds max limit of {limit} bytes","status":"Request Entity Too Large"}}"#
                ),
            ),
            _ => Answer::text(413, &format!("request exceeds max limit of {limit} bytes")),
        }
    }
}

/// A request as an endpoint takes it.
pub(super) struct Asked<'a> {
    pub(super) endpoint: Endpoint,
    pub(super) method: &'a str,
    /// Its path, without a query.
    pub(super) path: &'a str,
    pub(super) query: &'a Parameters,
    pub(super) content: Content,
    /// Whether it has credentials: the header `Authorization`.
    pub(super) authorized: bool,
    /// What the body could not be read for.
    pub(super) unread: Option<String>,
    pub(super) received: Millis,
}

impl Asked<'_> {
    /// A parameter of the query or of the form.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).or_else(|| self.content.form.get(name)).map(String::as_str)
    }

    /// Whether a parameter is set to something that counts as true.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.parameter(name).is_some_and(|value| matches!(value, "1" | "true"))
    }
}

/// What came of a request.
pub(super) struct Judged {
    pub(super) answer: Answer,
    /// The vendor whose rows the lines are.
    pub(super) vendor: &'static str,
    /// What a recorder would write of it.
    pub(super) lines: String,
    pub(super) rows: u64,
    pub(super) refused: u64,
    pub(super) error: Option<String>,
}

impl Judged {
    /// An answer to a request that carries nothing to keep.
    pub(super) fn answer(answer: Answer) -> Self {
        let vendor = crate::model::facts::MIXPANEL;
        Self { answer, vendor, lines: String::new(), rows: 0, refused: 0, error: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_known_with_and_without_a_slash_and_others_are_not() {
        assert_eq!(Endpoint::of("/track/"), Some(Endpoint::Track));
        assert_eq!(Endpoint::of("/2/httpapi"), Some(Endpoint::HttpApi));
        assert_eq!(Endpoint::of("/array/phc_x/config"), Some(Endpoint::PostHogConfig));
        assert_eq!(Endpoint::of("/v1/projects/k/settings"), Some(Endpoint::SegmentSettings));
        assert_eq!(Endpoint::of("/v1/pixel/track"), Some(Endpoint::Pixel));
        assert_eq!(Endpoint::of("/pixel/v1/page/"), Some(Endpoint::Pixel));
        assert_eq!(Endpoint::of("/v1/pixel/delete"), None);
        assert_eq!(Endpoint::at("POST", "/"), Some(Endpoint::AmplitudeForm));
        assert_eq!(Endpoint::at("GET", "/"), None);
        for path in ["", "/", "/favicon.ico", "/tracker", "/v1", "/track/../engage", "/events"] {
            assert_eq!(Endpoint::of(path), None, "{path}");
        }
    }
}
