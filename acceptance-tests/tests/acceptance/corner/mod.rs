//! The corner provider under a real Terraform: what no provider of ours has is carried to a user all the same.

mod alike;
#[path = "../../../../proto/tests/corner/configs.rs"]
mod configs;

use std::fs;
use std::path::Path;

use acceptance_tests::feature::{Feature, offered};
use acceptance_tests::terraform::Terraform;
use acceptance_tests::workspace::Workspace;
use configs::{blocks, leaf, values};
use judge::client::example;
use judge::json::to_json;
use serde_json::Value as Json;
use tfplugin::value::Value;

const SOURCE: &str = "example/corner";
const VALUES: &str = "corner_values";
const BLOCKS: &str = "corner_blocks";
const HEAD: &str = "terraform {\n  required_providers {\n    corner = { source = \"example/corner\" }\n  }\n}\n";

/// A work folder for the corner provider, whose objects lie in the folder `objects` beside.
struct Corner {
    workspace: Workspace,
    _bin: tempfile::TempDir,
    objects: tempfile::TempDir,
}

impl Corner {
    fn new() -> Corner {
        let bin = tempfile::tempdir().unwrap();
        let binary = bin.path().join(format!("terraform-provider-corner{}", std::env::consts::EXE_SUFFIX));
        fs::copy(example("tfplugin", "corner"), binary).unwrap();
        let terraform = Terraform::find().unwrap();
        let workspace = Workspace::of_provider(terraform, SOURCE, bin.path()).unwrap();
        let objects = tempfile::tempdir().unwrap();
        let folder = objects.path().display();
        workspace.write("provider.tf", &format!("{HEAD}provider \"corner\" {{ folder = \"{folder}\" }}\n"));
        Corner { workspace, _bin: bin, objects }
    }

    fn offers(&self, feature: Feature) -> bool {
        offered(self.workspace.terraform(), feature)
    }

    /// Writes a configuration of resources, each by its type, its name and its values.
    fn configure(&self, resources: &[(&str, &str, &Value)]) {
        let resource = |(type_name, name, config): &(&str, &str, &Value)| {
            format!("{{\"{type_name}\":{{\"{name}\":{}}}}}", plain(config))
        };
        let resources: Vec<String> = resources.iter().map(resource).collect();
        self.workspace.write("main.tf.json", &format!("{{\"resource\":[{}]}}", resources.join(",")));
    }
}

/// More than anybody writes by hand.
const MANY: usize = 100;

/// The expression of a list of texts that need no quotes, or of numbers.
fn split<'a>(elements: impl Iterator<Item = &'a Value>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| to_json(value), str::to_owned);
    format!("split(\",\", \"{}\")", elements.map(text).collect::<Vec<_>>().join(","))
}

/// A value as a configuration in JSON has it: a dynamic one brings no type.
fn plain(value: &Value) -> String {
    match value {
        Value::Typed(typed) => plain(&typed.value),
        // Of a long literal, Terraform compares the type of each element with that of each other; what a function returns has one.
        Value::List(elements) if elements.len() > MANY => {
            Json::from(format!("${{{}}}", split(elements.iter()))).to_string()
        }
        Value::Map(fields) if fields.len() > MANY => {
            let names: Vec<Value> = fields.keys().map(|name| name.as_str().into()).collect();
            Json::from(format!("${{zipmap({}, {})}}", split(names.iter()), split(fields.values()))).to_string()
        }
        Value::List(elements) => format!("[{}]", elements.iter().map(plain).collect::<Vec<_>>().join(",")),
        Value::Map(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{}:{}", Json::from(name.as_str()), plain(value));
            let said = fields.iter().filter(|(_, value)| !value.is_null());
            format!("{{{}}}", said.map(field).collect::<Vec<_>>().join(","))
        }
        other => to_json(other),
    }
}

/// Without what is made anew each time, and without secrets where a version would store them.
fn without(mut value: Value, names: &[&str]) -> Value {
    names.iter().for_each(|name| value.put(name, Value::Null));
    value
}

#[test]
fn unknown_values_at_every_depth_become_known() {
    let corner = Corner::new();
    let config = r#"
resource "terraform_data" "later" { input = "later" }
resource "corner_values" "it" {
  name    = "ada"
  string  = terraform_data.later.output
  dynamic = { k = terraform_data.later.output }
  lists   = [["known", terraform_data.later.output], [terraform_data.later.id]]
  maps    = { (terraform_data.later.output) = ["x"] }
  object_set = [{ a = terraform_data.later.output, b = 1, c = [] }, { a = "known", b = 2, c = [terraform_data.later.id] }]
  tuple   = [true, terraform_data.later.output, 1]
}
resource "corner_blocks" "it" {
  group {}
  list { key = "one" }
  dynamic "set" {
    for_each = toset([terraform_data.later.output])
    content { key = set.value }
  }
  map "one" { key = terraform_data.later.output }
  deep {
    key = "d"
    deeper "one" {
      key = terraform_data.later.output
      deepest { key = terraform_data.later.id }
    }
  }
}
"#;
    corner.workspace.write("main.tf", config);
    corner.workspace.apply().expect_ok();
    corner.workspace.plan().expect_no_changes();
    assert_eq!(corner.workspace.attribute("corner_values.it", "string"), "later");
    corner.workspace.destroy().expect_ok();
}

