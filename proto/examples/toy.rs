//! A complete provider on this crate: it keeps texts in files of a folder.
//!
//! The tests start it as Terraform would. Try it: build it as `terraform-provider-toy`, name its folder in `dev_overrides`, and write
//! `resource "toy_note" "a" { path = "/tmp/a", text = "hello" }`.

use std::fs;
use std::process::ExitCode;

use proto::context::{Context, Result};
use proto::cty::Type;
use proto::diagnostic::Diagnostic;
use proto::handshake::{Plugin, serve};
use proto::identity::{Identity, IdentityAttribute};
use proto::provider::Provider;
use proto::resource::{AnyResource, Import, Resource, resource};
use proto::schema::{Attribute, Block, Check, Schema};
use proto::server::Server;
use proto::value::Value;
use serde::{Deserialize, Serialize};

struct Toy;

static PROVIDER: Schema = Schema::new(Block::new("Keeps notes in files."));

impl Provider for Toy {
    type Clients = ();

    fn name(&self) -> &'static str {
        "toy"
    }

    fn schema(&self) -> &'static Schema {
        &PROVIDER
    }

    fn resources(&self) -> Vec<Box<dyn AnyResource<()>>> {
        vec![resource(Note)]
    }

    fn configure(&self, _: &Value, _: &str) -> Result<((), Vec<Diagnostic>)> {
        Ok(((), Vec::new()))
    }
}

struct Note;

static NOTE: Schema = Schema::new(Block {
    attributes: &[
        Attribute::required("path", &Type::String, "The file.")
            .check(&[Check::Length { min: 1, max: 1000 }])
            .replaces(),
        Attribute::required("text", &Type::String, "What is in it."),
        Attribute::computed("length", &Type::Number, "How long the text is, in bytes.").follows(&["text"]),
    ],
    ..Block::new("A note in a file.")
});

static IDENTITY: Identity = Identity {
    version: 0,
    attributes: &[IdentityAttribute { name: "path", ty: &Type::String, required: true, description: "The file." }],
    upgrades: &[],
};

#[derive(Serialize, Deserialize)]
struct Model {
    path: String,
    text: String,
    length: Option<usize>,
}

impl Note {
    fn write(mut note: Model) -> Result<Model> {
        assert_ne!(note.text, "panic", "the text asked for a panic");
        fs::write(&note.path, &note.text)
            .map_err(|error| Diagnostic::error("Cannot write the note", error.to_string()).on("path"))?;
        note.length = Some(note.text.len());
        Ok(note)
    }
}

impl Resource for Note {
    type Clients = ();
    type Model = Model;

    fn name(&self) -> &'static str {
        "toy_note"
    }

    fn schema(&self) -> &'static Schema {
        &NOTE
    }

    fn identity(&self) -> Option<&'static Identity> {
        Some(&IDENTITY)
    }

    async fn create(&self, _: &Context<()>, planned: Model) -> Result<Model> {
        Note::write(planned)
    }

    async fn read(&self, _: &Context<()>, prior: Model) -> Result<Option<Model>> {
        let text = fs::read_to_string(&prior.path).ok();
        Ok(text.map(|text| Model { length: Some(text.len()), text, ..prior }))
    }

    async fn update(&self, _: &Context<()>, _: Model, planned: Model) -> Result<Model> {
        Note::write(planned)
    }

    async fn delete(&self, _: &Context<()>, prior: Model) -> Result<()> {
        let _ = fs::remove_file(&prior.path);
        Ok(())
    }

    async fn import(&self, _: &Context<()>, what: Import<'_>) -> Result<Model> {
        let path = match what {
            Import::Id(path) => path.to_owned(),
            Import::Identity(identity) => identity.at("path").as_str().unwrap_or_default().to_owned(),
        };
        Ok(Model { path, text: String::new(), length: None })
    }
}

fn main() -> ExitCode {
    let plugin = Plugin {
        name: "terraform-provider-toy",
        address: "registry.terraform.io/example/toy",
        about: "Keeps notes in files.",
        version: env!("CARGO_PKG_VERSION"),
        logs: &["toy"],
    };
    serve(&plugin, || Server::new(Toy))
}
