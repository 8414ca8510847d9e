//! What a connection shall be, and the one body that makes it and changes it.

use std::fmt;

use serde_json::{Value as Json, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::clients::environment_id::EnvironmentId;

/// What a connection shall be.
#[derive(Debug)]
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
    pub pfx: Zeroizing<String>,
    /// The password of the PKCS#12, possibly empty.
    pub password: Zeroizing<String>,
}

impl fmt::Debug for RunOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunOwner").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// The expression by which a connection finds its user name.
pub(super) fn username(wanted: &ConnectionRequest<'_>) -> String {
    format!("@environmentVariables(\"{}\")", wanted.username_variable)
}

/// The name of the set of parameters that a connection has.
pub(super) fn parameter_set(wanted: &ConnectionRequest<'_>) -> &'static str {
    if wanted.run_owner.is_some() { "azureRelayRunOwner" } else { "azureRelay" }
}

/// The body of the PUT that makes or changes a connection.
pub(super) fn body(environment_id: &EnvironmentId, wanted: &ConnectionRequest<'_>) -> Json {
    let mut values = json!({
        "username": {"value": username(wanted)},
        "password": {"value": "none"},
        "targetId": {"value": wanted.machine_group_id},
    });
    if let Some(owner) = wanted.run_owner {
        values["tokenRunOwnerCert:clientId"] = json!({"value": owner.client_id});
        values["tokenRunOwnerCert:clientCertificateSecret"] =
            json!({"value": {"pfx": *owner.pfx, "password": *owner.password}});
    }
    json!({"properties": {
        "environment": {
            "id": format!("/providers/Microsoft.PowerApps/environments/{}", environment_id.sent()),
            "name": environment_id.sent(),
        },
        "displayName": wanted.display_name,
        "credentialId": wanted.credential_id,
        "connectionParametersSet": {"name": parameter_set(wanted), "values": values},
    }})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::request::Request;
    use reqwest::Method;
    use url::Url;

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

    #[test]
    fn a_connection_names_credential_user_and_group() {
        let body = body(&EnvironmentId::parse(ENVIRONMENT).unwrap(), &wanted(None));
        assert_eq!(
            body.to_string(),
            r#"{"properties":{"connectionParametersSet":{"name":"azureRelay","values":{"password":{"value":"none"},"targetId":{"value":"00000000-0000-0000-0000-000000000002"},"username":{"value":"@environmentVariables(\"cto_user\")"}}},"credentialId":"00000000-0000-0000-0000-000000000001","displayName":"Robot","environment":{"id":"/providers/Microsoft.PowerApps/environments/00000000-0000-0000-0000-000000000009","name":"00000000-0000-0000-0000-000000000009"}}}"#
        );
    }

    #[test]
    fn a_run_owner_s_secrets_are_sent_and_never_shown() {
        let owner =
            RunOwner { client_id: "app".into(), pfx: "QUJD".to_owned().into(), password: "hunter2".to_owned().into() };
        let body = body(&EnvironmentId::parse(ENVIRONMENT).unwrap(), &wanted(Some(&owner)));
        assert_eq!(body.pointer("/properties/connectionParametersSet/name").unwrap(), "azureRelayRunOwner");
        let secret = "/properties/connectionParametersSet/values/tokenRunOwnerCert:clientCertificateSecret/value";
        assert_eq!(body.pointer(secret).unwrap(), &json!({"pfx": "QUJD", "password": "hunter2"}));
        let request = Request::new("writing", Method::PUT, Url::parse("https://a.example/").unwrap()).json(body);
        let shown = format!("{owner:?} {request:?}");
        assert!(!shown.contains("QUJD") && !shown.contains("hunter2"), "{shown}");
    }
}
