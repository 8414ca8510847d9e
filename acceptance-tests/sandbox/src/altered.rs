//! An answer of a service with other values in it.

use serde_json::Value;
use url::Url;

use crate::exchange::Response;

impl Response {
    /// The same with another body, if it is JSON.
    pub(crate) fn altered(mut self, change: impl FnOnce(&mut Value)) -> Response {
        if let Ok(mut body) = serde_json::from_slice(&self.body) {
            change(&mut body);
            self.body = body.to_string().into();
        }
        self
    }
}

/// Puts a value where a pointer leads; a last name that is not there yet is added.
pub(crate) fn put(body: &mut Value, pointer: &str, value: &Value) {
    let Some(rest) = pointer.strip_prefix('/') else {
        *body = value.clone();
        return;
    };
    let (name, rest) = rest.find('/').map_or((rest, ""), |end| rest.split_at(end));
    match body {
        Value::Array(elements) if name == "*" => elements.iter_mut().for_each(|element| put(element, rest, value)),
        Value::Array(elements) => {
            if let Some(element) = name.parse::<usize>().ok().and_then(|place| elements.get_mut(place)) {
                put(element, rest, value);
            }
        }
        Value::Object(fields) if rest.is_empty() => drop(fields.insert(name.to_owned(), value.clone())),
        Value::Object(fields) => {
            if let Some(field) = fields.get_mut(name) {
                put(field, rest, value);
            }
        }
        _ => {}
    }
}

/// Puts every link to a next page, those inside of rows too, on another host.
pub(crate) fn move_next_pages(value: &mut Value, host: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| move_next_pages(item, host)),
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str().filter(|_| name.ends_with("nextLink")).and_then(|link| on_host(link, host)) {
                    Some(link) => *field = link.into(),
                    None => move_next_pages(field, host),
                }
            }
        }
        _ => {}
    }
}

fn on_host(link: &str, host: &str) -> Option<String> {
    let mut link = Url::parse(link).ok()?;
    link.set_host(Some(host)).ok()?;
    Some(link.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_put_where_a_pointer_leads() {
        let mut body = json!({ "value": [{ "a": { "b": 1 } }, { "a": { "b": 2 } }] });
        put(&mut body, "/value/*/a/b", &json!([]));
        put(&mut body, "/value/1/c", &json!(true));
        put(&mut body, "/value/7/c", &json!(true));
        put(&mut body, "/next", &json!("x"));
        put(&mut body, "/none/x", &json!("x"));
        assert_eq!(body, json!({ "value": [{ "a": { "b": [] } }, { "a": { "b": [] }, "c": true }], "next": "x" }));
        put(&mut body, "", &json!(null));
        assert_eq!(body, Value::Null);
    }
}
