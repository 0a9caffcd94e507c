//! The expressions by which feedparser's test documents say what must be read of them: a small part of Python, parsed and evaluated.

use std::collections::BTreeMap;

/// What an expression is made of, and what it is about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Number(i64),
    /// Text, to be compared letter by letter.
    Text(String),
    /// A line of text that feedparser may give as markup.
    Line(String),
    /// Markup, to be compared by what it means.
    Html(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
    /// Something that feedparser keeps and we do not.
    Unheld,
}

impl Value {
    pub(crate) fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
        Value::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// What stands under a key or at a place; what is not known of is not held.
    fn get(&self, key: &Value) -> Value {
        match (self, key) {
            (Value::Map(fields), Value::Text(name)) => {
                fields.get(name).cloned().unwrap_or(Value::Unheld)
            }
            (Value::List(list), Value::Number(at)) => {
                let at = if *at < 0 { list.len() as i64 + at } else { *at };
                usize::try_from(at).ok().and_then(|at| list.get(at)).cloned().unwrap_or(Value::None)
            }
            (Value::None, _) => Value::None,
            _ => Value::Unheld,
        }
    }

    fn len(&self) -> Value {
        match self {
            Value::List(list) => Value::Number(list.len() as i64),
            _ => Value::Unheld,
        }
    }
}

/// How a statement about a document came out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Truth {
    Right,
    /// Not as feedparser has it, for the reason of that name.
    Different(&'static str),
    Wrong(String),
    /// About something that we do not keep.
    Unheld,
}

impl Truth {
    fn of(is: bool, why: impl FnOnce() -> String) -> Truth {
        if is { Truth::Right } else { Truth::Wrong(why()) }
    }
}

/// One of the statements that an expression joins by `and`.
#[derive(Debug, Clone)]
pub(crate) enum Clause {
    Is(Term),
    Not(Box<Clause>),
    Compare(Term, Comparison, Term),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Unequal,
    In,
    NotIn,
}

/// What statements are about.
#[derive(Debug, Clone)]
pub(crate) enum Term {
    Value(Value),
    Name(String),
    /// `term[key]`, `term.key`, `term.get(key)`.
    Get(Box<Term>, Box<Term>),
    Len(Box<Term>),
    Add(Box<Term>, Box<Term>),
}

impl Clause {
    /// Whether it is about nothing but `bozo`, which is true of documents that are not well-formed.
    pub(crate) fn is_about_form(&self) -> bool {
        match self {
            Clause::Is(Term::Name(name)) => name == "bozo",
            Clause::Not(clause) => clause.is_about_form(),
            Clause::Is(_) | Clause::Compare(..) => false,
        }
    }

    /// Whether it holds of `about`, whose fields are the names; `same` compares what is wanted with what is there.
    pub(crate) fn holds(&self, about: &Value, same: &dyn Fn(&Value, &Value) -> Truth) -> Truth {
        match self {
            Clause::Is(term) => match term.value(about) {
                Value::Unheld => Truth::Unheld,
                value => Truth::of(value == Value::Bool(true), || format!("is {value:?}")),
            },
            Clause::Not(clause) => match clause.holds(about, same) {
                Truth::Right => Truth::Wrong("holds".to_owned()),
                Truth::Wrong(_) => Truth::Right,
                other => other,
            },
            Clause::Compare(left, comparison, right) => {
                let (left, right) = (left.value(about), right.value(about));
                if left == Value::Unheld || right == Value::Unheld {
                    return Truth::Unheld;
                }
                match comparison {
                    Comparison::Equal => same(&right, &left),
                    Comparison::Unequal => Truth::of(left != right, || format!("both {left:?}")),
                    Comparison::In | Comparison::NotIn => {
                        let Value::Map(fields) = &right else { return Truth::Unheld };
                        let Value::Text(name) = &left else { return Truth::Unheld };
                        let Some(value) = fields.get(name) else { return Truth::Unheld };
                        let there = *value != Value::None;
                        Truth::of(there == (*comparison == Comparison::In), || {
                            format!("{name} is {value:?}")
                        })
                    }
                }
            }
        }
    }
}

