//! `powerautomate_cba_credential`: a credential that signs in with a certificate, and the variable that holds its user name.
//!
//! The two rows come and go in one change set; whose the variable is, [`mark`] knows.

mod mark;
mod planned;
mod schema;
mod username;
mod users;

use std::collections::HashSet;

use tfplugin::listing::{Hits, Query};
use tfplugin::{Context, Diagnostic, Identity, Import, Plan, Resource, Schema, Value};
use uuid::Uuid;

use crate::account::Account;
use crate::clients::dataverse::credential::{Credential, CredentialChange, NewCredential};
use crate::clients::dataverse::environment_variable::{Definition, DefinitionChange};
use crate::clients::dataverse::solution_component::Component;
use crate::clients::dataverse::{ChangeSet, Dataverse, Leaving, Narrowing, Owner, Table as _};
use crate::clients::error::Error;
use crate::object::{
    IDENTITY, On as _, Operation, RowQuery, Verb, again, changed, chosen, expect_reference, explained, import_row,
    is_removal, leave_to_plan, new_owner, note_ending, plan_description, plan_environment, plan_solution, points_at,
    refuse_to_replace_managed, rewritten, tell_all, to_join, written,
};
use mark::{another_user, is_ours};
use schema::{LISTING, Model, NAME, SCHEMA, View};
use username::{REFERENCE, Username, agree, foreign, text_variable, variable_of};

/// The resource.
pub(crate) struct CbaCredential;

impl Resource for CbaCredential {
    type Clients = Account;
    type Model = Model;
    const NAME: &'static str = NAME;
    const SCHEMA: &'static Schema = SCHEMA;
    const IDENTITY: Option<&'static Identity> = IDENTITY;
    const LISTING: Option<&'static Schema> = Some(LISTING);

    async fn plan(&self, cx: &Context<Account>, plan: &mut Plan) -> Result<(), Diagnostic> {
        note_ending(cx, plan);
        if plan.is_destroy() {
            return Ok(());
        }
        plan_description(plan)?;
        let (prior, configured): (View, View) = (plan.prior_view()?, plan.config_view()?);
        let own_variable = configured.username_variable_id.is_null();
        planned::plan_whose(plan, &prior, &configured.username_variable_id);
        // A nulled lookup cannot be mended in place: the service does not let a credential's variables be changed.
        if !plan.is_create() && prior.username_variable_id.is_null() && own_variable {
            plan.set("username_variable_id", Value::UNKNOWN);
            plan.replace("username_variable_id");
        }
        plan_solution(plan)?;
        let environment_id = plan_environment(cx, plan)?;
        if let Some(environment_id) = environment_id.filter(|_| cx.clients.is_known()) {
            leave_to_plan(cx, plan)?.during(planned::look_ahead(cx, plan, &environment_id)).await?;
        }
        refuse_to_replace_managed(plan)
    }

    async fn create(&self, cx: &Context<Account>, mut planned: Model) -> Result<Model, Diagnostic> {
        let op = Operation::on(cx, Verb::Create, &planned);
        op.run(async {
            let organization = op.organization().await?;
            let certificate_id = *op.required(&planned.certificate_reference_id, REFERENCE)?;
            let found = organization.known_variable(certificate_id).await.on(REFERENCE)?;
            let reference = expect_reference(found, certificate_id, REFERENCE)?;
            let id = Uuid::new_v4();
            // The configuration names the variable, or the user for whom one is made; the plan may hold both.
            let configured: View = cx.config_view()?;
            let theirs = configured.username_variable_id.known();
            let (username, changes) = match theirs {
                Some(theirs) => {
                    username::refuse_double(&op, &organization, &planned.name, (certificate_id, *theirs)).await?;
                    let username = Username::theirs(&organization, *theirs, &configured).await?;
                    (username, ChangeSet::new(planned.solution_unique_name.as_deref()))
                }
                None => Username::new(&op, (id, &planned), &reference)?,
            };
            cx.clients.met().makes(&op.environment_id, id, &username.schema_name);
            planned = username.of_new(id, planned);
            let variables = (certificate_id, username.variable_id);
            let mut made = make(&op, &organization, (id, &planned), variables, changes).await;
            if username.is_own && made.as_ref().is_err_and(Error::is_duplicate) {
                // Somebody has the name. What a credential that is gone has left behind is taken up.
                let found = organization.named_variables(&username.schema_name).await?;
                if let Some(taken) = found.first() {
                    let (username, changes) = Username::left(&op, &organization, (id, &planned), taken).await?;
                    planned = username.of_new(id, planned);
                    let variables = (certificate_id, username.variable_id);
                    made = make(&op, &organization, (id, &planned), variables, changes).await;
                }
            }
            match made {
                Ok(None) => Ok(planned),
                Ok(Some(Credential { owner_id, .. })) => Ok(Model { owner_id, ..planned }),
                Err(error) => Err(refused(&op, &error).into()),
            }
        })
        .await
    }

