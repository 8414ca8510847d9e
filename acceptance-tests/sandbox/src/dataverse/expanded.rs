//! Rows with what is read along: through a lookup one row or none, from the other side a list.
//!
//! Where an `$expand` stands in another one, lists are of pages, and neither sorted nor cut.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/join-tables>

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::headers::Asked;
use super::options::{Expand, Query, Way};
use super::privileges::Verb;
use super::query::{found, next_link};
use super::row::{Annotations, Row, read};
use super::switches::ExpandedLinks;
use super::tables::{Collection, Table};
use super::{ROOT, Session};

/// What reads rows for one answer.
pub(super) struct Reader<'s, 'o> {
    session: &'s Session<'o>,
    annotations: &'s Annotations,
    /// Whether an `$expand` of the query stands in another one.
    nests: bool,
    /// How many rows a list that is read along holds.
    page: usize,
}

impl<'s, 'o> Reader<'s, 'o> {
    pub(super) fn new(session: &'s Session<'o>, query: &Query, asked: &'s Asked) -> Self {
        let (nests, size) = (query.nests(), session.switches.expanded_page_size);
        let page = asked.page_size.filter(|_| nests).map_or(size, |asked| asked.min(size));
        Self { session, annotations: &asked.annotations, nests, page }
    }

    /// The JSON of a row, with what the query reads along.
    pub(super) fn object(&self, table: &'static Table, id: Uuid, row: &Row, query: &Query) -> Map<String, Value> {
        let mut object = read(self.session.org, table, id, row, query.select.as_deref(), self.annotations);
        for expand in &query.expand {
            let value = match expand.way {
                Way::To(lookup) => row.link(lookup.name).and_then(|target| self.single(target, expand)),
                Way::From(collection) => Some(self.list(table, id, collection, expand, &mut object)),
            };
            object.insert(expand.nav.to_owned(), value.unwrap_or(Value::Null));
        }
        object
    }

    /// The row that a lookup leads to, unless the user may not read it.
    fn single(&self, target: Uuid, expand: &Expand) -> Option<Value> {
        let org = &*self.session.org;
        let row = org.visible_row(expand.table, target)?;
        org.may(self.session.user, Verb::Read, expand.table, target).then(|| self.part(target, row, expand))
    }

    /// The rows that point at a row, and beside them the link to the next ones.
    fn list(
        &self,
        table: &'static Table,
        id: Uuid,
        collection: &'static Collection,
        expand: &Expand,
        object: &mut Map<String, Value>,
    ) -> Value {
        let all = found(self.session, expand.table, &expand.query, Some((collection, id)));
        let size = expand.query.top.unwrap_or(self.page);
        let more = expand.query.top.is_none() && all.len() > size;
        let link = match self.session.switches.expanded_links {
            ExpandedLinks::WhereMore => more.then_some(Some(size)),
            ExpandedLinks::Everywhere => Some(self.nests.then_some(size)),
        };
        if let Some(end) = link {
            let path = format!("{ROOT}{}({id})/{}", table.set, expand.nav);
            let next = next_link(self.session, &path, &expand.options, end);
            object.insert(format!("{}@odata.nextLink", expand.nav), json!(next));
        }
        all.into_iter().take(size).map(|(id, row)| self.part(id, row, expand)).collect()
    }

    fn part(&self, id: Uuid, row: &Row, expand: &Expand) -> Value {
        let mut part = self.object(expand.table, id, row, &expand.query);
        let bare = self.nests || matches!(expand.way, Way::To(_));
        if bare && !self.session.switches.expanded_etags {
            part.remove("@odata.etag");
        }
        Value::Object(part)
    }
}
