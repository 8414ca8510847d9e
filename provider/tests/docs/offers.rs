//! What the provider offers that has a schema, and under which names `docs/` and `examples/` hold it.

use provider::PowerAutomate;
use tfplugin::provider::Provider as _;
use tfplugin::schema::Schema;

/// One thing that is offered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    /// Its folder in `docs/` and in `examples/`, as the registry names it.
    pub(crate) room: &'static str,
    /// What stands behind the name in the page's title.
    pub(crate) kind: &'static str,
    /// How the names of its examples begin and end.
    pub(crate) example: (&'static str, &'static str),
    /// Its type.
    pub(crate) name: &'static str,
    /// Its schema.
    pub(crate) schema: &'static Schema,
}

impl Offer {
    /// The path of its page.
    pub(crate) fn page(&self) -> String {
        let short = self.name.strip_prefix("powerautomate_").expect("a type bears the provider's name");
        format!("docs/{}/{short}.md", self.room)
    }

    /// The folder of its examples.
    pub(crate) fn folder(&self) -> String {
        format!("examples/{}/{}", self.room, self.name)
    }
}

/// Everything that is offered, by kinds.
pub(crate) fn offers() -> Vec<Offer> {
    type Named = (&'static str, &'static Schema);
    let offer = |room, kind, example| move |(name, schema): Named| Offer { room, kind, example, name, schema };
    let resources = PowerAutomate.resources();
    let lists = resources.iter().filter_map(|one| Some((one.name(), one.listing()?)));
    let lists = lists.map(offer("list-resources", "List Resource", ("list-resource", ".tfquery.hcl")));
    let resources = resources.iter().map(|one| (one.name(), one.schema()));
    let resources = resources.map(offer("resources", "Resource", ("resource", ".tf")));
    let sources = PowerAutomate.data_sources();
    let sources = sources.iter().map(|one| (one.name(), one.schema()));
    let sources = sources.map(offer("data-sources", "Data Source", ("data-source", ".tf")));
    let ephemerals = PowerAutomate.ephemerals();
    let ephemerals = ephemerals.iter().map(|one| (one.name(), one.schema()));
    let ephemerals = ephemerals.map(offer("ephemeral-resources", "Ephemeral Resource", ("ephemeral-resource", ".tf")));
    let actions = PowerAutomate.actions();
    let actions = actions.iter().map(|one| (one.name(), one.schema()));
    let actions = actions.map(offer("actions", "Action", ("action", ".tf")));
    resources.chain(lists).chain(sources).chain(ephemerals).chain(actions).collect()
}