    async fn read(&self, cx: &Context<Account>, prior: Model) -> Result<Option<Model>, Diagnostic> {
        let op = Operation::on(cx, Verb::Read, &prior);
        op.run(async {
            let id = op.id(&prior.id)?;
            cx.clients.met().refreshed(&op.environment_id, id);
            let organization = op.organization().await?;
            let Some((credential, variable)) = organization.refreshed_credential(id).await? else {
                // While its own variable is there it is not wholly gone: the plan replaces it, and a destroy cleans up.
                let is_left = mark::is_left(&organization, id, prior.username_variable_id).await?;
                return Ok(is_left.then_some(Model { certificate_reference_id: None, ..prior }));
            };
            refuse_other_credential(&credential)?;
            variable.iter().filter_map(|variable| mark::inactive(variable, id)).for_each(|warning| cx.tell(warning));
            Ok(Some(Model::of(&credential, variable.as_ref(), prior)?))
        })
        .await
    }

    async fn update(&self, cx: &Context<Account>, prior: Model, planned: Model) -> Result<Model, Diagnostic> {
        let op = Operation::change(cx, &prior, &planned);
        op.run(async {
            let id = op.id(&prior.id)?;
            let owner = new_owner(prior.owner_id, planned.owner_id);
            let mut changes = ChangeSet::new(planned.solution_unique_name.as_deref());
            let change = CredentialChange {
                name: changed(Some(prior.name.as_str()), Some(planned.name.as_str())),
                description: rewritten(&prior.description, &planned.description),
                owner,
                active: again(prior.active),
            };
            changes.update(Credential::SET, id, change);
            let configured: View = cx.config_view()?;
            let renamed = planned.username != prior.username && !configured.username.is_null();
            let organization = op.organization().await?;
            let joined = to_join(&prior.solution_unique_name, &planned.solution_unique_name);
            if renamed || owner.is_some() || prior.active == Some(false) || joined.is_some() {
                let variable_id = *op.required(&prior.username_variable_id, "username_variable_id")?;
                let variable = text_variable(&organization, variable_id).await?;
                let own = is_ours(&variable, id);
                let ours = own && another_user(&organization, variable_id, id).await?.is_none();
                if renamed && !ours && (own || configured.username_variable_id.is_null()) {
                    return Err(foreign(&variable.schema_name).into());
                }
                // First, so that the state does not name a solution without the rows.
                if let Some(name) = joined {
                    let own = if ours { variable.components() } else { Vec::new() };
                    let rows: Vec<Component> = std::iter::once((Credential::LOGICAL, id)).chain(own).collect();
                    op.join(&organization, name, &rows).await?;
                }
                match renamed {
                    true if ours => {
                        variable.write_value(&mut changes, op.required(&planned.username, "username")?);
                    }
                    // Whoever keeps it has written it by now.
                    true => agree(&variable, &configured)?,
                    false => {}
                }
                if own {
                    let (owner, active) = (owner.filter(|_| ours), again(Some(variable.active)));
                    let change = DefinitionChange { owner, active, ..DefinitionChange::default() };
                    changes.update(Definition::SET, variable_id, change);
                }
            }
            let reread = async |credential: Credential| {
                let variable = variable_of(&organization, &credential).await.ok()?;
                Model::of(&credential, variable.as_ref(), prior).ok()
            };
            match op.write_row(&organization, &changes, (id, reread)).await {
                Ok(()) => Ok(planned),
                Err(error) => Err(refused(&op, &error).into()),
            }
        })
        .await
    }

    async fn delete(&self, cx: &Context<Account>, prior: Model) -> Result<(), Diagnostic> {
        let op = Operation::on(cx, Verb::Delete, &prior);
        op.run(async {
            let (id, organization) = (op.id(&prior.id)?, op.organization().await?);
            let _going = organization.deleting(id);
            let mut removal = op.removal();
            let (stays, used) = loop {
                // First, since it may wait for what is just being deleted: who uses the variable is asked last.
                let refused = if is_removal(cx) { users::refuse_used(&op, id).await } else { Ok(()) };
                let Leaving { credential, variable, users } =
                    organization.leaving(id, prior.username_variable_id).await?;
                if credential.is_some() {
                    refused?;
                }
                let stays = credential.as_ref().is_some_and(|credential| credential.managed);
                let mut used = None;
                let mut changes = ChangeSet::new(None);
                if credential.is_some() && !stays {
                    changes.delete(Credential::SET, id);
                }
                match variable {
                    Some(variable) if stays => {
                        mark::empty_with(&organization, id, (&variable, &users), &mut changes).await?;
                    }
                    Some(variable) => {
                        used = mark::remove_with(&organization, id, (&variable, &users), &mut changes).await?;
                    }
                    None => {}
                }
                if removal.is_over(op.remove_rows(&organization, &changes).await)? {
                    break (stays, used);
                }
            };
            if stays {
                let name = &prior.name;
                cx.tell(Diagnostic::warning(
                    "A credential stays",
                    format!(
                        "The credential {name} came with a managed solution, which alone can remove it. The value of its user name was \
                         deleted, unless it is somebody else's."
                    ),
                ));
            }
            used.into_iter().for_each(|warning| cx.tell(warning));
            Ok(())
        })
        .await
    }

