//! A resource that keeps whatever its schema allows: what is written is stored, what is left to the apply is made up.

use std::ops::ControlFlow;

use tfplugin::context::Context;
use tfplugin::cty::Type;
use tfplugin::diagnostic::Diagnostic;
use tfplugin::identity::Identity;
use tfplugin::listing::{Hits, Query};
use tfplugin::offer::{Boxed, Offer};
use tfplugin::plan::Plan;
use tfplugin::resource::{AnyResource, Import, Move, Upgrade};
use tfplugin::schema::Schema;
use tfplugin::value::{Typed, Value};

use crate::store::Store;

/// A resource of any shape that has an `id`.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) schema: &'static Schema,
    pub(crate) identity: &'static Identity,
    pub(crate) upgrades: &'static [Upgrade],
    pub(crate) moves: &'static [Move],
    pub(crate) listing: Option<&'static Schema>,
}

impl Shape {
    fn apply_now(&self, cx: &Context<Store>, prior: &Value, planned: &Value) -> Result<Value, Diagnostic> {
        if planned.is_null() {
            let id = prior.at("id").as_str().unwrap_or_default();
            // What refuses to go is there afterwards.
            if prior.at("name").as_str() == Some("stays") {
                return Err(Diagnostic::error("It stays", "Its name says so."));
            }
            cx.clients.remove(self.name, id);
            return Ok(Value::Null);
        }
        let mut state = made_up(planned, cx.ty());
        if prior.is_null() {
            state.put("id", uuid::Uuid::new_v4().to_string().into());
        }
        // A write-only value is seen in the configuration alone; its length is what may be known of it.
        if planned.at("secret_length").is_unknown() {
            let length = cx.config.at("secret_wo").as_str().map(|secret| secret.chars().count() as i64);
            state.put("secret_length", length.map_or(Value::Null, Value::from));
        }
        let writes = cx.private().first().copied().unwrap_or_default();
        cx.set_private(vec![writes.saturating_add(1)]);
        // The other side writes names in capitals.
        let mut stored = state.clone();
        if let Some(name) = state.at("name").as_str() {
            stored.put("name", name.to_uppercase().into());
        }
        let id = state.at("id").as_str().unwrap_or_default().to_owned();
        cx.clients.put(self.name, &id, &stored, cx.ty());
        if state.at("name").as_str() == Some("breaks") {
            cx.keep_value(state);
            return Err(Diagnostic::error("It breaks", "Its name says so.").on("name"));
        }
        Ok(stored)
    }
}

/// A value with something in every place that was left open.
fn made_up(value: &Value, ty: &Type) -> Value {
    match (value, ty) {
        (Value::Unknown(_), Type::Bool) => true.into(),
        (Value::Unknown(_), Type::Number) => 7.into(),
        (Value::Unknown(_), Type::String) => "made up".into(),
        (Value::Unknown(_), Type::Dynamic) => {
            Value::Typed(Box::new(Typed { ty: Type::String, value: "made up".into() }))
        }
        (Value::Unknown(_), Type::List(_) | Type::Set(_)) => Value::List(Vec::new()),
        (Value::Unknown(_), Type::Map(_)) => Value::Map(Default::default()),
        (Value::Unknown(_), Type::Tuple(types)) => {
            Value::List(types.iter().map(|ty| made_up(&Value::UNKNOWN, ty)).collect())
        }
        (Value::Unknown(_), Type::Object(fields)) => {
            let made = |(name, ty): (&str, &Type)| (name.to_owned(), made_up(&Value::UNKNOWN, ty));
            Value::object(fields.in_order().map(made))
        }
        (Value::List(elements), Type::List(of)) => {
            Value::List(elements.iter().map(|element| made_up(element, of)).collect())
        }
        (Value::List(elements), Type::Set(of)) => Value::set(elements.iter().map(|element| made_up(element, of))),
        (Value::List(elements), Type::Tuple(types)) => {
            Value::List(elements.iter().zip(types.iter()).map(|(element, ty)| made_up(element, ty)).collect())
        }
        (Value::Map(elements), Type::Map(of)) => {
            Value::object(elements.iter().map(|(key, element)| (key.clone(), made_up(element, of))))
        }
        (Value::Map(elements), Type::Object(fields)) => {
            let made = |(name, element): (&String, &Value)| {
                let element = fields.field(name).map_or(Value::Null, |ty| made_up(element, ty));
                (name.clone(), element)
            };
            Value::object(elements.iter().map(made))
        }
        (Value::Typed(typed), Type::Dynamic) => {
            let value = made_up(&typed.value, &typed.ty);
            Value::Typed(Box::new(Typed { ty: typed.ty.clone(), value }))
        }
        (value, _) => value.clone(),
    }
}

impl Offer for Shape {
    fn name(&self) -> &'static str {
        self.name
    }

    fn schema(&self) -> &'static Schema {
        self.schema
    }

    fn validate(&self, _: &Value) -> Vec<Diagnostic> {
        Vec::new()
    }
}

impl AnyResource<Store> for Shape {
    fn identity(&self) -> Option<&'static Identity> {
        Some(self.identity)
    }

    fn upgrades(&self) -> &'static [Upgrade] {
        self.upgrades
    }

    fn moves(&self) -> &'static [Move] {
        self.moves
    }

    fn plan<'a>(&'a self, cx: &'a Context<Store>, plan: &'a mut Plan) -> Boxed<'a, ()> {
        Box::pin(async move {
            if let Some(module) = cx.meta.at("module").as_str().filter(|_| plan.is_create()) {
                plan.tell(Diagnostic::warning("A module says its name", format!("It is {module}.")));
            }
            Ok(())
        })
    }

    fn apply<'a>(&'a self, cx: &'a Context<Store>, prior: &'a Value, planned: &'a Value) -> Boxed<'a, Value> {
        Box::pin(async move { self.apply_now(cx, prior, planned) })
    }

    fn read<'a>(&'a self, cx: &'a Context<Store>, prior: &'a Value) -> Boxed<'a, Value> {
        Box::pin(async move {
            let id = prior.at("id").as_str().unwrap_or_default();
            Ok(cx.clients.get(self.name, id, cx.ty()).unwrap_or_default())
        })
    }

    fn import<'a>(&'a self, cx: &'a Context<Store>, what: Import<'a>) -> Boxed<'a, Value> {
        Box::pin(async move {
            let id = match what {
                Import::Id(id) => id,
                Import::Identity(identity) => identity.at("id").as_str().unwrap_or_default(),
            };
            let state = cx.clients.get(self.name, id, cx.ty());
            state.ok_or_else(|| Diagnostic::error("There is nothing to import", format!("There is no object {id:?}.")))
        })
    }

    fn generate(&self, _: &Value, _: &mut Value) {}

    fn listing(&self) -> Option<&'static Schema> {
        self.listing
    }

    fn list<'a>(&'a self, cx: &'a Context<Store>, query: &'a Query, hits: &'a Hits) -> Boxed<'a, ()> {
        Box::pin(async move {
            let prefix = query.config.at("prefix").as_str().unwrap_or_default().to_uppercase();
            for id in cx.clients.ids(self.name) {
                let Some(state) = cx.clients.get(self.name, &id, cx.ty()) else { continue };
                let name = state.at("name").as_str().unwrap_or(&id).to_owned();
                let is_wanted = name.starts_with(&prefix);
                if is_wanted && hits.tell_value(&name, state).await? == ControlFlow::Break(()) {
                    break;
                }
            }
            Ok(())
        })
    }
}
