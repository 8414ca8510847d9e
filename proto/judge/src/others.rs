//! What a provider offers besides managed resources, as its schemas tell it.

use std::collections::{BTreeMap, HashMap, HashSet};

use tfplugin::cty::Type;
use tfplugin::wire::tfplugin5 as pb;

use crate::carried::broken;
use crate::schema::{self, Schema, Use};
use crate::verdict::{Judged, Violation};

/// Everything but managed resources.
pub(crate) struct Others {
    pub(crate) data_sources: BTreeMap<String, Schema>,
    pub(crate) ephemerals: BTreeMap<String, Schema>,
    pub(crate) lists: BTreeMap<String, Schema>,
    pub(crate) actions: BTreeMap<String, Schema>,
    pub(crate) functions: BTreeMap<String, Function>,
}

/// The types of a function.
pub(crate) struct Function {
    pub(crate) parameters: Vec<Type>,
    pub(crate) variadic: Option<Type>,
    pub(crate) returns: Type,
}

impl Others {
    /// Reads the schemas: S9 and S10, and S1 to S8 as for resources.
    pub(crate) fn read(
        schemas: &pb::get_provider_schema::Response,
        identities: &HashMap<String, pb::ResourceIdentitySchema>,
    ) -> Judged<Others> {
        let all = |schemas: &HashMap<String, pb::Schema>| {
            let read = |(name, one): (&String, &pb::Schema)| Ok((name.clone(), schema::read(name, one, Use::Other)?));
            schemas.iter().map(read).collect::<Judged<BTreeMap<_, _>>>()
        };
        let lists = all(&schemas.list_resource_schemas)?;
        let lacks = |name: &&String| !schemas.resource_schemas.contains_key(*name) || !identities.contains_key(*name);
        if let Some(name) = lists.keys().find(lacks) {
            return broken("S10", format!("{name} is listed, and is no resource with an identity"));
        }
        let actions: HashMap<String, pb::Schema> = schemas
            .action_schemas
            .iter()
            .map(|(name, action)| (name.clone(), action.schema.clone().unwrap_or_default()))
            .collect();
        let mut functions = BTreeMap::new();
        for (name, function) in &schemas.functions {
            functions.insert(name.clone(), read_function(name, function)?);
        }
        Ok(Others {
            data_sources: all(&schemas.data_source_schemas)?,
            ephemerals: all(&schemas.ephemeral_resource_schemas)?,
            actions: all(&actions)?,
            lists,
            functions,
        })
    }
}

fn read_function(name: &str, function: &pb::Function) -> Judged<Function> {
    let mut seen = HashSet::new();
    let parameters = function.parameters.iter().chain(&function.variadic_parameter);
    let wrong =
        parameters.map(|one| one.name.as_str()).find(|name| !schema::is_identifier(name) || !seen.insert(*name));
    if !schema::is_identifier(name) || wrong.is_some() {
        return broken("S9", format!("the function {name} or its parameter {wrong:?} has no name of its own"));
    }
    let ty = |json: &[u8]| schema::read_type(json).map_err(|what| Violation::new("S9", format!("{name}: {what}")));
    let returns = function.r#return.as_ref().map(|one| one.r#type.clone()).unwrap_or_default();
    Ok(Function {
        parameters: function.parameters.iter().map(|one| ty(&one.r#type)).collect::<Result<_, _>>()?,
        variadic: function.variadic_parameter.as_ref().map(|one| ty(&one.r#type)).transpose()?,
        returns: ty(&returns)?,
    })
}
