//! Reading rows, metadata and oneself.

use serde_json::json;

use super::super::switches::ExpandedLinks;
use super::*;

/// Five credentials, `Robot 1` to `Robot 5`, of which the even ones are inactive.
fn five() -> Desk {
    let mut desk = Desk::furnished();
    desk.org.remove("credential", CREDENTIAL.parse().unwrap()).unwrap();
    for number in 1..=5 {
        let row = json!({
            "credentialid": format!("cccccccc-0000-0000-0000-00000000001{number}"),
            "name": format!("Robot {number}"), "connectiontype": 5, "credentialtype": 1,
            "usagetype": if number == 3 { "280920000,280920001" } else { "280920000" },
            "description": if number == 1 { json!("it's first") } else { Value::Null },
            "statecode": i32::from(number % 2 == 0), "statuscode": 1 + i32::from(number % 2 == 0),
            "certificate": if number < 3 { json!(DEFINITION) } else { Value::Null },
        });
        desk.org.insert("credential", row).unwrap();
    }
    desk
}

#[track_caller]
fn check_filter(filter: &str, names: &str) {
    let filter: String = percent_encoding::utf8_percent_encode(filter, percent_encoding::NON_ALPHANUMERIC).collect();
    let found = five().column(&format!("GET credentials?$select=name&$orderby=name&$filter={filter}"), "name");
    assert_eq!(found.replace("Robot ", ""), names, "{filter}");
}

#[test]
fn filters_find_what_they_say() {
    check_filter("name eq 'robot 2'", "2");
    check_filter("name ne 'Robot 2'", "1,3,4,5");
    check_filter("description eq 'it''s first'", "1");
    check_filter("description eq null", "2,3,4,5");
    check_filter("description ne 'x'", "1,2,3,4,5");
    check_filter("statecode eq 0 and name gt 'Robot 1'", "3,5");
    check_filter("name eq 'Robot 1' or name eq 'Robot 2' and statecode eq 0", "1");
    check_filter("(name eq 'Robot 1' or name eq 'Robot 2') and statecode eq 1", "2");
    check_filter("not (statecode eq 1)", "1,3,5");
    check_filter("not contains(name,'3') and statuscode le 1", "1,5");
    check_filter("startswith(name,'ROBOT')", "1,2,3,4,5");
    check_filter("endswith(name,'4')", "4");
    check_filter(&format!("_certificate_value eq {DEFINITION}"), "1,2");
    check_filter("_certificate_value ne null", "1,2");
    check_filter("certificate/schemaname eq 'cto_robot_certificate'", "1,2");
    check_filter("credentialid eq cccccccc-0000-0000-0000-000000000013", "3");
    check_filter("Microsoft.Dynamics.CRM.ContainValues(PropertyName='usagetype',PropertyValues=['280920001'])", "3");
    check_filter("Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=['Robot 1','Robot 5','x'])", "1,5");
    let id = |number: u8| format!("'cccccccc-0000-0000-0000-00000000001{number}'");
    let ids = format!("{},{},'{{cccccccc-0000-0000-0000-000000000014}}','{NOBODY}'", id(2), id(2).to_uppercase());
    check_filter(&format!("Microsoft.Dynamics.CRM.In(PropertyName='credentialid',PropertyValues=[{ids}])"), "2,4");
    check_filter(
        &format!(
            "statecode eq 0 and Microsoft.Dynamics.CRM.In(PropertyName='credentialid',PropertyValues=[{},{}])",
            id(3),
            id(4)
        ),
        "3",
    );
    check_filter(
        &format!(
            "not Microsoft.Dynamics.CRM.In(PropertyName='credentialid',PropertyValues=[{}]) or name eq 'Robot 3'",
            id(3)
        ),
        "1,2,3,4,5",
    );
    check_filter(
        &format!("Microsoft.Dynamics.CRM.In(PropertyName='certificate',PropertyValues=['{DEFINITION}'])"),
        "1,2",
    );
    check_filter(r#"Microsoft.Dynamics.CRM.In(PropertyName='description',PropertyValues=["IT'S first","a\"b"])"#, "1");
    check_filter("Microsoft.Dynamics.CRM.In(PropertyName='statecode',PropertyValues=['1','7'])", "2,4");
    check_filter("name eq 'ROBOT 1' or name eq 'robot 4'", "1,4");
    check_filter("name eq 'Robot 1' or statecode eq 1", "1,2,4");
    check_filter("createdon ge 2026-01-01T00:00:00Z", "1,2,3,4,5");
    check_filter("createdon lt 2026-01-01T00:00:00Z", "");
    check_filter("versionnumber gt 0", "1,2,3,4,5");
    check_filter("ismanaged eq false", "1,2,3,4,5");
}

#[test]
fn a_selection_returns_itself_and_the_key() {
    let mut desk = Desk::furnished();
    let row = desk.read(&format!("GET credentials({CREDENTIAL})?$select=name,_certificate_value"), "");
    let mut names: Vec<_> = row.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["@odata.context", "@odata.etag", "_certificate_value", "credentialid", "name"]);
    let context = format!("https://{HOST}/api/data/v9.2/$metadata#credentials(name,_certificate_value)/$entity");
    assert_eq!(row["@odata.context"], context);
    let whole = desk.read(&format!("GET credentials({CREDENTIAL})"), "");
    for (property, value) in [
        ("usagetype", json!("280920000")),
        ("_username_value", json!(OTHER_DEFINITION)),
        ("_password_value", Value::Null),
        ("statecode", json!(0)),
        ("statuscode", json!(1)),
        ("ismanaged", json!(false)),
        ("createdon", json!("2026-11-24T10:00:00Z")),
    ] {
        assert_eq!(whole[property], value, "{property}");
    }
}

