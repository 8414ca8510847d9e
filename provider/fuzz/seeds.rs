//! Writes the first inputs of the target `rpc`: one sensible request for each rpc that has a value in it.

use std::fs;
use std::path::Path;

use tfplugin::cty::Type;
use tfplugin::msgpack::to_bytes;
use tfplugin::provider::Provider as _;
use tfplugin::value::Value;
use tfplugin::wire::tfplugin5 as pb;
use prost::Message;
use provider::PowerAutomate;

fn dynamic(value: &Value, ty: &Type) -> Option<pb::DynamicValue> {
    Some(pb::DynamicValue { msgpack: to_bytes(value, ty).expect("the value fits"), json: Vec::new() })
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/rpc");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let write = |place: u8, name: &str, request: Vec<u8>| {
        let bytes = [&[place][..], &request].concat();
        fs::write(folder.join(name), bytes).expect("the folder can be written");
    };
    const ID: &str = "8f6d5a1c-1111-4222-8333-444455556666";
    for resource in PowerAutomate.resources() {
        let (type_name, schema) = (resource.name().to_owned(), resource.schema());
        let short = type_name.trim_start_matches("powerautomate_");
        let ty = schema.block.ty();
        let state = Value::object([("id", ID.into()), ("environment_id", ID.into())]);
        let config = Value::object([("environment_id", ID.into()), ("name", "Robot".into())]);
        let config = match &config {
            Value::Map(fields) if schema.block.attribute("name").is_none() => {
                Value::object(fields.iter().filter(|(name, _)| *name != "name").map(|(n, v)| (n.clone(), v.clone())))
            }
            _ => config,
        };
        let (state, config) = (dynamic(&state, &ty), dynamic(&config, &ty));
        let validate = pb::validate_resource_type_config::Request {
            type_name: type_name.clone(),
            config: config.clone(),
            client_capabilities: None,
        };
        write(3, &format!("validate_{short}"), validate.encode_to_vec());
        let json = format!(r#"{{"id":"{ID}","environment_id":"{ID}","old":1.5}}"#).into_bytes();
        let raw = pb::RawState { json, ..Default::default() };
        let upgrade = pb::upgrade_resource_state::Request {
            type_name: type_name.clone(),
            version: 0,
            raw_state: Some(raw.clone()),
        };
        write(5, &format!("upgrade_{short}"), upgrade.encode_to_vec());
        let identity = pb::upgrade_resource_identity::Request {
            type_name: type_name.clone(),
            version: 0,
            raw_identity: Some(raw.clone()),
        };
        write(7, &format!("identity_{short}"), identity.encode_to_vec());
        let read = pb::read_resource::Request {
            type_name: type_name.clone(),
            current_state: state.clone(),
            ..Default::default()
        };
        write(8, &format!("read_{short}"), read.encode_to_vec());
        let plan = pb::plan_resource_change::Request {
            type_name: type_name.clone(),
            prior_state: state.clone(),
            proposed_new_state: state.clone(),
            config: config.clone(),
            ..Default::default()
        };
        write(9, &format!("plan_{short}"), plan.encode_to_vec());
        let apply = pb::apply_resource_change::Request {
            type_name: type_name.clone(),
            prior_state: state.clone(),
            planned_state: state.clone(),
            config,
            ..Default::default()
        };
        write(10, &format!("apply_{short}"), apply.encode_to_vec());
        let import = pb::import_resource_state::Request {
            type_name: type_name.clone(),
            id: format!("{ID}/robot"),
            ..Default::default()
        };
        write(11, &format!("import_{short}"), import.encode_to_vec());
        let moved = pb::move_resource_state::Request {
            source_provider_address: "registry.terraform.io/hashicorp/null".into(),
            source_type_name: "null_resource".into(),
            target_type_name: type_name.clone(),
            source_state: Some(raw),
            ..Default::default()
        };
        write(12, &format!("move_{short}"), moved.encode_to_vec());
        let generate = pb::generate_resource_config::Request { type_name: type_name.clone(), state };
        write(14, &format!("generate_{short}"), generate.encode_to_vec());
        let listing = resource.listing().expect("every resource can be listed");
        let config = dynamic(&Value::object([("name_prefix", "cto_".into())]), &listing.block.ty());
        let list = pb::validate_list_resource_config::Request { type_name: type_name.clone(), config, ..Default::default() };
        write(19, &format!("list_{short}"), list.encode_to_vec());
    }
    for function in PowerAutomate.functions() {
        let arguments = function.parameters.iter().filter_map(|one| dynamic(&"public".into(), one.ty)).collect();
        let call = pb::call_function::Request { name: function.name.to_owned(), arguments };
        write(21, &format!("call_{}", function.name), call.encode_to_vec());
    }
    for action in PowerAutomate.actions() {
        let ty = action.schema().block.ty();
        let config = dynamic(&Value::object([("connection_id", ID.into()), ("timeout", "1m".into())]), &ty);
        let (name, plan) = (action.name().to_owned(), config.clone());
        let plan = pb::plan_action::Request { action_type: name.clone(), config: plan, client_capabilities: None };
        write(22, "plan_action", plan.encode_to_vec());
        write(23, "action", pb::validate_action_config::Request { type_name: name, config }.encode_to_vec());
    }
    let schema = PowerAutomate::SCHEMA;
    let config = dynamic(&Value::object([("environment_id", ID.into())]), &schema.block.ty());
    write(2, "provider", pb::prepare_provider_config::Request { config }.encode_to_vec());
}