impl Term {
    fn value(&self, about: &Value) -> Value {
        match self {
            Term::Value(value) => value.clone(),
            Term::Name(name) => about.get(&Value::Text(name.clone())),
            Term::Get(term, key) => term.value(about).get(&key.value(about)),
            Term::Len(term) => term.value(about).len(),
            Term::Add(left, right) => match (left.value(about), right.value(about)) {
                (Value::Text(left), Value::Text(right)) => Value::Text(left + &right),
                (Value::Number(left), Value::Number(right)) => Value::Number(left + right),
                _ => Value::Unheld,
            },
        }
    }
}

/// The statements of an expression; `None` if it is none of those that are understood.
pub(crate) fn parse(text: &str) -> Option<Vec<Clause>> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let mut clauses = vec![parser.clause()?];
    while parser.takes("and") {
        clauses.push(parser.clause()?);
    }
    (parser.at == parser.tokens.len()).then_some(clauses)
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Text(String),
    Number(i64),
    /// A name or a mark.
    Word(String),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let prefix = rest.find(['\'', '"']).filter(|at| {
            *at <= 2 && rest[..*at].bytes().all(|byte| matches!(byte, b'u' | b'r' | b'b' | b'U'))
        });
        let length = if let Some(prefix) = prefix {
            let (text, length) = quoted(&rest[prefix..], rest[..prefix].contains('r'))?;
            tokens.push(Token::Text(text));
            prefix + length
        } else if first.is_ascii_digit() {
            let length = rest.bytes().take_while(u8::is_ascii_digit).count();
            tokens.push(Token::Number(rest[..length].parse().ok()?));
            length
        } else {
            let word = rest
                .bytes()
                .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
                .count();
            let mark = if rest.starts_with("==") || rest.starts_with("!=") { 2 } else { 1 };
            let length = if word > 0 { word } else { mark };
            tokens.push(Token::Word(rest.get(..length)?.to_owned()));
            length
        };
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

