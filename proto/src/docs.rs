//! A schema and an example to a page of the registry: the schema's own sentences are the manual.
//!
//! The layout is that of Terraform's registry: front matter, example, arguments by who sets them, blocks below, import.

use std::fmt::Write as _;

use crate::cty::Type;
use crate::function::Function;
use crate::identity::Identity;
use crate::schema::{Attribute, Block, Mode, NestedBlock, Nesting, Schema};

/// What a page is about.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The name of the type, or of the provider.
    pub title: &'a str,
    /// What stands behind the name in the page's title: `Resource`, `Provider`.
    pub kind: &'a str,
    /// A configuration that works.
    pub example: &'a str,
    /// How it is imported; nothing for what is not imported.
    pub import: Option<Import<'a>>,
}

/// How a resource is imported, by each of the ways.
#[derive(Debug, Clone, Copy)]
pub struct Import<'a> {
    /// Shell commands.
    pub command: &'a str,
    /// An `import` block with an `id`.
    pub by_id: &'a str,
    /// An `import` block with an `identity`, and the shape of that.
    pub by_identity: Option<(&'a str, &'a Identity)>,
}

/// Writes the page of a function.
pub fn function(function: &Function, provider: &str, example: &str) -> String {
    let Function { name, summary, description, parameters, variadic, returns, .. } = function;
    let signature: Vec<String> = parameters
        .iter()
        .map(|parameter| format!("{} {}", parameter.name, ty(parameter.ty).to_lowercase()))
        .chain(variadic.iter().map(|parameter| format!("{} {}...", parameter.name, ty(parameter.ty).to_lowercase())))
        .collect();
    let mut out = format!(
        "---\npage_title: \"{name} function - {provider}\"\nsubcategory: \"\"\ndescription: |-\n  {summary}\n---\n\n# function: {name}\n\n\
         {description}\n\nProvider functions need Terraform 1.8 or OpenTofu 1.7.\n\n## Example Usage\n\n```terraform\n{}\n```\n\n## Signature\n\n```text\n{name}({}) {}\n```\n\n## Arguments\n\n",
        example.trim_end(),
        signature.join(", "),
        ty(returns).to_lowercase(),
    );
    for (place, parameter) in parameters.iter().chain(variadic).enumerate() {
        let null = if parameter.null { ", Nullable" } else { "" };
        let more = if place >= parameters.len() { ", Variadic" } else { "" };
        let (name, ty) = (parameter.name, ty(parameter.ty));
        let _ = writeln!(out, "{}. `{name}` ({ty}{null}{more}) {}", place + 1, parameter.description);
    }
    out
}

/// Writes the page of a schema.
pub fn markdown(page: &Page<'_>, schema: &Schema) -> String {
    let Page { title, kind, example, import } = page;
    let block = &schema.block;
    let first = block.description.split("\n\n").next().unwrap_or_default();
    // The registry refuses one on the page of a provider.
    let subcategory = if *kind == "Provider" { "" } else { "subcategory: \"\"\n" };
    let mut out = format!(
        "---\npage_title: \"{title} {kind}\"\n{subcategory}description: |-\n  {first}\n---\n\n# {title} ({kind})\n\n{}\n\n{}\
         ## Example Usage\n\n```terraform\n{}\n```\n\n## Schema\n",
        block.description,
        needs(kind),
        example.trim_end()
    );
    let mut inner = Vec::new();
    body(&mut out, block, "###", "", &mut inner);
    for (path, nested) in inner {
        let anchor = anchor(&path);
        let _ =
            write!(out, "\n<a id=\"{anchor}\"></a>\n### Nested Schema for `{path}`\n\n{}\n", nested.block.description);
        body(&mut out, &nested.block, "####", &path, &mut Vec::new());
    }
    if let Some(import) = import {
        imports(&mut out, import);
    }
    out
}

/// From which version on there are such things at all.
fn needs(kind: &str) -> &'static str {
    match kind {
        "List Resource" => {
            "Needs Terraform 1.14. A `list` block stands in a file whose name ends with `.tfquery.hcl`, beside the `.tf` files with the \
             provider block, and `terraform query` reads it; in a `.tf` file it is refused.\n\n"
        }
        "Action" => "Needs Terraform 1.14.\n\n",
        "Ephemeral Resource" => "Needs Terraform 1.10 or OpenTofu 1.11.\n\n",
        _ => "",
    }
}

fn imports(out: &mut String, import: &Import<'_>) {
    let _ = write!(
        out,
        "\n## Import\n\nWith an `import` block (Terraform from 1.5):\n\n```terraform\n{}\n```\n",
        import.by_id.trim_end()
    );
    if let Some((example, identity)) = import.by_identity {
        let _ = write!(
            out,
            "\nBy identity (Terraform and OpenTofu from 1.12):\n\n```terraform\n{}\n```\n\n### Identity Schema\n",
            example.trim_end()
        );
        for (title, required) in [("Required", true), ("Optional", false)] {
            let mut attributes = identity.attributes.iter().filter(|one| one.required == required).peekable();
            if attributes.peek().is_some() {
                let _ = write!(out, "\n#### {title}\n\n");
            }
            for attribute in attributes {
                let (name, ty) = (attribute.name, ty(attribute.ty));
                let _ = writeln!(out, "- `{name}` ({ty}) {}", attribute.description);
            }
        }
    }
    let _ = write!(out, "\nWith the command:\n\n```shell\n{}\n```\n", import.command.trim_end());
}

