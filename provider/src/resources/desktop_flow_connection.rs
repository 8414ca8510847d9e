//! `powerautomate_desktop_flow_connection`: a connection to desktop flows that signs in with a credential.
//!
//! One PUT makes it and changes it, so that it keeps the id by which flows know it. What the service answers is not yet success: the
//! status must become `Connected`.

use serde::{Deserialize, Serialize};
use tfplugin::context::Context;
use tfplugin::cty::Type;
use tfplugin::diagnostic::Diagnostic;
use tfplugin::identity::Identity;
use tfplugin::listing::{Hits, Query};
use tfplugin::plan::Plan;
use tfplugin::resource::{Import, Resource};
use tfplugin::schema::{Attribute, Check, Schema};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::connected::{CONNECTED, Waiting};
use super::failure::failed;
use super::identity::{IDENTITY, Target, environment};
use super::known_connections::{Key, release, reserve, rewrite};
use super::listed::{self, NAME_PREFIX, begins_with};
use super::run_owner::{RUN_OWNER, RunOwnerModel, run_owner};
use super::secret_access;
use super::shared::{ENVIRONMENT_ID, guid, plan_environment, required, same_id};
use super::timeouts::{self, Deadline, TIMEOUTS, Timeouts};
use crate::clients::Error;
use crate::clients::connectivity::{Connection, ConnectionRequest, Connectivity, RunOwner};
use crate::clients::dataverse::Dataverse;
use crate::provider::Account;

/// The resource.
pub(crate) struct DesktopFlowConnection;

pub(crate) const NAME: &str = "powerautomate_desktop_flow_connection";
const MISSING_CREDENTIAL: &str = "The credential does not exist";

/// What one PUT changes.
const INPUTS: &[&str] = &["display_name", "credential_id", "machine_group_id", "run_owner"];

static SCHEMA: Schema = Schema::new(
    "A connection to desktop flows that signs in to the machines of a group with a certificate-based \
     credential.\n\n\
     The machine group and the credential must be shared with the signed-in principal before.",
)
.attributes(&[
    Attribute::computed(
        "id",
        &Type::String,
        "The id of the connection, by which flows and connection references know it.",
    ),
    ENVIRONMENT_ID,
    Attribute::required("display_name", &Type::String, "The name that people see. It is changed in place.")
        .check(&[Check::Length { min: 1, max: 255 }]),
    Attribute::required(
        "credential_id",
        &Type::String,
        "The id of the `powerautomate_cba_credential` that signs in. It must be shared with the signed-in \
         principal, and with the run owner if there is one. It is changed in place.",
    )
    .check(&[Check::Uuid])
    .same(same_id),
    Attribute::required(
        "machine_group_id",
        &Type::String,
        "The id of the machine group on which flows run; a single machine has one too (`flowmachinegroupid`). It \
         must be shared with the signed-in principal. It is changed in place.",
    )
    .check(&[Check::Uuid])
    .same(same_id),
    Attribute::computed(
        "status",
        &Type::String,
        "What the service says of the connection: `Connected`, `Error`, … A failed connection is planned to be \
         written again. `Connected` is not documented as proof that a sign-in succeeded.",
    ),
    Attribute::computed("created_by", &Type::String, "The object id of the principal that made the connection."),
    Attribute::computed("created_on", &Type::String, "When the connection was made (RFC 3339, UTC)."),
])
.blocks(&[RUN_OWNER, TIMEOUTS]);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Model {
    id: Option<String>,
    environment_id: Option<String>,
    display_name: Option<String>,
    credential_id: Option<String>,
    machine_group_id: Option<String>,
    status: Option<String>,
    created_by: Option<String>,
    created_on: Option<String>,
    run_owner: Option<RunOwnerModel>,
    timeouts: Option<Timeouts>,
}

static LISTING: Schema = Schema::new(
    "Lists the connections to desktop flows that sign in with a certificate-based credential, as far as the \
     signed-in principal may see them.",
)
.attributes(&[
    listed::ENVIRONMENT_ID,
    NAME_PREFIX,
    Attribute::optional("machine_group_id", &Type::String, "Only connections to this machine group.")
        .check(&[Check::Uuid]),
]);

/// What a `list` block asks for.
#[derive(Deserialize)]
struct ToList {
    environment_id: Option<String>,
    name_prefix: Option<String>,
    machine_group_id: Option<Uuid>,
}

impl ToList {
    fn has(&self, connection: &Connection) -> bool {
        let name = connection.display_name.as_deref().unwrap_or_default();
        other_kind(connection).is_none()
            && self.name_prefix.as_deref().is_none_or(|prefix| begins_with(name, prefix))
            && self.machine_group_id.is_none_or(|id| connection.machine_group_id == Some(id))
    }
}