#[test]
fn a_move_an_import_and_a_data_source() {
    let corner = Corner::new();
    let workspace = &corner.workspace;
    workspace.write(
        "main.tf",
        "data \"corner_echo\" \"it\" { text = \"ada\" }\noutput \"it\" { value = data.corner_echo.it.capitals }\n",
    );
    workspace.apply().expect_ok();
    assert_eq!(workspace.json(&["output", "-json"])["it"]["value"], "ADA");

    workspace.write("main.tf", "resource \"corner_values\" \"it\" { name = \"ada\" }\n");
    workspace.apply().expect_ok();
    let id = workspace.attr("corner_values.it", "id");
    workspace.remove("terraform.tfstate");
    workspace.import("corner_values.it", &id).expect_ok();
    workspace.plan().expect_no_changes();

    // Across types, from 1.8 on: what Terraform's own provider kept becomes one of ours.
    let moved = "moved {\n  from = terraform_data.old\n  to = corner_values.new\n}\nresource \"corner_values\" \"new\" { name = \"old\" }\n";
    workspace.write("main.tf", "resource \"terraform_data\" \"old\" { input = \"old\" }\n");
    workspace.remove("terraform.tfstate");
    workspace.apply().expect_ok();
    workspace.write("main.tf", moved);
    let outcome = workspace.plan();
    if corner.offers(Feature::Functions) {
        assert!(outcome.raw().contains("corner_values.new"), "{outcome}");
        outcome.expect_ok();
    } else {
        assert_eq!(outcome.code(), Some(1), "{outcome}");
    }
}

#[test]
fn deprecation_and_provider_meta_reach_the_user() {
    let corner = Corner::new();
    let workspace = &corner.workspace;
    let meta = "terraform {\n  provider_meta \"corner\" { module = \"robots\" }\n}\n";
    workspace.write(
        "main.tf",
        &format!("{meta}resource \"corner_values\" \"it\" {{\n  name = \"ada\"\n  old  = \"x\"\n}}\n"),
    );
    let outcome = workspace.plan();
    outcome.expect_ok();
    outcome.expect_warning("resource", "A module says its name", &["robots"]);
    outcome.expect_warning("old", "A deprecated argument", &["old", "Use string."]);
}

#[test]
fn an_ephemeral_token_a_function_and_an_action() {
    let corner = Corner::new();
    let workspace = &corner.workspace;
    workspace.write("main.tf", "output \"it\" { value = provider::corner::join(\"-\", \"a\", null, \"b\") }\n");
    let outcome = workspace.apply();
    assert_eq!(outcome.is_ok(), corner.offers(Feature::Functions), "{outcome}");

    let token = "ephemeral \"corner_token\" \"it\" {\n  name = \"ada\"\n  lasts = 1\n}\n\
                 resource \"corner_values\" \"it\" {\n  name = \"ada\"\n  secret_wo = ephemeral.corner_token.it.token\n  secret_wo_version = 1\n}\n";
    workspace.write("main.tf", token);
    let outcome = workspace.apply();
    if corner.offers(Feature::WriteOnly) {
        outcome.expect_ok();
        assert_eq!(workspace.attribute("corner_values.it", "secret_length"), "token-of-ada".len());
        assert!(!workspace.state_text().contains("token-of-ada"));
        workspace.plan().expect_no_changes();
    } else {
        assert_eq!(outcome.code(), Some(1), "{outcome}");
    }

    workspace.write("main.tf", "action \"corner_count\" \"it\" {\n  config { to = 3 }\n}\n");
    let outcome = workspace.apply_with(&["-invoke=action.corner_count.it"]);
    if corner.offers(Feature::Actions) {
        outcome.expect_ok();
    } else {
        assert_eq!(outcome.code(), Some(1), "{outcome}");
    }
}

/// Writes down what this Terraform asks of plans, when `CORNER_RECORD` names a folder: the vectors of `proto/tests/vectors`.
#[test]
fn what_is_asked_can_be_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let target = std::env::var("CORNER_RECORD").unwrap_or_else(|_| folder.path().display().to_string());
    let mut corner = Corner::new();
    corner.workspace.set("CORNER_FAULT", &format!("record:{target}"));
    let write_only = corner.offers(Feature::WriteOnly);
    let config = if write_only { values("ada") } else { without(values("ada"), &["secret_wo", "secret_wo_version"]) };
    let nested = blocks("x", vec![leaf("a", 1)]);
    let nested = if write_only { nested } else { without(nested, &["single_secret", "list_secret"]) };
    corner.configure(&[(VALUES, "it", &config), (BLOCKS, "it", &nested)]);
    corner.workspace.plan().expect_ok();
    let written = fs::read_dir(Path::new(&target)).unwrap().count();
    assert!(written >= 4, "{written} files");
}
