//! The corner provider: a resource for every shape that protocol 5 knows, to hold the plugin layer against its rules.
//!
//! The judge drives it (`tests/judge.rs`), a real Terraform does (`acceptance-tests/tests/corner.rs`), and `CORNER_FAULT` makes it break
//! one rule at a time, so that the judge can show that it sees.

mod broken;
mod extras;
mod random;
mod schemas;
mod shape;
mod store;

use std::process::ExitCode;

use tfplugin::action::{AnyAction, action};
use tfplugin::cty::Type;
use tfplugin::data_source::{AnyDataSource, data_source};
use tfplugin::diagnostic::Diagnostic;
use tfplugin::ephemeral::{AnyEphemeral, ephemeral};
use tfplugin::function::Function;
use tfplugin::handshake::{Plugin, serve};
use tfplugin::provider::Provider;
use tfplugin::resource::AnyResource;
use tfplugin::schema::{Attribute, Schema};
use tfplugin::server::Server;
use tfplugin::value::Value;

use store::Store;

struct Corner;

static PROVIDER: Schema = Schema::new("Every shape of protocol 5.").attributes(&[
    Attribute::optional("folder", &Type::String, "Where the objects are kept; in memory without it."),
    Attribute::optional("old", &Type::String, "No longer used.").deprecated("Use folder."),
]);

static META: Schema = Schema::new("What a module says.").attributes(&[Attribute::optional(
    "module",
    &Type::String,
    "The module's name.",
)]);

impl Provider for Corner {
    type Clients = Store;
    const NAME: &'static str = "corner";
    const SCHEMA: &'static Schema = &PROVIDER;
    const META: Option<&'static Schema> = Some(&META);

    fn resources(&self) -> Vec<Box<dyn AnyResource<Store>>> {
        let mut shapes = schemas::shapes();
        shapes.extend(random::shape());
        shapes.into_iter().map(|shape| Box::new(shape) as Box<dyn AnyResource<Store>>).collect()
    }

    fn data_sources(&self) -> Vec<Box<dyn AnyDataSource<Store>>> {
        vec![data_source(extras::Echo)]
    }

    fn ephemerals(&self) -> Vec<Box<dyn AnyEphemeral<Store>>> {
        vec![ephemeral(extras::Token)]
    }

    fn actions(&self) -> Vec<Box<dyn AnyAction<Store>>> {
        vec![action(extras::Count)]
    }

    fn functions(&self) -> &'static [Function] {
        extras::FUNCTIONS
    }

    fn configure(&self, config: &Value, _: &str) -> Result<(Store, Vec<Diagnostic>), Diagnostic> {
        Ok((Store::at(config.at("folder").as_str()), Vec::new()))
    }
}

fn main() -> ExitCode {
    let plugin = Plugin::new(
        "terraform-provider-corner",
        "registry.terraform.io/example/corner",
        "Every shape of protocol 5.",
        env!("CARGO_PKG_VERSION"),
    )
    .logs(&["corner"]);
    match std::env::var("CORNER_FAULT") {
        Ok(fault) if !fault.is_empty() => serve(&plugin, || broken::Broken::new(Server::new(Corner), fault)),
        _ => serve(&plugin, || Server::new(Corner)),
    }
}