fn body<'a>(out: &mut String, block: &'a Block, level: &str, path: &str, inner: &mut Vec<(String, &'a NestedBlock)>) {
    type Belongs = fn(Mode) -> bool;
    let groups: [(&str, Belongs); 3] = [
        ("Required", |mode| mode == Mode::Required),
        ("Optional", |mode| matches!(mode, Mode::Optional | Mode::OptionalComputed)),
        ("Read-Only", |mode| mode == Mode::Computed),
    ];
    for (name, belongs) in groups {
        let mut lines: Vec<(&str, String)> =
            block.attributes.iter().filter(|one| belongs(one.mode)).map(|one| (one.name, line(one))).collect();
        if name == "Optional" {
            lines.extend(block.blocks.iter().map(|nested| {
                let path = if path.is_empty() { nested.name.to_owned() } else { format!("{path}.{}", nested.name) };
                let line = format!(
                    "- `{}` (Block{}) {} (see [below for nested schema](#{}))",
                    nested.name,
                    often(nested.nesting),
                    nested.block.description,
                    anchor(&path)
                );
                inner.push((path, nested));
                (nested.name, line)
            }));
        }
        lines.sort_by_key(|(name, _)| *name);
        if !lines.is_empty() {
            let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
            let _ = write!(out, "\n{level} {name}\n\n{}\n", lines.join("\n"));
        }
    }
}

fn line(attribute: &Attribute) -> String {
    let mut words = vec![ty(attribute.ty)];
    for (holds, word) in [
        (attribute.sensitive, "Sensitive"),
        (
            attribute.write_only,
            "[Write-only](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments)",
        ),
        (attribute.deprecated.is_some(), "Deprecated"),
    ] {
        if holds {
            words.push(word.to_owned());
        }
    }
    let deprecated = attribute.deprecated.map(|instead| format!(" {instead}")).unwrap_or_default();
    format!("- `{}` ({}) {}{deprecated}", attribute.name, words.join(", "), attribute.description)
}

fn ty(ty: &Type) -> String {
    match ty {
        Type::Bool => "Boolean".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::String => "String".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
        Type::List(of) => format!("List of {}", self::ty(of)),
        Type::Set(of) => format!("Set of {}", self::ty(of)),
        Type::Map(of) => format!("Map of {}", self::ty(of)),
        Type::Tuple(_) => "Tuple".to_owned(),
        Type::Object(_) => "Object".to_owned(),
    }
}

fn often(nesting: Nesting) -> String {
    match nesting {
        Nesting::Single | Nesting::Group => String::new(),
        Nesting::Map => " Map".to_owned(),
        Nesting::List { min, max } => format!(" List{}", bounds(min, max)),
        Nesting::Set { min, max } => format!(" Set{}", bounds(min, max)),
    }
}

fn bounds(min: i64, max: i64) -> String {
    let min = if min > 0 { format!(", Min: {min}") } else { String::new() };
    let max = if max > 0 { format!(", Max: {max}") } else { String::new() };
    format!("{min}{max}")
}

fn anchor(path: &str) -> String {
    format!("nestedblock--{}", path.replace('.', "--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    static SCHEMA: Schema = Schema::new("A robot.\n\nIt works.")
        .attributes(&[
            Attribute::computed("id", &Type::String, "The id."),
            Attribute::required("name", &Type::String, "The name."),
            Attribute::optional("code", &Type::String, "The code.").sensitive(),
        ])
        .blocks(&[NestedBlock::list("owner", "Who owns it.").times(0, 2).attributes(&[Attribute::required(
            "mail",
            &Type::String,
            "The mail.",
        )])]);

    #[test]
    fn a_page_has_every_argument_where_the_registry_shows_it() {
        let page = Page {
            title: "toy_robot",
            kind: "Resource",
            example: "resource \"toy_robot\" \"a\" {}\n",
            import: Some(Import { command: "terraform import toy_robot.a 1", by_id: "import {}", by_identity: None }),
        };
        let expected = "---\npage_title: \"toy_robot Resource\"\nsubcategory: \"\"\ndescription: |-\n  A robot.\n---\n\n\
            # toy_robot (Resource)\n\nA robot.\n\nIt works.\n\n## Example Usage\n\n```terraform\nresource \"toy_robot\" \"a\" {}\n```\n\n\
            ## Schema\n\n### Required\n\n- `name` (String) The name.\n\n### Optional\n\n- `code` (String, Sensitive) The code.\n\
            - `owner` (Block List, Max: 2) Who owns it. (see [below for nested schema](#nestedblock--owner))\n\n\
            ### Read-Only\n\n- `id` (String) The id.\n\n<a id=\"nestedblock--owner\"></a>\n### Nested Schema for `owner`\n\nWho owns it.\n\n\
            #### Required\n\n- `mail` (String) The mail.\n\n## Import\n\n\
            With an `import` block (Terraform from 1.5):\n\n```terraform\nimport {}\n```\n\n\
            With the command:\n\n```shell\nterraform import toy_robot.a 1\n```\n";
        assert_eq!(markdown(&page, &SCHEMA), expected);
        let list = markdown(&Page { kind: "List Resource", import: None, ..page }, &SCHEMA);
        assert!(list.contains("It works.\n\nNeeds Terraform 1.14. A `list` block stands in a file"), "{list}");
        let provider = markdown(&Page { kind: "Provider", import: None, ..page }, &SCHEMA);
        assert!(!provider.contains("subcategory"), "{provider}");
    }
}