/// The text in the quotes that `text` begins with, and their length with it.
fn quoted(text: &str, raw: bool) -> Option<(String, usize)> {
    let quote = text.chars().next()?;
    let triple = quote.to_string().repeat(3);
    let close = if text.starts_with(&triple) { triple } else { quote.to_string() };
    let mut at = close.len();
    let mut out = String::new();
    loop {
        let rest = text.get(at..)?;
        if rest.starts_with(&close) {
            return Some((out, at + close.len()));
        }
        let character = rest.chars().next()?;
        at += character.len_utf8();
        if character != '\\' || raw {
            out.push(character);
            continue;
        }
        let escaped = text.get(at..)?.chars().next()?;
        at += escaped.len_utf8();
        let digits = match escaped {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        match escaped {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            '\n' => {}
            _ if digits > 0 => {
                let code = u32::from_str_radix(text.get(at..at + digits)?, 16).ok()?;
                out.push(char::from_u32(code)?);
                at += digits;
            }
            other => out.push(other),
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn takes(&mut self, word: &str) -> bool {
        let is = matches!(self.tokens.get(self.at), Some(Token::Word(next)) if next == word);
        self.at += usize::from(is);
        is
    }

    fn clause(&mut self) -> Option<Clause> {
        if self.takes("not") {
            return Some(Clause::Not(Box::new(self.clause()?)));
        }
        let left = self.sum()?;
        let comparison = if self.takes("==") {
            Comparison::Equal
        } else if self.takes("!=") {
            Comparison::Unequal
        } else if self.takes("is") {
            if self.takes("not") { Comparison::Unequal } else { Comparison::Equal }
        } else if self.takes("in") {
            Comparison::In
        } else if self.takes("not") {
            self.takes("in").then_some(Comparison::NotIn)?
        } else {
            return Some(Clause::Is(left));
        };
        Some(Clause::Compare(left, comparison, self.sum()?))
    }

    fn sum(&mut self) -> Option<Term> {
        let mut term = self.term()?;
        while self.takes("+") {
            term = Term::Add(Box::new(term), Box::new(self.term()?));
        }
        Some(term)
    }

    fn term(&mut self) -> Option<Term> {
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        let mut term = match token {
            Token::Number(number) => Term::Value(Value::Number(number)),
            Token::Text(mut text) => {
                // Texts that stand side by side are one.
                while let Some(Token::Text(more)) = self.tokens.get(self.at) {
                    text.push_str(more);
                    self.at += 1;
                }
                Term::Value(Value::Text(text))
            }
            Token::Word(word) => match word.as_str() {
                "True" => Term::Value(Value::Bool(true)),
                "False" => Term::Value(Value::Bool(false)),
                "None" => Term::Value(Value::None),
                "-" => match self.term()? {
                    Term::Value(Value::Number(number)) => Term::Value(Value::Number(-number)),
                    _ => return None,
                },
                "len" if self.takes("(") => {
                    let term = self.sum()?;
                    self.takes(")").then_some(())?;
                    Term::Len(Box::new(term))
                }
                "(" | "[" => {
                    let values = self.list(if word == "(" { ")" } else { "]" })?;
                    Term::Value(match <[Value; 1]>::try_from(values) {
                        Ok([value]) if word == "(" => value,
                        Ok([value]) => Value::List(vec![value]),
                        Err(values) => Value::List(values),
                    })
                }
                "{" => {
                    let mut fields = BTreeMap::new();
                    while !self.takes("}") {
                        let Term::Value(Value::Text(name)) = self.sum()? else { return None };
                        self.takes(":").then_some(())?;
                        let Term::Value(value) = self.sum()? else { return None };
                        fields.insert(name, value);
                        self.takes(",");
                    }
                    Term::Value(Value::Map(fields))
                }
                _ if word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
                    Term::Name(word)
                }
                _ => return None,
            },
        };
        loop {
            let key = if self.takes("[") {
                let key = self.sum()?;
                self.takes("]").then_some(())?;
                key
            } else if self.takes(".") {
                let Some(Token::Word(name)) = self.tokens.get(self.at).cloned() else {
                    return None;
                };
                self.at += 1;
                if self.takes("(") {
                    matches!(name.as_str(), "get").then_some(())?;
                    let key = self.sum()?;
                    self.takes(")").then_some(())?;
                    key
                } else {
                    Term::Value(Value::Text(name))
                }
            } else {
                return Some(term);
            };
            term = Term::Get(Box::new(term), Box::new(key));
        }
    }

    fn list(&mut self, close: &str) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        while !self.takes(close) {
            let Term::Value(value) = self.sum()? else { return None };
            values.push(value);
            self.takes(",");
        }
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &[Truth]) {
        let about = Value::map([
            ("bozo", Value::Bool(false)),
            (
                "entries",
                Value::List(vec![Value::map([
                    ("title", Value::Text("a-é".into())),
                    ("id", Value::None),
                ])]),
            ),
        ]);
        let same = |want: &Value, got: &Value| Truth::of(want == got, || format!("{got:?}"));
        let got: Vec<Truth> = parse(text)
            .unwrap()
            .iter()
            .map(|clause| match clause.holds(&about, &same) {
                Truth::Wrong(_) => Truth::Wrong(String::new()),
                other => other,
            })
            .collect();
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn expressions_say_what_python_says() {
        let wrong = || Truth::Wrong(String::new());
        check("not bozo", &[Truth::Right]);
        check("bozo", &[wrong()]);
        check(r#"not bozo and entries[0]['title'] == u"a-\u00e9""#, &[Truth::Right, Truth::Right]);
        check("entries[0].title == 'a' + '-' '\\xe9'", &[Truth::Right]);
        check("entries[-1].get('title') == '''b'''", &[wrong()]);
        check("entries[0]['where'] == {}", &[Truth::Unheld]);
        check("len(entries) == 1 and 'id' not in entries[0]", &[Truth::Right, Truth::Right]);
        check("'title' in entries[0] and entries[0]['id'] is None", &[Truth::Right, Truth::Right]);
        assert!(parse("entries[0]['x'] == (2004, 1, 1)").is_some());
        assert!(parse("a b").is_none());
    }
}
