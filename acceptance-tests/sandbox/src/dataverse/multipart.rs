//! Reading the body of a `$batch`: multipart parts, and in each an HTTP request written out.
//!
//! Lines end in CRLF and in nothing else. A part without a body may end right after its headers, without the empty line
//! that HTTP wants: the documentation's own samples do.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/execute-batch-operations-using-web-api>

use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// One part: its own headers, and what it holds.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    pub(crate) headers: HeaderMap,
    pub(crate) content: &'a [u8],
}

/// A request as it is written in a part.
#[derive(Debug)]
pub(crate) struct Written<'a> {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: &'a [u8],
}

/// The boundary of a `multipart/mixed` content type; `None` when it is another type.
pub(crate) fn boundary(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("content-type")?.to_str().ok()?;
    let (kind, rest) = value.split_once(';')?;
    let parameter = rest.trim().strip_prefix("boundary=")?.trim();
    let boundary = parameter.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(parameter);
    let good = (1..=70).contains(&boundary.len()) && boundary.bytes().all(|byte| byte.is_ascii_graphic());
    (kind.trim() == "multipart/mixed" && good).then(|| boundary.to_owned())
}

/// The parts between the boundaries.
pub(crate) fn parts<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<Part<'a>>, String> {
    let first = format!("--{boundary}");
    let delimiter = format!("\r\n--{boundary}");
    let body = body.strip_prefix(b"\r\n").unwrap_or(body);
    let mut rest = body
        .strip_prefix(first.as_bytes())
        .ok_or_else(|| format!("the body does not begin with the boundary '{first}'"))?;
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return if parts.is_empty() { Err("the batch holds no part".to_owned()) } else { Ok(parts) };
        }
        rest = rest.strip_prefix(b"\r\n").ok_or("a boundary is not followed by CRLF")?;
        let end = position(rest, delimiter.as_bytes())
            .ok_or_else(|| format!("the boundary '{first}--' that closes the batch is missing"))?;
        let (head, content) = split(&rest[..end]).ok_or("a part has no empty line (CRLF CRLF) after its headers")?;
        parts.push(Part { headers: headers(head)?, content });
        rest = &rest[end + delimiter.len()..];
    }
}

/// The request that a part of type `application/http` holds.
pub(crate) fn request(content: &[u8]) -> Result<Written<'_>, String> {
    let (head, body) = split(content).unwrap_or((content.strip_suffix(b"\r\n").unwrap_or(content), &[]));
    let (line, rest) = match position(head, b"\r\n") {
        Some(end) => (&head[..end], &head[end + 2..]),
        None => (head, &[][..]),
    };
    let line = std::str::from_utf8(line).map_err(|_| "a request line is not text")?;
    // The URL may hold blanks: many clients write a filter as it is read.
    let words = line.strip_suffix(" HTTP/1.1").and_then(|words| words.split_once(' '));
    let (method, target) = words
        .filter(|(_, target)| !target.is_empty() && target.trim() == *target)
        .ok_or_else(|| format!("'{}' is no request line of the form 'METHOD URL HTTP/1.1'", line.escape_default()))?;
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| format!("'{method}' is no method"))?;
    Ok(Written { method, target: target.to_owned(), headers: headers(rest)?, body })
}

fn headers(head: &[u8]) -> Result<HeaderMap, String> {
    let head = std::str::from_utf8(head).map_err(|_| "a header is not text")?;
    if head.replace("\r\n", "").contains(['\r', '\n']) {
        return Err("a line does not end in CRLF".to_owned());
    }
    let mut headers = HeaderMap::new();
    for line in head.split("\r\n").filter(|line| !line.is_empty()) {
        let bad = || format!("'{}' is no header", line.escape_default());
        let (name, value) = line.split_once(':').ok_or_else(bad)?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        headers.append(name, HeaderValue::from_str(value.trim()).map_err(|_| bad())?);
    }
    Ok(headers)
}

/// Head and body; the head may be empty.
fn split(content: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(body) = content.strip_prefix(b"\r\n") {
        return Some((&[], body));
    }
    let end = position(content, b"\r\n\r\n")?;
    Some((&content[..end], &content[end + 4..]))
}

fn position(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_refused(body: &str, reason: &str) {
        let error = parts(body.as_bytes(), "b").expect_err(body);
        assert!(error.contains(reason), "{body:?}: {error}");
    }

    #[test]
    fn a_broken_body_says_what_is_broken() {
        check_refused("", "does not begin");
        check_refused("--b\n\nx\n--b--", "not followed by CRLF");
        check_refused("--b\r\nContent-Type: application/http\r\n\r\nx", "is missing");
        check_refused("--b\r\nContent-Type: application/http\r\n--b--", "no empty line");
        check_refused("--b\r\nnonsense\r\n\r\nx\r\n--b--", "'nonsense' is no header");
        check_refused("--b\r\nA: b\nC: d\r\n\r\nx\r\n--b--", "CRLF");
        check_refused("--b--", "no part");
    }

    #[track_caller]
    fn check_request(content: &str, line: &str, body: &str) {
        let written = request(content.as_bytes()).unwrap();
        assert_eq!(format!("{} {}", written.method, written.target), line);
        assert_eq!(written.body, body.as_bytes());
    }

    #[test]
    fn a_request_ends_with_or_without_its_empty_line() {
        check_request("GET /a HTTP/1.1", "GET /a", "");
        check_request("GET /a HTTP/1.1\r\nAccept: application/json\r\n", "GET /a", "");
        check_request("GET /a HTTP/1.1\r\nAccept: application/json\r\n\r\n", "GET /a", "");
        check_request("GET /a?$filter=name eq 'a b' HTTP/1.1", "GET /a?$filter=name eq 'a b'", "");
        check_request("POST /a HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{}\r\n", "POST /a", "{}\r\n");
        for bad in ["GET /a", "GET  /a HTTP/1.1", "GET /a HTTP/1.0", "", "\r\n\r\n"] {
            assert!(request(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parts(&body, "b");
            let _ = request(&body);
        }

        #[test]
        fn nearly_a_batch_never_panics(pieces in prop::collection::vec(
            prop::sample::select(vec!["--b", "--b--", "\r\n", "\n", "A: b", "GET /x HTTP/1.1", "{}", ":", " "]), 0..30)) {
            let body = pieces.concat();
            for part in parts(body.as_bytes(), "b").unwrap_or_default() {
                let _ = request(part.content);
            }
        }
    }
}
