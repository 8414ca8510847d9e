//! Batches and change sets.

use proptest::prelude::*;

use super::*;

/// A batch: each element is one request alone, or several as a change set.
pub(super) fn batch_of(items: &[&[&str]]) -> String {
    let mut body = String::new();
    for item in items {
        body.push_str("--b\r\n");
        if let [alone] = item
            && alone.starts_with("GET")
        {
            body.push_str(&part(alone, None));
            continue;
        }
        body.push_str("Content-Type: multipart/mixed; boundary=\"c\"\r\n\r\n");
        for (place, request) in item.iter().enumerate() {
            body.push_str(&format!("--c\r\n{}", part(request, Some(place + 1))));
        }
        body.push_str("--c--\r\n");
    }
    body + "--b--\r\n"
}

/// `METHOD address` and after a line end the headers and body.
fn part(request: &str, content_id: Option<usize>) -> String {
    let id = content_id.map(|id| format!("Content-ID: {id}\r\n")).unwrap_or_default();
    let (line, body) = request.split_once('\n').unwrap_or((request, ""));
    let content_type = if body.is_empty() { "" } else { "Content-Type: application/json; type=entry\r\n" };
    format!(
        "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{id}\r\n\
         {line} HTTP/1.1\r\n{content_type}\r\n{body}\r\n"
    )
}

impl Desk {
    pub(super) fn batch(&mut self, body: &str, prefer: &str) -> Response {
        let mut request = request("POST $batch", prefer);
        request.headers.insert("content-type", "multipart/mixed; boundary=\"b\"".parse().unwrap());
        request.body = Bytes::from(body.to_owned());
        self.send(&request)
    }

    /// The outer status, then what each part was answered, as far as there is an answer.
    #[track_caller]
    fn check_batch(&mut self, items: &[&[&str]], prefer: &str, expected: &str) -> String {
        let response = self.batch(&batch_of(items), prefer);
        let inner: Vec<_> = response
            .parts
            .iter()
            .map(|(request, answer)| {
                let path = request.path.trim_start_matches("/api/data/v9.2/");
                format!(
                    "{} {} {}",
                    request.method,
                    path.split('(').next().unwrap(),
                    shown(answer).split(" {").next().unwrap().trim()
                )
            })
            .collect();
        let shown = format!("{}: {}", response.status.as_u16(), inner.join("; "));
        assert!(
            shown.starts_with(expected),
            "\n  expected {expected}\n  answered {shown}\n{}",
            String::from_utf8_lossy(&response.body)
        );
        String::from_utf8(response.body.to_vec()).unwrap()
    }
}

const DEFINE: &str = "POST /api/data/v9.2/environmentvariabledefinitions\n{\"environmentvariabledefinitionid\":\"dddddddd-0000-0000-0000-000000000001\",\"schemaname\":\"cto_a\",\"type\":100000005}";

fn value(bind: &str, reference: &str) -> String {
    format!(
        "POST /api/data/v9.2/environmentvariablevalues\n\
         {{\"schemaname\":\"cto_a\",\"value\":\"{reference}\",\"EnvironmentVariableDefinitionId@odata.bind\":\"{bind}\"}}"
    )
}

#[test]
fn a_change_set_makes_a_definition_and_its_value() {
    let mut desk = Desk::new();
    let body = desk.check_batch(
        &[&[DEFINE, &value("$1", SECRET)]],
        "",
        "200: POST environmentvariabledefinitions 204; POST environmentvariablevalues 204",
    );
    for expected in [
        "Content-Type: multipart/mixed; boundary=changesetresponse_",
        "Content-ID: 2\r\n\r\nHTTP/1.1 204 No Content\r\n",
        "OData-EntityId: https://contoso.crm4.dynamics.com/api/data/v9.2/environmentvariabledefinitions(dddddddd-0000-0000-0000-000000000001)\r\n",
    ] {
        assert!(body.contains(expected), "{expected}\n{body}");
    }
    assert!(!body.replace("\r\n", "").contains('\n'));
    assert_eq!(desk.column("GET environmentvariablevalues", "_environmentvariabledefinitionid_value"), DEFINITION);
}

