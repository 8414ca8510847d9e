//! What was told before an operation failed reaches the user, whatever was asked, and so does what was kept.

use serde::{Deserialize, Serialize};
use tfplugin::action::AnyAction;
use tfplugin::data_source::AnyDataSource;
use tfplugin::ephemeral::{AnyEphemeral, Lease, Opened};
use tfplugin::listing::{Hits, Query};
use tfplugin::msgpack::{from_bytes, to_bytes};
use tfplugin::wire::tfplugin5 as pb;
use tfplugin::wire::tfplugin5::provider_server::Provider as Rpcs;
use tfplugin::*;
use tokio_stream::StreamExt as _;
use tonic::Request;

struct Teller;

const NAME: &str = "teller_thing";
const SHAPE: &Schema = &Schema::new("Fails.").attributes(&[Attribute::required("name", &Type::String, "A name.")]);

#[derive(Serialize, Deserialize)]
struct Model {
    name: String,
}

type Failing<T> = Result<T, Diagnostic>;

/// Tells something, and fails; by a panic, if the provider is called so.
fn fails<T>(cx: &Context<()>) -> Failing<T> {
    cx.tell(Diagnostic::warning("told before", ""));
    Err(Diagnostic::error("failed", ""))
}

impl Provider for Teller {
    type Clients = ();
    const NAME: &'static str = "teller";
    const SCHEMA: &'static Schema = &Schema::new("Tells.");

    fn resources(&self) -> Vec<Box<dyn AnyResource<()>>> {
        vec![resource(Teller)]
    }
    fn data_sources(&self) -> Vec<Box<dyn AnyDataSource<()>>> {
        vec![data_source(Teller)]
    }
    fn ephemerals(&self) -> Vec<Box<dyn AnyEphemeral<()>>> {
        vec![ephemeral(Teller)]
    }
    fn actions(&self) -> Vec<Box<dyn AnyAction<()>>> {
        vec![action(Teller)]
    }
    fn configure(&self, _: &Value, _: &str) -> Failing<((), Vec<Diagnostic>)> {
        Ok(((), Vec::new()))
    }
}

impl Resource for Teller {
    type Clients = ();
    type Model = Model;
    const NAME: &'static str = NAME;
    const SCHEMA: &'static Schema = SHAPE;
    const IDENTITY: Option<&'static Identity> =
        Some(&Identity::new(&[IdentityAttribute::required("name", &Type::String, "The name.")]));
    const LISTING: Option<&'static Schema> = Some(&Schema::new("Lists."));

    async fn plan(&self, cx: &Context<()>, plan: &mut Plan) -> Failing<()> {
        plan.tell(Diagnostic::warning("told on the plan", ""));
        fails(cx)
    }
    async fn create(&self, cx: &Context<()>, planned: Model) -> Failing<Model> {
        cx.keep(&planned);
        assert_ne!(planned.name, "panic", "the name asked for a panic");
        fails(cx)
    }
    async fn read(&self, cx: &Context<()>, _: Model) -> Failing<Option<Model>> {
        fails(cx)
    }
    async fn update(&self, cx: &Context<()>, _: Model, _: Model) -> Failing<Model> {
        fails(cx)
    }
    async fn delete(&self, cx: &Context<()>, _: Model) -> Failing<()> {
        fails(cx)
    }
    async fn import(&self, cx: &Context<()>, _: Import<'_>) -> Failing<Model> {
        fails(cx)
    }
    async fn list(&self, cx: &Context<()>, _: &Query, _: &Hits) -> Failing<()> {
        fails(cx)
    }
}

impl DataSource for Teller {
    type Clients = ();
    type Model = Model;
    const NAME: &'static str = NAME;
    const SCHEMA: &'static Schema = SHAPE;

    async fn read(&self, cx: &Context<()>, _: Model) -> Failing<Model> {
        fails(cx)
    }
}

impl Ephemeral for Teller {
    type Clients = ();
    type Model = Model;
    const NAME: &'static str = NAME;
    const SCHEMA: &'static Schema = SHAPE;

    async fn open(&self, cx: &Context<()>, _: Model) -> Failing<Opened<Model>> {
        fails(cx)
    }
    async fn renew(&self, cx: &Context<()>, _: Vec<u8>) -> Failing<Lease> {
        fails(cx)
    }
    async fn close(&self, cx: &Context<()>, _: Vec<u8>) -> Failing<()> {
        fails(cx)
    }
}

impl Action for Teller {
    type Clients = ();
    type Model = Model;
    const NAME: &'static str = NAME;
    const SCHEMA: &'static Schema = SHAPE;

    async fn plan(&self, cx: &Context<()>) -> Failing<()> {
        fails(cx)
    }
    async fn invoke(&self, cx: &Context<()>, _: Model, _: &Progress) -> Failing<()> {
        fails(cx)
    }
}

async fn server() -> Server<Teller> {
    let server = Server::new(Teller);
    server.configure(Request::new(Default::default())).await.unwrap();
    server
}

