//! Which way to sign in, chosen over plain values: what was given, and what the environment's variables say.
//!
//! Nothing is tried in silence. What would choose another principal or another cloud than what is offered is an error that names it.

pub(crate) mod settings;

use std::{env, fs, io};

use zeroize::Zeroizing;

use crate::clients::Settings;
use crate::clients::cloud::Cloud;
use crate::clients::entra::SignIn;
use crate::clients::secret::Secret;
use settings::{
    CLIENT_ID, CLIENT_ID_FILE, NoSwitch, Other, SECRET, SECRET_FILE, Setting, TENANT_ID, USE_CLI, Variables,
};

/// What was given explicitly; what was not falls back to its variable.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) tenant_id: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_id_file_path: Option<String>,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) client_secret_file_path: Option<String>,
    pub(crate) use_cli: Option<bool>,
}

/// Why nobody can be signed in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The argument at fault, where it is one.
    pub(crate) argument: Option<&'static str>,
    /// What is wrong, in a line.
    pub(crate) what: String,
    /// Why it is wrong.
    pub(crate) why: String,
    /// What to do.
    pub(crate) remedy: String,
}

/// The text of an environment variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// The text of a file, without the line's end that editors write.
pub(crate) fn file(path: &str) -> io::Result<Secret> {
    let text = Zeroizing::new(fs::read_to_string(path)?);
    Ok(Secret::from(text.trim().to_owned()))
}

/// Chooses who signs in, and how every service is reached; `variable` reads a variable of the environment, and `file` a file.
///
/// # Errors
/// Nothing that can sign in was given, or too much, or something that is not offered.
pub(crate) fn choose(
    given: Given,
    user_agent: String,
    variable: &dyn Fn(&str) -> Option<String>,
    file: &dyn Fn(&str) -> io::Result<Secret>,
) -> Result<Settings, Refusal> {
    let variables = Variables::of(variable);
    if let Some(other) = variables.other_cloud()? {
        return Err(not_offered(other, "The public cloud alone is offered: unset it, or set it to \"public\"."));
    }
    let is_cli_explicit = given.use_cli == Some(true);
    if given.client_secret.is_some() && is_cli_explicit {
        return Err(Refusal {
            argument: Some(USE_CLI.argument),
            what: "use_cli conflicts with client_secret".to_owned(),
            why: "Both client_secret and use_cli are set, and only one of them can sign in.".to_owned(),
            remedy: "Keep one of them.".to_owned(),
        });
    }
    let sources = Sources { variables: &variables, file };
    let tenant_id = given.tenant_id.or_else(|| variables.text(&TENANT_ID));
    let client_id = (given.client_id.map(Secret::from), &CLIENT_ID);
    let client_id = sources.text_or_file(client_id, (given.client_id_file_path, &CLIENT_ID_FILE))?;
    let client_id = client_id.map(|id| id.reveal().to_owned());
    let secret = (given.client_secret, &SECRET);
    let secret = sources.text_or_file(secret, (given.client_secret_file_path, &SECRET_FILE))?;
    let use_cli = match given.use_cli {
        Some(given) => Some(given),
        None => variables.switch(&USE_CLI)?,
    };
    if secret.is_none()
        && !is_cli_explicit
        && let Some(other) = variables.other_way()?
    {
        return Err(not_offered(
            other,
            "Give a client secret, or set use_cli = true to sign in as the user of the Azure CLI.",
        ));
    }
    let missing = |setting: &Setting, why: &str| missing(&variables, setting, why);
    let sign_in = match (secret, use_cli) {
        (_, Some(true)) => SignIn::Cli,
        (Some(secret), _) => {
            let why = "A client secret is given, and it signs in only together with a client id and a tenant.";
            let client_id = client_id.ok_or_else(|| missing(&CLIENT_ID, why))?;
            if tenant_id.is_none() {
                return Err(missing(&TENANT_ID, why));
            }
            SignIn::ClientSecret { client_id, secret }
        }
        (None, Some(false)) => {
            let why = "The Azure CLI must not be used (use_cli is false), and no client secret is given.";
            return Err(missing(&SECRET, why));
        }
        (None, None) if client_id.is_some() => {
            let why = "A client id is given, but nothing that proves it.";
            let given = missing(&SECRET, why);
            let remedy = format!("{} Or set use_cli = true to sign in as the user of the Azure CLI.", given.remedy);
            return Err(Refusal { remedy, ..given });
        }
        (None, None) => SignIn::Cli,
    };
    Ok(Settings { tenant_id, sign_in, cloud: Cloud::Public, user_agent })
}

