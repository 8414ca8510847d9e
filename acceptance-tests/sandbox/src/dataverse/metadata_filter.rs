//! `$filter` on metadata: properties that equal a value, with `and`, `or` and parentheses. The service knows little more there.
//!
//! <https://learn.microsoft.com/power-apps/developer/data-platform/query-schema-definitions>

use serde_json::Value;

use super::filter_tokens::{Token, syntax, tokens};
use super::refusal::Refusal;

/// How deep parentheses may nest, so that no query exhausts the stack.
const DEEPEST: usize = 50;

/// Whether what a table or a column says of itself is what the filter asks for.
pub(crate) fn holds(text: &str, object: &Value, of: &str) -> Result<bool, Refusal> {
    let tokens = tokens(text)?;
    let mut test = Test { tokens: &tokens, object, of, depth: 0 };
    let holds = test.any()?;
    match test.tokens.first() {
        None => Ok(holds),
        Some(token) => Err(syntax(&format!("unexpected '{}'", token.shown()))),
    }
}

struct Test<'a> {
    tokens: &'a [Token],
    object: &'a Value,
    of: &'a str,
    depth: usize,
}

impl Test<'_> {
    fn next(&mut self) -> Result<Token, Refusal> {
        let (first, rest) = self.tokens.split_first().ok_or_else(|| syntax("it ends too early"))?;
        self.tokens = rest;
        Ok(first.clone())
    }

    fn takes(&mut self, keyword: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Word(word)) if word == keyword);
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    fn any(&mut self) -> Result<bool, Refusal> {
        let mut holds = self.all()?;
        while self.takes("or") {
            holds |= self.all()?;
        }
        Ok(holds)
    }

    fn all(&mut self) -> Result<bool, Refusal> {
        let mut holds = self.one()?;
        while self.takes("and") {
            holds &= self.one()?;
        }
        Ok(holds)
    }

    fn one(&mut self) -> Result<bool, Refusal> {
        let property = match self.next()? {
            Token::Open if self.depth < DEEPEST => {
                self.depth += 1;
                let holds = self.any()?;
                self.depth -= 1;
                return match self.next()? {
                    Token::Close => Ok(holds),
                    token => Err(syntax(&format!("'{}' where ')' is expected", token.shown()))),
                };
            }
            Token::Word(property) => property,
            token => return Err(syntax(&format!("unexpected '{}'", token.shown()))),
        };
        let value = self.object.get(&property).ok_or_else(|| Refusal::no_property(&property, self.of))?;
        let equal = match self.next()? {
            Token::Word(operator) if operator == "eq" => true,
            Token::Word(operator) if operator == "ne" => false,
            token => {
                return Err(syntax(&format!("the sandbox does not know '{}' in a filter on metadata", token.shown())));
            }
        };
        let same = match (self.next()?, value) {
            (Token::Quoted(text), Value::String(value)) => text == *value,
            // An enumeration is written with its type, as in `Microsoft.Dynamics.CRM.OwnershipTypes'UserOwned'`; an id without quotes.
            (Token::Word(text), Value::String(value)) => match self.tokens.split_first() {
                Some((Token::Quoted(member), rest)) => {
                    self.tokens = rest;
                    member == value
                }
                _ => text.eq_ignore_ascii_case(value),
            },
            (Token::Word(text), value) => serde_json::from_str::<Value>(&text).is_ok_and(|asked| asked == *value),
            (token, _) => return Err(syntax(&format!("'{}' is no value of {property}", token.shown()))),
        };
        Ok(same == equal)
    }
}