fn wire(value: &Value) -> Option<pb::DynamicValue> {
    Some(pb::DynamicValue { msgpack: to_bytes(value, &SHAPE.block.ty()).unwrap(), json: Vec::new() })
}

fn named(name: &str) -> Option<pb::DynamicValue> {
    wire(&Value::object([("name", name.into())]))
}

#[track_caller]
fn check(told: &[pb::Diagnostic], expected: &[&str]) {
    assert_eq!(told.iter().map(|one| one.summary.as_str()).collect::<Vec<_>>(), expected);
}

macro_rules! check {
    ($server:ident.$rpc:ident($message:ident { $($field:ident: $value:expr),* $(,)? }), $expected:expr) => {{
        #[allow(clippy::needless_update)] // some requests have no other fields
        let request = pb::$message::Request { $($field: $value,)* ..Default::default() };
        let answer = $server.$rpc(Request::new(request)).await.unwrap().into_inner();
        check(&answer.diagnostics, &$expected);
        answer
    }};
}

const TOLD: [&str; 2] = ["failed", "told before"];

#[tokio::test]
async fn of_a_resource() {
    let server = server().await;
    let type_name = || NAME.to_owned();
    check!(server.read_resource(read_resource { type_name: type_name(), current_state: named("a") }), TOLD);
    check!(server.import_resource_state(import_resource_state { type_name: type_name(), id: "a".to_owned() }), TOLD);
    let planned = check!(
        server.plan_resource_change(plan_resource_change {
            type_name: type_name(),
            prior_state: wire(&Value::Null),
            proposed_new_state: named("a"),
            config: named("a"),
        }),
        ["told on the plan", "failed", "told before"]
    );
    assert_eq!(planned.planned_state, named("a"));
    for (prior, planned) in [(Value::Null, "a"), (Value::object([("name", "b".into())]), "a")] {
        let (planned_state, prior_state) = (named(planned), wire(&prior));
        check!(
            server.apply_resource_change(apply_resource_change {
                type_name: type_name(),
                prior_state: prior_state,
                planned_state: planned_state,
                config: named(planned),
            }),
            TOLD
        );
    }
    check!(
        server.apply_resource_change(apply_resource_change {
            type_name: type_name(),
            prior_state: named("a"),
            planned_state: wire(&Value::Null),
            config: wire(&Value::Null),
        }),
        TOLD
    );
}

#[tokio::test]
async fn of_a_creation_that_panics_what_exists_is_kept() {
    let server = server().await;
    let answer = check!(
        server.apply_resource_change(apply_resource_change {
            type_name: NAME.to_owned(),
            prior_state: wire(&Value::Null),
            planned_state: named("panic"),
            config: named("panic"),
        }),
        ["The provider has a bug"]
    );
    let state = from_bytes(&answer.new_state.unwrap().msgpack, &SHAPE.block.ty()).unwrap();
    assert_eq!(state.at("name").as_str(), Some("panic"));
}

#[tokio::test]
async fn of_a_list() {
    let request = pb::list_resource::Request { type_name: NAME.to_owned(), limit: 10, ..Default::default() };
    let request = pb::list_resource::Request { config: empty(), ..request };
    let server = server().await;
    let events = server.list_resource(Request::new(request)).await.unwrap().into_inner();
    let events: Vec<_> = events.map(Result::unwrap).collect().await;
    check(&events[0].diagnostic, &TOLD);
}

fn empty() -> Option<pb::DynamicValue> {
    Some(pb::DynamicValue { msgpack: vec![0x80], json: Vec::new() })
}

#[tokio::test]
async fn of_a_data_source() {
    let server = server().await;
    check!(server.read_data_source(read_data_source { type_name: NAME.to_owned(), config: named("a") }), TOLD);
}

#[tokio::test]
async fn of_an_ephemeral_resource() {
    let server = server().await;
    let (type_name, private) = (|| NAME.to_owned(), || Some(vec![7]));
    check!(
        server.open_ephemeral_resource(open_ephemeral_resource { type_name: type_name(), config: named("a") }),
        TOLD
    );
    let renewed = check!(
        server.renew_ephemeral_resource(renew_ephemeral_resource { type_name: type_name(), private: private() }),
        TOLD
    );
    assert_eq!(renewed.private, private());
    check!(
        server.close_ephemeral_resource(close_ephemeral_resource { type_name: type_name(), private: private() }),
        TOLD
    );
}

#[tokio::test]
async fn of_an_action() {
    let server = server().await;
    check!(server.plan_action(plan_action { action_type: NAME.to_owned(), config: named("a") }), TOLD);
    let request = pb::invoke_action::Request { action_type: NAME.to_owned(), config: named("a"), ..Default::default() };
    let events = server.invoke_action(Request::new(request)).await.unwrap().into_inner();
    let mut events: Vec<_> = events.map(Result::unwrap).collect().await;
    let Some(pb::invoke_action::event::Type::Completed(completed)) = events.pop().unwrap().r#type else {
        panic!("the last event is that it is completed")
    };
    check(&completed.diagnostics, &TOLD);
}