/// Where a setting comes from when the configuration does not say it.
struct Sources<'a> {
    variables: &'a Variables<'a>,
    file: &'a dyn Fn(&str) -> io::Result<Secret>,
}

impl Sources<'_> {
    /// A text that may be secret, or what is in the file that another setting names. Both may be given when they say the same.
    fn text_or_file(
        &self,
        (text, setting): (Option<Secret>, &Setting),
        (path, file_setting): (Option<String>, &Setting),
    ) -> Result<Option<Secret>, Refusal> {
        // What the configuration says goes before what a variable says, be it there a text or a file.
        let is_given = text.is_some() || path.is_some();
        let variable = |setting| self.variables.text(setting).filter(|_| !is_given);
        let text = text.or_else(|| variable(setting).map(Secret::from));
        let path = path.or_else(|| variable(file_setting));
        let Some(path) = path else { return Ok(text) };
        let refused = |what: String, why: String, remedy: String| Refusal {
            argument: Some(file_setting.argument),
            what,
            why,
            remedy,
        };
        let read = (self.file)(&path).map_err(|error| {
            let remedy = format!("Check the path, or give {} instead.", setting.argument);
            refused(
                format!("The file of {} cannot be read", file_setting.argument),
                format!("{path}: {error}."),
                remedy,
            )
        })?;
        if read.reveal().is_empty() {
            let remedy = format!("Write the {} into it.", setting.argument);
            let what = format!("The file of {} is empty", file_setting.argument);
            return Err(refused(what, format!("There is nothing in {path}."), remedy));
        }
        match text {
            Some(text) if text != read => Err(refused(
                format!("{} and {} do not agree", setting.argument, file_setting.argument),
                format!("What is in {path} is not what {} says.", setting.argument),
                "Keep one of them.".to_owned(),
            )),
            _ => Ok(Some(read)),
        }
    }
}

fn missing(variables: &Variables<'_>, setting: &Setting, why: &str) -> Refusal {
    let argument = setting.argument;
    let variable = variables.name(setting).unwrap_or(setting.arm);
    Refusal {
        argument: Some(argument),
        what: format!("Missing {argument}"),
        why: why.to_owned(),
        remedy: format!("Set {argument} in the provider block, or the environment variable {variable}."),
    }
}

fn not_offered(other: &Other, remedy: &str) -> Refusal {
    let Other { variable, what, .. } = other;
    Refusal {
        argument: None,
        what: format!("{variable} asks for what is not offered"),
        why: format!(
            "The environment variable {variable} is set, which would {what}. This version of the provider does not."
        ),
        remedy: format!("{remedy} Whatever else is set would sign in as somebody else in silence."),
    }
}

