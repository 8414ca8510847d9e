//! The conversation that the sandbox journaled, in words that are the same in every run.
//!
//! Ids that the default world defines get their names; ids that were minted are numbered in the order in which they appear, so that
//! `«id1»` in two lines is the same object, in whatever spelling.

use std::collections::HashMap;

/// Replaces every GUID, dashed or not: by its name when it is known, else by its number.
#[must_use]
pub fn told(lines: &[String], known: &[(String, &str)]) -> Vec<String> {
    let mut names: HashMap<String, String> = known.iter().map(|(id, name)| (bare(id), format!("«{name}»"))).collect();
    let mut minted = 0;
    lines.iter().map(|line| replaced(line, &mut names, &mut minted)).collect()
}

fn replaced(line: &str, names: &mut HashMap<String, String>, minted: &mut usize) -> String {
    let mut told = String::new();
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        let follows_a_digit = told.chars().last().is_some_and(|last| last.is_ascii_hexdigit());
        let length = if follows_a_digit { 0 } else { guid_at(rest) };
        if length == 0 {
            told.push(letter);
            rest = &rest[letter.len_utf8()..];
            continue;
        }
        let name = names.entry(bare(&rest[..length])).or_insert_with(|| {
            *minted += 1;
            format!("«id{minted}»")
        });
        told.push_str(name);
        rest = &rest[length..];
    }
    told
}

/// The length of the GUID that a text begins with, else 0.
fn guid_at(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_hex =
        |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_hexdigit));
    let ends = |length: usize| bytes.get(length).is_none_or(|next| !next.is_ascii_hexdigit());
    if is_hex(0..32) && ends(32) {
        return 32;
    }
    let parts = [0..8, 9..13, 14..18, 19..23, 24..36];
    let is_dashed = [8, 13, 18, 23].iter().all(|at| bytes.get(*at) == Some(&b'-'));
    if is_dashed && parts.into_iter().all(is_hex) && ends(36) { 36 } else { 0 }
}

fn bare(id: &str) -> String {
    id.chars().filter(|letter| *letter != '-').map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], expected: &[&str]) {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let known = [("11111111-1111-4111-8111-111111111111".to_owned(), "Finance")];
        assert_eq!(told(&lines, &known), expected);
    }

    #[test]
    fn ids_become_names_and_numbers() {
        check(
            &[
                "GET /x(ABCDEF00-0000-4000-8000-000000000001)",
                "PUT /y/11111111111141118111111111111111 {\"id\":\"abcdef00000040008000000000000001\"}",
                "DELETE /z(22222222-2222-4222-8222-222222222222) -> 204",
            ],
            &["GET /x(«id1»)", "PUT /y/«Finance» {\"id\":\"«id1»\"}", "DELETE /z(«id2») -> 204"],
        );
    }

    #[test]
    fn what_only_looks_like_an_id_stays() {
        let thumbprint = "0123456789ABCDEF0123456789ABCDEF01234567";
        check(
            &[thumbprint, "11111111-1111-4111-8111-11111111111", "ünicode"],
            &[thumbprint, "11111111-1111-4111-8111-11111111111", "ünicode"],
        );
    }
}
