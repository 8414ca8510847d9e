//! Answers that no service would give: any status, any headers, and bodies without end.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use serde::{Deserialize, Serialize};

use crate::exchange::Response;
use crate::proxy::Broken;

/// As much of a long body as is sent at once.
const CHUNK: usize = 64 << 10;

/// An answer, byte by byte as it is told here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crafted {
    /// The status.
    pub status: u16,
    /// The headers, of which there may be any number, and several of a name.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(default)]
    pub body: Body,
}

/// A body. In its texts, `{struck}` is how often the fault has struck before: so each answer can be another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// None.
    #[default]
    Empty,
    /// A text.
    Text(String),
    /// What need not be a text.
    Bytes(Vec<u8>),
    /// A head, a part that is repeated so often, and a tail.
    Repeated(String, String, u64, String),
    /// A head, and a part that is repeated as long as somebody reads.
    Endless(String, String),
    /// A text, letter by letter, with so many milliseconds in between.
    Dripping(String, u64),
    /// A text, after which the connection breaks.
    BrokenOff(String),
}

impl Crafted {
    /// An answer with this status and a text.
    pub fn new(status: u16, text: &str) -> Self {
        Self { status, headers: Vec::new(), body: Body::Text(text.to_owned()) }
    }

    /// The same with a header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with another body.
    #[must_use]
    pub fn body(self, body: Body) -> Self {
        Self { body, ..self }
    }

    /// The answer; what no header can hold is left out.
    pub(crate) fn answer(&self, struck: u32) -> Response {
        let mut response = Response::empty(StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_GATEWAY));
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(&told(value, struck))) {
                response.headers.append(name, value);
            }
        }
        match &self.body {
            Body::Empty => {}
            Body::Text(text) => response.body = told(text, struck).into(),
            Body::Bytes(bytes) => response.body = bytes.clone().into(),
            flowing => response.flowing = Some(flowing.clone()),
        }
        response
    }
}

fn told(text: &str, struck: u32) -> String {
    text.replace("{struck}", &struck.to_string())
}

impl Body {
    /// The body as it flows.
    pub(crate) fn flow(self) -> BoxBody<Bytes, Broken> {
        let text = |text: String| Ok(Bytes::from(text));
        match self {
            Self::Empty => whole(Bytes::new()),
            Self::Text(text) => whole(text.into()),
            Self::Bytes(bytes) => whole(bytes.into()),
            Self::Repeated(head, part, times, tail) => {
                let at_once = ((CHUNK / part.len().max(1)).max(1) as u64).min(times.max(1));
                let many = Bytes::from(part.repeat(at_once as usize));
                let rest = part.repeat((times % at_once) as usize);
                let many = stream::iter((0..times / at_once).map(move |_| Ok(many.clone())));
                let (head, tail) = (stream::iter([text(head)]), stream::iter([text(rest), text(tail)]));
                boxed(head.chain(many).chain(tail))
            }
            Self::Endless(head, part) => {
                let many = Bytes::from(part.repeat((CHUNK / part.len().max(1)).max(1)));
                boxed(stream::iter([text(head)]).chain(stream::repeat_with(move || Ok(many.clone()))))
            }
            Self::Dripping(drops, pause) => {
                let drops: Vec<String> = drops.chars().map(String::from).collect();
                boxed(stream::iter(drops).then(move |drop| async move {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    Ok(Bytes::from(drop))
                }))
            }
            Self::BrokenOff(head) => boxed(stream::iter([text(head), Err(Broken)])),
        }
    }
}

/// A body that is there already.
pub(crate) fn whole(bytes: Bytes) -> BoxBody<Bytes, Broken> {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

fn boxed(
    parts: impl futures_util::Stream<Item = Result<Bytes, Broken>> + Send + Sync + 'static,
) -> BoxBody<Bytes, Broken> {
    BoxBody::new(StreamBody::new(parts.map(|part| part.map(Frame::data))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: Body) -> Result<String, Broken> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let collected = runtime.block_on(body.flow().collect())?;
        Ok(String::from_utf8(collected.to_bytes().to_vec()).unwrap())
    }

    #[test]
    fn a_long_body_is_its_parts() {
        let repeated = |times| Body::Repeated("[".into(), "10,".into(), times, "1]".into());
        assert_eq!(read(repeated(0)).unwrap(), "[1]");
        assert_eq!(read(repeated(2)).unwrap(), "[10,10,1]");
        let long = read(repeated(100_000)).unwrap();
        assert_eq!(long.len(), 300_003);
        assert!(long.starts_with("[10,10,") && long.ends_with(",10,1]"));
        assert_eq!(read(Body::Dripping("äb".into(), 0)).unwrap(), "äb");
        assert!(read(Body::BrokenOff("half".into())).is_err());
    }

    #[test]
    fn each_answer_can_be_another_one() {
        let page = Crafted::new(200, "page {struck}").header("x-number", "{struck}").header("x-number", "again");
        let answer = page.answer(7);
        assert_eq!(answer.body, "page 7");
        let values: Vec<_> = answer.headers.get_all("x-number").iter().collect();
        assert_eq!(values, ["7", "again"]);
    }
}