impl Model {
    /// The state of a connection that was found.
    fn of(environment_id: &str, connection: &Connection) -> Model {
        let mut model = Model { environment_id: Some(environment_id.to_owned()), ..Model::default() };
        model.take(connection);
        model
    }

    /// Takes over what the service says; what it does not say stays.
    fn take(&mut self, connection: &Connection) {
        let keep = |new: Option<String>, old: &mut Option<String>| {
            if new.is_some() {
                *old = new;
            }
        };
        self.id = Some(connection.id.clone());
        keep(connection.display_name.clone(), &mut self.display_name);
        keep(connection.credential_id.map(|id| id.to_string()), &mut self.credential_id);
        keep(connection.machine_group_id.map(|id| id.to_string()), &mut self.machine_group_id);
        keep(connection.created_by.clone(), &mut self.created_by);
        keep(connection.created_on.and_then(|on| on.format(&Rfc3339).ok()), &mut self.created_on);
        self.status = Some(connection.status().to_owned());
        match (&connection.run_owner_client_id, &mut self.run_owner) {
            (Some(client_id), Some(owner)) => owner.client_id = Some(client_id.clone()),
            (Some(client_id), none @ None) => {
                *none = Some(RunOwnerModel { client_id: Some(client_id.clone()), certificate_pfx_wo_version: None });
            }
            (None, _) => {}
        }
    }
}

impl Resource for DesktopFlowConnection {
    type Clients = Account;
    type Model = Model;
    const NAME: &'static str = NAME;
    const SCHEMA: &'static Schema = &SCHEMA;
    const IDENTITY: Option<&'static Identity> = Some(&IDENTITY);
    const LISTING: Option<&'static Schema> = Some(&LISTING);

    async fn plan(&self, cx: &Context<Account>, plan: &mut Plan) -> Result<(), Diagnostic> {
        let environment_id = plan_environment(cx, plan);
        if plan.is_destroy() {
            return Ok(());
        }
        if let Some(environment_id) = environment_id.filter(|_| cx.clients.is_known()) {
            look_up(cx, plan, &environment_id).await;
        }
        let failed = plan.prior.at("status").as_str().is_some_and(|status| !is_settled_well(status));
        if plan.is_create() || failed || INPUTS.iter().any(|name| plan.changes(name)) {
            plan.set("status", CONNECTED.into());
        }
        Ok(())
    }

    async fn create(&self, cx: &Context<Account>, mut planned: Model) -> Result<Model, Diagnostic> {
        let deadline = timeouts::create(planned.timeouts.as_ref());
        let wanted = Wanted::check(cx, &planned).await?;
        let environment_id = wanted.environment_id.clone();
        let connectivity = cx.clients.clients()?.connectivity(&environment_id);
        let id = Uuid::new_v4().to_string();
        reserve(cx, &connectivity, &wanted, &id).await?;
        planned.id = Some(id.clone());
        let summary = format!("Cannot create the connection {}", wanted.display_name);
        let written = match connectivity.put(&id, &wanted.request()).await {
            Ok(connection) => connection,
            Err(error) => {
                // Only this call knows the id: whether the connection is there says whether the write was carried out.
                match (error.outcome_unknown(), connectivity.connection(&id).await) {
                    (true, Ok(Some(connection))) => connection,
                    (true, Err(_)) => {
                        planned.status = None;
                        cx.keep(&planned);
                        return Err(failed(&summary, &error));
                    }
                    _ => {
                        release(cx, &environment_id, &id).await;
                        return Err(refused(cx, &summary, &error, &wanted).await);
                    }
                }
            }
        };
        planned.take(&written);
        settle(cx, &connectivity, planned, written, deadline, &summary).await
    }

    async fn read(&self, cx: &Context<Account>, prior: Model) -> Result<Option<Model>, Diagnostic> {
        timeouts::read(prior.timeouts.as_ref()).limit("Reading the connection", read(cx, prior)).await
    }

