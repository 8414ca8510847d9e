//! What to do about the codes of the service that keeps connections.
//!
//! They are reported by users, of the older API and of the sibling connector, and one of them follows from Microsoft's code of its own designer: the
//! documentation lists none.

use crate::clients::error::Error;

const CODES: [(&str, &str); 4] = [
    (
        "InvalidUserPlan",
        "Desktop flows is a premium connector: the service wants a plan that covers it, of the environment (such as a Power Automate Process \
         capacity) or of whoever makes the connection. An application has no licence of its own.",
    ),
    (
        "ConnectionAuthorizationFailed",
        "The connection is somebody else's, and not shared with the signed-in principal: sign in as its maker.",
    ),
    (
        "MissingEnvironmentFilter",
        "The service answered as an older version of it does, which is asked otherwise: report it to the maintainers of this provider, \
         with the region of the environment.",
    ),
    (
        "ServiceToServiceEnvironmentNotFound",
        "The service that keeps connections does not know the environment. A new one takes some minutes to be seen there: apply again \
         later, or allow more time in timeouts. If it is not new, check environment_id.",
    ),
];

/// Values that the connector has and hides, and that no documented request has.
const HIDDEN: [&str; 3] = ["environment", "xrmInstanceUri", "connectionType"];
const OF_HIDDEN: &str = "The service wants a value that Microsoft's pages do not ask for, and that it was believed to fill in by itself: \
                         report it to the maintainers of this provider, with the message. A connection that is made in the portal can be \
                         imported.";

/// What to do about a refusal of this service.
pub fn remedy(error: &Error) -> Option<&'static str> {
    if !error.is_power_platform() {
        return None;
    }
    let known = CODES.iter().find(|(code, _)| error.has_code(code));
    let is_hidden = || {
        let said = error.to_string();
        let is_named = |name: &str| said.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == name);
        let is_lacking = said.contains("missing") || said.contains("required");
        error.status() == Some(400) && is_lacking && HIDDEN.iter().any(|name| is_named(name))
    };
    known.map(|(_, remedy)| *remedy).or_else(|| is_hidden().then_some(OF_HIDDEN))
}
