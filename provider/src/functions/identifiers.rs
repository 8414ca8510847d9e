//! Functions that take identifiers apart, or make an address of one.

use tfplugin::cty::Type;
use tfplugin::function::{Fault, Function, Parameter};
use tfplugin::value::Value;
use url::{Host, Url};

use crate::clients::cloud::{Cloud, NAMES};
use crate::clients::environment_id::EnvironmentId;

/// The function `environment_host`.
pub(super) const ENVIRONMENT_HOST: Function = Function::new(
    "environment_host",
    "Makes the host of an environment in the Power Platform API",
    "Makes the name of the host under which the Power Platform API serves an environment: the environment's id in lower \
        case and without dashes, with a dot before its last letters, `environment`, and the host of the cloud.\n\n\
        The clouds are `public`, `gcc`, `gcchigh`, `dod` and `china`. In the public cloud the dot stands before the last two letters. \
        For the other clouds the sources disagree; what is chosen here is the rule of Microsoft's Agents SDK, the last letter alone, \
        and for `gcchigh` its host `api.high.powerplatform.microsoft.us`. This was not verified against a tenant.\n\n\
        Source: [Manage connections](https://learn.microsoft.com/power-automate/desktop-flows/alm/alm-connection).",
    &Type::String,
    |arguments| {
        let (environment_id, cloud) = (text(arguments, 0), text(arguments, 1));
        let environment_id =
            EnvironmentId::parse(environment_id).map_err(|what| Fault::argument(0, format!("The value {what}.")))?;
        let cloud = Cloud::named(cloud).ok_or_else(|| {
            Fault::argument(1, format!("There is no cloud {cloud:?}. The clouds are {}.", NAMES.join(", ")))
        })?;
        Ok(cloud.environment_host(&environment_id).into())
    },
)
.parameters(&[
        Parameter::new("environment_id", &Type::String, "The id of the environment: a GUID, or `Default-` and a GUID."),
        Parameter::new("cloud", &Type::String, "The cloud: `public`, `gcc`, `gcchigh`, `dod` or `china`."),
    ]);

static CONNECTION: Type = Type::object(&[("connector", Type::String), ("name", Type::String)]);

/// The function `parse_connection_id`.
pub(super) const PARSE_CONNECTION_ID: Function = Function::new(
    "parse_connection_id",
    "Takes the id of a connection apart",
    "Takes apart the id of a connection as Power Platform spells it, \
        `/providers/Microsoft.PowerApps/apis/<connector>/connections/<name>`, with or without \
        `/scopes/<scope>` before `apis`. The result has the attributes `connector` and `name`; the name is what this provider calls \
        the `id` of a connection.",
    &CONNECTION,
    |arguments| {
        const SHAPE: &str = "/providers/Microsoft.PowerApps/apis/<connector>/connections/<name>";
        let id = text(arguments, 0);
        let parts: Vec<&str> = id.split('/').collect();
        let is = |part: &str, word: &str| part.eq_ignore_ascii_case(word);
        match parts.as_slice() {
            ["", providers, apps, rest @ ..] if is(providers, "providers") && is(apps, "Microsoft.PowerApps") => {
                let rest = match rest {
                    [scopes, scope, rest @ ..] if is(scopes, "scopes") && !scope.is_empty() => rest,
                    rest => rest,
                };
                match rest {
                    [apis, connector, connections, name]
                        if is(apis, "apis")
                            && is(connections, "connections")
                            && !connector.is_empty()
                            && !name.is_empty() =>
                    {
                        Ok(Value::object([("connector", (*connector).into()), ("name", (*name).into())]))
                    }
                    _ => Err(Fault::argument(0, format!("It is not of the form {SHAPE}: {id:?}."))),
                }
            }
            _ => Err(Fault::argument(0, format!("It does not begin with /providers/Microsoft.PowerApps: {id:?}."))),
        }
    },
)
.parameters(&[Parameter::new(
        "id",
        &Type::String,
        "The id, for example `/providers/Microsoft.PowerApps/apis/shared_uiflow/connections/3f1c7d0e5b6a4c2f9e8d7c6b5a493827`. \
         The words in it may be in any case.",
    )]);

static CERTIFICATE: Type = Type::object(&[
    ("vault_url", Type::String),
    ("vault_name", Type::String),
    ("name", Type::String),
    ("version", Type::String),
]);

/// The function `parse_key_vault_certificate_id`.
pub(super) const PARSE_KEY_VAULT_CERTIFICATE_ID: Function = Function::new(
    "parse_key_vault_certificate_id",
    "Takes the id of a certificate in Key Vault apart",
    "Takes apart the id of a certificate in Key Vault, `https://<vault>.vault.azure.net/certificates/<name>/<version>`, with \
        or without the version; the ids of the secret and of the key that belong to a certificate have the same form and are taken too. \
        The result has the attributes `vault_url`, `vault_name`, `name` and `version`, which is null when the id has none.\n\n\
        Source: [Object identifiers](https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers).",
    &CERTIFICATE,
    |arguments| parse_certificate_id(text(arguments, 0)).map_err(|text| Fault::argument(0, text)),
)
.parameters(&[Parameter::new(
        "id",
        &Type::String,
        "The id, for example `https://kv-robots.vault.azure.net/certificates/robot/0123456789abcdef0123456789abcdef`.",
    )]);

