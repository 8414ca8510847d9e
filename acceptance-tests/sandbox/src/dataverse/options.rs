//! Query options: from the text of `$select`, `$expand` and the others to columns.
//!
//! Inside `$expand` options are divided by semicolons, and only what is documented for related rows is known there: an `$expand`, too.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/overview>

use super::filter::Filter;
use super::filter_text;
use super::refusal::Refusal;
use super::tables::{Collection, Column, Kind, Table};

/// The query options of a read.
#[derive(Default)]
pub(crate) struct Query {
    pub(crate) select: Option<Vec<&'static Column>>,
    pub(crate) expand: Vec<Expand>,
    pub(crate) filter: Option<Filter>,
    pub(crate) order: Vec<(&'static Column, bool)>,
    pub(crate) top: Option<usize>,
    pub(crate) count: bool,
    pub(crate) skip: usize,
}

impl Query {
    /// Whether an `$expand` stands in another one.
    pub(crate) fn nests(&self) -> bool {
        self.expand.iter().any(|expand| !expand.query.expand.is_empty())
    }

    /// The first collection that is read along inside an `$expand`.
    pub(crate) fn nested_collection(&self) -> Option<&'static str> {
        let mut inside = self.expand.iter().map(|expand| &expand.query);
        inside.find_map(|query| {
            let list = query.expand.iter().find(|inner| matches!(inner.way, Way::From(_)));
            list.map(|inner| inner.nav).or_else(|| query.nested_collection())
        })
    }

    /// Whether what is read along is to be sorted or cut.
    fn arranges_related(&self) -> bool {
        let arranges = |query: &Self| !query.order.is_empty() || query.top.is_some();
        self.expand.iter().any(|expand| arranges(&expand.query) || expand.query.arranges_related())
    }
}

/// Related rows to read along.
pub(crate) struct Expand {
    pub(crate) nav: &'static str,
    pub(crate) table: &'static Table,
    pub(crate) way: Way,
    pub(crate) query: Query,
    /// The options as they were written: the link to a next page repeats them.
    pub(crate) options: Vec<(String, String)>,
}

