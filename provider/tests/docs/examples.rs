//! The examples: `resource.tf` and its like are written by hand, those of imports and lists follow from [`KNOWN`].
//!
//! A name that people know an object by is taken from `resource.tf`, so that what is shown is imported is what is shown made.

use provider::PowerAutomate;
use tfplugin::identity::Identity;
use tfplugin::provider::Provider as _;

use crate::offers::{Offer, offers};
use crate::tree::{files, read};

/// What the examples say of a resource that neither its schema nor its `resource.tf` can.
#[derive(Debug)]
pub(crate) struct Known {
    /// The type.
    pub(crate) resource: &'static str,
    /// The attribute with the name that people know an object by: an import takes its value in place of the id.
    by: &'static str,
    /// That name and the id, in words.
    words: &'static str,
    /// What the example of a list asks for.
    listed: &'static [(&'static str, &'static str)],
}

/// Every resource, in the order of the provider's list.
pub(crate) const KNOWN: &[Known] = &[
    Known {
        resource: "powerautomate_key_vault_certificate_reference",
        by: "schema_name",
        words: "the variable's schema name or the id of its definition",
        listed: &[("name_prefix", "\"cto_\""), ("unmanaged_only", "true")],
    },
    Known {
        resource: "powerautomate_cba_credential",
        by: "name",
        words: "the credential's name or id",
        listed: &[("unmanaged_only", "true")],
    },
    Known {
        resource: "powerautomate_desktop_flow_connection",
        by: "display_name",
        words: "the connection's display name or id",
        listed: &[("machine_group_id", "\"8f6d5a1c-1111-4222-8333-444455556666\"")],
    },
];

/// What stands for an attribute of an identity.
const SAMPLES: &[(&str, &str)] =
    &[("environment_id", "00000000-0000-0000-0000-000000000000"), ("id", "8f6d5a1c-1111-4222-8333-444455556666")];

/// How a resource is imported, by each of the ways.
pub(crate) struct Ways {
    pub(crate) command: String,
    pub(crate) by_id: String,
    pub(crate) by_identity: Option<String>,
}

#[track_caller]
fn known(resource: &str) -> &'static Known {
    let found = KNOWN.iter().find(|known| known.resource == resource);
    found.unwrap_or_else(|| panic!("{resource} is not in examples::KNOWN"))
}

/// The attributes `name = value` with the signs below each other.
fn aligned(lines: &[(&str, String)], indent: &str) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    lines.iter().map(|(name, value)| format!("{indent}{name:width$} = {value}\n")).collect()
}

/// The value that the first block of `resource.tf` gives to the attribute that people know its object by.
fn called(known: &Known) -> String {
    let path = format!("examples/resources/{}/resource.tf", known.resource);
    let example = read(&path);
    let head = format!("resource \"{}\" \"robot\" {{", known.resource);
    let body = example.split_once(&head).unwrap_or_else(|| panic!("{path} has no `{head}`")).1;
    let lines = body.lines().filter_map(|line| line.split_once(" = "));
    let value =
        lines.filter(|(name, _)| name.trim() == known.by).map(|(_, value)| value.trim().trim_matches('"')).next();
    value.unwrap_or_else(|| panic!("{path} says no {}", known.by)).to_owned()
}

/// The import of a resource.
pub(crate) fn imports(resource: &str, identity: Option<&Identity>) -> Ways {
    let known = known(resource);
    let address = format!("{resource}.robot");
    let id = format!("{}/{}", SAMPLES[0].1, called(known));
    let word = if id.contains(' ') { format!("\"{id}\"") } else { id.clone() };
    let sample = |name: &str| {
        let found = SAMPLES.iter().find(|(known, _)| *known == name);
        format!("\"{}\"", found.unwrap_or_else(|| panic!("{name} of {resource} has no sample")).1)
    };
    let by_identity = identity.map(|identity| {
        let lines: Vec<_> = identity.attributes.iter().map(|one| (one.name, sample(one.name))).collect();
        format!("import {{\n  to = {address}\n  identity = {{\n{}  }}\n}}\n", aligned(&lines, "    "))
    });
    Ways {
        command: format!(
            "# The environment, and {}. Without the environment and the slash, it is the provider's.\nterraform import {address} {word}\n",
            known.words
        ),
        by_id: format!("import {{\n  to = {address}\n  id = \"{id}\"\n}}\n"),
        by_identity,
    }
}

fn list(resource: &str) -> String {
    let known = known(resource);
    let asked: Vec<_> = known.listed.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    format!(
        "# In a file of its own, robots.tfquery.hcl for example.\n\
         # terraform query                            shows what is there\n\
         # terraform query -generate-config-out=x.tf  writes it down as configuration with import blocks\n\
         # What is written names other objects by their ids. Name them by their addresses (TYPE.NAME.id) instead: only those tell\n\
         # Terraform in which order to remove them.\n\
         list \"{resource}\" \"all\" {{\n  provider         = powerautomate\n  include_resource = true\n  limit            = 1000\n\n  \
         config {{\n{}  }}\n}}\n",
        aligned(&asked, "    ")
    )
}

/// Every example that follows from [`KNOWN`]: where it is, and what is in it.
pub(crate) fn all() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for resource in PowerAutomate.resources() {
        let name = resource.name();
        let ways = imports(name, resource.identity());
        let folder = format!("examples/resources/{name}");
        found.push((format!("{folder}/import.sh"), ways.command));
        found.push((format!("{folder}/import-by-string-id.tf"), ways.by_id));
        found.extend(ways.by_identity.map(|text| (format!("{folder}/import-by-identity.tf"), text)));
        if resource.listing().is_some() {
            found.push((format!("examples/list-resources/{name}/list-resource.tfquery.hcl"), list(name)));
        }
    }
    found
}

/// The files that somebody wrote to show an offer: the plain one comes first.
fn files_of(offer: &Offer) -> Vec<String> {
    let folder = offer.folder();
    let start = format!("{folder}/{}", offer.example.0);
    let mut found: Vec<String> =
        files(&folder).into_iter().filter(|path| path.starts_with(&start) && path.ends_with(offer.example.1)).collect();
    found.sort_by_key(|path| (path.len(), path.clone()));
    found
}

/// What the page of an offer shows: every example of it, each in a block of its own.
#[track_caller]
pub(crate) fn shown(offer: &Offer) -> String {
    if offer.room == "list-resources" {
        return list(offer.name);
    }
    let (begin, end) = offer.example;
    let plain = format!("{}/{begin}{end}", offer.folder());
    let paths = files_of(offer);
    assert!(paths.contains(&plain), "{} has no example: write {plain}", offer.name);
    let texts: Vec<String> = paths.iter().map(|path| read(path)).collect();
    texts.join("```\n\n```terraform\n")
}

/// The examples that are nobody's but a writer's.
pub(crate) fn written_by_hand() -> Vec<String> {
    let mut found = vec!["examples/quickstart/main.tf".to_owned()];
    found.extend(offers().iter().flat_map(files_of));
    found.extend(PowerAutomate.functions().iter().map(|one| format!("examples/functions/{}/function.tf", one.name)));
    found
}
