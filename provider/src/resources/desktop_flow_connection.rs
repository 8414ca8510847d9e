//! `powerautomate_desktop_flow_connection`: a connection to desktop flows that signs in with a credential.
//!
//! One PUT makes it and changes it, so that it keeps the id by which flows know it. What the service answers is not yet success: the
//! status must become `Connected`.

mod blueprint;
pub(crate) mod connected;
mod run_owner;
mod schema;
mod twins;

use std::time::Duration;

use tfplugin::listing::{Hits, Query};
use tfplugin::{Context, Diagnostic, Identity, Import, Plan, Resource, Schema, Value};
use uuid::Uuid;

use crate::account::Account;
use crate::clients::connectivity::{CONNECTED, Connection, is_failure};
use crate::clients::error::Error;
use crate::object::{
    Deadline, Fault, IDENTITY, Operation, Target, Verb, chosen, leave_to_plan, plan_environment, same_id, tell_all,
};
use blueprint::Blueprint;
use connected::Waiting;
use schema::{ConnectionQuery, INPUTS, LISTING, Model, NAME, SCHEMA, View};

/// The resource.
pub(crate) struct DesktopFlowConnection;

impl Resource for DesktopFlowConnection {
    type Clients = Account;
    type Model = Model;
    const NAME: &'static str = NAME;
    const SCHEMA: &'static Schema = SCHEMA;
    const IDENTITY: Option<&'static Identity> = IDENTITY;
    const LISTING: Option<&'static Schema> = Some(LISTING);

    async fn plan(&self, cx: &Context<Account>, plan: &mut Plan) -> Result<(), Diagnostic> {
        if plan.is_destroy() {
            return Ok(());
        }
        let (prior, planned): (View, View) = (plan.prior_view()?, plan.planned_view()?);
        // Nothing was told of what was imported: whether it has a run owner, the service says when the whole is written again.
        if prior.machine_group_id.is_null() {
            plan.change_in_place("run_owner");
        }
        let failed = prior.status.known().filter(|status| is_failure(status));
        let changes = |name: &&str| plan.changes(name);
        let surely_changes = |name: &&str| plan.changes(name) && plan.planned.at(name).is_wholly_known();
        if plan.is_create() || failed.is_some() || INPUTS.iter().any(surely_changes) {
            plan.set("status", CONNECTED.into());
            plan.set("status_detail", Value::Null);
        } else if INPUTS.iter().any(changes) && prior.status.known().is_none_or(|status| status != CONNECTED) {
            // What is not known may turn out to be what it was: then nothing is written, and the status stays.
            plan.set("status", Value::UNKNOWN);
            plan.set("status_detail", Value::UNKNOWN);
        }
        let environment_id = plan_environment(cx, plan)?;
        if let Some(environment_id) = &environment_id {
            twins::plan(cx, plan, &planned, environment_id);
        }
        if let Some(environment_id) = environment_id.filter(|_| cx.clients.is_known()) {
            let name = planned.display_name.known().map_or("that is planned", String::as_str);
            let (subject, leave) = (format!("the connection {name}"), leave_to_plan(cx, plan)?);
            let deadline = Deadline::of(Verb::Plan, None);
            let op = Operation::begin(cx, Verb::Plan, environment_id, deadline, subject.clone());
            leave.during(blueprint::look_up(&op, plan, &planned, &subject)).await?;
        }
        if let Some(status) = failed {
            let reason = prior.status_detail.known().unwrap_or(status);
            let what =
                format!("The service says of it: {}. It is planned to be written again.", reason.trim_end_matches('.'));
            plan.tell(Diagnostic::warning("The connection has failed", what).on("status").hint(
                "Writing it again mends it only if the cause is gone: check the machines, the certificate, and that Dataverse may read it.",
            ));
        }
        Ok(())
    }

    async fn create(&self, cx: &Context<Account>, mut planned: Model) -> Result<Model, Diagnostic> {
        let op = Operation::on(cx, Verb::Create, &planned);
        op.run(async {
            let blueprint = Blueprint::check(&op, &planned).await?;
            let connectivity = op.connectivity()?;
            let minted = Uuid::new_v4();
            let (id, key) = (minted.to_string(), blueprint.key());
            if let Some(there) = once_known(&op, || connectivity.reserve(&key, &id)).await? {
                return Err(twins::refused(&op, &blueprint, &there).into());
            }
            cx.clients.met().makes(&op.environment_id, minted, &planned.key().unwrap_or_default());
            planned = Model { id: Some(id.clone()), status: None, ..planned };
            let request = blueprint.request();
            let write = async { connectivity.put(&id, &request).await.map(Some) };
            match op.write_new(&planned, write, connectivity.connection(&id)).await {
                Ok(Some(written)) => planned = Model::written(&written, planned),
                Ok(None) => {}
                Err(error) => {
                    if !error.outcome_unknown() {
                        connectivity.release(&id);
                    }
                    return Err(blueprint.refused(&op, &error).await.into());
                }
            }
            let mut waiting = Waiting::of_new(&op, &connectivity, &id);
            let made = until_connected(&op, &op.summary(), &mut waiting, planned).await;
            let list = waiting.list();
            if let Some(own) = waiting.settled() {
                twins::withdraw_later(&op, &connectivity, &blueprint, own, list).await?;
            }
            made
        })
        .await
    }