pub(crate) enum Way {
    To(&'static Column),
    From(&'static Collection),
}

/// How many `$expand` a query may hold, those inside others too.
const MOST_EXPANDED: usize = 15;

/// Reads the options of a query string; one that is not among the known is refused by name.
pub(crate) fn parse(table: &'static Table, options: &[(String, String)], known: &[&str]) -> Result<Query, Refusal> {
    let query = level(table, options, known, &mut 0)?;
    if query.nests() && query.arranges_related() {
        return Err(arranged());
    }
    Ok(query)
}

/// For `$orderby` and `$top` where they are not known.
fn arranged() -> Refusal {
    Refusal::bad(
        "Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested one-to-many \
         relationship.",
    )
}

fn level(
    table: &'static Table,
    options: &[(String, String)],
    known: &[&str],
    expanded: &mut usize,
) -> Result<Query, Refusal> {
    let mut query = Query::default();
    for (place, (name, value)) in options.iter().enumerate() {
        if !known.contains(&name.as_str()) {
            return Err(Refusal::bad(format!("The sandbox does not know the query option '{name}' here.")));
        }
        if options[..place].iter().any(|(other, _)| other == name) {
            return Err(Refusal::bad(format!("Query option '{name}' was specified more than once.")));
        }
        match name.as_str() {
            "$select" => query.select = Some(select(table, value)?),
            "$expand" => query.expand = expand(table, value, expanded)?,
            "$filter" => query.filter = Some(filter_text::parse(table, value)?),
            "$orderby" => query.order = order(table, value)?,
            "$top" => query.top = Some(number(name, value)?),
            "$count" => query.count = flag(name, value)?,
            _ => query.skip = skip(value)?,
        }
    }
    Ok(query)
}

fn select(table: &'static Table, value: &str) -> Result<Vec<&'static Column>, Refusal> {
    let named = value.split(',').map(str::trim);
    named.map(|name| table.readable(name).ok_or_else(|| Refusal::no_property(name, table.logical))).collect()
}

fn order(table: &'static Table, value: &str) -> Result<Vec<(&'static Column, bool)>, Refusal> {
    let keys = value.split(',').map(|key| {
        let mut words = key.split_whitespace();
        let name = words.next().unwrap_or_default();
        let column = table.readable(name).ok_or_else(|| Refusal::no_property(name, table.logical))?;
        match (words.next(), words.next()) {
            (None | Some("asc"), None) => Ok((column, false)),
            (Some("desc"), None) => Ok((column, true)),
            _ => Err(Refusal::bad(format!("Syntax error in $orderby: '{key}'."))),
        }
    });
    keys.collect()
}

fn number(name: &str, value: &str) -> Result<usize, Refusal> {
    let bad = || Refusal::bad(format!("Invalid value '{value}' for {name} query option found."));
    value.parse().ok().filter(|number| *number > 0).ok_or_else(bad)
}

fn flag(name: &str, value: &str) -> Result<bool, Refusal> {
    value.parse().map_err(|_| Refusal::bad(format!("Invalid value '{value}' for {name} query option found.")))
}

fn skip(value: &str) -> Result<usize, Refusal> {
    let page = value.strip_prefix("<cookie pagenumber=\"").and_then(|rest| rest.split('"').next());
    page.and_then(|page| page.parse().ok()).ok_or_else(|| Refusal::bad("Malformed XML in the Paging Cookie"))
}

fn expand(table: &'static Table, value: &str, expanded: &mut usize) -> Result<Vec<Expand>, Refusal> {
    let mut expands = Vec::new();
    for item in outside_parentheses(value, ',') {
        *expanded += 1;
        if *expanded > MOST_EXPANDED {
            let reason = "Number of link entities in query exceeded maximum limit.";
            return Err(Refusal::new(http::StatusCode::BAD_REQUEST, "0x8004430d", reason));
        }
        let (nav, options) = match item.split_once('(') {
            Some((nav, rest)) => {
                let rest = rest.strip_suffix(')');
                (nav, rest.ok_or_else(|| Refusal::bad(format!("Syntax error in $expand: '{item}'.")))?)
            }
            None => (item.as_str(), ""),
        };
        let unknown = || Refusal::no_property(nav, table.logical);
        let (nav, other, way) = if let Some(lookup) = table.navigation(nav) {
            let Kind::Lookup { nav, to } = lookup.kind else { return Err(unknown()) };
            let other = to.first().and_then(|logical| Table::of_logical(logical)).ok_or_else(unknown)?;
            (nav, other, Way::To(lookup))
        } else {
            let collection = table.collection(nav).ok_or_else(unknown)?;
            (collection.nav, Table::known(collection.table), Way::From(collection))
        };
        let known: &[&str] = match way {
            Way::To(_) => &["$select", "$expand"],
            Way::From(_) => &["$select", "$filter", "$orderby", "$top", "$expand"],
        };
        let options = outside_parentheses(options, ';').into_iter().map(|option| {
            let (name, value) = option.split_once('=').unwrap_or((&option, ""));
            (name.trim().to_owned(), value.trim().to_owned())
        });
        let options: Vec<_> = options.collect();
        if matches!(way, Way::To(_)) && options.iter().any(|(name, _)| name == "$orderby" || name == "$top") {
            return Err(arranged());
        }
        let query = level(other, &options, known, expanded)?;
        expands.push(Expand { nav, table: other, way, query, options });
    }
    Ok(expands)
}

/// Splits where the separator is neither in parentheses nor in a string.
pub(crate) fn outside_parentheses(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut depth, mut quoted) = (0_usize, false);
    for letter in text.chars() {
        match letter {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if letter == separator && depth == 0 && !quoted {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(letter);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The selected properties as the context of an answer names them.
pub(crate) fn shape(query: &Query) -> String {
    let selected = query.select.iter().flatten().map(|column| column.property());
    let expanded = query.expand.iter().map(|expand| format!("{}({})", expand.nav, shape(&expand.query)));
    selected.chain(expanded).collect::<Vec<_>>().join(",")
}
