//! `$filter`: the part of OData's language that Dataverse understands, checked against the columns.
//!
//! Whatever the text is, reading it neither panics nor exhausts the stack.
//! <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/filter-rows>

use uuid::Uuid;

use super::filter::{Among, Filter, Literal, Operator, Path, TextTest};
use super::filter_tokens::{Token, syntax, tokens};
use super::refusal::Refusal;
use super::tables::{Column, Kind, Table};

/// How deep parentheses and `not` may nest, so that no query exhausts the stack.
const DEEPEST: usize = 50;
/// How many conditions one query may hold.
const MOST_CONDITIONS: usize = 500;

/// Reads the text of a `$filter` on this table.
pub(crate) fn parse(table: &'static Table, text: &str) -> Result<Filter, Refusal> {
    let tokens = tokens(text)?;
    let mut parser = Parser { table, tokens: &tokens, conditions: 0, depth: 0 };
    let filter = parser.any()?;
    match parser.tokens.first() {
        None => Ok(filter),
        Some(token) => Err(syntax(&format!("unexpected '{}'", token.shown()))),
    }
}

struct Parser<'a> {
    table: &'static Table,
    tokens: &'a [Token],
    conditions: usize,
    depth: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Result<Token, Refusal> {
        let (first, rest) = self.tokens.split_first().ok_or_else(|| syntax("it ends too early"))?;
        self.tokens = rest;
        Ok(first.clone())
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), Refusal> {
        let token = self.next()?;
        if token == *wanted {
            return Ok(());
        }
        Err(syntax(&format!("'{}' where '{}' is expected", token.shown(), wanted.shown())))
    }

    fn takes(&mut self, keyword: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Word(word)) if word == keyword);
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    fn any(&mut self) -> Result<Filter, Refusal> {
        let mut any = vec![self.all()?];
        while self.takes("or") {
            any.push(self.all()?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Filter::Any(any) })
    }

    fn all(&mut self) -> Result<Filter, Refusal> {
        let mut all = vec![self.one()?];
        while self.takes("and") {
            all.push(self.one()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Filter::All(all) })
    }

    fn one(&mut self) -> Result<Filter, Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(syntax("it is nested too deeply"));
        }
        let filter = match self.next()? {
            Token::Open => {
                let filter = self.any()?;
                self.expect(&Token::Close)?;
                filter
            }
            Token::Word(word) if word == "not" => Filter::Not(Box::new(self.one()?)),
            Token::Word(word) => self.condition(&word)?,
            other => return Err(syntax(&format!("unexpected '{}'", other.shown()))),
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn condition(&mut self, word: &str) -> Result<Filter, Refusal> {
        self.conditions += 1;
        if self.conditions > MOST_CONDITIONS {
            return Err(Refusal::new(
                http::StatusCode::BAD_REQUEST,
                "0x8004430c",
                "Number of conditions in query exceeded maximum limit.",
            ));
        }
        if self.tokens.first() == Some(&Token::Open) {
            return self.function(word);
        }
        let path = self.path(word)?;
        let operator = match self.next()? {
            Token::Word(operator) => match operator.as_str() {
                "eq" => Operator::Eq,
                "ne" => Operator::Ne,
                "gt" => Operator::Gt,
                "ge" => Operator::Ge,
                "lt" => Operator::Lt,
                "le" => Operator::Le,
                other => return Err(syntax(&format!("the sandbox does not know the operator '{other}'"))),
            },
            other => return Err(syntax(&format!("'{}' where an operator is expected", other.shown()))),
        };
        let literal = self.literal(&path, operator)?;
        Ok(Filter::Compare(path, operator, literal))
    }

    fn function(&mut self, name: &str) -> Result<Filter, Refusal> {
        let test = match name {
            "startswith" => TextTest::StartsWith,
            "endswith" => TextTest::EndsWith,
            "contains" => TextTest::Contains,
            "Microsoft.Dynamics.CRM.ContainValues" | "Microsoft.Dynamics.CRM.In" => {
                return self.listed(name.ends_with("ContainValues"));
            }
            other => return Err(syntax(&format!("the sandbox does not know the function '{other}'"))),
        };
        self.expect(&Token::Open)?;
        let path = match self.next()? {
            Token::Word(word) => self.path(&word)?,
            other => return Err(syntax(&format!("'{}' where a column is expected", other.shown()))),
        };
        if !matches!(path.column.kind, Kind::Text(_) | Kind::Memo(_)) {
            return Err(syntax(&format!("{name} needs a text column, and '{}' is none", path.column.name)));
        }
        self.expect(&Token::Comma)?;
        let Token::Quoted(needle) = self.next()? else { return Err(syntax(&format!("{name} needs a string"))) };
        self.expect(&Token::Close)?;
        Ok(Filter::Text(test, path, needle))
    }

    /// `(PropertyName='x',PropertyValues=['a','b'])`. The list is JSON, but that a string may have single quotes.
    fn listed(&mut self, contain: bool) -> Result<Filter, Refusal> {
        self.expect(&Token::Open)?;
        self.expect(&Token::Word("PropertyName".to_owned()))?;
        self.expect(&Token::Equals)?;
        let Token::Quoted(name) = self.next()? else { return Err(syntax("PropertyName needs a string")) };
        let column = self.table.column(&name).ok_or_else(|| Refusal::no_property(&name, self.table.logical))?;
        if contain != matches!(column.kind, Kind::Choices(_)) {
            return Err(syntax(&format!("this function cannot be asked of the column '{name}'")));
        }
        self.expect(&Token::Comma)?;
        self.expect(&Token::Word("PropertyValues".to_owned()))?;
        self.expect(&Token::Equals)?;
        self.expect(&Token::OpenList)?;
        let mut values = Vec::new();
        loop {
            match self.next()? {
                Token::Quoted(value) if value.contains('\'') => {
                    return Err(Refusal::bad(
                        "Invalid JSON. A comma character ',' was expected in scope 'Array'. Every two elements in an array and \
                         properties of an object must be separated by commas.",
                    ));
                }
                Token::Quoted(value) | Token::Doubled(value) => values.push(value),
                _ => return Err(syntax("PropertyValues holds strings, and at least one")),
            }
            match self.next()? {
                Token::Comma => {}
                Token::CloseList => break,
                other => return Err(syntax(&format!("unexpected '{}'", other.shown()))),
            }
        }
        self.expect(&Token::Close)?;
        let path = Path { through: None, column };
        if contain {
            return Ok(Filter::ContainValues(path, values));
        }
        Ok(Filter::In(path, among(column, values)?))
    }

    fn path(&self, word: &str) -> Result<Path, Refusal> {
        let Some((nav, rest)) = word.split_once('/') else {
            let column = self.table.readable(word).ok_or_else(|| Refusal::no_property(word, self.table.logical))?;
            return Ok(Path { through: None, column });
        };
        let unknown = || Refusal::no_property(nav, self.table.logical);
        let lookup = self.table.navigation(nav).ok_or_else(unknown)?;
        let Kind::Lookup { to, .. } = lookup.kind else { return Err(unknown()) };
        let table = to.first().and_then(|logical| Table::of_logical(logical)).ok_or_else(unknown)?;
        let column = table.readable(rest).ok_or_else(|| Refusal::no_property(rest, table.logical))?;
        Ok(Path { through: Some((lookup, table)), column })
    }

    fn literal(&mut self, path: &Path, operator: Operator) -> Result<Literal, Refusal> {
        let literal = match self.next()? {
            Token::Quoted(text) => Literal::Text(text),
            Token::Word(word) => bare(&word).ok_or_else(|| syntax(&format!("'{word}' is no literal")))?,
            other => return Err(syntax(&format!("'{}' where a literal is expected", other.shown()))),
        };
        if literal == Literal::Null && !matches!(operator, Operator::Eq | Operator::Ne) {
            return Err(syntax("null can only be compared by eq and ne"));
        }
        let fits = literal == Literal::Null || kind_name(path.column) == literal_name(&literal);
        if !fits || matches!(path.column.kind, Kind::Managed) {
            return Err(Refusal::bad(format!(
                "A binary operator with incompatible types was detected. Found operand types '{}' and '{}' for the \
                 operator kind '{operator:?}'.",
                kind_name(path.column),
                literal_name(&literal)
            )));
        }
        Ok(literal)
    }
}

