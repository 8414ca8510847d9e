//! The models of the corner provider have the fields of their schemas, and a misspelled field is named.

#[path = "corner/extras.rs"]
#[allow(dead_code)] // the functions have no model
mod extras;
#[path = "corner/store.rs"]
#[allow(dead_code)] // nothing is stored
mod store;

use serde::{Deserialize, Serialize};
use tfplugin::action::AnyAction;
use tfplugin::data_source::AnyDataSource;
use tfplugin::ephemeral::AnyEphemeral;
use tfplugin::testing::misfits;
use tfplugin::{
    AnyResource, Attribute, Context, DataSource, Diagnostic, Provider, Schema, Type, Value, action, data_source,
    ephemeral,
};

use store::Store;

struct Corner;

impl Provider for Corner {
    type Clients = Store;
    const NAME: &'static str = "corner";
    const SCHEMA: &'static Schema = &Schema::new("What has a model.");

    fn resources(&self) -> Vec<Box<dyn AnyResource<Store>>> {
        Vec::new()
    }

    fn data_sources(&self) -> Vec<Box<dyn AnyDataSource<Store>>> {
        vec![data_source(extras::Echo), data_source(Misspelled)]
    }

    fn ephemerals(&self) -> Vec<Box<dyn AnyEphemeral<Store>>> {
        vec![ephemeral(extras::Token)]
    }

    fn actions(&self) -> Vec<Box<dyn AnyAction<Store>>> {
        vec![action(extras::Count)]
    }

    fn configure(&self, _: &Value, _: &str) -> Result<(Store, Vec<Diagnostic>), Diagnostic> {
        Ok((Store::at(None), Vec::new()))
    }
}

struct Misspelled;

#[derive(Serialize, Deserialize)]
struct Model {
    nmae: Option<String>,
}

impl DataSource for Misspelled {
    type Clients = Store;
    type Model = Model;
    const NAME: &'static str = "corner_misspelled";
    const SCHEMA: &'static Schema =
        &Schema::new("Has a name.").attributes(&[Attribute::optional("name", &Type::String, "The name.")]);

    async fn read(&self, _: &Context<Store>, config: Model) -> Result<Model, Diagnostic> {
        Ok(config)
    }
}

#[test]
fn only_the_misspelled_field_is_found() {
    assert_eq!(
        misfits(&Corner),
        [
            "corner_misspelled: nmae is in the model, and not in the schema",
            "corner_misspelled: name is in the schema, and not in the model",
        ]
    );
}
