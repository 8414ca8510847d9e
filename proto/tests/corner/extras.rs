//! A data source, an ephemeral resource, functions and an action.

use std::time::{Duration, SystemTime};

use bigdecimal::BigDecimal;
use serde::{Deserialize, Serialize};
use tfplugin::action::{Action, Progress};
use tfplugin::context::Context;
use tfplugin::cty::Type;
use tfplugin::data_source::DataSource;
use tfplugin::diagnostic::Diagnostic;
use tfplugin::ephemeral::{Ephemeral, Lease, Opened};
use tfplugin::function::{Fault, Function, Parameter};
use tfplugin::schema::{Attribute, Check, Schema};
use tfplugin::value::Value;

use crate::store::Store;

pub(crate) struct Echo;

static ECHO: Schema = Schema::new("Says a text in capitals.").attributes(&[
    Attribute::required("text", &Type::String, "A text."),
    Attribute::computed("capitals", &Type::String, "The same in capitals."),
]);

#[derive(Serialize, Deserialize)]
pub(crate) struct EchoModel {
    text: String,
    capitals: Option<String>,
}

impl DataSource for Echo {
    type Clients = Store;
    type Model = EchoModel;
    const NAME: &'static str = "corner_echo";
    const SCHEMA: &'static Schema = &ECHO;

    async fn read(&self, _: &Context<Store>, config: EchoModel) -> Result<EchoModel, Diagnostic> {
        if config.text == "nothing" {
            return Err(Diagnostic::error("There is nothing", "The text says so.").on("text"));
        }
        Ok(EchoModel { capitals: Some(config.text.to_uppercase()), ..config })
    }
}

pub(crate) struct Token;

static TOKEN: Schema = Schema::new("A token that nobody stores.").attributes(&[
    Attribute::required("name", &Type::String, "For whom."),
    Attribute::optional("lasts", &Type::Number, "How long it lasts, in seconds; else for ever."),
    Attribute::computed("token", &Type::String, "The token.").sensitive(),
]);

#[derive(Serialize, Deserialize)]
pub(crate) struct TokenModel {
    name: String,
    lasts: Option<u64>,
    token: Option<String>,
}

impl Ephemeral for Token {
    type Clients = Store;
    type Model = TokenModel;
    const NAME: &'static str = "corner_token";
    const SCHEMA: &'static Schema = &TOKEN;

    async fn open(&self, _: &Context<Store>, config: TokenModel) -> Result<Opened<TokenModel>, Diagnostic> {
        let renew_at = config.lasts.map(|seconds| SystemTime::now() + Duration::from_secs(seconds));
        let lease = Lease { private: config.name.clone().into_bytes(), renew_at };
        let token = Some(format!("token-of-{}", config.name));
        Ok(Opened { result: TokenModel { token, ..config }, lease })
    }

    async fn close(&self, _: &Context<Store>, private: Vec<u8>) -> Result<(), Diagnostic> {
        if private.is_empty() {
            return Err(Diagnostic::error("Nothing was opened", "Closing needs what opening stored."));
        }
        Ok(())
    }
}

pub(crate) static FUNCTIONS: &[Function] = &[
    Function::new(
        "join",
        "Joins texts",
        "Joins texts with a separator between them; null is left out.",
        &Type::String,
        |arguments| {
            let texts: Vec<&str> = arguments[1..].iter().filter_map(Value::as_str).collect();
            Ok(texts.join(arguments[0].as_str().unwrap_or_default()).into())
        },
    )
    .parameters(&[Parameter::new("separator", &Type::String, "What stands between.")])
    .variadic(Parameter::new("texts", &Type::String, "The texts.").null()),
    Function::new("half", "Halves a number", "Halves an even number.", &Type::Number, |arguments| {
        let half = match &arguments[0] {
            Value::Number(number) => number.to_string().parse().ok().map(|number: BigDecimal| number.half()),
            _ => None,
        };
        let half = half.filter(BigDecimal::is_integer).ok_or_else(|| Fault::argument(0, "It is odd."))?;
        let half = half.to_plain_string().parse().map_err(|_| Fault::argument(0, "It is too large."))?;
        Ok(Value::Number(half))
    })
    .parameters(&[Parameter::new("number", &Type::Number, "An even number.")]),
];

pub(crate) struct Count;

static COUNT: Schema = Schema::new("Counts.").attributes(&[
    Attribute::required("to", &Type::Number, "How far.").check(&[Check::Between { min: 0, max: 100 }]),
    Attribute::optional("fails", &Type::Bool, "Whether it fails at the end."),
]);

#[derive(Deserialize)]
pub(crate) struct CountModel {
    to: u64,
    fails: Option<bool>,
}

impl Action for Count {
    type Clients = Store;
    type Model = CountModel;
    const NAME: &'static str = "corner_count";
    const SCHEMA: &'static Schema = &COUNT;

    async fn invoke(&self, _: &Context<Store>, config: CountModel, progress: &Progress) -> Result<(), Diagnostic> {
        for number in 1..=config.to {
            progress.say(format!("{number}")).await;
        }
        if config.fails == Some(true) {
            return Err(Diagnostic::error("It fails", "The configuration says so.").on("fails"));
        }
        Ok(())
    }
}
