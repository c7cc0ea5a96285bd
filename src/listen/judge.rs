//! Which endpoint judges a request.

use super::answer::Answer;
use super::endpoint::{Asked, Endpoint, Judged};
use super::{calls, mixpanel, older};

/// Judges a request as the real endpoint would.
pub(super) fn judge(asked: &Asked<'_>) -> Judged {
    match asked.endpoint {
        Endpoint::Track | Endpoint::Engage | Endpoint::Groups => mixpanel::track(asked),
        Endpoint::Import => mixpanel::import(asked),
        Endpoint::Decide | Endpoint::Flags if calls::is_of_posthog(asked) => {
            Judged::answer(Answer::json(200, calls::POSTHOG_FLAGS))
        }
        Endpoint::Decide => Judged::answer(Answer::json(200, mixpanel::DECIDE)),
        Endpoint::Flags => Judged::answer(Answer::json(200, r#"{"flags":{}}"#)),
        Endpoint::Settings => Judged::answer(Answer::json(200, r"{}")),
        Endpoint::Record => Judged::answer(Answer::json(200, r#"{"code":200,"status":"OK"}"#)),
        Endpoint::SegmentSettings => Judged::answer(Answer::json(
            200,
            r#"{"integrations":{"Segment.io":{}},"plan":{"track":{"__default":{"enabled":true}}},"edgeFunction":{}}"#,
        )),
        Endpoint::Metrics => Judged::answer(Answer::json(200, r#"{"success":true}"#)),
        Endpoint::RudderConfig => Judged::answer(Answer::json(200, calls::RUDDER_CONFIG)),
        Endpoint::PostHogConfig => Judged::answer(Answer::json(200, calls::POSTHOG_CONFIG)),
        Endpoint::PostHogRecording => Judged::answer(Answer::json(200, r#"{"status":"Ok"}"#)),
        Endpoint::Calls => calls::calls(asked),
        Endpoint::Capture => calls::capture(asked),
        Endpoint::Batch => calls::batch(asked),
        Endpoint::PostHogLists => Judged::answer(Answer::json(200, calls::POSTHOG_LISTS)),
        Endpoint::HttpApi => calls::amplitude(asked),
        Endpoint::AmplitudeForm => older::amplitude(asked),
        Endpoint::Pixel => older::pixel(asked),
    }
}