    async fn update(&self, cx: &Context<Account>, prior: Model, mut planned: Model) -> Result<Model, Diagnostic> {
        let nothing_to_write = planned.display_name == prior.display_name
            && planned.credential_id == prior.credential_id
            && planned.machine_group_id == prior.machine_group_id
            && planned.run_owner == prior.run_owner
            && planned.status == prior.status;
        if nothing_to_write {
            return Ok(planned);
        }
        let deadline = timeouts::update(planned.timeouts.as_ref());
        let wanted = Wanted::check(cx, &planned).await?;
        let id = required(prior.id.as_ref(), "id")?.to_owned();
        let connectivity = cx.clients.clients()?.connectivity(&wanted.environment_id);
        let summary = format!("Cannot change the connection {}", prior.display_name.as_deref().unwrap_or(&id));
        let written = match connectivity.put(&id, &wanted.request()).await {
            Ok(connection) => connection,
            Err(error) => {
                if error.outcome_unknown()
                    && let Ok(Some(connection)) = connectivity.connection(&id).await
                {
                    let mut now = prior;
                    now.take(&connection);
                    cx.keep(&now);
                }
                return Err(refused(cx, &summary, &error, &wanted).await);
            }
        };
        rewrite(cx, &wanted, &id).await;
        planned.take(&written);
        // What the plan asked for is held against what came of it, not overwritten by it.
        let asked = (wanted.credential_id, wanted.machine_group_id);
        let settled = settle(cx, &connectivity, planned, written, deadline, &summary).await?;
        let kept = |name: &str, asked: Uuid, now: &Option<String>| {
            let now = now.as_deref().and_then(|id| Uuid::try_parse(id).ok())?;
            (now != asked).then(|| {
                let detail = format!("{asked} was asked for, and the service kept {now}.");
                Diagnostic::error(format!("The service did not change {name}"), detail)
                    .on(name)
                    .hint("Replace the connection with terraform apply -replace; flows then need its new id.")
            })
        };
        let deviation = kept("credential_id", asked.0, &settled.credential_id)
            .or_else(|| kept("machine_group_id", asked.1, &settled.machine_group_id));
        match deviation {
            Some(deviation) => {
                cx.keep(&settled);
                Err(deviation)
            }
            None => Ok(settled),
        }
    }

    async fn delete(&self, cx: &Context<Account>, prior: Model) -> Result<(), Diagnostic> {
        timeouts::delete(prior.timeouts.as_ref()).limit("Deleting the connection", delete(cx, prior)).await
    }

    async fn import(&self, cx: &Context<Account>, what: Import<'_>) -> Result<Model, Diagnostic> {
        let target = Target::of(cx, what, "display name")?;
        let connectivity = cx.clients.clients()?.connectivity(&target.environment_id);
        let look_up = |error: Error| failed("Cannot look up the connection", &error);
        let may_be_id = target.by_identity || !target.what.contains(' ');
        let by_id = if may_be_id { connectivity.connection(&target.what).await.map_err(look_up)? } else { None };
        let found: Vec<Connection> = match by_id {
            Some(connection) => vec![connection],
            None if target.by_identity => Vec::new(),
            None => {
                let all = connectivity.connections().await.map_err(look_up)?;
                all.into_iter().filter(|one| one.display_name.as_deref() == Some(target.what.as_str())).collect()
            }
        };
        let hint = "Give the connection's id or its display name.";
        let connection = target.single(found, "desktop flow connection", hint, |one| one.id.clone())?;
        if let Some(kind) = other_kind(&connection) {
            let detail = format!("The connection {:?} {kind}.", target.what);
            return Err(Diagnostic::error("The connection does not sign in with a credential", detail)
                .hint("Use a connection that was made with a certificate-based credential."));
        }
        Ok(Model::of(&target.environment_id, &connection))
    }

