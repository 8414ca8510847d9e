//! A change set on the wire: a multipart body in a multipart body, and back.
//!
//! Source: <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/execute-batch-operations-using-web-api>

use serde_json::Value as Json;

/// One change in a change set.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub(super) method: &'static str,
    /// Relative to the Web API's root: `credentials(…)`.
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<Json>,
}

impl Change {
    /// The entity set that it is of.
    pub(super) fn set(&self) -> &str {
        self.path.split(['(', '?']).next().unwrap_or_default()
    }

    /// The change in a line, as tests compare it.
    pub(super) fn line(&self) -> String {
        let mut line = format!("{} {}", self.method, self.path);
        for (name, value) in &self.headers {
            line = format!("{line}  {name}: {value}");
        }
        self.body.iter().fold(line, |line, body| format!("{line}  {body}"))
    }
}

/// What a part of the answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Writes changes as one change set; the content type names the boundary.
pub(super) fn encode(changes: &[Change], root: &str, boundary: &str) -> (String, Vec<u8>) {
    let mut out =
        format!("--batch_{boundary}\r\nContent-Type: multipart/mixed; boundary=\"changeset_{boundary}\"\r\n\r\n");
    for (place, change) in changes.iter().enumerate() {
        out += &format!(
            "--changeset_{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\
             Content-ID: {id}\r\n\r\n{method} {root}{path} HTTP/1.1\r\n",
            id = place + 1,
            method = change.method,
            path = change.path,
        );
        for (name, value) in &change.headers {
            out += &format!("{name}: {value}\r\n");
        }
        match &change.body {
            Some(body) => out += &format!("Content-Type: application/json; charset=utf-8\r\n\r\n{body}\r\n"),
            None => out += "\r\n\r\n",
        }
    }
    out += &format!("--changeset_{boundary}--\r\n\r\n--batch_{boundary}--\r\n");
    (format!("multipart/mixed; boundary=\"batch_{boundary}\""), out.into_bytes())
}

/// Reads every HTTP answer in a multipart body, however deep its parts nest.
pub(super) fn decode(body: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.find("HTTP/1.1 ") {
        rest = &rest[at + "HTTP/1.1 ".len()..];
        let status = rest.get(..3).and_then(|status| status.parse().ok());
        let end = rest.find("\r\n--").or_else(|| rest.find("\n--")).unwrap_or(rest.len());
        let (answer, after) = rest.split_at(end);
        rest = after;
        let content = answer.split_once("\r\n\r\n").or_else(|| answer.split_once("\n\n")).map(|(_, content)| content);
        if let Some(status) = status {
            parts.push(Part { status, body: content.unwrap_or_default().trim().to_owned() });
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_set_is_a_body_in_a_body() {
        let create = Change {
            method: "POST",
            path: "credentials".into(),
            headers: vec![("MSCRM.SolutionUniqueName", "Robots".into())],
            body: Some(json!({"name": "robot"})),
        };
        let delete = Change { method: "DELETE", path: "credentials(7)".into(), headers: vec![], body: None };
        let (content_type, body) = encode(&[create, delete], "/api/data/v9.2/", "x");
        assert_eq!(content_type, "multipart/mixed; boundary=\"batch_x\"");
        let expected = "--batch_x\r\nContent-Type: multipart/mixed; boundary=\"changeset_x\"\r\n\r\n\
            --changeset_x\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: 1\r\n\r\n\
            POST /api/data/v9.2/credentials HTTP/1.1\r\nMSCRM.SolutionUniqueName: Robots\r\n\
            Content-Type: application/json; charset=utf-8\r\n\r\n{\"name\":\"robot\"}\r\n\
            --changeset_x\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: 2\r\n\r\n\
            DELETE /api/data/v9.2/credentials(7) HTTP/1.1\r\n\r\n\r\n\
            --changeset_x--\r\n\r\n--batch_x--\r\n";
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }

    #[test]
    fn every_answer_inside_is_found() {
        let body = "--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_2\r\n\r\n\
            --changesetresponse_2\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\n\
            HTTP/1.1 204 No Content\r\nOData-Version: 4.0\r\n\r\n\r\n\
            --changesetresponse_2--\r\n--batchresponse_1\r\nContent-Type: application/http\r\n\r\n\
            HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n\r\n{\"error\":{\"code\":\"1\",\"message\":\"no\"}}\r\n\
            --batchresponse_1--\r\n";
        let parts = decode(body);
        assert_eq!(parts[0], Part { status: 204, body: String::new() });
        assert_eq!(parts[1], Part { status: 400, body: r#"{"error":{"code":"1","message":"no"}}"#.into() });
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_it_panic(body in ".{0,200}", tail in "(HTTP/1.1 [0-9a-z]{0,4}(\r\n|\n|-){0,4}){0,3}") {
            decode(&format!("{body}{tail}"));
        }
    }
}