impl From<NoSwitch> for Refusal {
    fn from(NoSwitch { variable, text }: NoSwitch) -> Refusal {
        Refusal {
            argument: None,
            what: format!("{variable} is neither true nor false"),
            why: format!("The environment variable {variable} is {text:?}."),
            remedy: format!("Set {variable} to true or false, or unset it."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of these arguments and variables: how it signs in, or the argument or the variable at fault.
    #[track_caller]
    fn check(given: Given, variables: &[(&str, &str)], expected: &str) {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
        let file = |path: &str| match path {
            "id" => Ok("from a file".to_owned().into()),
            "secret" => Ok("s".to_owned().into()),
            "nothing" => Ok(Secret::default()),
            _ => Err(io::ErrorKind::NotFound.into()),
        };
        let chosen = match choose(given, String::new(), &variable, &file) {
            Ok(Settings { sign_in: SignIn::Cli, .. }) => "the Azure CLI".to_owned(),
            Ok(Settings { sign_in: SignIn::ClientSecret { client_id, .. }, tenant_id, .. }) => {
                format!("{client_id} in {}", tenant_id.unwrap_or_default())
            }
            Err(Refusal { argument: Some(argument), what, .. }) => format!("{argument}: {what}"),
            Err(refusal) => refusal.what,
        };
        assert_eq!(chosen, expected);
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn secret() -> Given {
        Given { client_secret: Some("s".to_owned().into()), ..Given::default() }
    }

    const ALL: [(&str, &str); 3] = [("ARM_TENANT_ID", "t"), ("ARM_CLIENT_ID", "c"), ("ARM_CLIENT_SECRET", "s")];

    #[test]
    fn what_is_given_goes_before_what_the_environment_says() {
        check(Given::default(), &[], "the Azure CLI");
        check(Given::default(), &ALL, "c in t");
        check(Given { client_id: text("mine"), ..Given::default() }, &ALL, "mine in t");
        check(Given { use_cli: Some(true), ..Given::default() }, &ALL, "the Azure CLI");
        check(Given::default(), &[("ARM_USE_CLI", "true")], "the Azure CLI");
        check(Given::default(), &ALL[..2], "client_secret: Missing client_secret");
        check(Given { use_cli: Some(false), ..Given::default() }, &[], "client_secret: Missing client_secret");
        check(secret(), &ALL[..1], "client_id: Missing client_id");
        check(secret(), &ALL[1..2], "tenant_id: Missing tenant_id");
        check(Given { use_cli: Some(true), ..secret() }, &ALL, "use_cli: use_cli conflicts with client_secret");
    }

    #[test]
    fn one_family_of_variables_is_taken_whole() {
        let azure = [("AZURE_TENANT_ID", "at"), ("AZURE_CLIENT_ID", "ac"), ("AZURE_CLIENT_SECRET", "as")];
        check(Given::default(), &azure, "ac in at");
        check(Given::default(), &[&ALL[..], &azure].concat(), "c in t");
        check(Given::default(), &[&ALL[..2], &azure].concat(), "client_secret: Missing client_secret");
        check(secret(), &[&ALL[1..2], &azure].concat(), "tenant_id: Missing tenant_id");
        check(Given::default(), &[&[("ARM_SUBSCRIPTION_ID", "none of ours")], &azure[..]].concat(), "ac in at");
    }

    #[test]
    fn a_switch_is_read_and_what_is_none_is_named() {
        check(Given::default(), &[("ARM_USE_CLI", "0")], "client_secret: Missing client_secret");
        check(Given::default(), &[("ARM_USE_CLI", "T")], "the Azure CLI");
        check(Given::default(), &[("ARM_USE_CLI", "no")], "ARM_USE_CLI is neither true nor false");
        check(Given::default(), &[("ARM_USE_MSI", "on")], "ARM_USE_MSI is neither true nor false");
        check(Given { use_cli: Some(true), ..Given::default() }, &[("ARM_USE_CLI", "no")], "the Azure CLI");
    }

    #[test]
    fn a_file_may_hold_what_is_not_to_be_seen() {
        let path = |id: &str, secret: &str| Given {
            tenant_id: text("t"),
            client_id_file_path: text(id),
            client_secret_file_path: text(secret),
            ..Given::default()
        };
        check(path("id", "secret"), &[], "from a file in t");
        check(path("id", "secret"), &ALL, "from a file in t");
        check(path("id", "none"), &[], "client_secret_file_path: The file of client_secret_file_path cannot be read");
        check(path("nothing", "secret"), &[], "client_id_file_path: The file of client_id_file_path is empty");
        let both = Given { client_id: text("c"), ..path("id", "secret") };
        check(both, &[], "client_id_file_path: client_id and client_id_file_path do not agree");
        let variables =
            [("ARM_TENANT_ID", "t"), ("ARM_CLIENT_ID_FILE_PATH", "id"), ("ARM_CLIENT_SECRET_FILE_PATH", "secret")];
        check(Given::default(), &variables, "from a file in t");
        check(secret(), &[("ARM_CLIENT_SECRET_FILE_PATH", "none"), ALL[0], ALL[1]], "c in t");
    }

    #[test]
    fn what_would_be_somebody_else_is_an_error_that_names_it() {
        for (name, text) in [
            ("ARM_USE_OIDC", "true"),
            ("ARM_USE_MSI", "1"),
            ("ARM_CLIENT_CERTIFICATE_PATH", "x.pfx"),
            ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token"),
        ] {
            check(Given::default(), &[(name, text)], &format!("{name} asks for what is not offered"));
            check(Given { use_cli: Some(true), ..Given::default() }, &[(name, text)], "the Azure CLI");
        }
        check(Given::default(), &[&ALL[..], &[("ARM_USE_OIDC", "true")]].concat(), "c in t");
        check(Given::default(), &[("ARM_USE_OIDC", "false")], "the Azure CLI");
        for (name, text) in [("ARM_ENVIRONMENT", "china"), ("AZURE_AUTHORITY_HOST", "https://login.chinacloudapi.cn")] {
            check(secret(), &[(name, text)], &format!("{name} asks for what is not offered"));
        }
        check(Given::default(), &[("ARM_ENVIRONMENT", "Public")], "the Azure CLI");
        check(Given::default(), &[("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com/")], "the Azure CLI");
        check(Given::default(), &[&ALL[..], &[("AZURE_AUTHORITY_HOST", "https://elsewhere")]].concat(), "c in t");
    }
}
