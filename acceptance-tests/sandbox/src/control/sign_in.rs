//! What the owner of an application does, and whoever rules who may sign in.

use serde_json::{Value, json};

use super::Asked;
use crate::managed_identity::ManagedIdentities;
use crate::world::World;

/// Answers what is asked of applications, identities and tokens.
pub(super) fn answer(world: &mut World, asked: &Asked<'_>) -> Result<Value, String> {
    match (asked.method, asked.path) {
        ("POST", ["challenges"]) => {
            world.challenge(asked.read()?);
            Ok(Value::Null)
        }
        ("DELETE", ["challenges"]) => {
            world.clear_challenges();
            Ok(Value::Null)
        }
        ("POST", ["token-refusals"]) => world.refuse_tokens(asked.read()?).map(|()| Value::Null),
        ("DELETE", ["token-refusals"]) => {
            world.clear_token_refusals();
            Ok(Value::Null)
        }
        ("POST", ["applications", id, what @ ("certificates" | "trusted-subjects")]) => {
            let certificate = world.client_certificate(&asked.read()?);
            let application = world.application_mut(id).ok_or("there is no such application")?;
            match *what {
                "certificates" => application.register(&certificate),
                _ => application.trust_subject_of(&certificate),
            }
            Ok(json!({"key": certificate.key_pem(), "certificates": certificate.chain_pem()}))
        }
        ("POST", ["applications", id, "federated-credentials"]) => {
            let application = world.application_mut(id).ok_or("there is no such application")?;
            application.federated_credentials.push(asked.read()?);
            Ok(Value::Null)
        }
        ("PUT", ["managed-identities"]) => {
            let assigned: ManagedIdentities = asked.read()?;
            let header = std::mem::take(&mut world.managed_identities.header);
            world.managed_identities = ManagedIdentities { header, ..assigned };
            Ok(Value::Null)
        }
        ("POST", ["identity-tokens"]) => Ok(json!({"token": world.identity_token(&asked.read()?)})),
        _ => Err(asked.strange()),
    }
}
