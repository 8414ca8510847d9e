//! The pages of the manual: a schema, its examples, and how it is imported.

use provider::PowerAutomate;
use tfplugin::docs::{self, Import, Page, markdown};
use tfplugin::provider::Provider as _;

use crate::examples;
use crate::offers::offers;
use crate::tree::read;

fn page<'a>(title: &'a str, kind: &'a str, example: &'a str) -> Page<'a> {
    Page { title, kind, example, import: None }
}

/// Every page: where it is, and what is in it.
pub(crate) fn all() -> Vec<(String, String)> {
    let whole = read("examples/quickstart/main.tf");
    let index = markdown(&page("powerautomate", "Provider", &whole), PowerAutomate::SCHEMA);
    // Users of the registry see no other page about what is common to all.
    let tables = [("SIGN_IN_TABLE\n", provider::sign_in_table()), ("CLOUD_TABLE\n", provider::cloud_table())];
    let filled = |text: String, (place, table): (&str, String)| text.replace(place, &format!("{table}\n"));
    let common = tables.into_iter().fold(include_str!("common.md").to_owned(), filled);
    let (before, after) = common.split_once("EXAMPLE\n").expect("the common page says where the example stands");
    let index = index.replacen("## Example Usage\n", &format!("{before}## Example Usage\n"), 1);
    let index = index.replacen("## Schema\n", &format!("{}\n## Schema\n", after.trim_start()), 1);
    let mut pages = vec![("docs/index.md".to_owned(), index)];
    let resources = PowerAutomate.resources();
    for offer in offers() {
        let resource = resources.iter().find(|one| offer.room == "resources" && one.name() == offer.name);
        let ways = resource.map(|resource| examples::imports(resource.name(), resource.identity()));
        let import = ways.as_ref().zip(resource).map(|(ways, resource)| Import {
            command: &ways.command,
            by_id: &ways.by_id,
            by_identity: ways.by_identity.as_deref().zip(resource.identity()),
        });
        let example = examples::shown(&offer);
        let page = Page { import, ..page(offer.name, offer.kind, &example) };
        pages.push((offer.page(), markdown(&page, offer.schema)));
    }
    for function in PowerAutomate.functions() {
        let name = function.name;
        let example = read(&format!("examples/functions/{name}/function.tf"));
        pages.push((format!("docs/functions/{name}.md"), docs::function(function, "powerautomate", &example)));
    }
    pages
}
