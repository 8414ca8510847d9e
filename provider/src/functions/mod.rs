//! The functions: pure, and called without a configuration.

mod certificate_user_id;
mod identifiers;

use tfplugin::function::Function;

/// Every function.
pub(crate) static FUNCTIONS: &[Function] = &[
    certificate_user_id::FUNCTION,
    identifiers::ENVIRONMENT_HOST,
    identifiers::PARSE_CONNECTION_ID,
    identifiers::PARSE_KEY_VAULT_CERTIFICATE_ID,
];