    async fn list(&self, cx: &Context<Account>, query: &Query, hits: &Hits) -> Result<(), Diagnostic> {
        let to_list: ToList = query.model()?;
        let environment_id = environment(cx, to_list.environment_id.clone())?;
        let connectivity = cx.clients.clients()?.connectivity(&environment_id);
        let failed = |error: Error| failed("Cannot list the connections", &error);
        let mut pages = connectivity.pages().map_err(failed)?;
        while let Some(page) = pages.next().await.map_err(failed)? {
            for connection in page.iter().filter(|connection| to_list.has(connection)) {
                let name = connection.display_name.as_deref().unwrap_or(&connection.id);
                if hits.tell(name, &Model::of(&environment_id, connection)).await?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

async fn read(cx: &Context<Account>, prior: Model) -> Result<Option<Model>, Diagnostic> {
    let environment_id = required(prior.environment_id.as_ref(), "environment_id")?.to_owned();
    let id = required(prior.id.as_ref(), "id")?.to_owned();
    let connectivity = cx.clients.clients()?.connectivity(&environment_id);
    let found = connectivity
        .connection(&id)
        .await
        .map_err(|error| failed(&format!("Cannot read the connection {id}"), &error))?;
    let Some(connection) = found else {
        let Some(maker) = another_maker(cx, &prior).await else { return Ok(None) };
        let detail = format!(
            "The service says that there is no connection {id}. It was made by {maker}, and the provider is signed in as \
             {}: it may merely be invisible. What was known of it stays as it was.",
            secret_access::caller(cx).await
        );
        cx.tell(Diagnostic::warning("The connection cannot be seen", detail).hint(
            "If it is really gone, remove it with `terraform state rm` and the address that Terraform prints with this warning.",
        ));
        return Ok(Some(prior));
    };
    let mut model = prior;
    model.take(&connection);
    Ok(Some(model))
}

async fn delete(cx: &Context<Account>, prior: Model) -> Result<(), Diagnostic> {
    let environment_id = required(prior.environment_id.as_ref(), "environment_id")?.to_owned();
    let id = required(prior.id.as_ref(), "id")?.to_owned();
    let connectivity = cx.clients.clients()?.connectivity(&environment_id);
    let summary = format!("Cannot delete the connection {}", prior.display_name.as_deref().unwrap_or(&id));
    let deleted = connectivity.delete(&id).await.map_err(|error| failed(&summary, &error))?;
    release(cx, &environment_id, &id).await;
    match another_maker(cx, &prior).await {
        Some(maker) if !deleted => {
            let detail = format!(
                "The service says that there is no connection {id}. It was made by {maker}, and the provider is signed in as \
                 {}: it may merely be invisible.",
                secret_access::caller(cx).await
            );
            Err(Diagnostic::error(summary, detail)
                .hint("Sign in as its maker, or, if it is really gone, remove it with `terraform state rm`."))
        }
        _ => Ok(()),
    }
}

/// Looks while planning whether credential and machine group are there. What is of another kind is an error; what cannot be seen may
/// still be shared by the same apply.
async fn look_up(cx: &Context<Account>, plan: &mut Plan, environment_id: &str) {
    let asked = |plan: &Plan, name: &str| {
        let id = plan.planned.at(name).as_str().and_then(|id| Uuid::try_parse(id).ok())?;
        (plan.is_create() || plan.changes(name)).then_some(id)
    };
    let (credential_id, machine_group_id) = (asked(plan, "credential_id"), asked(plan, "machine_group_id"));
    if credential_id.is_none() && machine_group_id.is_none() {
        return;
    }
    // An environment that cannot be asked is an error of the apply, which is the first to need it.
    let Ok(dataverse) = cx.clients.dataverse(environment_id).await else { return };
    if let Some(id) = credential_id
        && let Err(error) = credential(cx, &dataverse, id).await
    {
        plan.tell(if error.summary == MISSING_CREDENTIAL { error.as_warning() } else { error });
    }
    if let Some(id) = machine_group_id
        && let Err(error) = machine_group(cx, &dataverse, id).await
    {
        plan.tell(error.as_warning());
    }
}

/// A status that needs no new PUT: it is well, or on its way.
fn is_settled_well(status: &str) -> bool {
    !["error", "unauthenticated", "unknown"].iter().any(|bad| status.eq_ignore_ascii_case(bad))
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

/// A connection as it shall be, checked against what exists.
pub(crate) struct Wanted {
    pub(crate) environment_id: String,
    pub(crate) display_name: String,
    credential_id: Uuid,
    credential_name: String,
    username_variable: String,
    machine_group_id: Uuid,
    run_owner: Option<RunOwner>,
}

impl Wanted {
    async fn check(cx: &Context<Account>, planned: &Model) -> Result<Wanted, Diagnostic> {
        let environment_id = required(planned.environment_id.as_ref(), "environment_id")?.to_owned();
        let credential_id = guid(planned.credential_id.as_ref(), "credential_id")?;
        let machine_group_id = guid(planned.machine_group_id.as_ref(), "machine_group_id")?;
        let run_owner = run_owner(&cx.config).await?;
        let dataverse = cx.clients.dataverse(&environment_id).await?;
        let (credential_name, username_variable) = credential(cx, &dataverse, credential_id).await?;
        machine_group(cx, &dataverse, machine_group_id).await?;
        let display_name = required(planned.display_name.as_ref(), "display_name")?.to_owned();
        Ok(Wanted {
            environment_id,
            display_name,
            credential_id,
            credential_name,
            username_variable,
            machine_group_id,
            run_owner,
        })
    }

    fn request(&self) -> ConnectionRequest<'_> {
        ConnectionRequest {
            display_name: &self.display_name,
            credential_id: self.credential_id,
            username_variable: &self.username_variable,
            machine_group_id: self.machine_group_id,
            run_owner: self.run_owner.as_ref(),
        }
    }

    pub(crate) fn key(&self) -> Key {
        (self.display_name.clone(), self.credential_id, self.machine_group_id)
    }
}

/// The credential's name, and the schema name of the variable that holds its user name.
async fn credential(cx: &Context<Account>, dataverse: &Dataverse, id: Uuid) -> Result<(String, String), Diagnostic> {
    let looked_up = |error: Error| failed("Cannot look up the credential", &error).on("credential_id");
    let found = dataverse.credential(id).await.map_err(looked_up)?;
    let Some(credential) = found else {
        let detail = format!(
            "There is no credential {id} in this environment that {} may see.",
            secret_access::caller(cx).await
        );
        return Err(Diagnostic::error(MISSING_CREDENTIAL, detail)
            .on("credential_id")
            .hint("Check the id, or share the credential and its environment variables with that principal."));
    };
    if credential.connection_type != Some(5) {
        let detail = format!("The credential {:?} is not certificate-based.", credential.name);
        return Err(Diagnostic::error("The credential does not sign in with a certificate", detail)
            .on("credential_id")
            .hint("Use the id of a powerautomate_cba_credential."));
    }
    let variable = match credential.username_id {
        Some(variable) => dataverse.definition(variable).await.map_err(looked_up)?,
        None => None,
    };
    let variable = variable.ok_or_else(|| {
        let detail =
            format!("The credential {:?} points at no environment variable for its user name.", credential.name);
        Diagnostic::error("The credential has no user name", detail)
            .on("credential_id")
            .hint("Replace the credential: its user name cannot be given afterwards.")
    })?;
    Ok((credential.name, variable.schema_name))
}

async fn machine_group(cx: &Context<Account>, dataverse: &Dataverse, id: Uuid) -> Result<(), Diagnostic> {
    let found = dataverse.machine_group(id).await;
    let found = found.map_err(|error| failed("Cannot look up the machine group", &error).on("machine_group_id"))?;
    if found.is_some() {
        return Ok(());
    }
    let caller = secret_access::caller(cx).await;
    let detail = format!("There is no machine group {id} in this environment that {caller} may see.");
    Err(Diagnostic::error("The machine group does not exist", detail)
        .on("machine_group_id")
        .hint(format!("Check the id, or share the machine group with {caller} as user.")))
}

/// Waits until the connection is connected; what exists meanwhile is remembered.
async fn settle(
    cx: &Context<Account>,
    connectivity: &Connectivity,
    mut model: Model,
    connection: Connection,
    deadline: Deadline,
    summary: &str,
) -> Result<Model, Diagnostic> {
    let mut waiting = Waiting::new(cx, connectivity, connection, deadline, summary);
    loop {
        let read = waiting.read().await;
        model.take(&waiting.connection);
        let over = match read.and_then(|()| waiting.is_over()) {
            Ok(false) => waiting.pause().await.map(|()| false),
            over => over,
        };
        match over {
            Ok(true) => return Ok(model),
            Ok(false) => {}
            Err(error) => {
                cx.keep(&model);
                return Err(error);
            }
        }
    }
}

/// The error of a refused PUT, with who has to be given what.
async fn refused(cx: &Context<Account>, summary: &str, error: &Error, wanted: &Wanted) -> Diagnostic {
    let diagnostic = failed(summary, error);
    let text = error.to_string().to_ascii_lowercase();
    if text.contains("cannot be updated") || text.contains("updatenotsupported") {
        return diagnostic.hint("Replace the connection with terraform apply -replace; flows then need its new id.");
    }
    if !error.is_forbidden() && !error.is_not_found() {
        return diagnostic;
    }
    let caller = secret_access::caller(cx).await;
    let whom = match &wanted.run_owner {
        Some(owner) => format!("{caller} and with the run owner {}", owner.client_id),
        None => caller,
    };
    if text.contains("machine") || text.contains(&wanted.machine_group_id.to_string()) {
        let hint = format!("Share the machine group {} with {whom}, as user.", wanted.machine_group_id);
        return diagnostic.on("machine_group_id").hint(hint);
    }
    if text.contains("credential") || text.contains(&wanted.credential_id.to_string()) {
        let hint = format!(
            "Share the credential {:?} and its environment variables with {whom}, as user.",
            wanted.credential_name
        );
        return diagnostic.on("credential_id").hint(hint);
    }
    diagnostic.hint(format!("Share the credential and the machine group with {whom}."))
}

/// Who made the connection, when that is somebody else than who is signed in.
async fn another_maker(cx: &Context<Account>, prior: &Model) -> Option<String> {
    let maker = prior.created_by.clone()?;
    let caller = cx.clients.clients().ok()?.caller().await?;
    (!same_id(&maker, &caller.object_id)).then_some(maker)
}
