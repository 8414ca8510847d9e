//! What a connection shall be, and the one body that makes it and changes it.

use serde::Serialize;
use uuid::Uuid;

use crate::clients::environment_id::EnvironmentId;
use crate::clients::secret::Secret;

/// The name of the set of parameters of a connection with a run owner.
pub(super) const WITH_RUN_OWNER: &str = "azureRelayRunOwner";

/// What a connection shall be.
pub struct ConnectionRequest<'a> {
    /// The name that people see.
    pub display_name: &'a str,
    /// The credential that signs in.
    pub credential_id: Uuid,
    /// The schema name of the environment variable that holds the user name.
    pub username_variable: &'a str,
    /// The machine group; every single machine has one too.
    pub machine_group_id: Uuid,
    /// The service principal that runs own, when it is not whoever makes the connection.
    pub run_owner: Option<&'a RunOwner>,
}

/// A service principal that owns runs, with the certificate that proves it.
pub struct RunOwner {
    /// The application's id.
    pub client_id: String,
    /// Its certificate and private key as PKCS#12, in base64.
    pub pfx: Secret,
    /// The password of the PKCS#12, possibly empty.
    pub password: Secret,
}

/// What is shown of a secret.
pub(super) fn hidden(_: &Secret) -> &str {
    "(hidden)"
}

/// The body of the PUT that makes or changes a connection; `said` is what it says of a secret.
pub(super) fn body<'a>(
    environment_id: &'a EnvironmentId,
    wanted: &'a ConnectionRequest<'a>,
    said: fn(&Secret) -> &str,
) -> impl Serialize + use<'a> {
    let owner = wanted.run_owner;
    let certificate = |owner: &'a RunOwner| Certificate { pfx: said(&owner.pfx), password: said(&owner.password) };
    Body {
        properties: Properties {
            environment: Environment {
                id: format!("/providers/Microsoft.PowerApps/environments/{}", environment_id.sent()),
                name: environment_id.sent(),
            },
            display_name: wanted.display_name,
            credential_id: wanted.credential_id,
            connection_parameters_set: Parameters {
                name: parameter_set(wanted),
                values: Values {
                    username: Value { value: username(wanted) },
                    password: Value { value: "none" },
                    target_id: Value { value: wanted.machine_group_id },
                    client_id: owner.map(|owner| Value { value: owner.client_id.as_str() }),
                    certificate: owner.map(|owner| Value { value: certificate(owner) }),
                },
            },
        },
    }
}

/// The expression by which a connection finds its user name.
pub(super) fn username(wanted: &ConnectionRequest<'_>) -> String {
    format!("@environmentVariables(\"{}\")", wanted.username_variable)
}

/// The name of the set of parameters that a connection has.
pub(super) fn parameter_set(wanted: &ConnectionRequest<'_>) -> &'static str {
    if wanted.run_owner.is_some() { WITH_RUN_OWNER } else { "azureRelay" }
}

#[derive(Serialize)]
struct Body<'a> {
    properties: Properties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    environment: Environment,
    display_name: &'a str,
    credential_id: Uuid,
    connection_parameters_set: Parameters<'a>,
}

#[derive(Serialize)]
struct Environment {
    id: String,
    name: String,
}

#[derive(Serialize)]
struct Parameters<'a> {
    name: &'static str,
    values: Values<'a>,
}

#[derive(Serialize)]
struct Values<'a> {
    username: Value<String>,
    password: Value<&'static str>,
    #[serde(rename = "targetId")]
    target_id: Value<Uuid>,
    #[serde(rename = "tokenRunOwnerCert:clientId", skip_serializing_if = "Option::is_none")]
    client_id: Option<Value<&'a str>>,
    #[serde(rename = "tokenRunOwnerCert:clientCertificateSecret", skip_serializing_if = "Option::is_none")]
    certificate: Option<Value<Certificate<'a>>>,
}

#[derive(Serialize)]
struct Value<T> {
    value: T,
}

#[derive(Serialize)]
struct Certificate<'a> {
    pfx: &'a str,
    password: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVIRONMENT: &str = "00000000-0000-0000-0000-000000000009";

    fn wanted(run_owner: Option<&RunOwner>) -> ConnectionRequest<'_> {
        ConnectionRequest {
            display_name: "Robot",
            credential_id: Uuid::from_u128(1),
            username_variable: "cto_user",
            machine_group_id: Uuid::from_u128(2),
            run_owner,
        }
    }

    #[track_caller]
    fn check(wanted: &ConnectionRequest<'_>, said: fn(&Secret) -> &str, values: &str) {
        let environment_id = EnvironmentId::parse(ENVIRONMENT).unwrap();
        assert_eq!(
            serde_json::to_string(&body(&environment_id, wanted, said)).unwrap(),
            format!(
                r#"{{"properties":{{"environment":{{"id":"/providers/Microsoft.PowerApps/environments/{ENVIRONMENT}","name":"{ENVIRONMENT}"}},"displayName":"Robot","credentialId":"00000000-0000-0000-0000-000000000001","connectionParametersSet":{values}}}}}"#
            )
        );
    }

    #[test]
    fn a_connection_names_credential_user_and_group() {
        check(
            &wanted(None),
            Secret::reveal,
            r#"{"name":"azureRelay","values":{"username":{"value":"@environmentVariables(\"cto_user\")"},"password":{"value":"none"},"targetId":{"value":"00000000-0000-0000-0000-000000000002"}}}"#,
        );
    }

    #[test]
    fn a_run_owner_s_secrets_are_sent_and_never_shown() {
        let [pfx, password] = ["QUJD", "hunter2"].map(|secret| Secret::from(secret.to_owned()));
        let owner = RunOwner { client_id: "app".into(), pfx, password };
        let values = |pfx, password| {
            format!(
                r#"{{"name":"azureRelayRunOwner","values":{{"username":{{"value":"@environmentVariables(\"cto_user\")"}},"password":{{"value":"none"}},"targetId":{{"value":"00000000-0000-0000-0000-000000000002"}},"tokenRunOwnerCert:clientId":{{"value":"app"}},"tokenRunOwnerCert:clientCertificateSecret":{{"value":{{"pfx":"{pfx}","password":"{password}"}}}}}}}}"#
            )
        };
        check(&wanted(Some(&owner)), Secret::reveal, &values("QUJD", "hunter2"));
        check(&wanted(Some(&owner)), hidden, &values("(hidden)", "(hidden)"));
    }
}
