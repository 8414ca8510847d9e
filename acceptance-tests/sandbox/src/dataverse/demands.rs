//! Which privileges each operation of the Web API asks for, as a list.

use super::access::Act;
use super::catalog::TABLES;
use super::tables::{Column, Kind, Ownership, Table};
use crate::rights::{Demand, Known};

/// What every operation of the Web API asks for.
pub(crate) fn demands() -> Vec<Demand> {
    let nothing = |operation: &str, known| Demand { rights: Vec::new(), ..demand(operation, Vec::new(), known) };
    let mut all = vec![
        nothing("`GET WhoAmI`", Known::Inferred),
        nothing("`GET RetrieveCurrentOrganization`", Known::Inferred),
        nothing("`GET EntityDefinitions` and below", Known::Documented),
        nothing("`POST $batch`, beyond what its parts ask for", Known::Inferred),
    ];
    for table in TABLES {
        all.extend(of_table(table));
    }
    all
}

fn of_table(table: &'static Table) -> Vec<Demand> {
    let set = table.set;
    let mut acts = vec![(format!("`GET {set}`, `{set}({{id}})`"), Act::Read)];
    if table.writable {
        acts.push((format!("`POST {set}`, or `PATCH {set}({{id}})` of what is not there"), Act::Create));
        acts.push((format!("`PATCH {set}({{id}})`"), Act::Update));
        acts.push((format!("`DELETE {set}({{id}})`"), Act::Delete));
    }
    if table.writable && table.ownership == Ownership::User {
        acts.push((format!("`ownerid@odata.bind` of {set}: another owner"), Act::Assign));
    }
    for (navigations, column) in bound(table) {
        acts.push((format!("{navigations} of {set}"), Act::Bind(column)));
    }
    if table.ownership == Ownership::User {
        acts.push((format!("`GET RetrieveSharedPrincipalsAndAccess` of {set}"), Act::ReadShares));
    }
    if table.is_component() {
        acts.push((format!("`MSCRM.SolutionUniqueName` or `POST AddSolutionComponent` for {set}"), Act::Join));
    }
    let demand = |(operation, act): (String, Act)| {
        let mut rights: Vec<String> = Vec::new();
        for (verb, of) in act.privileges(table) {
            let name = of.privilege(verb).to_string();
            if !rights.contains(&name) {
                rights.push(name);
            }
        }
        demand(&operation, rights, act.known(table))
    };
    acts.into_iter().map(demand).collect()
}

/// The lookups that a write may set, those together that lead to the same table; one that leads to a table which is not here cannot be.
fn bound(table: &'static Table) -> Vec<(String, &'static Column)> {
    let mut all: Vec<(String, &'static Column, &str)> = Vec::new();
    for column in table.all_columns().filter(|column| table.writable && column.create && column.name != "ownerid") {
        let Kind::Lookup { nav, to: [to, ..] } = column.kind else { continue };
        let named = format!("`{nav}@odata.bind`");
        match all.iter_mut().find(|(_, _, known)| known == to) {
            Some((names, _, _)) => *names = format!("{names}, {named}"),
            None if Table::of_logical(to).is_some() => all.push((named, column, to)),
            None => {}
        }
    }
    all.into_iter().map(|(names, column, _)| (names, column)).collect()
}

fn demand(operation: &str, rights: Vec<String>, known: Known) -> Demand {
    Demand { service: "Dataverse", operation: operation.to_owned(), rights, given_by: Vec::new(), known }
}
