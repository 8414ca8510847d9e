//! The body of a PUT: read as strictly as can be, and what it names looked up.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::exchange::Response;
use crate::rights::Known;
use crate::world::Caller;

use super::{Connection, HiddenValues, SERVICE, Session, invalid, nested};

/// The parameters of `azureRelay` that the connector hides.
const HIDDEN: [&str; 3] = ["environment", "xrmInstanceUri", "connectionType"];

/// What a read returns and a write may repeat, as whoever changes what was read does: it says nothing.
const READ_ONLY_AROUND: &[&str] = &["name", "id", "type"];
const READ_ONLY: &[&str] = &[
    "apiId",
    "iconUri",
    "statuses",
    "keywordsRemaining",
    "createdBy",
    "createdTime",
    "lastModifiedTime",
    "expirationTime",
    "testLinks",
    "permissions",
    "accountName",
    "allowSharing",
];

impl Session<'_> {
    /// The connection that a body asks for.
    pub(super) fn read(&self, body: &Value) -> Result<Connection, Response> {
        let body = object(body, "the body")?;
        only(body, &[&["properties"], READ_ONLY_AROUND].concat(), "the body")?;
        let properties = object(body.get("properties").unwrap_or(&Value::Null), "properties")?;
        let known = ["environment", "displayName", "credentialId", "connectionParametersSet"];
        only(properties, &[&known, READ_ONLY].concat(), "properties")?;
        let environment = object(properties.get("environment").unwrap_or(&Value::Null), "environment")?;
        only(environment, &["id", "name"], "environment")?;
        let id = format!("/providers/Microsoft.PowerApps/environments/{}", self.environment.id);
        if !text(environment, "name")?.eq_ignore_ascii_case(&self.environment.id)
            || !text(environment, "id")?.eq_ignore_ascii_case(&id)
        {
            return Err(invalid("environment is not the one that the host names"));
        }
        let display_name = text(properties, "displayName")?.to_owned();
        let set = object(properties.get("connectionParametersSet").unwrap_or(&Value::Null), "connectionParametersSet")?;
        only(set, &["name", "values"], "connectionParametersSet")?;
        let (name, values) = (text(set, "name")?, object(set.get("values").unwrap_or(&Value::Null), "values")?);
        let mut known = vec!["username", "password", "targetId"];
        match name {
            "azureRelay" if self.switches.hidden_values == HiddenValues::Demanded => known.extend(HIDDEN),
            "azureRelay" => {}
            "azureRelayRunOwner" => {
                known.extend(["tokenRunOwnerCert:clientId", "tokenRunOwnerCert:clientCertificateSecret"])
            }
            other => return Err(invalid(&format!("the parameter set {other:?} is not known"))),
        }
        only(values, &known, "values")?;
        if let Some(missing) = known.iter().find(|known| !values.contains_key(**known)) {
            return Err(invalid(&format!("the value {missing} is missing")));
        }
        let credential_id = match properties.get("credentialId") {
            None => None,
            Some(id) => {
                Some(id.as_str().and_then(|id| id.parse().ok()).ok_or_else(|| invalid("credentialId is no GUID"))?)
            }
        };
        if name == "azureRelayRunOwner" {
            self.check_run_owner(values, credential_id)?;
        }
        self.check_hidden(values)?;
        let target = value(values, "targetId")?;
        self.check_machine_group(target)?;
        match credential_id {
            Some(id) => self.check_credential(id, value(values, "username")?, value(values, "password")?)?,
            None if value(values, "username")?.starts_with('@') => {
                return Err(invalid("a user name from an environment variable needs a credentialId"));
            }
            None => {}
        }
        let shown = ["username", "targetId", "tokenRunOwnerCert:clientId"];
        let values = values.iter().filter(|(name, _)| shown.contains(&name.as_str()));
        Ok(Connection {
            id: String::new(),
            display_name,
            credential_id,
            set: name.to_owned(),
            values: values.map(|(name, value)| (name.clone(), value.clone())).collect(),
            created_by: self.caller.clone(),
            shared_with: BTreeSet::new(),
            error: None,
            created: self.now,
            modified: self.now,
            settles: self.now,
        })
    }

    /// What nobody has to say says what is known anyway.
    fn check_hidden(&self, values: &Map<String, Value>) -> Result<(), Response> {
        let url = self.environment.dataverse.as_ref().map(|org| format!("https://{}/", org.host)).unwrap_or_default();
        for (name, expected) in HIDDEN.into_iter().zip([self.environment.id.as_str(), &url, "azureRelay"]) {
            if values.contains_key(name) && !value(values, name)?.eq_ignore_ascii_case(expected) {
                return Err(invalid(&format!("the value {name} is not {expected}")));
            }
        }
        Ok(())
    }

    fn check_machine_group(&self, target: &str) -> Result<(), Response> {
        let org = self.environment.dataverse.as_ref().ok_or_else(|| invalid("the environment has no Dataverse"))?;
        let id = Uuid::try_parse(target).map_err(|_| invalid("targetId is no GUID"))?;
        if !org.machine_group_exists(id) {
            let message = format!("The machine group {id} does not exist.");
            return Err(nested(StatusCode::NOT_FOUND, "MachineGroupNotFound", &message));
        }
        let user = org.user_of(&self.caller);
        self.rights.note(SERVICE, "the machine group (own or shared)", Known::Documented);
        if user.is_some_and(|user| org.may_use(user, "flowmachinegroups", id)) {
            return Ok(());
        }
        let message = format!("The user '{}' has no access to the machine group {id}.", self.caller.object_id);
        Err(nested(StatusCode::FORBIDDEN, "MachineGroupAccessDenied", &message))
    }

    fn check_credential(&self, id: Uuid, username: &str, password: &str) -> Result<(), Response> {
        let org = self.environment.dataverse.as_ref().ok_or_else(|| invalid("the environment has no Dataverse"))?;
        let Some(credential) = org.credential(id) else {
            return Err(nested(
                StatusCode::NOT_FOUND,
                "CredentialNotFound",
                &format!("The credential {id} does not exist."),
            ));
        };
        self.rights.note(SERVICE, "the credential (own or shared)", Known::Documented);
        if !org.user_of(&self.caller).is_some_and(|user| org.may_use(user, "credentials", id)) {
            let message = format!("The user '{}' has no access to the credential {id}.", self.caller.object_id);
            return Err(nested(StatusCode::FORBIDDEN, "CredentialAccessDenied", &message));
        }
        let variable = credential["_username_value"].as_str().and_then(|id| Uuid::try_parse(id).ok());
        let schema_name = variable.and_then(|id| org.definition_schema_name(id)).unwrap_or_default();
        let expected = format!("@environmentVariables(\"{schema_name}\")");
        if username != expected {
            return Err(invalid(&format!("the user name of this credential is {expected}, not {username}")));
        }
        if credential["connectiontype"] == 5 && password != "none" {
            return Err(invalid("the password of a certificate-based credential is \"none\""));
        }
        Ok(())
    }

    fn check_run_owner(&self, values: &Map<String, Value>, credential: Option<Uuid>) -> Result<(), Response> {
        let client_id = value(values, "tokenRunOwnerCert:clientId")?;
        let secret = object(&values["tokenRunOwnerCert:clientCertificateSecret"], "clientCertificateSecret")?;
        let secret = object(secret.get("value").unwrap_or(&Value::Null), "clientCertificateSecret.value")?;
        only(secret, &["pfx", "password"], "clientCertificateSecret.value")?;
        text(secret, "password")?;
        let der = STANDARD.decode(text(secret, "pfx")?).map_err(|_| invalid("pfx is no base64"))?;
        // The outer sequence of a PFX with its version 3.
        if der.first() != Some(&0x30) || !der.windows(3).take(8).any(|bytes| bytes == [2, 1, 3]) {
            return Err(invalid("pfx is no PKCS#12"));
        }
        let org = self.environment.dataverse.as_ref().ok_or_else(|| invalid("the environment has no Dataverse"))?;
        self.rights.note(SERVICE, "the run owner as a user of the environment", Known::Documented);
        let owner = Caller { app_id: client_id.to_owned(), object_id: String::new(), ..self.caller.clone() };
        let Some(user) = org.user_of(&owner) else {
            let message = format!("The run owner {client_id} is no application user of the environment.");
            return Err(nested(StatusCode::FORBIDDEN, "RunOwnerNotFound", &message));
        };
        if credential.is_some() {
            self.rights.note(SERVICE, "the credential shared with the run owner", Known::Documented);
        }
        if credential.is_some_and(|id| !org.may_use(user, "credentials", id)) {
            let message = format!("The run owner {client_id} has no access to the credential.");
            return Err(nested(StatusCode::FORBIDDEN, "CredentialAccessDenied", &message));
        }
        Ok(())
    }
}

fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>, Response> {
    value.as_object().ok_or_else(|| invalid(&format!("{what} is missing or no object")))
}

fn only(fields: &Map<String, Value>, known: &[&str], what: &str) -> Result<(), Response> {
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        Some(strange) => Err(invalid(&format!("the sandbox does not know {strange:?} in {what}"))),
        None => Ok(()),
    }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, Response> {
    fields.get(name).and_then(Value::as_str).ok_or_else(|| invalid(&format!("{name} is missing or no text")))
}

/// A parameter: an object whose one field is its value.
fn value<'a>(values: &'a Map<String, Value>, name: &str) -> Result<&'a str, Response> {
    let parameter = object(values.get(name).unwrap_or(&Value::Null), name)?;
    only(parameter, &["value"], name)?;
    text(parameter, "value")
}
