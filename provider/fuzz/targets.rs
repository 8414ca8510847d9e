//! What is fuzzed: each function takes any bytes and must not panic, and what it reads it must be able to write again.
//!
//! The fuzz targets call these under libFuzzer, and `tests/corpora.rs` replays what they found with the stable toolchain.

use std::sync::OnceLock;

use prost::Message;
use provider::PowerAutomate;
use tfplugin::cty::Type;
use tfplugin::json::from_json;
use tfplugin::msgpack::{from_bytes, to_bytes};
use tfplugin::provider::Provider as _;
use tfplugin::server::Server;
use tfplugin::value::Value;
use tfplugin::wire::tfplugin5::provider_server::Provider as Rpcs;
use tonic::Request;

/// Types of every kind, and those of the provider itself.
fn types() -> &'static [Type] {
    static TYPES: OnceLock<Vec<Type>> = OnceLock::new();
    TYPES.get_or_init(|| {
        let spelled = [
            r#""bool""#,
            r#""number""#,
            r#""string""#,
            r#""dynamic""#,
            r#"["list","number"]"#,
            r#"["set","dynamic"]"#,
            r#"["map",["list","string"]]"#,
            r#"["tuple",["bool",["set","number"],"dynamic"]]"#,
            r#"["object",{"a":"string","b":["map","bool"],"c":["object",{"d":"dynamic"}]}]"#,
        ];
        let parsed = |json: &str| Type::from_json(json).expect("it is a type");
        let own = PowerAutomate.resources().into_iter().map(|resource| resource.schema().block.ty());
        spelled.iter().map(|json| parsed(json)).chain(own).collect()
    })
}

/// The first byte chooses the type, the rest is msgpack, or JSON when the first byte's highest bit is set.
pub(crate) fn msgpack(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let ty = &types()[usize::from(choice & 0x7f) % types().len()];
    let read = if choice & 0x80 == 0 {
        from_bytes(rest, ty).ok()
    } else {
        std::str::from_utf8(rest).ok().and_then(|text| from_json(text, ty).ok())
    };
    if let Some(value) = read {
        let bytes = to_bytes(&value, ty).expect("what was read can be written");
        assert_eq!(from_bytes(&bytes, ty).expect("what was written can be read"), value);
    }
}

/// The first byte chooses the rpc, the rest is its request. The provider is not configured: nothing leaves the process.
pub(crate) fn rpc(data: &[u8]) {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime without a driver needs nothing")
    });
    let Some((choice, rest)) = data.split_first() else { return };
    let server = Server::new(PowerAutomate);
    macro_rules! one_of {
        ($($place:literal => $rpc:ident),* $(,)?) => {
            match choice % 25 {
                $($place => {
                    if let Ok(request) = Message::decode(rest) {
                        let answered = runtime.block_on(Rpcs::$rpc(&server, Request::new(request)));
                        assert!(answered.is_ok(), "an rpc answers with diagnostics, never with a status");
                    }
                })*
                _ => {}
            }
        };
    }
    one_of! {
        0 => get_metadata, 1 => get_schema, 2 => prepare_provider_config, 3 => validate_resource_type_config,
        4 => validate_data_source_config, 5 => upgrade_resource_state, 6 => get_resource_identity_schemas,
        7 => upgrade_resource_identity, 8 => read_resource, 9 => plan_resource_change, 10 => apply_resource_change,
        11 => import_resource_state, 12 => move_resource_state, 13 => read_data_source, 14 => generate_resource_config,
        15 => validate_ephemeral_resource_config, 16 => open_ephemeral_resource, 17 => renew_ephemeral_resource,
        18 => close_ephemeral_resource, 19 => validate_list_resource_config, 20 => get_functions, 21 => call_function,
        22 => plan_action, 23 => validate_action_config, 24 => stop,
    }
}

/// The bytes are an import id. What is read is put together again from its parts.
pub(crate) fn import_id(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    const OWN: &str = "00000000-0000-0000-0000-000000000000";
    for own in [None, Some(OWN)] {
        if let Ok((environment, what)) = provider::import_id(own, text, "name") {
            assert!(!what.is_empty());
            assert!(text == format!("{environment}/{what}") || (own == Some(environment.as_str()) && text == what));
        }
    }
}

/// The first byte chooses the function, the rest are its arguments with a zero byte between them.
pub(crate) fn functions(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let functions = PowerAutomate.functions();
    let function = &functions[usize::from(*choice) % functions.len()];
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let mut arguments: Vec<Value> = text.split('\0').map(Value::text).collect();
    arguments.resize(function.parameters.len(), "".into());
    match (function.call)(&arguments) {
        Ok(result) => drop(to_bytes(&result, function.returns).expect("the result has the declared type")),
        Err(fault) => {
            assert!(!fault.text.is_empty());
            assert!(fault.argument.is_none_or(|place| place < arguments.len()));
        }
    }
}
