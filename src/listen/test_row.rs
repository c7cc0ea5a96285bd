//! A row of our own, sent as an SDK would, which shows that rows arrive.

use serde_json::json;

use super::Target;
use super::forward;

/// Sends one row to the server at `url`; the error says why it was not taken.
///
/// # Errors
/// There is no such server, or it does not take the row.
pub fn send(url: &str) -> Result<(), String> {
    let agent = forward::agent(&Target::parse(url)?);
    let row = json!({
        "event": "Test Row",
        "properties": {"token": "test", "distinct_id": "test-device", "mp_lib": "journey", "sent_by": "journey listen"},
    });
    let answer = agent.post(format!("{url}/track")).content_type("application/json").send(row.to_string());
    match answer.map_err(|error| error.to_string())?.status().as_u16() {
        200 => Ok(()),
        status => Err(format!("the answer is {status}")),
    }
}