#[test]
fn a_part_of_a_change_set_may_be_answered_with_its_row_or_without() {
    let asked = DEFINE.replacen('\n', "?$select=schemaname\n", 1);
    for (says, status) in [(true, "201"), (false, "204")] {
        let mut desk = Desk::new();
        desk.switches.change_set_representations = says;
        let json = "Content-Type: application/json; type=entry\r\n";
        let body = batch_of(&[&[&asked]]).replace(json, &format!("{json}Prefer: return=representation\r\n"));
        let body = String::from_utf8(desk.batch(&body, "").body.to_vec()).unwrap();
        assert!(body.contains(&format!("HTTP/1.1 {status}")), "{body}");
        assert_eq!(body.contains("\"schemaname\":\"cto_a\""), says, "{body}");
    }
}

#[test]
fn a_failed_change_set_leaves_nothing() {
    for (nested, second) in [(true, FORBIDDEN), (false, "nonsense")] {
        let mut desk = Desk::new();
        desk.switches.nested_change_set_failure = nested;
        let bind = format!("/environmentvariabledefinitions({DEFINITION})");
        let body = desk.check_batch(
            &[&[DEFINE, &value(&bind, second)], &["GET /api/data/v9.2/WhoAmI"]],
            "",
            "400: POST environmentvariabledefinitions 204; POST environmentvariablevalues 400 0x8004801e",
        );
        assert_eq!(body.contains("changesetresponse_"), nested, "{body}");
        assert_eq!(body.matches("HTTP/1.1").count(), 1, "{body}");
        assert_eq!(desk.column("GET environmentvariabledefinitions", "schemaname"), "");
        assert_eq!(desk.column("GET solutioncomponents", "objectid"), "");
    }
}

#[test]
fn what_a_failed_change_set_changed_and_deleted_is_as_before() {
    let everything = |desk: &Desk| -> Vec<Vec<Value>> {
        let tables = super::super::catalog::TABLES.iter();
        tables.map(|table| desk.org.rows(table.logical).unwrap()).collect()
    };
    let mut desk = Desk::furnished();
    let before = everything(&desk);
    desk.check_batch(
        &[&[
            "PATCH /api/data/v9.2/credentials(cccccccc-0000-0000-0000-000000000001)\n{\"name\":\"S\"}",
            "DELETE /api/data/v9.2/environmentvariabledefinitions(dddddddd-0000-0000-0000-000000000001)",
            "POST /api/data/v9.2/environmentvariabledefinitions\n{\"schemaname\":\"cto_robot_certificate\"}",
            "DELETE /api/data/v9.2/credentials(ffffffff-0000-0000-0000-00000000000f)",
        ]],
        "",
        "404: PATCH credentials 204; DELETE environmentvariabledefinitions 204; POST environmentvariabledefinitions 204; \
         DELETE credentials 404 0x80040217",
    );
    assert_eq!(everything(&desk), before);
}

#[test]
fn a_batch_goes_on_after_an_error_when_asked() {
    let items: &[&[&str]] = &[
        &["GET /api/data/v9.2/systemusers?$select=fullname"],
        &["GET /api/data/v9.2/nothing"],
        &["PATCH /api/data/v9.2/credentials(cccccccc-0000-0000-0000-000000000001)\n{\"nam\":\"R\"}"],
        &[
            "GET https://contoso.crm4.dynamics.com/api/data/v9.2/solutions?$select=uniquename&$filter=uniquename%20eq%20'CtoRobots'",
        ],
    ];
    let mut desk = Desk::new();
    desk.check_batch(items, "", "404: GET systemusers 200; GET nothing 404 0x8006088a");
    let body = desk.check_batch(
        items,
        "Prefer: odata.continue-on-error",
        "200: GET systemusers 200; GET nothing 404 0x8006088a Resource not found for the segment 'nothing'. (The sandbox does not know 'nothing'.); PATCH credentials 400 0x80048d19",
    );
    assert!(body.contains("CtoRobots"), "{body}");
}

#[test]
fn references_live_in_their_change_set() {
    let mut desk = Desk::new();
    let credential = "POST /api/data/v9.2/credentials\n{\"name\":\"R\",\"certificate@odata.bind\":\"$1\"}";
    desk.check_batch(
        &[&[DEFINE, credential, "PATCH $2\n{\"description\":\"made\"}", "DELETE /$2"]],
        "",
        "200: POST environmentvariabledefinitions 204; POST credentials 204; PATCH credentials 204; DELETE credentials 204",
    );
    desk.check_batch(
        &[&[credential]],
        "",
        "400: POST credentials 400 0x80048d19 Content-ID Reference: '$1' does not exist in the batch context.",
    );
    desk.check_batch(
        &[&["PATCH $7\n{}"]],
        "",
        "400: PATCH $7 400 0x80048d19 Content-ID Reference: '$7' does not exist",
    );
}