#[test]
fn what_a_query_asks_beyond_the_tables_is_named() {
    let mut desk = Desk::furnished();
    for (line, expected) in [
        (
            "GET credentials?$select=nme",
            "400 0x80060888 Could not find a property named 'nme' on type 'Microsoft.Dynamics.CRM.credential'.",
        ),
        ("GET credentials?$select=certificate", "400 0x80060888 Could not find a property named 'certificate'"),
        ("GET credentials?$skip=1", "400 0x80060888 The sandbox does not know the query option '$skip' here."),
        ("GET credentials?$top=0", "400 0x80060888"),
        ("GET credentials?$top=1&$top=1", "400 0x80060888 Query option '$top' was specified more than once."),
        ("GET credentials?$count=yes", "400 0x80060888"),
        ("GET credentials?$orderby=name up", "400 0x80060888"),
        ("GET credentials?$expand=certificat", "400 0x80060888"),
        ("GET credentials?$expand=certificate($select=x)", "400 0x80060888"),
        ("GET credentials?$expand=certificate($expand=owner)", "400 0x80060888"),
        ("GET credentials?$expand=certificate($filter=type eq 5)", "400 0x80060888 The sandbox does not know"),
        ("GET credentials?$expand=certificate($count=true)", "400 0x80060888 The sandbox does not know"),
        ("GET credentials?$skiptoken=1", "400 0x80060888"),
        ("GET Credentials", "404 0x8006088a Resource not found for the segment 'Credentials'."),
        ("GET workflows", "404 0x8006088a"),
        ("GET credentials(x)", "400"),
        ("GET credentials/nothing", "404 0x8006088a Resource not found for the segment 'nothing'"),
        ("PUT credentials", "405"),
        ("DELETE credentials", "405"),
        (
            "GET credentials(ffffffff-0000-0000-0000-00000000000f)",
            "404 0x80040217 Entity 'credential' With Id = ffffffff-0000-0000-0000-00000000000f Does Not Exist",
        ),
        ("GET credentials(ffffffff-0000-0000-0000-00000000000f)?$filter=name eq 'x'", "400"),
    ] {
        desk.check(line, "", "", expected);
    }
    let mut bare = request("GET credentials", "");
    bare.headers.remove("odata-version");
    assert_eq!(desk.send(&bare).status, 200);
    desk.switches.required_headers = true;
    assert!(shown(&desk.send(&bare)).starts_with("400 0x80060888 The header 'OData-Version: 4.0' is missing"));
}

