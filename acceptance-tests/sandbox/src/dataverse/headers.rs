//! The headers of a request: the ones that every request must carry, and the ones that change what it does.
//!
//! Stricter than the service: a preference, a `MSCRM` header or an impersonation that the sandbox does not know is refused by
//! name, where the service would ignore it; and, where a switch says so, a header that documentation asks for must be there.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors>

use http::HeaderMap;

use super::refusal::Refusal;
use super::row::Annotations;

/// Where a request stands; inside a batch the outer request's OData headers hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Alone,
    Batch,
    InBatch,
}

/// What the headers of a request ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) if_match: Option<Condition>,
    pub(crate) if_none_match: Option<Condition>,
    pub(crate) representation: bool,
    pub(crate) continue_on_error: bool,
    pub(crate) page_size: Option<usize>,
    pub(crate) annotations: Annotations,
    pub(crate) solution: Option<String>,
    /// The preferences, to be confirmed by `Preference-Applied`.
    pub(crate) preferences: Vec<String>,
}

/// The value of a conditional header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Any,
    /// An ETag, `W/"n"`.
    Version(String),
}

const LARGEST_PAGE: usize = 5000;

/// Reads and checks the headers; those that documentation asks for may be `required`.
pub(crate) fn read(headers: &HeaderMap, body: bool, place: Place, required: bool) -> Result<Asked, Refusal> {
    if place != Place::InBatch {
        let accepts = |accept: &str| accept.split(',').any(|one| is_json(one) || (!required && is_anything(one)));
        if !text(headers, "accept")?.map_or(!required, accepts) {
            return Err(missing("Accept: application/json"));
        }
        for (name, shown) in [("odata-version", "OData-Version: 4.0"), ("odata-maxversion", "OData-MaxVersion: 4.0")] {
            if !text(headers, name)?.map_or(!required, |version| version == "4.0") {
                return Err(missing(shown));
            }
        }
    }
    if body && place != Place::Batch && !is_json(text(headers, "content-type")?.unwrap_or_default()) {
        return Err(missing("Content-Type: application/json"));
    }
    let mut asked = Asked {
        if_match: condition(headers, "if-match")?,
        if_none_match: condition(headers, "if-none-match")?,
        ..Asked::default()
    };
    for name in headers.keys().map(http::HeaderName::as_str) {
        match name {
            "mscrm.solutionuniquename" => asked.solution = text(headers, name)?.map(str::to_owned),
            "mscrm.suppressduplicatedetection" => {}
            "callerobjectid" | "mscrmcallerid" => {
                return Err(Refusal::bad(format!("The sandbox does not know the header '{name}' (impersonation).")));
            }
            other if other.starts_with("mscrm") => {
                return Err(Refusal::bad(format!("The sandbox does not know the header '{other}'.")));
            }
            _ => {}
        }
    }
    if place == Place::Batch && (asked.solution.is_some() || asked.if_match.is_some() || asked.if_none_match.is_some())
    {
        return Err(Refusal::bad(
            "A solution or a condition belongs to a request inside the batch. (The sandbox refuses it on the batch.)",
        ));
    }
    if let Some(consistency) = text(headers, "consistency")?
        && consistency != "Strong"
    {
        return Err(Refusal::bad(format!("The sandbox does not know the value 'Consistency: {consistency}'.")));
    }
    for line in headers.get_all("prefer") {
        let line = line.to_str().map_err(|_| Refusal::bad("The header 'Prefer' is not text."))?;
        for preference in outside_quotes(line) {
            preferred(&mut asked, &preference, place)?;
        }
    }
    Ok(asked)
}

fn preferred(asked: &mut Asked, preference: &str, place: Place) -> Result<(), Refusal> {
    let unknown = || Refusal::bad(format!("The sandbox does not know the preference '{preference}'."));
    let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
    match (name.trim(), value.trim()) {
        ("odata.continue-on-error", "") if place == Place::Batch => asked.continue_on_error = true,
        ("return", "representation") if place != Place::Batch => asked.representation = true,
        ("odata.maxpagesize", size) if place != Place::Batch => {
            let size: usize = size.parse().map_err(|_| unknown())?;
            if size == 0 {
                return Err(unknown());
            }
            asked.page_size = Some(size.min(LARGEST_PAGE));
        }
        ("odata.include-annotations", patterns) => {
            // One pattern needs no quotes; several do, because a comma divides preferences.
            let quoted = patterns.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let patterns = quoted.or_else(|| Some(patterns).filter(|one| !one.is_empty() && !one.contains('"')));
            let patterns = patterns.ok_or_else(unknown)?;
            asked.annotations = Annotations::asked(patterns);
        }
        _ => return Err(unknown()),
    }
    asked.preferences.push(preference.to_owned());
    Ok(())
}

