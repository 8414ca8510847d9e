//! What the owner of a vault does: certificates, and who may read them.

use serde_json::{Value, json};

use super::Asked;
use crate::certificate::CertificateSpec;
use crate::key_vault::CertificatePermission;
use crate::world::World;

/// Answers what is asked of a vault.
pub(super) fn answer(world: &mut World, asked: &Asked<'_>) -> Result<Value, String> {
    let [_, vault, rest @ ..] = asked.path else { return Err(asked.strange()) };
    let now = world.now();
    let vault = world.vaults.get_mut(*vault).ok_or("there is no such vault")?;
    match (asked.method, rest) {
        ("PUT", ["certificates", name]) => {
            let spec: CertificateSpec = asked.read()?;
            Ok(json!({"version": vault.put_certificate(name, spec, now)}))
        }
        ("DELETE", ["certificates", name]) => {
            Ok(vault.certificates.remove(&name.to_ascii_lowercase()).is_some().into())
        }
        ("PUT", ["roles", principal, role]) => {
            vault.grant(principal, role);
            Ok(Value::Null)
        }
        ("DELETE", ["roles", principal, role]) => Ok(vault.revoke(principal, role).into()),
        ("PUT", ["policies", principal]) => {
            let permissions: Vec<CertificatePermission> = asked.read()?;
            vault.permit(principal, &permissions);
            Ok(Value::Null)
        }
        _ => Err(asked.strange()),
    }
}