    async fn read(&self, cx: &Context<Account>, prior: Model) -> Result<Option<Model>, Diagnostic> {
        let op = Operation::on(cx, Verb::Read, &prior);
        op.run(async {
            let id = op.id(&prior.id)?;
            match op.connectivity()?.refreshed(&id).await {
                Ok(Some(connection)) => return Ok(Some(Model::of(&connection, prior))),
                Ok(None) => {}
                // Whoever merely plans may do without a role of Power Platform.
                Err(error) if error.is_unentitled() => {
                    let unread = cx.clients.with_right(op.failed(&error), &error).await;
                    cx.tell(unread.as_warning("A connection could not be read").also("What was known of it stays as it was."));
                    return Ok(Some(prior));
                }
                Err(error) => return Err(error.into()),
            }
            let Some(invisible) = invisible(cx, &id, &prior).await else { return Ok(None) };
            let detail = format!("{invisible} What was known of it stays as it was.");
            cx.tell(Diagnostic::warning("The connection cannot be seen", detail).hint(
                "If it is really gone, remove it with `terraform state rm` and the address that Terraform prints with this warning.",
            ));
            Ok(Some(prior))
        })
        .await
    }

    async fn update(&self, cx: &Context<Account>, prior: Model, mut planned: Model) -> Result<Model, Diagnostic> {
        let stays_alike = planned.is_alike(&prior);
        if stays_alike && planned.run_owner == prior.run_owner && planned.status == prior.status {
            return Ok(planned);
        }
        let op = Operation::change(cx, &prior, &planned);
        op.run(async {
            let blueprint = Blueprint::check(&op, &planned).await?;
            let (id, connectivity) = (op.id(&prior.id)?, op.connectivity()?);
            let reread = async { Some(Model::of(&connectivity.connection(&id).await.ok()??, prior)) };
            match op.write(connectivity.put(&id, &blueprint.request()), reread).await {
                Ok(written) => planned = Model::written(&written, planned),
                Err(error) => return Err(blueprint.refused(&op, &error).await.into()),
            }
            connectivity.rekey(blueprint.key(), &id);
            let mut waiting = Waiting::new(&op, &connectivity, &id);
            let summary = format!("The connection {} is changed, and not connected", blueprint.display_name);
            let changed = until_connected(&op, &summary, &mut waiting, planned).await;
            if let Some(own) = waiting.settled().filter(|_| !stays_alike) {
                twins::warn(&op, &connectivity, &blueprint, own).await;
            }
            let model = changed?;
            // What the plan asked for is held against what came of it, not overwritten by it.
            not_changed("credential_id", blueprint.credential_id, model.credential_id)?;
            not_changed("machine_group_id", blueprint.machine_group_id, model.machine_group_id)?;
            Ok(model)
        })
        .await
    }

    async fn delete(&self, cx: &Context<Account>, prior: Model) -> Result<(), Diagnostic> {
        let op = Operation::on(cx, Verb::Delete, &prior);
        op.run(async {
            let (id, connectivity) = (op.id(&prior.id)?, op.connectivity()?);
            // A repeated removal finds nothing left: what the first one found is what counts.
            let (mut removal, mut was_there) = (op.removal(), None);
            loop {
                let found = op.in_time(connectivity.delete(&id)).await;
                was_there.get_or_insert(*found.as_ref().unwrap_or(&true));
                if removal.is_over(found.map(drop))? {
                    break;
                }
            }
            connectivity.release(&id);
            match invisible(cx, &id, &prior).await {
                Some(invisible) if was_there == Some(false) => Err(Diagnostic::error(op.summary(), invisible)
                    .hint("Sign in as its maker, or, if it is really gone, remove it with `terraform state rm`.")
                    .into()),
                _ => Ok(()),
            }
        })
        .await
    }

