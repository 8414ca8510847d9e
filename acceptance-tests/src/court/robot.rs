//! One robot's chain: the configurations that the tests vary.

use serde_json::{Value as Json, json};

use super::{Court, Object};

/// The type of the certificate reference.
pub const REFERENCE: &str = "powerautomate_key_vault_certificate_reference";
/// The type of the credential.
pub const CREDENTIAL: &str = "powerautomate_cba_credential";
/// The type of the connection.
pub const CONNECTION: &str = "powerautomate_desktop_flow_connection";

/// A configuration with other values; null takes one out.
#[must_use]
pub fn with(mut config: Json, changes: Json) -> Json {
    if let (Json::Object(fields), Json::Object(changes)) = (&mut config, changes) {
        fields.extend(changes);
    }
    config
}

impl Court {
    /// A reference to the robot's certificate.
    #[must_use]
    pub fn reference(&self) -> Json {
        let key_vault_id = &self.place().key_vault_id;
        json!({ "schema_name": "cto_robot_certificate", "key_vault_id": key_vault_id, "certificate_name": "robot" })
    }

    /// A credential with this reference.
    #[must_use]
    pub fn credential(&self, reference: &Object) -> Json {
        json!({ "name": "Robot", "username": "robot@contoso.com", "certificate_reference_id": reference["id"] })
    }

    /// A connection with this credential, to the machine group *Finance*.
    #[must_use]
    pub fn connection(&self, credential: &Object) -> Json {
        let machine_group_id = &self.place().machine_group_id;
        json!({ "display_name": "Robot", "credential_id": credential["id"], "machine_group_id": machine_group_id })
    }

    /// Makes the reference and the credential. What was said meanwhile is not told.
    #[track_caller]
    #[must_use]
    pub fn made_credential(&self) -> (Object, Object) {
        let reference = self.create(REFERENCE, &self.reference()).expect_quiet();
        let credential = self.create(CREDENTIAL, &self.credential(&reference)).expect_quiet();
        self.forget();
        (reference, credential)
    }

    /// Makes the whole chain. What was said meanwhile is not told.
    #[track_caller]
    #[must_use]
    pub fn made_chain(&self) -> (Object, Object, Object) {
        let (reference, credential) = self.made_credential();
        let connection = self.create(CONNECTION, &self.connection(&credential)).expect_quiet();
        self.forget();
        (reference, credential, connection)
    }
}
