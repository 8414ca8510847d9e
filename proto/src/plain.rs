//! What a terminal may be shown of a text that somebody else wrote.
//!
//! A service's words, or a name in a portal, may hold what moves a cursor, paints over other lines or turns the reading direction.

use std::iter::Peekable;
use std::str::Chars;

/// The text without control characters (line breaks stay) and without what an escape begins.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' => plain.push('\n'),
            '\t' => plain.push(' '),
            '\u{1b}' => escaped(&mut letters),
            '\u{9b}' => sequence(&mut letters),
            letter if letter.is_control() || turns(letter) => {}
            letter => plain.push(letter),
        }
    }
    plain
}

/// Whether a character turns the reading direction, so that a text reads as another one.
fn turns(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Skips what an escape begins.
fn escaped(letters: &mut Peekable<Chars<'_>>) {
    match letters.next_if(|letter| (' '..='~').contains(letter)) {
        Some('[') => sequence(letters),
        // A title, an address, a clipboard: it goes on to a bell or to another escape, where the rest of its end is skipped.
        Some(']' | 'P' | 'X' | '^' | '_') => while letters.next_if(|letter| !letter.is_control()).is_some() {},
        _ => {}
    }
}

/// Skips parameters and the letter that ends them.
fn sequence(letters: &mut Peekable<Chars<'_>>) {
    while letters.next_if(|letter| (' '..='?').contains(letter)).is_some() {}
    letters.next_if(|letter| ('@'..='~').contains(letter));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_told_nothing() {
        for (text, expected) in [
            ("a\u{1b}[31;1mred\u{1b}[0m\u{7}", "ared"),
            ("a\u{1b}]0;title\u{7}b\u{1b}]8;;https://a\u{1b}\\c", "abc"),
            ("a\u{9b}2Jb\u{1b}cd\u{1b}", "abd"),
            ("one\r\ntwo\tthree\0", "one\ntwo three"),
            ("\u{202e}txt.exe\u{2066}", "txt.exe"),
            ("Zürich – 日本", "Zürich – 日本"),
        ] {
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_but_line_breaks_controls(text in "\\PC*[\u{1b}\u{9b}\u{7}\\]\\[0-9a-zA-Z;\\\\]*\\PC*") {
            assert!(plain(&text).chars().all(|letter| letter == '\n' || !letter.is_control()));
        }
    }
}
