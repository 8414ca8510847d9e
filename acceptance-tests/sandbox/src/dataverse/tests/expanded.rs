//! What is read along with a row, and along with that.

use serde_json::json;

use super::super::switches::ExpandedLinks;
use super::*;

const VALUES: &str = "environmentvariabledefinition_environmentvariablevalue";

/// With five values, `cto_1` to `cto_5`, of the user name's variable.
fn valued() -> Desk {
    let mut desk = Desk::furnished();
    for number in 1..=5 {
        let row = json!({ "schemaname": format!("cto_{number}"), "environmentvariabledefinitionid": OTHER_DEFINITION, "value": "x" });
        desk.org.insert("environmentvariablevalue", row).unwrap();
    }
    desk
}

fn names(rows: &Value) -> Vec<String> {
    let mut names: Vec<_> =
        rows.as_array().unwrap().iter().map(|row| row["schemaname"].as_str().unwrap().to_owned()).collect();
    names.sort_unstable();
    names
}

fn line_of(link: &Value) -> String {
    link.as_str().unwrap_or_default().replace(&format!("https://{HOST}/api/data/v9.2/"), "GET ")
}

#[test]
fn rows_are_read_along_with_those_that_are_read_along() {
    let mut desk = valued();
    let line = format!(
        "GET credentials?$select=name&$expand=username($select=schemaname;$expand={VALUES}($select=schemaname,value;$filter=schemaname ne 'cto_3'),\
         ownerid($select=fullname)),certificate($select=type;$expand={VALUES}($select=value))"
    );
    let body = desk.read(&line, "");
    let context = format!(
        "https://{HOST}/api/data/v9.2/$metadata#credentials(name,username(schemaname,{VALUES}(schemaname,value),ownerid(fullname)),\
         certificate(type,{VALUES}(value)))"
    );
    assert_eq!(body["@odata.context"], context);
    let row = &body["value"][0];
    assert_eq!(names(&row["username"][VALUES]), ["cto_1", "cto_2", "cto_4", "cto_5"]);
    assert_eq!(row["username"][VALUES][0]["value"], "x");
    assert_eq!(row["username"][VALUES][0].get("createdon"), None);
    assert_eq!(row["username"]["ownerid"]["fullname"], "SYSTEM");
    assert_eq!(row["certificate"][VALUES][0]["value"], SECRET);
    let one = line.replacen("credentials", &format!("credentials({CREDENTIAL})"), 1);
    assert_eq!(desk.read(&one, "")["username"], row["username"]);
    let inside = format!(
        "GET environmentvariabledefinitions?$select=schemaname&$expand={VALUES}($select=value;\
         $expand=EnvironmentVariableDefinitionId($select=type;$expand=ownerid($select=fullname)))"
    );
    let body = desk.read(&inside, "");
    assert_eq!(
        body["value"][0][VALUES][0]["EnvironmentVariableDefinitionId"]["ownerid"]["fullname"], "SYSTEM",
        "{body}"
    );
}

#[test]
fn what_the_user_may_not_read_is_null_inside_too() {
    let mut desk = valued();
    let (maker, credential) = (desk.org.user_of_application(MAKER).unwrap(), CREDENTIAL.parse().unwrap());
    desk.org.share("credential", credential, maker).unwrap();
    let mut desk = desk.speaking_as(MAKER);
    let line = format!("GET credentials?$expand=username($select=schemaname;$expand={VALUES}($select=schemaname))");
    assert_eq!(desk.read(&line, "")["value"][0]["username"], Value::Null);
    desk.org.share("environmentvariabledefinition", OTHER_DEFINITION.parse().unwrap(), maker).unwrap();
    assert_eq!(names(&desk.read(&line, "")["value"][0]["username"][VALUES]).len(), 5);
    let back = "GET environmentvariabledefinitions?$expand=ownerid($expand=createdby)";
    assert_eq!(desk.read(back, "")["value"][0]["ownerid"]["createdby"]["fullname"], "SYSTEM");
    desk.org.role("Little", [("prvReadcredential", super::super::Depth::Global)]).unwrap();
    desk.org.take_role(maker, "Environment Maker");
    desk.org.assign_role(maker, "Little").unwrap();
    desk.check(&line, "", "", "403 0x80040220");
}