fn bare(word: &str) -> Option<Literal> {
    match word {
        "null" => return Some(Literal::Null),
        "true" => return Some(Literal::Flag(true)),
        "false" => return Some(Literal::Flag(false)),
        _ => {}
    }
    if word.len() == 36
        && let Ok(guid) = Uuid::parse_str(word)
    {
        return Some(Literal::Guid(guid));
    }
    let numeric = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    if numeric(word.strip_prefix('-').unwrap_or(word)) {
        return word.parse().ok().map(Literal::Number);
    }
    let digits = word.as_bytes();
    let dated = digits.len() >= 20 && digits[4] == b'-' && digits[10] == b'T' && word.ends_with('Z');
    dated.then(|| Literal::DateTime(word.to_owned()))
}

/// `In` takes every value as a string, whatever the column's type.
fn among(column: &Column, values: Vec<String>) -> Result<Among, Refusal> {
    let unfit = |value: &str| syntax(&format!("'{value}' is no value of the column '{}'", column.name));
    match kind_name(column) {
        "Edm.Guid" => {
            let ids = values.iter().map(|value| Uuid::parse_str(value).map_err(|_| unfit(value)));
            Ok(Among::Guids(ids.collect::<Result<_, _>>()?))
        }
        "Edm.String" => Ok(Among::Texts(values.iter().map(|value| value.to_lowercase()).collect())),
        kind => {
            let literal = |value: &String| match kind {
                "Edm.Int32" => value.parse().ok().map(Literal::Number),
                "Edm.Boolean" => value.parse().ok().map(Literal::Flag),
                _ => None,
            };
            let all = values.iter().map(|value| literal(value).ok_or_else(|| unfit(value)));
            Ok(Among::Others(all.collect::<Result<_, _>>()?))
        }
    }
}