#[test]
fn what_the_service_knows_and_the_sandbox_does_not_is_named() {
    let mut desk = Desk::furnished();
    for (line, what) in [
        ("GET $metadata", "'$metadata' of the Web API"),
        ("GET credentials?sql=SELECT name FROM credential", "'sql' of the Web API"),
        ("GET credentials?fetchXml=<fetch/>", "'fetchXml' of the Web API"),
        ("POST credentials/Microsoft.Dynamics.CRM.CreateMultiple", "'CreateMultiple' of the Web API"),
        ("GET credentials/$count", "'$count' of the Web API"),
        ("POST GrantAccess", "'GrantAccess' of the Web API"),
        ("GET environmentvariabledefinitions(schemaname='x')", "alternate keys"),
        (
            "GET EntityDefinitions(LogicalName='credential')/Attributes?$orderby=LogicalName",
            "the query option '$orderby'",
        ),
    ] {
        desk.check(line, "", "", &format!("501 NotEmulated The sandbox does not know {what}"));
    }
    let mut older = request("GET credentials", "");
    older.path = older.path.replace("v9.2", "v9.1");
    assert!(shown(&desk.send(&older)).contains("another version of the Web API"));
}

#[test]
fn metadata_is_found_by_name_and_choices_by_a_cast() {
    let mut desk = Desk::furnished();
    let line = "GET EntityDefinitions?$select=LogicalName,EntitySetName&$filter=LogicalName eq 'credential'";
    assert_eq!(desk.column(line, "EntitySetName"), "credentials");
    assert_eq!(
        desk.column("GET EntityDefinitions?$select=LogicalName&$filter=LogicalName eq 'account'", "LogicalName"),
        ""
    );
    let line = "GET EntityDefinitions?$filter=IsPrivate eq false and (SchemaName eq 'credential' or LogicalName eq 'solution')";
    assert_eq!(desk.column(line, "LogicalName"), "credential,solution");
    desk.check("GET EntityDefinitions?$filter=startswith(LogicalName,'c')", "", "", "400 0x80060888");
    let whole = desk.read("GET EntityDefinitions(LogicalName='credential')", "");
    let by_id = format!("GET EntityDefinitions({})?$select=LogicalName", whole["MetadataId"].as_str().unwrap());
    assert_eq!(desk.read(&by_id, "")["LogicalName"], "credential");

    let attributes = "GET EntityDefinitions(LogicalName='credential')/Attributes";
    let picklists = format!("{attributes}/Microsoft.Dynamics.CRM.PicklistAttributeMetadata");
    let line = format!("{picklists}?$select=LogicalName&$expand=OptionSet($select=Options)");
    assert_eq!(desk.column(&line, "LogicalName"), "credentialtype,connectiontype,componentstate");
    let one = format!("{attributes}(LogicalName='connectiontype')");
    assert!(desk.read(&one, "").get("OptionSet").is_none(), "not without the cast");
    let line = format!("{one}/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName&$expand=OptionSet");
    let options = desk.read(&line, "")["OptionSet"]["Options"].clone();
    let certificate = options.as_array().unwrap().iter().find(|option| option["Value"] == 5).unwrap();
    assert_eq!(certificate["Label"]["UserLocalizedLabel"]["Label"], "CertificateBasedAuthentication");
    desk.check(&format!("{one}/Microsoft.Dynamics.CRM.StateAttributeMetadata"), "", "", "404");
    desk.check(
        &format!("{attributes}?$expand=OptionSet"),
        "",
        "",
        "400 0x80060888 Could not find a property named 'OptionSet'",
    );
    desk.check(&format!("{attributes}(LogicalName='nothing')"), "", "", "404 0x80060888 Could not find an attribute");
}

