//! Which way to sign in, chosen over plain values: what was given, and what the environment's variables say.

use std::env;

use crate::clients::Settings;
use crate::clients::cloud::Cloud;
use crate::clients::entra::SignIn;
use crate::clients::secret::Secret;

/// What was given explicitly; what was not falls back to its variable.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) tenant_id: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) use_cli: Option<bool>,
}

/// Why nobody can be signed in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The argument at fault.
    pub(crate) argument: &'static str,
    /// What is wrong, in a line.
    pub(crate) what: String,
    /// Why it is wrong.
    pub(crate) why: &'static str,
    /// What to do.
    pub(crate) remedy: String,
}

/// The text of an environment variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// Chooses who signs in, and how every service is reached; `variable` reads a variable of the environment.
///
/// # Errors
/// Nothing that can sign in was given, or too much.
pub(crate) fn choose(
    given: Given,
    user_agent: String,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Settings, Refusal> {
    if given.client_secret.is_some() && given.use_cli == Some(true) {
        return Err(Refusal {
            argument: "use_cli",
            what: "use_cli conflicts with client_secret".to_owned(),
            why: "Both client_secret and use_cli are set, and only one of them can sign in.",
            remedy: "Keep one of them.".to_owned(),
        });
    }
    let tenant_id = given.tenant_id.or_else(|| variable("ARM_TENANT_ID"));
    let client_id = given.client_id.or_else(|| variable("ARM_CLIENT_ID"));
    let secret = given.client_secret.or_else(|| variable("ARM_CLIENT_SECRET").map(Secret::from));
    let use_cli = given.use_cli.or_else(|| variable("ARM_USE_CLI").and_then(|text| text.parse().ok()));
    let sign_in = match (secret, use_cli) {
        (_, Some(true)) => SignIn::Cli,
        (Some(secret), _) => {
            let why = "A client secret is given, and it signs in only together with a client id and a tenant.";
            let client_id = client_id.ok_or_else(|| missing("client_id", "ARM_CLIENT_ID", why))?;
            if tenant_id.is_none() {
                return Err(missing("tenant_id", "ARM_TENANT_ID", why));
            }
            SignIn::ClientSecret { client_id, secret }
        }
        (None, Some(false)) => {
            let why = "The Azure CLI must not be used (use_cli is false), and no client secret is given.";
            return Err(missing("client_secret", "ARM_CLIENT_SECRET", why));
        }
        (None, None) if client_id.is_some() => {
            let why = "A client id is given, but nothing that proves it.";
            return Err(Refusal {
                remedy:
                    "Set client_secret or ARM_CLIENT_SECRET, or use_cli = true to sign in as the user of the Azure CLI."
                        .to_owned(),
                ..missing("client_secret", "ARM_CLIENT_SECRET", why)
            });
        }
        (None, None) => SignIn::Cli,
    };
    Ok(Settings { tenant_id, sign_in, cloud: Cloud::Public, user_agent })
}

fn missing(argument: &'static str, variable: &str, why: &'static str) -> Refusal {
    Refusal {
        argument,
        what: format!("Missing {argument}"),
        why,
        remedy: format!("Set {argument} in the provider block, or the environment variable {variable}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of these arguments and variables: how it signs in, or the argument at fault.
    #[track_caller]
    fn check(given: Given, variables: &[(&str, &str)], expected: &str) {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
        let chosen = match choose(given, String::new(), variable) {
            Ok(Settings { sign_in: SignIn::Cli, .. }) => "the Azure CLI".to_owned(),
            Ok(Settings { sign_in: SignIn::ClientSecret { client_id, .. }, tenant_id, .. }) => {
                format!("{client_id} in {}", tenant_id.unwrap_or_default())
            }
            Err(refusal) => format!("{}: {}", refusal.argument, refusal.what),
        };
        assert_eq!(chosen, expected);
    }

    #[test]
    fn what_is_given_goes_before_what_the_environment_says() {
        let all = [("ARM_TENANT_ID", "t"), ("ARM_CLIENT_ID", "c"), ("ARM_CLIENT_SECRET", "s")];
        let secret = || Given { client_secret: Some("s".to_owned().into()), ..Given::default() };
        check(Given::default(), &[], "the Azure CLI");
        check(Given::default(), &all, "c in t");
        check(Given { client_id: Some("mine".to_owned()), ..Given::default() }, &all, "mine in t");
        check(Given { use_cli: Some(true), ..Given::default() }, &all, "the Azure CLI");
        check(Given::default(), &[("ARM_USE_CLI", "true")], "the Azure CLI");
        check(Given::default(), &all[..2], "client_secret: Missing client_secret");
        check(Given { use_cli: Some(false), ..Given::default() }, &[], "client_secret: Missing client_secret");
        check(secret(), &all[..1], "client_id: Missing client_id");
        check(secret(), &all[1..2], "tenant_id: Missing tenant_id");
        check(Given { use_cli: Some(true), ..secret() }, &all, "use_cli: use_cli conflicts with client_secret");
    }
}
