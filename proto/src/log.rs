//! Log lines as Terraform reads them from a plugin's stderr: hclog's JSON.
//!
//! Terraform's reader is strict, and a line that it cannot read is shown raw: the time has exactly six digits of a second, level and
//! message are strings, and no line reaches 64 KiB.

use std::fmt;
use std::io::Write as _;

use serde_json::{Map, Value as Json};
use time::OffsetDateTime;
use time::macros::format_description;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::plain::plain;

/// Well below what Terraform's reader takes for a line.
const MAX_FIELD: usize = 16 << 10;

/// Starts logging at the level that the environment asks for; without one, nothing is logged and nothing costs.
pub(crate) fn start(module: &'static str, crates: &'static [&'static str]) {
    let short = module.to_uppercase().replace('-', "_");
    let names = [format!("TF_LOG_PROVIDER_{short}"), "TF_LOG_PROVIDER".to_owned(), "TF_LOG".to_owned()];
    let asked = names.iter().find_map(|name| std::env::var(name).ok().filter(|level| !level.is_empty()));
    if let Some(level) = asked.as_deref().and_then(level) {
        let layer = Hclog { level, crates, module };
        // A second call finds the first one's subscriber in place.
        let _ = tracing::subscriber::set_global_default(Registry::default().with(layer));
    }
}

fn level(asked: &str) -> Option<Level> {
    match asked.to_ascii_uppercase().as_str() {
        "TRACE" | "JSON" => Some(Level::TRACE),
        "DEBUG" => Some(Level::DEBUG),
        "INFO" => Some(Level::INFO),
        "WARN" => Some(Level::WARN),
        "ERROR" => Some(Level::ERROR),
        _ => None,
    }
}

struct Hclog {
    level: Level,
    crates: &'static [&'static str],
    module: &'static str,
}

/// A span's fields, kept for the events inside it.
#[derive(Default)]
struct Fields(Map<String, Json>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let end = value.floor_char_boundary(MAX_FIELD);
        self.0.insert(field.name().to_owned(), plain(&value[..end]).into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Hclog {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        let from = metadata.target().split("::").next().unwrap_or_default();
        let ours = from == env!("CARGO_PKG_NAME") || self.crates.contains(&from);
        ours && (metadata.is_span() || *metadata.level() <= self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = cx.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        if let Some(span) = cx.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in cx.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                outer.0.iter().for_each(|(name, value)| {
                    fields.0.entry(name.clone()).or_insert_with(|| value.clone());
                });
            }
        }
        event.record(&mut fields);
        let line = line(fields.0, *event.metadata().level(), self.module, OffsetDateTime::now_utc());
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}

fn line(mut fields: Map<String, Json>, level: Level, module: &str, now: OffsetDateTime) -> Json {
    let message = match fields.remove("message") {
        Some(Json::String(message)) => message,
        _ => String::new(),
    };
    fields.retain(|_, value| *value != Json::String(String::new()));
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
    fields.insert("@level".to_owned(), level.as_str().to_ascii_lowercase().into());
    fields.insert("@message".to_owned(), message.into());
    fields.insert("@module".to_owned(), module.into());
    fields.insert("@timestamp".to_owned(), now.format(format).unwrap_or_default().into());
    Json::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_line_is_what_terraform_s_reader_wants() {
        let fields = serde_json::json!({"message": "Served", "tf_rpc": "GetSchema", "n": 3, "tf_resource_type": ""});
        let Json::Object(fields) = fields else { unreachable!() };
        let line = line(fields, Level::WARN, "powerautomate", datetime!(2026-01-02 03:04:05.5 UTC));
        let expected = r#"{"@level":"warn","@message":"Served","@module":"powerautomate","@timestamp":"2026-01-02T03:04:05.500000Z","n":3,"tf_rpc":"GetSchema"}"#;
        assert_eq!(line.to_string(), expected);
    }

    #[test]
    fn the_levels_are_those_of_terraform() {
        for (asked, expected) in
            [("json", Some(Level::TRACE)), ("WARN", Some(Level::WARN)), ("off", None), ("loud", None)]
        {
            assert_eq!(level(asked), expected, "{asked}");
        }
    }
}