#[test]
fn conditions_hold_in_parts() {
    let mut desk = Desk::furnished();
    let create = format!(
        "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: 1\r\n\r\n\
         PATCH /api/data/v9.2/credentials({CREDENTIAL}) HTTP/1.1\r\nIf-None-Match: *\r\nContent-Type: application/json\r\n\r\n{{\"name\":\"R\"}}\r\n"
    );
    let body = format!("--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n{create}--c--\r\n--b--\r\n");
    assert_eq!(desk.batch(&body, "").status, 412);
}

#[test]
fn what_a_batch_may_not_hold_is_refused_whole() {
    let get = "GET /api/data/v9.2/WhoAmI";
    let good = batch_of(&[&[get]]);
    let one = [get];
    let many: Vec<&[&str]> = vec![&one; 1001];
    let in_set = batch_of(&[&["DELETE /api/data/v9.2/x"]]);
    for (body, reason) in [
        (batch_of(&[&["POST /api/data/v9.2/$batch\nx"]]), "a batch holds no batch"),
        (in_set.replace("DELETE", "GET"), "a change set holds no GET"),
        (in_set.replace("Content-ID: 1\r\n", ""), "no Content-ID"),
        (batch_of(&[&["DELETE /a", "DELETE /b"]]).replace("Content-ID: 2", "Content-ID: 1"), "used twice"),
        (good.replace("\r\n", "\n"), "CRLF"),
        (good.replace("--b--\r\n", ""), "is missing"),
        (good.replace("binary", "8bit"), "Content-Transfer-Encoding"),
        (good.replace("application/http", "text/plain"), "application/http"),
        (good.replace("HTTP/1.1", "HTTP/2"), "METHOD URL HTTP/1.1"),
        (batch_of(&many), "1001 requests"),
        (String::new(), "does not begin"),
    ] {
        let mut desk = Desk::new();
        let response = desk.batch(&body, "");
        let shown = shown(&response);
        assert!(shown.starts_with("400 0x80048d19") && shown.contains(reason), "{reason}: {shown}");
        assert!(response.parts.is_empty());
    }
    let mut desk = Desk::new();
    desk.check_batch(
        &[&["GET https://fabrikam.crm4.dynamics.com/api/data/v9.2/WhoAmI"]],
        "",
        "400: GET https://fabrikam.crm4.dynamics.com/api/data/v9.2/WhoAmI 400 0x80048d19",
    );
    desk.check_batch(&[&["GET credentials"]], "", "400: GET credentials 400 0x80048d19");
    for header in ["Prefer: return=representation", "MSCRM.SolutionUniqueName: CtoRobots", "If-Match: *"] {
        assert!(shown(&desk.batch(&good, header)).starts_with("400"), "{header}");
    }
    desk.check("POST $batch", "", "{}", "400 0x80048d19");
}

proptest! {
    #[test]
    fn whatever_the_body_is_the_batch_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let mut request = request("POST $batch", "");
        request.headers.insert("content-type", "multipart/mixed; boundary=b".parse().unwrap());
        request.body = Bytes::from([b"--b\r\n".as_slice(), &bytes].concat());
        prop_assert_eq!(Desk::new().send(&request).status, 400);
    }

    #[test]
    fn nearly_a_batch_is_answered_and_a_failed_change_set_changes_nothing(pieces in prop::collection::vec(
        prop::sample::select(vec![
            "--b", "--c", "--b--", "--c--", "\r\n", "\r\n\r\n", "Content-Type: multipart/mixed; boundary=c\r\n",
            "Content-Type: application/http\r\n", "Content-Transfer-Encoding: binary\r\n", "Content-ID: 1\r\n",
            "POST /api/data/v9.2/credentials HTTP/1.1\r\n", "PATCH $1 HTTP/1.1\r\n", "{\"name\":\"$1\"}",
        ]),
        0..40,
    )) {
        let mut desk = Desk::new();
        let response = desk.batch(&pieces.concat(), "");
        if response.status != 200 {
            prop_assert_eq!(desk.org.rows("credential").unwrap().len(), 0);
        }
    }
}

#[test]
fn an_address_in_a_batch_may_hold_blanks() {
    let mut desk = Desk::furnished();
    desk.check_batch(
        &[&["GET /api/data/v9.2/credentials?$select=name&$filter=name eq 'Robot'"]],
        "",
        "200: GET credentials 200",
    );
}