    async fn import(&self, cx: &Context<Account>, what: Import<'_>) -> Result<Model, Diagnostic> {
        let target = Target::of(cx, what, "display name")?;
        let op = target.look_up::<Model>(cx);
        op.run(async {
            let (connectivity, what) = (op.connectivity()?, target.what.as_str());
            let may_be_id = target.by_identity || !what.contains(' ');
            let mut found: Vec<Connection> = match may_be_id {
                true => connectivity.connection(what).await?.into_iter().collect(),
                false => Vec::new(),
            };
            if found.is_empty() && !target.by_identity {
                let all = connectivity.listed().await?;
                found =
                    all.connections.iter().filter(|one| one.display_name.as_deref() == Some(what)).cloned().collect();
            }
            let hint = "Give the connection's id or its display name.";
            let connection = target.single(found, "desktop flow connection", hint, |one| one.id.clone())?;
            if let Some(kind) = other_kind(&connection) {
                let detail = format!("The connection {what:?} {kind}.");
                let other = Diagnostic::error("The connection does not sign in with a credential", detail);
                return Err(other.hint("Use a connection that was made with a certificate-based credential.").into());
            }
            Ok(Model::found(&target.environment_id, &connection))
        })
        .await
    }

    async fn list(&self, cx: &Context<Account>, query: &Query, hits: &Hits) -> Result<(), Diagnostic> {
        let asked: ConnectionQuery = query.model()?;
        let environment_id = chosen(cx, asked.environment_id.clone())?;
        let op = Operation::find::<Model>(cx, Verb::List, environment_id.clone());
        op.run(async {
            let is_wanted = |one: &Connection| other_kind(one).is_none() && asked.has(one);
            let model = async |connection: Connection| {
                let model = Model::found(&environment_id, &connection);
                Ok((connection.display_name.unwrap_or(connection.id), model))
            };
            tell_all(hits, op.connectivity()?.connections()?, is_wanted, model).await
        })
        .await
    }
}

/// What a connection is that has no credential.
fn other_kind(connection: &Connection) -> Option<&'static str> {
    match &connection.username {
        Some(username) if !username.starts_with("@environmentVariables(") => {
            Some("signs in with a user name and a password of its own")
        }
        _ => None,
    }
}

/// Waits until the connection is connected; `summary` is the headline when it does not come to that. What exists meanwhile is remembered.
async fn until_connected(
    op: &Operation<'_>,
    summary: &str,
    waiting: &mut Waiting<'_>,
    mut model: Model,
) -> Result<Model, Fault> {
    op.cx.keep(&model);
    loop {
        waiting.read().await?;
        if let Some(connection) = &waiting.connection {
            model = Model::written(connection, model);
            op.cx.keep(&model);
        }
        if waiting.is_over(summary)? {
            return Ok(model);
        }
        waiting.pause(summary).await?;
    }
}

/// The error that the service has kept what it had, when it says so.
fn not_changed(name: &str, asked: Uuid, now: Option<Uuid>) -> Result<(), Diagnostic> {
    match now {
        Some(now) if now != asked => {
            let detail = format!("{asked} was asked for, and the service kept {now}.");
            Err(Diagnostic::error(format!("The service did not change {name}"), detail)
                .on(name)
                .hint("Replace the connection with terraform apply -replace; flows then need its new id."))
        }
        _ => Ok(()),
    }
}

/// Asks until the service knows the environment, which is too new for it for some minutes.
async fn once_known<T, F: Future<Output = Result<T, Error>>>(
    op: &Operation<'_>,
    ask: impl Fn() -> F,
) -> Result<T, Error> {
    let mut pause = Duration::from_millis(500);
    loop {
        match ask().await {
            Err(error) if error.is_environment_unseen() && op.pause(op.deadline, pause).await => {
                pause = (pause * 2).min(Duration::from_secs(15));
            }
            asked => return asked,
        }
    }
}

/// Why a connection that the service does not know may be there all the same: somebody else has made it, or nobody can tell whether it
/// was somebody else. Where the state knows no maker, the service's word counts: that is what a creation leaves whose answer was lost.
async fn invisible(cx: &Context<Account>, id: &str, prior: &Model) -> Option<String> {
    let maker = prior.created_by.as_deref()?;
    let signed_in = match cx.clients.caller().await {
        Some(caller) if same_id(maker, &caller.object_id) => return None,
        Some(_) => format!("the provider is signed in as {}", cx.clients.caller_in_words().await),
        None => "its token does not say as whom the provider is signed in".to_owned(),
    };
    Some(format!(
        "The service says that there is no connection {id}. It was made by {maker}, and {signed_in}: it may merely be invisible."
    ))
}