/// Preferences are divided by commas, which also occur inside quotes.
fn outside_quotes(line: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        quoted ^= letter == '"';
        if letter == ',' && !quoted {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(letter);
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn condition(headers: &HeaderMap, name: &'static str) -> Result<Option<Condition>, Refusal> {
    match text(headers, name)? {
        // A cache's way round: the documentation wants `If-None-Match: null` on every read.
        None | Some("null") => Ok(None),
        Some("*") => Ok(Some(Condition::Any)),
        Some(etag) if etag.starts_with("W/\"") && etag.ends_with('"') && etag.len() > 4 => {
            Ok(Some(Condition::Version(etag.to_owned())))
        }
        Some(other) => Err(Refusal::bad(format!("The value '{other}' of the header '{name}' is no ETag."))),
    }
}

fn is_json(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(str::trim);
    parts.next() == Some("application/json")
        && parts.all(|parameter| {
            let parameter = parameter.to_ascii_lowercase().replace(' ', "");
            ["charset=utf-8", "type=entry", "odata.metadata=minimal", "ieee754compatible=false", "odata.streaming=true"]
                .contains(&parameter.as_str())
                || parameter.starts_with("q=")
        })
}

fn is_anything(media_type: &str) -> bool {
    matches!(media_type.split(';').next().map(str::trim), Some("*/*" | "application/*"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refusal> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    value.to_str().map(Some).map_err(|_| Refusal::bad(format!("The header '{name}' is not text.")))
}

fn missing(header: &str) -> Refusal {
    Refusal::bad(format!(
        "The header '{header}' is missing or has another value. (The sandbox asks for what the documentation wants.)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(more: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let base = [("accept", "application/json"), ("odata-version", "4.0"), ("odata-maxversion", "4.0")];
        for (name, value) in base.iter().chain(more) {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    #[track_caller]
    fn check_refused(more: &[(&'static str, &'static str)], reason: &str) {
        let refusal = read(&complete(more), true, Place::Alone, true).expect_err(reason);
        assert!(refusal.message.contains(reason), "{}", refusal.message);
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
        check_refused(&[], "Content-Type");
        check_refused(&[JSON, ("accept", "*/*")], "Accept");
        check_refused(&[JSON, ("odata-version", "3.0")], "OData-Version");
        check_refused(&[JSON, ("odata-maxversion", "4.01")], "OData-MaxVersion");
        check_refused(&[JSON, ("prefer", "return=minimal")], "'return=minimal'");
        check_refused(&[JSON, ("prefer", "odata.maxpagesize=0")], "'odata.maxpagesize=0'");
        check_refused(&[JSON, ("prefer", "odata.continue-on-error")], "'odata.continue-on-error'");
        check_refused(&[JSON, ("prefer", "odata.include-annotations=\"*")], "'odata.include-annotations=\"*'");
        check_refused(&[JSON, ("mscrm.mergelabels", "true")], "'mscrm.mergelabels'");
        check_refused(&[JSON, ("callerobjectid", "x")], "impersonation");
        check_refused(&[JSON, ("if-match", "1")], "'if-match'");
        check_refused(&[JSON, ("consistency", "Eventual")], "Eventual");
    }

    #[test]
    fn what_the_documentation_asks_for_may_be_left_out_and_not_contradicted() {
        #[track_caller]
        fn check(headers: &[(&'static str, &'static str)], required: bool, good: bool) {
            let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            assert_eq!(read(&headers.collect(), false, Place::Alone, required).is_ok(), good);
        }
        check(&[], false, true);
        check(&[], true, false);
        check(&[("accept", "*/*")], false, true);
        check(&[("accept", "text/html, */*; q=0.1")], false, true);
        check(&[("accept", "application/xml")], false, false);
        check(&[("odata-version", "3.0")], false, false);
    }

    #[test]
    fn preferences_may_share_a_line() {
        let headers = complete(&[
            ("content-type", "application/json"),
            ("prefer", "return=representation, odata.include-annotations=\"a,b\", odata.maxpagesize=7"),
            ("if-none-match", "null"),
            ("if-match", "W/\"12\""),
        ]);
        let asked = read(&headers, true, Place::Alone, true).unwrap();
        assert!(asked.representation);
        assert_eq!(asked.page_size, Some(7));
        assert_eq!(asked.if_none_match, None);
        assert_eq!(asked.if_match, Some(Condition::Version("W/\"12\"".to_owned())));
        assert_eq!(asked.preferences.len(), 3);
    }
}