#[test]
fn an_expanded_list_links_to_its_next_page() {
    let mut desk = Desk::furnished();
    for number in 1..=4 {
        let row = json!({ "schemaname": format!("cto_{number}"), "environmentvariabledefinitionid": DEFINITION });
        desk.org.insert("environmentvariablevalue", row).unwrap();
    }
    desk.switches.expanded_page_size = 2;
    desk.switches.expanded_links = ExpandedLinks::WhereMore;
    let nav = "environmentvariabledefinition_environmentvariablevalue";
    let options = "$select=schemaname;$orderby=schemaname";
    let row = desk
        .read(&format!("GET environmentvariabledefinitions({DEFINITION})?$select=type&$expand={nav}({options})"), "");
    let names = |rows: &Value| {
        rows.as_array().unwrap().iter().map(|row| row["schemaname"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut pages = vec![names(&row[nav])];
    let mut next = row[format!("{nav}@odata.nextLink")].as_str().map(str::to_owned);
    while let Some(link) = next {
        let line = link.replace(&format!("https://{HOST}/api/data/v9.2/"), "GET ");
        let page = desk.read(&line, "");
        pages.push(names(&page["value"]));
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!(pages, [vec!["cto_1", "cto_2"], vec!["cto_3", "cto_4"], vec!["cto_robot_certificate"]]);
    desk.check(&format!("GET environmentvariabledefinitions({DEFINITION})/type"), "", "", "501 NotEmulated");
    desk.check(&format!("GET environmentvariabledefinitions({NOBODY})/{nav}"), "", "", "404 0x80040217");
}

#[test]
fn related_rows_are_read_along() {
    let mut desk = Desk::furnished();
    let line = "GET credentials?$select=name&$expand=certificate($select=schemaname,type),username,password";
    let row = desk.read(line, "")["value"][0].clone();
    assert_eq!(row["certificate"]["schemaname"], "cto_robot_certificate");
    assert_eq!(row["certificate"].get("displayname"), None);
    assert_eq!(row["username"]["displayname"], "Robot user name");
    assert_eq!(row["password"], Value::Null);
    let values = "environmentvariabledefinition_environmentvariablevalue($select=value;$filter=statecode eq 0;$top=1)";
    let body = desk.read(&format!("GET environmentvariabledefinitions?$orderby=schemaname&$expand={values}"), "");
    let nav = "environmentvariabledefinition_environmentvariablevalue";
    assert_eq!(body["value"][0][nav][0]["value"], SECRET);
    assert_eq!(body["value"][1][nav], json!([]));
}

#[test]
fn pages_follow_each_other() {
    let mut desk = five();
    let page = "Prefer: odata.maxpagesize=2";
    let mut address = "credentials?$select=name&$orderby=name desc&$count=true".to_owned();
    let mut names = Vec::new();
    for _ in 0..3 {
        let body = desk.read(&format!("GET {address}"), page);
        assert_eq!(body["@odata.count"], 5);
        names.push(
            body["value"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["name"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
                .join(","),
        );
        let Some(next) = body["@odata.nextLink"].as_str() else { break };
        address = next.strip_prefix(&format!("https://{HOST}/api/data/v9.2/")).unwrap().to_owned();
    }
    assert_eq!(names, ["Robot 5,Robot 4", "Robot 3,Robot 2", "Robot 1"]);
    let many = |desk: &mut Desk, line: &str, prefer: &str| {
        let body = desk.read(line, prefer);
        (body["value"].as_array().unwrap().len(), body.get("@odata.nextLink").is_some())
    };
    assert_eq!(many(&mut desk, "GET credentials?$top=2", ""), (2, false));
    assert_eq!(many(&mut desk, "GET credentials?$top=3", page), (2, true), "$top is ignored beside a page size");
    desk.switches.page_size = 3;
    assert_eq!(many(&mut desk, "GET credentials", ""), (3, true));
    assert_eq!(many(&mut desk, "GET credentials", "Prefer: odata.maxpagesize=4"), (3, true));
    assert_eq!(many(&mut desk, "GET credentials?$top=4", ""), (3, false));
    assert_eq!(desk.ask("GET credentials", page, "").headers["preference-applied"], "odata.maxpagesize=2");
}

#[test]
fn annotations_come_when_they_are_asked_for() {
    let mut desk = Desk::furnished();
    let line = format!("GET credentials({CREDENTIAL})?$select=connectiontype,usagetype,_certificate_value");
    let all = desk.read(&line, "Prefer: odata.include-annotations=\"*\"");
    for (annotation, value) in [
        ("connectiontype@OData.Community.Display.V1.FormattedValue", "CertificateBasedAuthentication"),
        ("usagetype@OData.Community.Display.V1.FormattedValue", "Connection"),
        ("_certificate_value@OData.Community.Display.V1.FormattedValue", "cto_robot_certificate"),
        ("_certificate_value@Microsoft.Dynamics.CRM.lookuplogicalname", "environmentvariabledefinition"),
        ("_certificate_value@Microsoft.Dynamics.CRM.associatednavigationproperty", "certificate"),
    ] {
        assert_eq!(all[annotation], value, "{annotation}");
    }
    assert!(!desk.read(&line, "").as_object().unwrap().keys().any(|name| name.contains("Formatted")));
    let bare = desk.read(&line, "Prefer: odata.include-annotations=*");
    assert!(bare.as_object().unwrap().keys().any(|name| name.contains("Formatted")), "a pattern needs no quotes");
}

#[test]
fn an_etag_that_still_holds_spares_the_body() {
    let mut desk = Desk::furnished();
    let line = format!("GET credentials({CREDENTIAL})");
    let etag = desk.read(&line, "If-None-Match: null")["@odata.etag"].as_str().unwrap().to_owned();
    assert_eq!(desk.ask(&line, &format!("If-None-Match: {etag}"), "").status, 304);
    desk.check(&format!("PATCH credentials({CREDENTIAL})"), "", r#"{"name":"S"}"#, "204");
    assert_eq!(desk.ask(&line, &format!("If-None-Match: {etag}"), "").status, 200);
}

#[test]
fn metadata_and_oneself() {
    let mut desk = Desk::furnished();
    let line = "GET EntityDefinitions(LogicalName='credential')?$select=EntitySetName,PrimaryIdAttribute";
    let body = desk.read(line, "");
    assert_eq!((&body["EntitySetName"], &body["PrimaryIdAttribute"]), (&json!("credentials"), &json!("credentialid")));
    assert_eq!(body.get("SchemaName"), None);
    let body = desk.read("GET EntityDefinitions(LogicalName='environmentvariablevalue')/Attributes", "");
    let value = body["value"].as_array().unwrap().iter().find(|row| row["LogicalName"] == "value").unwrap();
    assert_eq!((&value["AttributeType"], &value["MaxLength"]), (&json!("Memo"), &json!(2000)));
    desk.check("GET EntityDefinitions(LogicalName='account')", "", "", "404 0x80060888");
    desk.check("GET EntityDefinitions(LogicalName='credential')?$select=Nonsense", "", "", "400 0x80060888");
    let me = desk.read("GET WhoAmI", "");
    let row = desk.read(&format!("GET systemusers({})", me["UserId"].as_str().unwrap()), "");
    assert_eq!((&row["fullname"], &row["applicationid"]), (&json!("Admin"), &json!(ADMIN)));
    assert_eq!(desk.read("GET WhoAmI()", "")["OrganizationId"], me["OrganizationId"]);
    let get = "GET RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default')";
    assert_eq!(desk.read(get, "")["Detail"]["OrganizationId"], me["OrganizationId"]);
}
