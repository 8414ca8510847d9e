//! `$batch`: many requests in one, of which change sets are transactions.
//!
//! The surprising part is the outer status: without `Prefer: odata.continue-on-error` the first failure ends the batch
//! and its status becomes the batch's own.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/execute-batch-operations-using-web-api>

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use uuid::Uuid;

use crate::exchange::{self, Request, Response};

use super::headers::{Asked, Place};
use super::refusal::Refusal;
use super::{Session, multipart, reply};

const MOST: usize = 1000;
const LONGEST_TARGET: usize = 65_536;

enum Item {
    Alone(Box<Inner>),
    ChangeSet(Vec<Inner>),
}

struct Inner {
    content_id: Option<String>,
    target: String,
    request: Request,
}

/// `POST $batch`.
pub(crate) fn answer(session: &mut Session<'_>, request: &Request, asked: &Asked) -> Result<Response, Refusal> {
    if request.method != Method::POST {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "0x80060888", "A batch is a POST."));
    }
    let items = items(session, request)?;
    let boundary = format!("batchresponse_{}", Uuid::new_v4());
    let mut body = String::new();
    let mut status = StatusCode::OK;
    let mut exchanges = Vec::new();
    for item in items {
        let (text, worst) = match item {
            Item::Alone(inner) => {
                let method = inner.request.method.clone();
                let mut sent = inner.request.clone();
                let response = session.attempt(&method, |session| one(session, &inner, &mut sent));
                let text = part(None, &response);
                let worst = response.status;
                exchanges.push((sent, response));
                (text, worst)
            }
            Item::ChangeSet(inners) => change_set(session, inners, &mut exchanges),
        };
        body.push_str(&format!("--{boundary}\r\n{text}"));
        if worst.as_u16() >= 400 && !asked.continue_on_error {
            status = worst;
            break;
        }
    }
    body.push_str(&format!("--{boundary}--\r\n"));
    let mut response = reply::empty(status);
    reply::header(&mut response, "content-type", &format!("multipart/mixed; boundary={boundary}"));
    response.body = Bytes::from(body);
    response.parts = exchanges;
    Ok(response)
}

/// All or nothing: the first failure takes back what the others did, and is the only answer.
fn change_set(
    session: &mut Session<'_>,
    inners: Vec<Inner>,
    exchanges: &mut Vec<(Request, Response)>,
) -> (String, StatusCode) {
    session.org.store.begin();
    let boundary = format!("changesetresponse_{}", Uuid::new_v4());
    let mut body = String::new();
    let mut failed = None;
    session.references.clear();
    session.is_change_set = true;
    for inner in inners {
        let mut sent = inner.request.clone();
        let response = one(session, &inner, &mut sent);
        let content_id = inner.content_id.as_deref();
        let ok = response.status.is_success();
        let text = part(content_id, &response);
        if let (Some(id), Some(made)) = (content_id, entity(&response).or_else(|| row_of(&sent.path))) {
            session.references.insert(id.to_owned(), made);
        }
        let status = response.status;
        exchanges.push((sent, response));
        if !ok {
            failed = Some((status, text));
            break;
        }
        body.push_str(&format!("--{boundary}\r\n{text}"));
    }
    session.references.clear();
    session.is_change_set = false;
    let mut status = StatusCode::OK;
    if let Some((worst, text)) = failed {
        session.org.store.take_back();
        status = worst;
        if !session.switches.nested_change_set_failure {
            return (text, status);
        }
        body = format!("--{boundary}\r\n{text}");
    } else {
        session.org.store.keep();
    }
    (format!("Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n{body}--{boundary}--\r\n"), status)
}

/// Answers a part; `sent` becomes the request that its address turned out to mean.
fn one(session: &mut Session<'_>, inner: &Inner, sent: &mut Request) -> Response {
    let answered = resolved(session, inner).and_then(|request| {
        *sent = request;
        session.single(sent, Place::InBatch)
    });
    let mut response = answered.unwrap_or_else(Refusal::into_response);
    response.rights = session.rights.take();
    response
}

/// The request with `$n` in its address replaced by the row that part `n` made.
fn resolved(session: &Session<'_>, inner: &Inner) -> Result<Request, Refusal> {
    let mut request = inner.request.clone();
    let target = match inner.target.strip_prefix("/$").or_else(|| inner.target.strip_prefix('$')) {
        Some(rest) if rest.starts_with(|letter: char| letter.is_ascii_digit()) => {
            let end = rest.find(['/', '?', '(']).unwrap_or(rest.len());
            let (content_id, tail) = rest.split_at(end);
            format!("{}{tail}", session.referenced(content_id)?)
        }
        _ => inner.target.clone(),
    };
    let target = match target.split_once("://") {
        Some((_, rest)) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            if !host.eq_ignore_ascii_case(&session.org.host) {
                return Err(malformed(&format!("the host '{host}' in a request is not the host of the batch")));
            }
            path.to_owned()
        }
        None => target,
    };
    if !target.starts_with('/') {
        return Err(malformed(&format!("the address '{target}' is neither absolute nor relative to the root")));
    }
    let (path, raw_query) = target.split_once('?').unwrap_or((&target, ""));
    request.path = path.to_owned();
    request.raw_query = raw_query.to_owned();
    request.query = exchange::options(raw_query.as_bytes());
    Ok(request)
}

