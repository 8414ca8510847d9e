//! Which cloud: what the provider block says, else what the variables do, as far as they say which.

use tfplugin::{Attribute, Check, NestedBlock, Type, Value};

use super::Refusal;
use super::settings::Setting;
use super::variables::{Family, Variables};
use crate::clients::cloud::{Cloud, NAMES};

/// The cloud, as an argument.
pub(crate) const CLOUD: Setting = Setting::text(
    "cloud",
    &["ARM_ENVIRONMENT"],
    "The cloud that tenant, vaults and environments are in: `public`, `gcc`, `gcchigh`, `dod` or `china`. Defaults to `public`, or to what the \
     environment variable says. The Azure CLI has a cloud of its own, which must be the same (`az cloud set`).",
)
.azure("AZURE_AUTHORITY_HOST")
.check(&[Check::OneOf(NAMES)]);

/// The block that names other hosts.
pub(crate) const ENDPOINTS: NestedBlock = NestedBlock::single(
    "endpoints",
    "Other hosts than those of the cloud, where Microsoft's sources contradict each other or have changed. Tokens go to these hosts alone.",
)
.attributes(&[
    host("authority_host", "The host that signs in, for example `login.microsoftonline.us`."),
    host("environments_host", "The host of the environments API (BAP), for example `high.api.bap.microsoft.us`."),
    Attribute::optional(
        "environments_audience",
        &Type::String,
        "For whom tokens for it are, an address that begins with `https://` and ends without a slash, for example \
         `https://gov.service.powerapps.us`.",
    )
    .check(&[Check::Url, Check::Format(is_audience)]),
    host(
        "power_platform_host",
        "The host of the Power Platform API, for example `api.appsplatform.us`; tokens for it are asked for with its name.",
    ),
    Attribute::optional(
        "environment_letters",
        &Type::Number,
        "How many letters of an environment's id stand behind the dot in its host below the Power Platform API's, from 1 to 2.",
    )
    .check(&[Check::Between { min: 1, max: 2 }]),
    host("dataverse_suffix", "What the host of an organization of Dataverse ends with, for example `crm.microsoftdynamics.us`."),
    host("key_vault_suffix", "What follows a vault's name in its host, for example `vault.usgovcloudapi.net`."),
]);

const fn host(name: &'static str, description: &'static str) -> Attribute {
    Attribute::optional(name, &Type::String, description).check(&[Check::Format(is_host)])
}

fn is_audience(text: &str) -> Result<(), String> {
    (!text.ends_with('/')).then_some(()).ok_or_else(|| "must end without a slash".to_owned())
}

fn is_host(text: &str) -> Result<(), String> {
    let is_label = |label: &str| {
        let is_letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        !label.is_empty() && label.chars().all(is_letter) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_right = text.contains('.') && text.split('.').all(is_label);
    is_right.then_some(()).ok_or_else(|| "must be the name of a host such as api.powerplatform.com".to_owned())
}

/// The cloud of a provider block.
///
/// # Errors
/// A variable names another one than those that are known, or does not say which.
pub(super) fn cloud(block: &Value, variables: Variables<'_>) -> Result<Cloud, Refusal> {
    let given = block.at(CLOUD.argument).as_str().and_then(Cloud::named);
    let mut cloud = match given {
        Some(cloud) => cloud,
        None => by_variables(variables)?,
    };
    let endpoints = block.at(ENDPOINTS.name);
    let said = |name: &str| endpoints.at(name).as_str().map(str::to_owned);
    let below = |suffix: String| format!(".{suffix}");
    for (host, said) in [
        (&mut cloud.sign_in, said("authority_host")),
        (&mut cloud.environments, said("environments_host")),
        (&mut cloud.environments_audience, said("environments_audience")),
        (&mut cloud.power_platform, said("power_platform_host")),
        (&mut cloud.dataverse, said("dataverse_suffix").map(below)),
        (&mut cloud.vaults, said("key_vault_suffix")),
    ] {
        *host = said.unwrap_or_else(|| host.clone());
    }
    if let Value::Number(letters) = endpoints.at("environment_letters")
        && let Some(letters) = letters.to_string().parse().ok()
    {
        cloud.last_letters = letters;
    }
    Ok(cloud)
}

/// The first argument of the block that only the apply will know.
pub(super) fn unknown(block: &Value) -> Option<&'static str> {
    let endpoints = block.at(ENDPOINTS.name);
    let is_unknown = |attribute: &&Attribute| endpoints.at(attribute.name).is_unknown();
    match block.at(CLOUD.argument).is_unknown() {
        true => Some(CLOUD.argument),
        false => ENDPOINTS.block.attributes.iter().find(is_unknown).map(|attribute| attribute.name),
    }
}

