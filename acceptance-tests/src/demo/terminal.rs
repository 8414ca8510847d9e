//! How the story looks: short aligned lines, colours only on a terminal.
#![allow(clippy::print_stdout, reason = "a program for people")]

use std::env;
use std::io::{self, IsTerminal as _, Write as _};

/// The widest line of prose.
const WIDTH: usize = 96;

/// The terminal, or the file that stdout was sent to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    colours: bool,
    steps: usize,
}

/// A way to set words off.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ink {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Cyan,
}

impl Terminal {
    pub(crate) fn new() -> Terminal {
        let colours = io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Terminal { colours, steps: 0 }
    }

    /// The text in this ink, on a terminal.
    pub(crate) fn ink(self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Bold => 1,
            Ink::Dim => 2,
            Ink::Red => 31,
            Ink::Green => 32,
            Ink::Yellow => 33,
            Ink::Cyan => 36,
        };
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// The story's name.
    pub(crate) fn title(self, text: &str) {
        println!("\n{}", self.ink(Ink::Bold, text));
    }

    /// The next numbered step.
    pub(crate) fn step(&mut self, text: &str) {
        self.steps += 1;
        println!("\n{} {}", self.ink(Ink::Cyan, &format!("{}.", self.steps)), self.ink(Ink::Bold, text));
    }

    /// A paragraph.
    pub(crate) fn say(self, text: &str) {
        for line in wrapped(text, WIDTH - 3) {
            println!("   {line}");
        }
    }

    /// A line as it is.
    pub(crate) fn line(self, text: &str) {
        println!("   {text}");
    }

    /// A command as it would be typed.
    pub(crate) fn command(self, text: &str) {
        println!("   {} {}", self.ink(Ink::Dim, "$"), self.ink(Ink::Cyan, text));
        // What follows may take a while.
        let _ = io::stdout().flush();
    }

    /// Something that holds, and was checked.
    pub(crate) fn holds(self, text: &str) {
        let mut lines = wrapped(text, WIDTH - 5).into_iter();
        println!("   {} {}", self.ink(Ink::Green, "✓"), lines.next().unwrap_or_default());
        for line in lines {
            println!("     {line}");
        }
    }

    /// Something that failed.
    pub(crate) fn fails(self, text: &str) {
        println!("   {} {text}", self.ink(Ink::Red, "✗"));
    }

    /// A diagnostic, with a bar at its side as Terraform draws it.
    pub(crate) fn quote(self, ink: Ink, heading: &str, text: &str) {
        let bar = self.ink(ink, "│");
        println!("   {bar} {}", self.ink(Ink::Bold, heading));
        for paragraph in text.split('\n') {
            for line in wrapped(paragraph, WIDTH - 5) {
                println!("   {bar} {line}");
            }
        }
    }

    /// Rows in columns, the first one being the heading.
    pub(crate) fn table(self, rows: &[Vec<String>]) {
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let width =
            |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
        for (number, row) in rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            println!(
                "   {}",
                if number == 0 { self.ink(Ink::Dim, line.trim_end()) } else { line.trim_end().to_owned() }
            );
        }
    }
}

/// Words in lines of at most `width` characters; an empty text is one empty line.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_and_never_lost() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("immeasurable", 3), ["immeasurable"]);
        assert_eq!(wrapped("", 10), [""]);
    }
}
