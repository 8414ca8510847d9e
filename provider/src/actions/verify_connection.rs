//! `powerautomate_verify_connection`: waits until a connection is connected, or explains why it is not.

use serde::Deserialize;
use tfplugin::action::{Action, Progress};
use tfplugin::context::Context;
use tfplugin::cty::Type;
use tfplugin::diagnostic::Diagnostic;
use tfplugin::schema::{Attribute, Check, Schema};

use crate::provider::Account;
use crate::resources::connected::Waiting;
use crate::resources::failure::failed;
use crate::resources::identity::environment;
use crate::resources::listed::ENVIRONMENT_ID;
use crate::resources::timeouts::{self, is_duration};

/// The action.
pub(crate) struct VerifyConnection;

static SCHEMA: Schema = Schema::new(
    "Waits until a connection to desktop flows is `Connected`, and fails with the service's explanation when \
     it is not. Nothing is changed. `Connected` is what the service says; it is not documented as proof that \
     a sign-in succeeded.",
)
.attributes(&[
    Attribute::required("connection_id", &Type::String, "The id of the connection.")
        .check(&[Check::Length { min: 1, max: 255 }]),
    ENVIRONMENT_ID,
    Attribute::optional(
        "timeout",
        &Type::String,
        "How long to wait, as a duration such as `90s` or `10m`. Defaults to `5m`.",
    )
    .check(&[Check::Format(is_duration)]),
]);

#[derive(Deserialize)]
pub(crate) struct Model {
    connection_id: String,
    environment_id: Option<String>,
    timeout: Option<String>,
}

impl Action for VerifyConnection {
    type Clients = Account;
    type Model = Model;
    const NAME: &'static str = "powerautomate_verify_connection";
    const SCHEMA: &'static Schema = &SCHEMA;

    async fn invoke(&self, cx: &Context<Account>, config: Model, progress: &Progress) -> Result<(), Diagnostic> {
        let deadline = timeouts::action(config.timeout.as_ref());
        let environment_id = environment(cx, config.environment_id)?;
        let connectivity = cx.clients.clients()?.connectivity(&environment_id);
        let id = &config.connection_id;
        let summary = format!("The connection {id} does not work");
        let first = connectivity.connection(id).await;
        let first = first.map_err(|error| failed(&format!("Cannot read the connection {id}"), &error))?;
        let Some(first) = first else {
            let detail =
                format!("The environment {environment_id} has no desktop flow connection {id} that may be seen.");
            return Err(Diagnostic::error("There is no such connection", detail)
                .on("connection_id")
                .hint("Check the id and the environment; a connection can be seen by its maker, and by those it is shared with."));
        };
        let name = first.display_name.clone().unwrap_or_else(|| id.clone());
        let mut waiting = Waiting::new(cx, &connectivity, first, deadline, &summary);
        let mut last = String::new();
        loop {
            if last != waiting.connection.status() {
                last = waiting.connection.status().to_owned();
                progress.say(format!("{name} is {last}")).await;
            }
            if waiting.is_over()? {
                return Ok(());
            }
            waiting.pause().await?;
            waiting.read().await?;
        }
    }
}
