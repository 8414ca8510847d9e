//! A value as a message carries it: in msgpack, or in JSON.

use zeroize::Zeroize as _;

use crate::config::Config;
use crate::cty::Type;
use crate::diagnostic::Diagnostic;
use crate::json::from_json;
use crate::msgpack;
use crate::value::Value;
use crate::wire::tfplugin5 as pb;

/// Reads a value that Terraform sent; what is missing is null.
pub(crate) fn decode(value: Option<&pb::DynamicValue>, ty: &Type) -> Result<Value, Diagnostic> {
    let Some(value) = value else { return Ok(Value::Null) };
    if value.msgpack.is_empty() && !value.json.is_empty() {
        return parse_json(&value.json, ty);
    }
    if value.msgpack.is_empty() {
        return Ok(Value::Null);
    }
    msgpack::from_bytes(&value.msgpack, ty).map_err(|error| unreadable(&error.to_string()))
}

/// Reads a stored state.
pub(crate) fn parse_json(json: &[u8], ty: &Type) -> Result<Value, Diagnostic> {
    let text = std::str::from_utf8(json).map_err(|_| unreadable("it is not UTF-8"))?;
    from_json(text, ty).map_err(|what| unreadable(&what))
}

/// Reads a configuration, and wipes the message that brought it.
pub(crate) fn decode_config(message: Option<pb::DynamicValue>, ty: &Type) -> Result<Config, Diagnostic> {
    let config = decode(message.as_ref(), ty).map(Config::from);
    if let Some(mut message) = message {
        message.msgpack.zeroize();
        message.json.zeroize();
    }
    config
}

fn unreadable(what: &str) -> Diagnostic {
    Diagnostic::error("A value from Terraform cannot be read", format!("It does not fit the schema: {what}."))
        .hint("This is an error in the provider or in the client. Please report it.")
}

/// Writes a value for Terraform.
pub(crate) fn encode(value: &Value, ty: &Type) -> Result<Option<pb::DynamicValue>, Diagnostic> {
    let msgpack = msgpack::to_bytes(value, ty).map_err(|error| {
        Diagnostic::error("The provider made a value that does not fit its schema", format!("{error}."))
            .hint("This is an error in the provider. Please report it.")
    })?;
    Ok(Some(pb::DynamicValue { msgpack, json: Vec::new() }))
}