fn items(session: &Session<'_>, request: &Request) -> Result<Vec<Item>, Refusal> {
    let boundary = multipart::boundary(&request.headers)
        .ok_or_else(|| malformed("the content type of a batch is 'multipart/mixed; boundary=…'"))?;
    let mut items = Vec::new();
    let mut count = 0;
    for part in multipart::parts(&request.body, &boundary).map_err(|reason| malformed(&reason))? {
        if let Some(boundary) = multipart::boundary(&part.headers) {
            let mut inners = Vec::new();
            for part in multipart::parts(part.content, &boundary).map_err(|reason| malformed(&reason))? {
                let inner = inner(session, &part)?;
                if inner.request.method == Method::GET {
                    return Err(malformed("a change set holds no GET"));
                }
                let id = inner.content_id.as_deref().unwrap_or_default();
                if id.is_empty() {
                    return Err(malformed("a request in a change set has no Content-ID"));
                }
                if inners.iter().any(|other: &Inner| other.content_id.as_deref() == Some(id)) {
                    return Err(malformed(&format!("the Content-ID '{id}' is used twice in one change set")));
                }
                inners.push(inner);
            }
            count += inners.len();
            items.push(Item::ChangeSet(inners));
        } else {
            items.push(Item::Alone(Box::new(inner(session, &part)?)));
            count += 1;
        }
    }
    if count > MOST {
        return Err(malformed(&format!("it holds {count} requests, and {MOST} is the most")));
    }
    Ok(items)
}

fn inner(session: &Session<'_>, part: &multipart::Part<'_>) -> Result<Inner, Refusal> {
    let of = |name: &str| part.headers.get(name).and_then(|value| value.to_str().ok());
    if of("content-type") != Some("application/http") {
        return Err(malformed("a part is neither 'application/http' nor a change set, 'multipart/mixed; boundary=…'"));
    }
    if of("content-transfer-encoding") != Some("binary") {
        return Err(malformed("a part lacks 'Content-Transfer-Encoding: binary'"));
    }
    let written = multipart::request(part.content).map_err(|reason| malformed(&reason))?;
    if written.target.len() > LONGEST_TARGET {
        return Err(malformed("an address is longer than 64 KB"));
    }
    if written.target.split('?').next().is_some_and(|path| path.ends_with("$batch")) {
        return Err(malformed("a batch holds no batch"));
    }
    // The answer to a part is addressed like the batch itself, so the part's request has the batch's host.
    let request = Request {
        method: written.method,
        host: session.org.host.clone(),
        path: written.target.clone(),
        query: Vec::new(),
        raw_query: String::new(),
        headers: written.headers,
        body: Bytes::copy_from_slice(written.body.trim_ascii()),
    };
    Ok(Inner { content_id: of("content-id").map(str::to_owned), target: written.target, request })
}

fn malformed(reason: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "0x80048d19", format!("Error identified in the batch payload: {reason}."))
}

fn entity(response: &Response) -> Option<String> {
    let address = response.headers.get("odata-entityid")?.to_str().ok()?;
    address.split_once("://").and_then(|(_, rest)| Some(rest[rest.find('/')?..].to_owned()))
}

/// For a write that answers with a representation, the row is the one in its address.
fn row_of(path: &str) -> Option<String> {
    path.contains('(').then(|| path.to_owned())
}

/// One answer, written out as a part.
fn part(content_id: Option<&str>, response: &Response) -> String {
    let mut text = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n".to_owned();
    if let Some(id) = content_id {
        text.push_str(&format!("Content-ID: {id}\r\n"));
    }
    let reason = response.status.canonical_reason().unwrap_or_default();
    text.push_str(&format!("\r\nHTTP/1.1 {} {reason}\r\n", response.status.as_u16()));
    if let Some(address) = response.headers.get("odata-entityid").and_then(|address| address.to_str().ok()) {
        text.push_str(&format!("Location: {address}\r\n"));
    }
    text.push_str(&lines(&response.headers));
    text.push_str("\r\n");
    text.push_str(&String::from_utf8_lossy(&response.body));
    text.push_str("\r\n");
    text
}

fn lines(headers: &HeaderMap) -> String {
    let lines = headers
        .iter()
        .filter_map(|(name, value)| Some(format!("{}: {}\r\n", reply::spelled(name), value.to_str().ok()?)));
    lines.collect()
}
