//! Token requests that are to be refused, whatever they prove: what policies, consent and a revoked session do, and what is wrong with a
//! credential, without that a test has to break one.
//!
//! The words of 53003 and its envelope are those of a service principal in an issue of kubelogin, those of 50173 as users report them;
//! what the codes mean: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

use serde::{Deserialize, Serialize};

use super::federation;
use super::refusal::Refusal;
use crate::world::{Caller, World};

/// The codes that token requests can be refused with.
pub const TOKEN_REFUSALS: [u64; 13] = [
    7_000_215, 7_000_222, 700_016, 90_002, 700_024, 700_027, 70_021, 700_213, 53_003, 65_001, 500_011, 5_002_738,
    50_173,
];

/// That the next token requests are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRefusal {
    /// The number after `AADSTS`: one of [`TOKEN_REFUSALS`].
    pub code: u64,
    /// How many requests.
    #[serde(default = "once")]
    pub times: u32,
    /// Of which application; of any when left out.
    #[serde(default)]
    pub app_id: Option<String>,
}

fn once() -> u32 {
    1
}

impl World {
    /// Refuses the next token requests of an application, or of any, with this code.
    ///
    /// # Errors
    /// A code that is none of [`TOKEN_REFUSALS`].
    pub fn refuse_tokens(&mut self, refusal: TokenRefusal) -> Result<(), String> {
        if !TOKEN_REFUSALS.contains(&refusal.code) {
            return Err(format!("AADSTS{} is none of those that the sandbox knows: {TOKEN_REFUSALS:?}", refusal.code));
        }
        self.token_refusals.push(refusal);
        Ok(())
    }

    /// Refuses no token request any more.
    pub fn clear_token_refusals(&mut self) {
        self.token_refusals.clear();
    }
}

/// The refusal that is due for a request of this application.
pub(super) fn due(world: &mut World, client_id: &str, tenant: &str, scope: &str) -> Option<Refusal> {
    let mut refusals = world.token_refusals.iter_mut();
    let is_due = |one: &&mut TokenRefusal| {
        one.times > 0 && one.app_id.as_deref().is_none_or(|id| id.eq_ignore_ascii_case(client_id))
    };
    let refusal = refusals.find(is_due)?;
    refusal.times -= 1;
    let code = refusal.code;
    let known = world.applications.get(&client_id.to_ascii_lowercase()).map(|application| application.caller.clone());
    let caller = known.unwrap_or_else(|| Caller {
        tenant_id: tenant.to_owned(),
        app_id: client_id.to_owned(),
        object_id: String::new(),
        name: String::new(),
    });
    Some(refusal_of(code, &caller, tenant, scope))
}

fn refusal_of(code: u64, caller: &Caller, tenant: &str, scope: &str) -> Refusal {
    let Caller { app_id, name, .. } = caller;
    match code {
        7_000_215 => Refusal::wrong_secret(caller),
        7_000_222 => Refusal::expired_secret(caller),
        700_016 => Refusal::no_application(app_id, tenant),
        90_002 => Refusal::no_tenant(tenant),
        500_011 => Refusal::no_resource(scope),
        5_002_738 => Refusal::strange_algorithm("ES256"),
        70_021 => federation::no_match_at_all("https://issuer.example", "somebody else", "api://AzureADTokenExchange"),
        700_213 => federation::no_match(code, " subject 'somebody else'"),
        700_024 => Refusal::client(code, "Client assertion is not within its valid time range."),
        700_027 => Refusal::client(
            code,
            format!(
                "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was \
                 not found., Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id \
                 '{app_id}'.]"
            ),
        ),
        53_003 => {
            let words = "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.";
            let claims =
                r#"{"access_token":{"capolids":{"essential":true,"values":["0ca90000-0000-4000-8000-000000000001"]}}}"#;
            Refusal::new("invalid_grant", code, words).claims("message_only", claims.to_owned())
        }
        65_001 => {
            let words = format!(
                "The user or administrator has not consented to use the application with ID '{app_id}' named '{name}'. Send an \
                 interactive authorization request for this user and resource."
            );
            Refusal::new("invalid_grant", code, words).suberror("consent_required")
        }
        _ => {
            let words = "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed \
                         or reset their password.";
            Refusal::new("invalid_grant", code, words).suberror("bad_token")
        }
    }
}