fn kind_name(column: &Column) -> &'static str {
    match column.kind {
        Kind::Id | Kind::Guid | Kind::Lookup { .. } => "Edm.Guid",
        Kind::Text(_) | Kind::Memo(_) | Kind::Choices(_) => "Edm.String",
        Kind::Integer | Kind::Big | Kind::Choice(_) | Kind::State(_) | Kind::Status(_) => "Edm.Int32",
        Kind::Flag => "Edm.Boolean",
        Kind::DateTime => "Edm.DateTimeOffset",
        Kind::Managed => "Microsoft.Dynamics.CRM.BooleanManagedProperty",
    }
}

fn literal_name(literal: &Literal) -> &'static str {
    match literal {
        Literal::Null => "null",
        Literal::Text(_) => "Edm.String",
        Literal::Guid(_) => "Edm.Guid",
        Literal::Number(_) => "Edm.Int32",
        Literal::Flag(_) => "Edm.Boolean",
        Literal::DateTime(_) => "Edm.DateTimeOffset",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_refused(text: &str, reason: &str) {
        let refusal = parse(Table::known("credential"), text).expect_err(text);
        assert!(refusal.message.contains(reason), "{text}: {}", refusal.message);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        check_refused("nme eq 'x'", "'nme'");
        check_refused("certificate eq 11111111-1111-1111-1111-111111111111", "'certificate'");
        check_refused("name like 'x'", "'like'");
        check_refused("substringof('x',name)", "'substringof'");
        check_refused("name eq 'x", "unterminated");
        check_refused("name eq 5", "incompatible types");
        check_refused("credentialid eq '11111111-1111-1111-1111-111111111111'", "incompatible types");
        check_refused("connectiontype eq '5'", "incompatible types");
        check_refused("name eq 'x' and", "too early");
        check_refused("name eq 'x')", "unexpected ')'");
        check_refused("(name eq 'x'", "too early");
        check_refused("name gt null", "null");
        check_refused("certificate/nonsense eq 1", "'nonsense'");
        check_refused("startswith(connectiontype,'x')", "text column");
        check_refused("name in ('a')", "'in'");
        let listed = |column: &str, values: &str| {
            format!("Microsoft.Dynamics.CRM.In(PropertyName='{column}',PropertyValues=[{values}])")
        };
        check_refused(&listed("name", ""), "at least one");
        check_refused(&listed("name", "'O''Brian'"), "Invalid JSON. A comma character");
        check_refused(&listed("name", "\"a"), "unterminated");
        check_refused(&listed("name", "5"), "holds strings");
        check_refused(&listed("nme", "'a'"), "'nme'");
        check_refused(&listed("usagetype", "'280920000'"), "cannot be asked of the column");
        check_refused(&listed("credentialid", "'robot'"), "'robot' is no value of the column 'credentialid'");
        check_refused("name eq \"x\"", "a literal is expected");
        check_refused(&"not ".repeat(100), "deep");
        check_refused(&"(".repeat(100_000), "deep");
        check_refused(&vec!["statecode eq 0"; 501].join(" or "), "maximum limit");
    }

    proptest! {
        #[test]
        fn a_quoted_string_means_itself(text in ".*") {
            let quoted = format!("name eq '{}'", text.replace('\'', "''"));
            let filter = parse(Table::known("credential"), &quoted).unwrap();
            let Filter::Compare(_, Operator::Eq, Literal::Text(read)) = filter else { panic!("{filter:?}") };
            prop_assert_eq!(read, text);
        }

        #[test]
        fn no_text_panics(text in r#"[a-z0-9_'"(),\[\]\\= .:/-]{0,80}"#) {
            let _ = parse(Table::known("credential"), &text);
        }
    }
}
