//! Connections that are the same: no server keeps them apart, and two workspaces may make one at the same moment.
//!
//! So it is looked before, and again after. Only what this call has made itself is ever taken back.

use tfplugin::{Context, Diagnostic, Plan};
use uuid::Uuid;

use super::blueprint::Blueprint;
use super::schema::{NAME, View};
use crate::account::Account;
use crate::account::met::How;
use crate::clients::connectivity::{Alike, Connection, Connectivity, Listed};
use crate::clients::environment_id::EnvironmentId;
use crate::clients::error::Error;
use crate::failure::failed;
use crate::object::{Existing, Fault, Operation};

/// Why two connections are in each other's way, and what to do.
const TWO: &str =
    "Two connections of this configuration have the same display name, credential, machine group and run owner";
const REMEDY: &str = "Give each of them a display_name of its own, or remove one of them.";

/// Warns while Terraform plans a creation of what another connection of this run is already.
pub(super) fn plan(cx: &Context<Account>, plan: &mut Plan, planned: &View, environment_id: &EnvironmentId) {
    let key = planned.key(plan.planned.at("run_owner")).filter(|_| plan.is_create());
    if key.is_some_and(|key| !cx.clients.met().plans(environment_id, &key)) {
        let what = format!("{TWO}: the second creation will fail.");
        plan.tell(Diagnostic::warning("Two connections are the same", what).on("display_name").hint(REMEDY));
    }
}

/// The error about a connection that was there before.
pub(super) fn refused(op: &Operation<'_>, blueprint: &Blueprint, there: &Alike) -> Diagnostic {
    let existing = existing(op, blueprint, &there.id);
    let how = Uuid::try_parse(&there.id).ok().and_then(|id| op.cx.clients.met().how(&op.environment_id, id));
    if how == Some(How::Made) && there.unsaid.is_empty() {
        return existing.error_of_two(TWO, REMEDY);
    }
    if there.unsaid.is_empty() {
        return existing.error();
    }
    existing.error_after(&format!(
        "Nothing was changed. The service does not say its {}, which therefore cannot tell it apart: if it is another one, give this one \
         another display_name.",
        there.unsaid.join(", ")
    ))
}

/// Looks whether somebody else has made the same connection meanwhile, on the list that shows ours, if one was asked. The later one goes:
/// if that is ours, it is deleted again.
///
/// # Errors
/// It was deleted, or could not be.
pub(super) async fn withdraw_later(
    op: &Operation<'_>,
    connectivity: &Connectivity,
    blueprint: &Blueprint,
    own: &Connection,
    list: Option<Result<Listed, Error>>,
) -> Result<(), Fault> {
    let itself = blueprint.key().alike(own);
    let twins = found(op, connectivity, blueprint, &own.id, list).await;
    let first = twins.iter().find(|twin| itself.as_ref().is_some_and(|itself| is_later(itself, twin)));
    let Some(first) = first else {
        twins.iter().for_each(|twin| op.cx.tell(warning(&own.id, itself.as_ref(), twin)));
        return Ok(());
    };
    if let Err(error) = op.in_time(connectivity.delete(&own.id)).await {
        let first = format_args!("The connection {} is the same, and was there first.", first.id);
        return Err(op.failed(&error).also(first).into());
    }
    connectivity.release(&own.id);
    op.cx.let_go();
    let outcome =
        format!("It was made at the same time, and first: the one of this apply, {}, was deleted again.", own.id);
    Err(existing(op, blueprint, &first.id).error_after(&outcome).into())
}

/// Warns when a change has made a connection the same as another one.
pub(super) async fn warn(op: &Operation<'_>, connectivity: &Connectivity, blueprint: &Blueprint, own: &Connection) {
    let itself = blueprint.key().alike(own);
    let twins = found(op, connectivity, blueprint, &own.id, None).await;
    twins.iter().for_each(|twin| op.cx.tell(warning(&own.id, itself.as_ref(), twin)));
}

async fn found(
    op: &Operation<'_>,
    connectivity: &Connectivity,
    blueprint: &Blueprint,
    id: &str,
    list: Option<Result<Listed, Error>>,
) -> Vec<Alike> {
    // What was made is there: no time for a second look is no error.
    match op.in_time(connectivity.twins(&blueprint.key(), id, list)).await {
        Ok(twins) => twins,
        Err(error) => {
            let doubt = "Nobody can tell whether there is another such connection";
            op.cx.tell(failed(doubt, &error.of_read(true)).as_warning(doubt));
            Vec::new()
        }
    }
}

/// Whether the first of two certainly came after the second. Of two of the same moment it is the one with the greater id.
fn is_later(own: &Alike, other: &Alike) -> bool {
    let age = |one: &Alike| Some((one.created_on?, one.id.to_ascii_lowercase()));
    own.unsaid.is_empty() && other.unsaid.is_empty() && age(own).zip(age(other)).is_some_and(|(own, other)| own > other)
}

fn warning(id: &str, itself: Option<&Alike>, twin: &Alike) -> Diagnostic {
    let mut unsaid = twin.unsaid.clone();
    unsaid.extend(itself.iter().flat_map(|itself| itself.unsaid.iter().filter(|part| !twin.unsaid.contains(part))));
    let doubt = match unsaid.is_empty() {
        true => String::new(),
        false => format!(", as far as the service tells: it does not say the {}", unsaid.join(", ")),
    };
    let detail = format!("The connection {} is the same as {id}{doubt}. Nothing was deleted.", twin.id);
    Diagnostic::warning("There is another such connection", detail)
        .on("display_name")
        .hint("If it should not be there, delete it; if it is another one, give this one another display_name.")
}

fn existing(op: &Operation<'_>, blueprint: &Blueprint, id: &str) -> Existing {
    Existing {
        resource: NAME,
        what: format!("connection {:?} with this credential and machine group", blueprint.display_name),
        attribute: "display_name",
        environment_id: op.environment_id.clone(),
        id: id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::{Duration, OffsetDateTime};

    #[test]
    fn the_later_one_goes_and_of_two_of_a_moment_the_greater_id() {
        let made = |id: &str, seconds: i64| Alike {
            id: id.to_owned(),
            created_on: Some(OffsetDateTime::UNIX_EPOCH + Duration::seconds(seconds)),
            unsaid: Vec::new(),
        };
        for (own, other, expected) in [
            (made("a", 2), made("b", 1), true),
            (made("b", 1), made("a", 2), false),
            (made("B", 1), made("a", 1), true),
            (made("a", 1), made("B", 1), false),
            (Alike { unsaid: vec!["credential"], ..made("a", 2) }, made("b", 1), false),
            (made("a", 2), Alike { unsaid: vec!["run owner"], ..made("b", 1) }, false),
            (made("a", 2), Alike { created_on: None, ..made("b", 1) }, false),
        ] {
            assert_eq!(is_later(&own, &other), expected, "{own:?} {other:?}");
        }
    }
}
