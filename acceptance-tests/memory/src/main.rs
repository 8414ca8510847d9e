//! The provider's twin that answers from memory: the same schemas, and no service behind them.
//!
//! Whoever measures it measures Terraform and the plugin layer alone. It lies here and not beside the toy of the plugin crate because
//! it takes the schemas from the provider itself: what Terraform reads, plans and stores is then as long as what the provider
//! makes it read, plan and store, today and after the next attribute. It is a crate of its own, so that it is built when those change
//! and not when a test does.

use std::process::ExitCode;

use provider::{Account, PowerAutomate};
use tfplugin::identity::Identity;
use tfplugin::listing::{Hits, Query};
use tfplugin::offer::{Boxed, Offer};
use tfplugin::resource::{AnyResource, Import, Move, Upgrade};
use tfplugin::{Context, Diagnostic, Plan, Plugin, Provider, Schema, Server, Value, serve};
use uuid::Uuid;

/// The provider `powerautomate`, without a memory of its own: what is remembered is the state that Terraform shows.
struct Memory;

impl Provider for Memory {
    /// The environment of the provider block.
    type Clients = Value;
    const NAME: &'static str = PowerAutomate::NAME;
    const SCHEMA: &'static Schema = PowerAutomate::SCHEMA;

    fn resources(&self) -> Vec<Box<dyn AnyResource<Value>>> {
        let twin = |real| -> Box<dyn AnyResource<Value>> { Box::new(Twin(real)) };
        PowerAutomate.resources().into_iter().map(twin).collect()
    }

    fn configure(&self, block: &Value, _: &str) -> Result<(Value, Vec<Diagnostic>), Diagnostic> {
        Ok((block.at("environment_id").clone(), Vec::new()))
    }
}

/// A resource with the shape of a real one.
struct Twin(Box<dyn AnyResource<Account>>);

impl Offer for Twin {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn schema(&self) -> &'static Schema {
        self.0.schema()
    }

    fn validate(&self, config: &Value) -> Vec<Diagnostic> {
        self.0.validate(config)
    }
}

impl AnyResource<Value> for Twin {
    fn identity(&self) -> Option<&'static Identity> {
        self.0.identity()
    }

    fn upgrades(&self) -> &'static [Upgrade] {
        self.0.upgrades()
    }

    fn moves(&self) -> &'static [Move] {
        self.0.moves()
    }

    fn plan<'a>(&'a self, _: &'a Context<Value>, _: &'a mut Plan) -> Boxed<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn apply<'a>(&'a self, cx: &'a Context<Value>, _: &'a Value, planned: &'a Value) -> Boxed<'a, Value> {
        Box::pin(async { Ok(made_up(planned, &cx.clients)) })
    }

    fn read<'a>(&'a self, _: &'a Context<Value>, prior: &'a Value) -> Boxed<'a, Value> {
        Box::pin(async { Ok(prior.clone()) })
    }

    fn import<'a>(&'a self, _: &'a Context<Value>, _: Import<'a>) -> Boxed<'a, Value> {
        Box::pin(async {
            Err(Diagnostic::error("There is nothing to import", "What is not in the state is forgotten."))
        })
    }

    fn generate(&self, state: &Value, config: &mut Value) {
        self.0.generate(state, config);
    }

    fn listing(&self) -> Option<&'static Schema> {
        self.0.listing()
    }

    fn list<'a>(&'a self, _: &'a Context<Value>, _: &'a Query, _: &'a Hits) -> Boxed<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// What was planned, with a value of the usual length in every place that was left open.
fn made_up(planned: &Value, environment: &Value) -> Value {
    let Value::Map(attributes) = planned else { return planned.clone() };
    let known = |(name, value): (&String, &Value)| {
        let value = if value.is_unknown() { usual(name, environment) } else { value.clone() };
        (name.clone(), value)
    };
    Value::Map(attributes.iter().map(known).collect())
}

/// The value that an attribute of this name would have, or one as long.
fn usual(name: &str, environment: &Value) -> Value {
    match name {
        "environment_id" => environment.clone(),
        "active" | "username_variable_managed" => true.into(),
        "managed" => false.into(),
        "description" | "solution_unique_name" | "status_detail" => Value::Null,
        "certificate_pem" => pem().into(),
        "certificate_version" | "serial_number" => Uuid::new_v4().simple().to_string().into(),
        "thumbprint" => "5A".repeat(20).into(),
        "thumbprint_sha256" => "5A".repeat(32).into(),
        "secret_reference" => format!("/subscriptions/{}/{}", Uuid::new_v4(), "vault".repeat(24)).into(),
        "subject" | "issuer" => "O=Contoso, CN=Contoso Robots CA".into(),
        "user_principal_names" => Value::List(vec!["robot-0001@contoso.com".into()]),
        "not_before" | "expires_on" | "created_on" => "2026-01-01T00:00:00Z".into(),
        "status" => "Connected".into(),
        "display_name" | "username" | "username_schema_name" => "cto_robot_0001_certificate".into(),
        _ => Uuid::new_v4().to_string().into(),
    }
}

/// A text as long as a small certificate.
fn pem() -> String {
    let lines = format!("{}\n", "A".repeat(64)).repeat(11);
    format!("-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n")
}

fn main() -> ExitCode {
    let plugin = Plugin::new(
        "terraform-provider-powerautomate",
        "registry.terraform.io/cba/powerautomate",
        "The shape of certificate-based sign-in, and nothing behind it.",
        env!("CARGO_PKG_VERSION"),
    );
    serve(&plugin, || Server::new(Memory))
}
