//! `powerautomate_verify_connection`: waits until a connection is connected, or explains why it is not.

use serde::Deserialize;
use tfplugin::action::{Action, Progress};
use tfplugin::{Attribute, Check, Context, Diagnostic, Schema, Type};

use crate::account::Account;
use crate::clients::environment_id::EnvironmentId;
use crate::object::{Deadline, Operation, Verb, WHERE_TO_LOOK, chosen, is_duration};
use crate::resources::desktop_flow_connection::connected::Waiting;

/// The action.
pub(crate) struct VerifyConnection;

const SCHEMA: &Schema = &Schema::new(
    "Waits until a connection to desktop flows is `Connected`, and fails with the service's explanation when \
     it is not. Nothing is changed. `Connected` is what the service says; it is not documented as proof that \
     a sign-in succeeded.\n\n\
     A connection that is made or changed is waited for by its own resource, which fails in the same way. The action says it of a \
     connection at any other time: by hand, from a pipeline, after a certificate was rotated, and of connections that are managed elsewhere.",
)
.attributes(&[
    Attribute::required("connection_id", &Type::String, "The id of the connection, 1 to 255 characters.")
        .check(&[Check::Length { min: 1, max: 255 }]),
    WHERE_TO_LOOK,
    Attribute::optional(
        "timeout",
        &Type::String,
        "How long to wait, as a duration such as `90s` or `10m`, at most `24h`. Defaults to `5m`.",
    )
    .check(&[Check::Format(is_duration)]),
]);

/// What the action is configured with.
#[derive(Deserialize)]
pub(crate) struct Model {
    connection_id: String,
    environment_id: Option<EnvironmentId>,
    timeout: Option<String>,
}

impl Action for VerifyConnection {
    type Clients = Account;
    type Model = Model;
    const NAME: &'static str = "powerautomate_verify_connection";
    const SCHEMA: &'static Schema = SCHEMA;

    async fn invoke(&self, cx: &Context<Account>, config: Model, progress: &Progress) -> Result<(), Diagnostic> {
        let environment_id = chosen(cx, config.environment_id)?;
        let id = config.connection_id.as_str();
        let deadline = Deadline::after(config.timeout.as_deref(), "5m");
        let op = Operation::begin(cx, Verb::Read, environment_id, deadline, format!("the connection {id}"));
        op.run(async {
            let connectivity = op.connectivity()?;
            let summary = format!("The connection {id} does not work");
            let mut waiting = Waiting::new(&op, &connectivity, id);
            let mut last = String::new();
            loop {
                waiting.read().await?;
                let Some(connection) = &waiting.connection else { return Err(missing(&op, id).into()) };
                if last != connection.status() {
                    last = connection.status().to_owned();
                    let name = connection.display_name.as_deref().unwrap_or(id);
                    progress.say(format!("{name} is {last}")).await;
                }
                if waiting.is_over(&summary)? {
                    return Ok(());
                }
                waiting.pause(&summary).await?;
            }
        })
        .await
    }
}

fn missing(op: &Operation<'_>, id: &str) -> Diagnostic {
    let environment_id = &op.environment_id;
    let detail = format!("The environment {environment_id} has no desktop flow connection {id} that may be seen.");
    Diagnostic::error("There is no such connection", detail).on("connection_id").hint(
        "Check the id and the environment; a connection can be seen by its maker, and by those it is shared with.",
    )
}