#[test]
fn a_list_inside_has_pages() {
    let mut desk = valued();
    let line =
        format!("GET credentials?$select=name&$expand=username($select=type;$expand={VALUES}($select=schemaname))");
    let pages = |desk: &mut Desk, line: &str, prefer: &str| {
        let row = desk.read(line, prefer)["value"][0]["username"].clone();
        let (mut pages, mut next) = (vec![names(&row[VALUES]).len()], row[format!("{VALUES}@odata.nextLink")].clone());
        while next.is_string() {
            let page = desk.read(&line_of(&next), prefer);
            pages.push(names(&page["value"]).len());
            next = page["@odata.nextLink"].clone();
        }
        pages
    };
    assert_eq!(pages(&mut desk, &line, ""), [5, 0]);
    desk.switches.expanded_links = ExpandedLinks::WhereMore;
    assert_eq!(pages(&mut desk, &line, ""), [5]);
    desk.switches.expanded_page_size = 2;
    assert_eq!(pages(&mut desk, &line, ""), [2, 2, 1]);
    assert_eq!(pages(&mut desk, &line, "Prefer: odata.maxpagesize=1"), [1, 1, 1, 1, 1]);
    desk.switches.expanded_page_size = 5000;
    assert_eq!(pages(&mut desk, &line, "Prefer: odata.maxpagesize=3"), [3, 2]);
    // Without an $expand inside another one the preference is about the rows of the answer alone.
    let line = format!("GET environmentvariabledefinitions({OTHER_DEFINITION})?$expand={VALUES}");
    assert_eq!(names(&desk.read(&line, "Prefer: odata.maxpagesize=3")[VALUES]).len(), 5);
}

#[test]
fn links_and_etags_as_the_documentation_has_them() {
    let mut desk = valued();
    let single = format!("GET environmentvariabledefinitions({OTHER_DEFINITION})?$expand={VALUES}($select=schemaname)");
    let nested = single.replace("=schemaname", "=schemaname;$expand=EnvironmentVariableDefinitionId($select=type)");
    for (line, again) in [(&single, 5), (&nested, 0)] {
        let row = desk.read(line, "");
        let next = line_of(&row[format!("{VALUES}@odata.nextLink")]);
        assert_eq!((names(&row[VALUES]).len(), names(&desk.read(&next, "")["value"]).len()), (5, again), "{next}");
    }
    let empty = format!(
        "GET environmentvariabledefinitions?$filter=type eq 100000005&$expand={VALUES}($filter=value eq 'none')"
    );
    let row = &desk.read(&empty, "")["value"][0];
    assert_eq!(row[VALUES], json!([]));
    assert_eq!(desk.read(&line_of(&row[format!("{VALUES}@odata.nextLink")]), "")["value"], json!([]));
    let etags = |desk: &mut Desk, line: &str| {
        let row = desk.read(line, "");
        let inner = &row[VALUES][0];
        let has = |row: &Value| row.get("@odata.etag").is_some();
        (has(&row), has(inner), has(&inner["EnvironmentVariableDefinitionId"]))
    };
    assert_eq!(etags(&mut desk, &nested), (true, true, true));
    desk.switches.expanded_etags = false;
    assert_eq!(etags(&mut desk, &single), (true, true, false));
    assert_eq!(etags(&mut desk, &nested), (true, false, false));
}

#[test]
fn what_is_not_supported_is_refused() {
    const ARRANGED: &str = "400 0x80060888 Only $select and $filter clause can be provided";
    let mut desk = valued();
    let many = |count: usize| format!("GET credentials?$expand={}", vec!["username"; count].join(","));
    let nested = |count: usize| {
        let open = "createdby($expand=".repeat(count - 1);
        format!("GET credentials?$expand={open}createdby{}", ")".repeat(count - 1))
    };
    for (line, expected) in [
        ("GET credentials?$expand=username($orderby=schemaname)".to_owned(), ARRANGED),
        ("GET credentials?$expand=username($top=1)".to_owned(), ARRANGED),
        (format!("GET credentials?$expand=username($expand={VALUES}($top=1))"), ARRANGED),
        (format!("GET credentials?$expand=username($expand={VALUES}($orderby=schemaname))"), ARRANGED),
        (format!("GET environmentvariabledefinitions?$expand={VALUES}($top=1;$expand=createdby)"), ARRANGED),
        (format!("GET environmentvariabledefinitions?$expand={VALUES}($top=1),ownerid($expand=createdby)"), ARRANGED),
        (format!("GET environmentvariabledefinitions?$expand={VALUES}($top=1),ownerid"), "200"),
        ("GET credentials?$expand=username($levels=2)".to_owned(), "400 0x80060888 The sandbox does not know"),
        ("GET credentials?$expand=username($expand=nothing)".to_owned(), "400 0x80060888 Could not find a property"),
        (many(15), "200"),
        (many(16), "400 0x8004430d Number of link entities in query exceeded maximum limit."),
        (nested(15), "200"),
        (nested(16), "400 0x8004430d"),
        (nested(900), "400 0x8004430d"),
    ] {
        desk.check(&line, "", "", expected);
    }
    desk.switches.nested_collections = false;
    let line = format!("GET credentials?$expand=username($expand={VALUES})");
    let expected = format!("400 0x80060888 The navigation property '{VALUES}' cannot be expanded.");
    desk.check(&line, "", "", &expected);
    desk.check("GET credentials?$expand=username($expand=createdby)", "", "", "200");
}
