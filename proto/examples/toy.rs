//! A complete provider on this crate: it keeps texts in files of a folder.
//!
//! The tests start it as Terraform would. Try it: build it as `terraform-provider-toy`, name its folder in `dev_overrides`, and write
//! `resource "toy_note" "a" { path = "/tmp/a", text = "hello" }`.

use std::fs;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use tfplugin::{
    AnyResource, Attribute, Check, Context, Diagnostic, Identity, IdentityAttribute, Import, Plugin, Provider,
};
use tfplugin::{Resource, Schema, Server, Type, Value, resource, serve};

struct Toy;

impl Provider for Toy {
    type Clients = ();
    const NAME: &'static str = "toy";
    const SCHEMA: &'static Schema = &Schema::new("Keeps notes in files.");

    fn resources(&self) -> Vec<Box<dyn AnyResource<()>>> {
        vec![resource(Note)]
    }

    fn configure(&self, _: &Value, _: &str) -> Result<((), Vec<Diagnostic>), Diagnostic> {
        Ok(((), Vec::new()))
    }
}

struct Note;

#[derive(Serialize, Deserialize)]
struct Model {
    path: String,
    text: String,
    length: Option<usize>,
}

impl Note {
    fn write(mut note: Model) -> Result<Model, Diagnostic> {
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
    const NAME: &'static str = "toy_note";
    const SCHEMA: &'static Schema = &Schema::new("A note in a file.").attributes(&[
        Attribute::required("path", &Type::String, "The file.")
            .check(&[Check::Length { min: 1, max: 1000 }])
            .replaces(),
        Attribute::required("text", &Type::String, "What is in it."),
        Attribute::computed("length", &Type::Number, "How long the text is, in bytes.").follows(&["text"]),
    ]);
    const IDENTITY: Option<&'static Identity> =
        Some(&Identity::new(&[IdentityAttribute::required("path", &Type::String, "The file.")]));

    async fn create(&self, _: &Context<()>, planned: Model) -> Result<Model, Diagnostic> {
        Note::write(planned)
    }

    async fn read(&self, _: &Context<()>, prior: Model) -> Result<Option<Model>, Diagnostic> {
        let text = fs::read_to_string(&prior.path).ok();
        Ok(text.map(|text| Model { length: Some(text.len()), text, ..prior }))
    }

    async fn update(&self, _: &Context<()>, _: Model, planned: Model) -> Result<Model, Diagnostic> {
        Note::write(planned)
    }

    async fn delete(&self, _: &Context<()>, prior: Model) -> Result<(), Diagnostic> {
        let _ = fs::remove_file(&prior.path);
        Ok(())
    }

    async fn import(&self, _: &Context<()>, what: Import<'_>) -> Result<Model, Diagnostic> {
        let path = match what {
            Import::Id(path) => path.to_owned(),
            Import::Identity(identity) => identity.at("path").as_str().unwrap_or_default().to_owned(),
        };
        Ok(Model { path, text: String::new(), length: None })
    }
}

fn main() -> ExitCode {
    let plugin = Plugin::new(
        "terraform-provider-toy",
        "registry.terraform.io/example/toy",
        "Keeps notes in files.",
        env!("CARGO_PKG_VERSION"),
    )
    .logs(&["toy"]);
    serve(&plugin, || Server::new(Toy))
}