const METADATA: &str = "ARM_METADATA_HOSTNAME";

fn by_variables(variables: Variables<'_>) -> Result<Cloud, Refusal> {
    let other = |variable: &str, text: &str| Refusal {
        argument: None,
        block: None,
        what: format!("{variable} names another cloud"),
        why: format!(
            "The environment variable {variable} is {text:?}, which does not say in which of the clouds Power Platform is."
        ),
        remedy: format!(
            "Set cloud in the provider block to one of {}, which goes before the variable. Whatever is not said would sign in elsewhere in \
             silence.",
            NAMES.join(", ")
        ),
    };
    if variables.family == Family::Arm
        && let Some(text) = variables.of_a_place(METADATA).filter(|host| host != "management.azure.com")
    {
        return Err(other(METADATA, &text));
    }
    let Some((variable, text)) = variables.name(&CLOUD).zip(variables.text(&CLOUD)) else { return Ok(Cloud::public()) };
    let said = text.to_ascii_lowercase();
    let said = said.trim_start_matches("https://").trim_end_matches('/');
    match said {
        "public" | "login.microsoftonline.com" | "login.windows.net" => Ok(Cloud::public()),
        "china" | "login.chinacloudapi.cn" | "login.partner.microsoftonline.cn" => {
            Cloud::named("china").ok_or_else(|| other(variable, &text))
        }
        _ => Err(other(variable, &text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of this block and these variables: name, authority and one host, or the headline of the refusal.
    #[track_caller]
    fn check(block: Value, set: &[(&str, &str)], expected: &str) {
        let read = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
        let told = match cloud(&block, Variables::of(&read)) {
            Ok(cloud) => format!("{} {} {}", cloud.name, cloud.sign_in, cloud.dataverse),
            Err(refusal) => refusal.what,
        };
        assert_eq!(told, expected);
    }

    fn of(name: &str) -> Value {
        Value::object([("cloud", name.into())])
    }

    const PUBLIC: &str = "public login.microsoftonline.com .dynamics.com";
    const CHINA: &str = "china login.chinacloudapi.cn .crm.dynamics.cn";

    #[test]
    fn a_cloud_is_said_by_the_block_or_by_a_variable_that_says_which() {
        check(Value::Null, &[], PUBLIC);
        check(of("dod"), &[], "dod login.microsoftonline.us .crm.appsplatform.us");
        check(of("gcc"), &[("ARM_ENVIRONMENT", "usgovernment")], "gcc login.microsoftonline.com .crm9.dynamics.com");
        for (name, text, expected) in [
            ("ARM_ENVIRONMENT", "Public", PUBLIC),
            ("ARM_ENVIRONMENT", "china", CHINA),
            ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com/", PUBLIC),
            ("AZURE_AUTHORITY_HOST", "https://login.chinacloudapi.cn", CHINA),
            ("ARM_METADATA_HOSTNAME", "management.azure.com", PUBLIC),
            ("ARM_METADATA_HOSTNAME", "management.local.azurestack", "ARM_METADATA_HOSTNAME names another cloud"),
            ("ARM_ENVIRONMENT", "usgovernment", "ARM_ENVIRONMENT names another cloud"),
            ("ARM_ENVIRONMENT", "german", "ARM_ENVIRONMENT names another cloud"),
            ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us", "AZURE_AUTHORITY_HOST names another cloud"),
            ("AZURE_AUTHORITY_HOST", "https://evil.example", "AZURE_AUTHORITY_HOST names another cloud"),
        ] {
            check(Value::Null, &[(name, text)], expected);
        }
        check(Value::Null, &[("ARM_TENANT_ID", "t"), ("AZURE_AUTHORITY_HOST", "https://evil.example")], PUBLIC);
    }

    #[test]
    fn other_hosts_may_be_named() {
        let endpoints = |name: &str, value: Value| Value::object([("endpoints", Value::object([(name, value)]))]);
        check(
            endpoints("dataverse_suffix", "crm.example".into()),
            &[],
            "public login.microsoftonline.com .crm.example",
        );
        check(endpoints("authority_host", "login.example".into()), &[], "public login.example .dynamics.com");
        let none = |_: &str| None;
        let letters = cloud(&endpoints("environment_letters", 1.into()), Variables::of(&none)).unwrap().last_letters;
        assert_eq!(letters, 1);
        for wrong in ["https://a.example", "a.example/", "localhost", "a..b", "A.example", "-a.b", "a.b:443", ""] {
            assert!(is_host(wrong).is_err(), "{wrong}");
        }
    }
}