fn parse_certificate_id(id: &str) -> Result<Value, String> {
    const SHAPE: &str = "https://<vault>.vault.azure.net/certificates/<name>/<version>";
    let wrong = |what: &str| format!("It is not of the form {SHAPE}: {what}.");
    let url = Url::parse(id).map_err(|error| wrong(&error.to_string()))?;
    let Some(Host::Domain(host)) = url.host().filter(|_| url.scheme() == "https") else {
        return Err(wrong("it is no https address with a name"));
    };
    let (vault, domain) = host.split_once('.').ok_or_else(|| wrong("its host names no vault"))?;
    if !domain.starts_with("vault.") {
        return Err(wrong(&format!("{host} is no host of Key Vault")));
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.port().is_some() {
        return Err(wrong("it has parts that an id has not"));
    }
    let path: Vec<&str> = url.path().trim_matches('/').split('/').collect();
    let (name, version) = match path.as_slice() {
        [kind, name] if is_kind(kind) => (*name, Value::Null),
        [kind, name, version] if is_kind(kind) => (*name, Value::from(*version)),
        [kind, ..] if !is_kind(kind) => return Err(wrong(&format!("{kind:?} is no kind of object"))),
        _ => return Err(wrong("it names no certificate, or something below one")),
    };
    let is_name = |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if !(1..=127).contains(&name.len()) || !is_name(name) {
        return Err(wrong("a name has 1 to 127 letters, digits and hyphens"));
    }
    if version.as_str().is_some_and(|version| version.len() != 32 || !is_name(version)) {
        return Err(wrong("a version has 32 letters and digits"));
    }
    Ok(Value::object([
        ("vault_url", format!("https://{host}/").into()),
        ("vault_name", vault.into()),
        ("name", name.into()),
        ("version", version),
    ]))
}

fn is_kind(text: &str) -> bool {
    ["certificates", "secrets", "keys"].iter().any(|kind| kind.eq_ignore_ascii_case(text))
}

fn text(arguments: &[Value], place: usize) -> &str {
    arguments.get(place).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(function: &Function, arguments: &[&str], expected: Result<&[(&str, &str)], (usize, &str)>) {
        let arguments: Vec<Value> = arguments.iter().map(|text| (*text).into()).collect();
        match ((function.call)(&arguments), expected) {
            (Ok(Value::String(text)), Ok([("", expected)])) => assert_eq!(&text, expected),
            (Ok(value), Ok(expected)) => {
                expected.iter().for_each(|(name, text)| assert_eq!(value.at(name).as_str().unwrap_or("null"), *text));
            }
            (Err(fault), Err((place, words))) => {
                assert_eq!(fault.argument, Some(place));
                assert!(fault.text.contains(words), "{}", fault.text);
            }
            (other, _) => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_environment_has_a_host_in_every_cloud() {
        const ID: &str = "37520647-DBDF-49fa-ba01-6134c14680c4";
        let public = "37520647dbdf49faba016134c14680.c4.environment.api.powerplatform.com";
        check(&ENVIRONMENT_HOST, &[ID, "public"], Ok(&[("", public)]));
        let gcc = "37520647dbdf49faba016134c14680c.4.environment.api.gov.powerplatform.microsoft.us";
        check(&ENVIRONMENT_HOST, &[ID, "gcc"], Ok(&[("", gcc)]));
        check(&ENVIRONMENT_HOST, &["prod", "public"], Err((0, "must be an environment id")));
        check(&ENVIRONMENT_HOST, &[ID, "mars"], Err((1, "There is no cloud \"mars\"")));
    }

    #[test]
    fn a_connection_id_is_taken_apart() {
        let check = |id: &str, expected| check(&PARSE_CONNECTION_ID, &[id], expected);
        let parts: &[(&str, &str)] = &[("connector", "shared_uiflow"), ("name", "abc")];
        check("/providers/Microsoft.PowerApps/apis/shared_uiflow/connections/abc", Ok(parts));
        check("/providers/microsoft.powerapps/scopes/admin/apis/shared_uiflow/connections/abc", Ok(parts));
        check("abc", Err((0, "does not begin with")));
        check("/providers/Microsoft.PowerApps/apis/shared_uiflow/connections/", Err((0, "not of the form")));
        check("/providers/Microsoft.PowerApps/apis/shared_uiflow/connections/a/b", Err((0, "not of the form")));
    }

    #[test]
    fn a_certificate_id_is_taken_apart() {
        let check = |id: &str, expected| check(&PARSE_KEY_VAULT_CERTIFICATE_ID, &[id], expected);
        let all: &[(&str, &str)] = &[
            ("vault_url", "https://kv.vault.azure.net/"),
            ("vault_name", "kv"),
            ("name", "robot"),
            ("version", "null"),
        ];
        check("https://KV.vault.azure.net/certificates/robot", Ok(all));
        check("https://kv.vault.azure.cn/secrets/robot/0123456789abcdef0123456789abcdef", Ok(&[("name", "robot")]));
        check("robot", Err((0, "not of the form")));
        check("https://kv.vault.azure.net/certificates/robot/1", Err((0, "a version has 32")));
        check("https://kv.example.com/certificates/robot", Err((0, "no host of Key Vault")));
        check("https://kv.vault.azure.net/tables/robot", Err((0, "no kind of object")));
        check("https://kv.vault.azure.net/certificates/ro%20bot", Err((0, "a name has")));
        check("http://kv.vault.azure.net/certificates/robot", Err((0, "no https address")));
    }
}