    async fn import(&self, cx: &Context<Account>, what: Import<'_>) -> Result<Model, Diagnostic> {
        import_row(cx, what, "name", async |op, credential: Credential| {
            refuse_other_credential(&credential)?;
            let variable = variable_of(&*op.organization().await?, &credential).await?;
            Ok(Model::found(&op.environment_id, &credential, variable.as_ref())?)
        })
        .await
    }

    /// What the credential makes itself is said as what it makes; somebody else's variable is named.
    fn generate(&self, state: &Value, config: &mut Value) {
        // An empty user name does not validate: then the variable is named, own or not.
        let is_named = state.at("username").as_str().is_some_and(|username| !username.is_empty());
        let is_own = *state.at("username_variable_managed") == Value::Bool(true) && is_named;
        let left_out: &[&str] = if is_own { &["username_variable_id"] } else { &["username", "username_schema_name"] };
        left_out.iter().for_each(|name| config.put(name, Value::Null));
    }

    async fn list(&self, cx: &Context<Account>, query: &Query, hits: &Hits) -> Result<(), Diagnostic> {
        let asked: RowQuery = query.model()?;
        let environment_id = chosen(cx, asked.environment_id.clone())?;
        let op = Operation::find::<Model>(cx, Verb::List, environment_id.clone());
        op.run(async {
            let organization = op.organization().await?;
            let references = match &asked.certificate_name {
                Some(name) => Some(references_to(&organization, name).await?),
                None => None,
            };
            let is_wanted = |credential: &Credential| match (&references, credential.certificate_id) {
                (Some(references), Some(id)) => references.contains(&id),
                (Some(_), None) => false,
                (None, _) => true,
            };
            let model = async |credential: Credential| {
                let variable = match query.include_resource {
                    true => variable_of(&organization, &credential).await.map_err(|error| op.failed(&error))?,
                    false => None,
                };
                let model = Model::found(&environment_id, &credential, variable.as_ref())?;
                Ok((credential.name, model))
            };
            let pages = organization.all(&Credential::certificate_based(asked.narrowing()));
            tell_all(hits, pages, is_wanted, model).await
        })
        .await
    }
}

/// The references to certificates of this name.
async fn references_to(organization: &Dataverse, certificate_name: &str) -> Result<HashSet<Uuid>, Error> {
    let mut found = HashSet::new();
    let mut pages = organization.all::<Definition>(&Definition::references(Narrowing::default()));
    while let Some(page) = pages.next().await? {
        found.extend(page.iter().filter(|one| points_at(one, certificate_name)).map(|one| one.id));
    }
    Ok(found)
}

/// Makes a credential that points at these variables, together with what is changed of that of its user name.
async fn make(
    op: &Operation<'_>,
    organization: &Dataverse,
    (id, planned): (Uuid, &Model),
    (certificate_id, username_id): (Uuid, Uuid),
    mut changes: ChangeSet,
) -> Result<Option<Credential>, Error> {
    let credential = NewCredential {
        id,
        name: &planned.name,
        description: written(&planned.description),
        username_id,
        certificate_id,
        owner: planned.owner_id.map(Owner),
    };
    credential.write(&mut changes);
    let write = async {
        organization.commit(&changes).await?;
        Ok(organization.told_credential(id))
    };
    op.write_new(planned, write, organization.by_id(id)).await
}

/// The error of a refused write, with what to do.
fn refused(op: &Operation<'_>, error: &Error) -> Diagnostic {
    explained(op.failed(error), error, "username_schema_name")
}

fn refuse_other_credential(credential: &Credential) -> Result<(), Diagnostic> {
    if credential.is_certificate_based() {
        return Ok(());
    }
    let detail = format!("The credential {:?} ({}) is {}.", credential.name, credential.id, credential.words());
    Err(Diagnostic::error("The credential does not sign in with a certificate", detail)
        .hint("Use a credential whose authentication is certificate-based."))
}
