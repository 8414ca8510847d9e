//! `powerautomate_key_vault_certificate_reference`: the environment variable that points at a certificate in a vault.
//!
//! A definition and its value row are one resource: they come and go in one change set. The value names no version, so
//! that a rotated certificate needs no apply; what is known of the certificate is refreshed.

mod kept;
mod planned;
mod requirements;
mod schema;
mod secret_access;
mod users;
mod vault;

use tfplugin::listing::{Hits, Query};
use tfplugin::{Context, Diagnostic, Identity, Import, Plan, Resource, Schema};
use uuid::Uuid;

use crate::account::Account;
use crate::clients::dataverse::environment_variable::{Definition, DefinitionChange, NewVariable};
use crate::clients::dataverse::{ChangeSet, Owner, Table as _};
use crate::clients::error::Error;
use crate::object::{
    IDENTITY, Operation, RowQuery, SecretReference, Verb, again, blank, changed, chosen, explained, import_row,
    leave_to_plan, new_owner, plan_description, plan_environment, plan_solution, points_at, refuse_other_kind,
    refuse_to_replace_managed, rewritten, tell_all, to_join, written,
};
use schema::{LISTING, Model, NAME, SCHEMA, UNIQUE};

/// The resource.
pub(crate) struct CertificateReference;

impl Resource for CertificateReference {
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
        plan_description(plan)?;
        plan_solution(plan)?;
        let environment_id = plan_environment(cx, plan)?;
        refuse_to_replace_managed(plan)?;
        leave_to_plan(cx, plan)?.during(planned::look_ahead(cx, plan, environment_id)).await
    }

    async fn create(&self, cx: &Context<Account>, mut planned: Model) -> Result<Model, Diagnostic> {
        let op = Operation::on(cx, Verb::Create, &planned);
        op.run(async {
            let (organization, reference) = (op.organization().await?, planned.reference(&op)?);
            let certificate = vault::read_before_writing(&op, &reference, planned.requirements.as_ref()).await?;

            let (id, value) = (Uuid::new_v4(), reference.to_string());
            cx.clients.met().makes(&op.environment_id, id, &planned.schema_name);
            let mut changes = ChangeSet::new(planned.solution_unique_name.as_deref());
            let variable = NewVariable {
                id,
                schema_name: &planned.schema_name,
                display_name: planned.display_name.as_ref().unwrap_or(&planned.schema_name),
                description: written(&planned.description),
                owner: planned.owner_id.map(Owner),
                value: &value,
            };
            variable.reference(&mut changes);
            planned = Model {
                id: Some(id),
                active: Some(true),
                managed: Some(false),
                secret_reference: Some(value),
                ..planned
            };
            let write = async {
                secret_access::commit(&op, &organization, &changes, &reference).await?;
                Ok(organization.told_variable(id))
            };
            let written = match op.write_new(&planned, write, organization.by_id::<Definition>(id)).await {
                Ok(written) => written,
                Err(error) if error.is_duplicate() => {
                    UNIQUE.refuse_taken(&op, &organization, &planned.schema_name).await?;
                    return Err(error.into());
                }
                Err(error) => return Err(refused(&op, &error, &reference).await.into()),
            };
            planned = match written {
                // The row may be somebody else's already: what the plan asked for is what was made.
                Some(definition) => {
                    let (vault, name) = (planned.key_vault_id.clone(), planned.certificate_name.clone());
                    Model { key_vault_id: vault, certificate_name: name, ..Model::of(&definition, planned)? }
                }
                None => Model { display_name: planned.display_name.or(Some(planned.schema_name.clone())), ..planned },
            };
            certificate.iter().for_each(|certificate| planned.describe(certificate));
            Ok(planned)
        })
        .await
    }

    async fn read(&self, cx: &Context<Account>, prior: Model) -> Result<Option<Model>, Diagnostic> {
        let op = Operation::on(cx, Verb::Read, &prior);
        op.run(async {
            let id = op.id(&prior.id)?;
            cx.clients.met().refreshed(&op.environment_id, id);
            let Some(definition) = op.organization().await?.refreshed_reference(id).await? else {
                return Ok(None);
            };
            refuse_other_kind(&definition)?;
            let before = prior.secret_reference.as_deref().and_then(SecretReference::parse);
            let (names, kept) = (prior.user_principal_names.clone(), kept::kept(cx, prior.of_certificate()));
            let mut model = Model::of(&definition, prior)?;
            if let Ok(reference) = model.reference(&op) {
                let is_same = before.as_ref() == Some(&reference);
                let (who, kept) = ((op.environment_id.clone(), id), kept.filter(|_| is_same));
                if let Some(certificate) = vault::refresh(cx, &reference, who, kept.as_ref()).await? {
                    if let Some(names) = names.filter(|_| is_same) {
                        vault::compare_names(cx, &reference, &names, &certificate);
                    }
                    model.describe(&certificate);
                }
            }
            Ok(Some(model))
        })
        .await
    }

    async fn update(&self, cx: &Context<Account>, prior: Model, mut planned: Model) -> Result<Model, Diagnostic> {
        let op = Operation::change(cx, &prior, &planned);
        op.run(async {
            let (id, reference) = (op.id(&prior.id)?, planned.reference(&op)?);
            let repointed =
                planned.key_vault_id != prior.key_vault_id || planned.certificate_name != prior.certificate_name;
            let certificate = match repointed {
                true => vault::read_before_writing(&op, &reference, planned.requirements.as_ref()).await?,
                false => None,
            };
            let organization = op.organization().await?;
            let mut changes = ChangeSet::new(planned.solution_unique_name.as_deref());
            let change = DefinitionChange {
                display_name: changed(prior.display_name.as_deref(), planned.display_name.as_deref()),
                description: rewritten(&prior.description, &planned.description),
                owner: new_owner(prior.owner_id, planned.owner_id),
                active: again(prior.active),
            };
            changes.update(Definition::SET, id, change);
            let value = reference.to_string();
            let joined = to_join(&prior.solution_unique_name, &planned.solution_unique_name);
            let is_repointed = prior.secret_reference.as_ref() != Some(&value);
            if is_repointed || joined.is_some() {
                let definition = organization.by_id::<Definition>(id).await?.ok_or_else(|| {
                    Diagnostic::error(op.summary(), "It is gone.")
                        .hint("Run terraform apply again: it will be planned for creation.")
                })?;
                // First, so that the state does not name a solution without the rows.
                if let Some(name) = joined {
                    op.join(&organization, name, &definition.components()).await?;
                }
                if is_repointed {
                    definition.write_value(&mut changes, &value);
                }
            }
            if !changes.is_empty() {
                let reread = async { Model::of(&organization.by_id(id).await.ok()??, prior).ok() };
                if let Err(error) =
                    op.write(secret_access::commit(&op, &organization, &changes, &reference), reread).await
                {
                    return Err(refused(&op, &error, &reference).await.into());
                }
            }
            planned.secret_reference = Some(value);
            certificate.iter().for_each(|certificate| planned.describe(certificate));
            Ok(planned)
        })
        .await
    }

    async fn delete(&self, cx: &Context<Account>, prior: Model) -> Result<(), Diagnostic> {
        let op = Operation::on(cx, Verb::Delete, &prior);
        op.run(async {
            let (id, organization) = (op.id(&prior.id)?, op.organization().await?);
            let staying = users::refuse_used(&op, &organization, id).await?;
            let removed =
                op.remove_variable(&organization, (id, prior.managed), |definition, changes| match definition.managed {
                    true => definition.delete_values(changes),
                    false => changes.delete(Definition::SET, id),
                });
            let stays = removed.await?.is_some_and(|definition| definition.managed);
            if stays {
                let name = &prior.schema_name;
                let stays = Diagnostic::warning(
                    "An environment variable stays",
                    format!(
                        "The environment variable {name} came with a managed solution, which alone can remove it. Its value was deleted."
                    ),
                );
                cx.tell(staying.iter().fold(stays, |stays, user| {
                    stays.also(format_args!("The credential {:?} ({}), which points at it, stays too.", user.name, user.id))
                }));
            }
            Ok(())
        })
        .await
    }

    async fn import(&self, cx: &Context<Account>, what: Import<'_>) -> Result<Model, Diagnostic> {
        import_row(cx, what, "schema name", async |op, definition: Definition| {
            refuse_other_kind(&definition)?;
            let model = Model::found(&op.environment_id, &definition)?;
            if let (Some(value), None) = (&model.secret_reference, &model.key_vault_id) {
                cx.tell(Diagnostic::warning(
                    "The environment variable's value is no reference to a vault",
                    format!("It is {value:?}. The next apply points it at the configured certificate."),
                ));
            }
            Ok(model)
        })
        .await
    }

    async fn list(&self, cx: &Context<Account>, query: &Query, hits: &Hits) -> Result<(), Diagnostic> {
        let asked: RowQuery = query.model()?;
        let environment_id = chosen(cx, asked.environment_id.clone())?;
        let op = Operation::find::<Model>(cx, Verb::List, environment_id.clone());
        op.run(async {
            let pages = op.organization().await?.all(&Definition::references(asked.narrowing()));
            let is_wanted =
                |one: &Definition| asked.certificate_name.as_deref().is_none_or(|name| points_at(one, name));
            let model = async |definition: Definition| {
                let model = Model::found(&environment_id, &definition).unwrap_or_else(|several| {
                    cx.tell(several.as_warning("An environment variable cannot be told in full"));
                    let known = blank(&environment_id, &[("schema_name", &definition.schema_name)]);
                    Model { id: Some(definition.id), ..known }
                });
                Ok((definition.schema_name, model))
            };
            tell_all(hits, pages, is_wanted, model).await
        })
        .await
    }
}

/// The error of a refused write, with what to do.
async fn refused(op: &Operation<'_>, error: &Error, reference: &SecretReference) -> Diagnostic {
    match error.is_secret_access() {
        true => secret_access::explained(op, error, reference).await,
        false => explained(op.failed(error), error, "schema_name"),
    }
}
