//! The words and signs that a `$filter` is made of.
//!
//! A quote inside a string is doubled; everything between is taken as it is.

use super::refusal::Refusal;

/// A word or sign.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A name, keyword, number, date or GUID.
    Word(String),
    Quoted(String),
    /// A string in double quotes, as a list may hold.
    Doubled(String),
    Open,
    Close,
    Comma,
    OpenList,
    CloseList,
    Equals,
}

impl Token {
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Quoted(text) => format!("'{}'", text.replace('\'', "''")),
            Self::Doubled(text) => format!("{text:?}"),
            Self::Open => "(".to_owned(),
            Self::Close => ")".to_owned(),
            Self::Comma => ",".to_owned(),
            Self::OpenList => "[".to_owned(),
            Self::CloseList => "]".to_owned(),
            Self::Equals => "=".to_owned(),
        }
    }
}

/// The tokens of a filter.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(&letter) = letters.peek() {
        let single = match letter {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            ',' => Some(Token::Comma),
            '[' => Some(Token::OpenList),
            ']' => Some(Token::CloseList),
            '=' => Some(Token::Equals),
            _ => None,
        };
        if let Some(token) = single {
            letters.next();
            tokens.push(token);
        } else if letter == ' ' {
            letters.next();
        } else if letter == '\'' {
            letters.next();
            let mut quoted = String::new();
            loop {
                match letters.next() {
                    Some('\'') if letters.peek() == Some(&'\'') => {
                        letters.next();
                        quoted.push('\'');
                    }
                    Some('\'') => break,
                    Some(other) => quoted.push(other),
                    None => return Err(syntax("there is an unterminated string literal")),
                }
            }
            tokens.push(Token::Quoted(quoted));
        } else if letter == '"' {
            tokens.push(Token::Doubled(doubled(&mut letters)?));
        } else {
            let mut word = String::new();
            while let Some(&next) = letters.peek() {
                if next.is_alphanumeric() || "_-.:/$@+".contains(next) {
                    word.push(next);
                    letters.next();
                } else {
                    break;
                }
            }
            if word.is_empty() {
                return Err(syntax(&format!("unexpected '{letter}'")));
            }
            tokens.push(Token::Word(word));
        }
    }
    Ok(tokens)
}

/// A string of JSON.
fn doubled(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, Refusal> {
    let mut text = String::from(letters.next().unwrap_or_default());
    let mut escaped = false;
    for letter in letters {
        text.push(letter);
        if letter == '"' && !escaped {
            return serde_json::from_str(&text).map_err(|error| syntax(&format!("{text} is no string: {error}")));
        }
        escaped = letter == '\\' && !escaped;
    }
    Err(syntax("there is an unterminated string literal"))
}

/// A text that is no filter.
pub(crate) fn syntax(reason: &str) -> Refusal {
    Refusal::bad(format!("Syntax error in $filter: {reason}."))
}
