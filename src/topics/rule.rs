//! The grammar of `match`, with spans. It parses and judges nothing.
//!
//! ```text
//! rule    = and { "OR" and }
//! and     = not { ["AND"] not }                    words beside each other are joined by AND
//! not     = "NOT" not | near
//! near    = item [ "NEAR/" number item ]           both in one field, at most that many words between them
//! item    = [ field ":" ] ( term | "(" rule ")" )
//! term    = word | "\"" phrase "\"" | "/" regex "/" | "*" | "@" group | "DISTINCT/" number "@" group
//! field   = title | summary | content | author | category | source | lang | url
//! ```
//! NOT binds before AND, AND before OR. Operators are written in capitals; "and" as a word to look for is written in quotation marks. A `*`
//! before or after a word or phrase leaves that side open (`외교*`, `*サミット`), and `=` before it keeps the case (`=US`). A term without a field
//! looks at headline and summary.

use std::ops::Range;

use super::error::RuleError;
use super::term::Term;
use crate::model::verdict::Field;

/// How deep parentheses and NOT may be nested.
pub(super) const DEPTH: usize = 64;
/// The longest rule, in bytes.
pub(super) const RULE_BYTES: usize = 256 * 1024;
/// How many terms one rule, or one list, may have.
pub(super) const TERMS: usize = 20_000;

/// A rule as parsed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    /// `*`: holds of every entry.
    Everything,
    /// A place to look and what to look for.
    Leaf(Leaf),
    /// All of them; never empty.
    And(Vec<Expr>),
    /// One of them; never empty.
    Or(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// Both, with at most `words` words between them.
    Near { left: Box<Expr>, right: Box<Expr>, words: usize, span: Range<usize> },
}

/// What a leaf looks for, and where.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    /// `None`: headline and summary.
    pub field: Option<Field>,
    pub what: What,
    pub span: Range<usize>,
}

/// What a leaf looks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Term(Term),
    Regex(String),
    /// Terms of the group of that name.
    Group(String),
    /// Terms of at least so many members of the group.
    Distinct(usize, String),
}

fn error<T>(
    span: Range<usize>,
    message: impl Into<String>,
    help: impl Into<Option<&'static str>>,
) -> Result<T, RuleError> {
    Err(RuleError { span, message: message.into(), help: help.into().map(str::to_owned) })
}

/// Parses a rule.
pub(super) fn parse(text: &str) -> Result<Expr, RuleError> {
    if text.len() > RULE_BYTES {
        return error(
            0..0,
            format!("the rule is longer than {} KiB", RULE_BYTES / 1024),
            "split it into topics, or put its terms into a pack",
        );
    }
    let tokens = lex(text)?;
    let mut parser = Parser { text, tokens, at: 0, terms: 0 };
    if parser.tokens.is_empty() {
        return error(0..text.len(), "the rule is empty", "name a term, or `*` for every entry");
    }
    let expr = parser.or(None, 0)?;
    match parser.peek() {
        None => Ok(expr),
        Some(token) => error(
            token.span.clone(),
            "this parenthesis closes nothing",
            "leave it out, or open it before",
        ),
    }
}

/// Parses an item of `any`, `all` or `none`: a term as it stands, phrases without quotation marks, with an optional field.
pub(super) fn parse_item(text: &str) -> Result<Expr, RuleError> {
    let span = 0..text.len();
    if text.len() > RULE_BYTES {
        return error(0..0, "the term is too long", None);
    }
    let (field, rest) = match text.split_once(':') {
        Some((name, rest)) if !rest.starts_with(' ') => match Field::parse(name.trim()) {
            Some(field) => (Some(field), rest),
            None => (None, text),
        },
        Some(_) | None => (None, text),
    };
    let rest = rest.trim();
    let quoted = |open, close| {
        rest.strip_prefix(open)
            .and_then(|rest: &str| rest.strip_suffix(close))
            .filter(|inner| !inner.is_empty())
    };
    let rest = quoted('"', '"').or_else(|| quoted('“', '”')).unwrap_or(rest);
    if let Some(regex) = rest
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/'))
        .filter(|_| field != Some(Field::Url))
        && !regex.is_empty()
    {
        return Ok(Expr::Leaf(Leaf { field, what: What::Regex(regex.to_owned()), span }));
    }
    match Term::parse(rest) {
        Ok(term) => Ok(Expr::Leaf(Leaf { field, what: What::Term(term), span })),
        Err(message) => error(span, message, "write the word or phrase to look for"),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Open,
    Close,
    And,
    Or,
    Not,
    Near(usize),
    Distinct(usize),
    Field(Field),
    Everything,
    Regex(String),
    Group(String),
    Word(String),
    /// With what stood directly before and after the quotation marks: `=`, `*`.
    Phrase {
        before: String,
        inner: String,
        after: String,
    },
}

#[derive(Debug, Clone)]
struct Token {
    kind: Kind,
    span: Range<usize>,
}

/// What ends a word.
fn ends_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, '(' | ')' | '"' | '“' | '”' | '（' | '）')
}

fn lex(text: &str) -> Result<Vec<Token>, RuleError> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let is_url = matches!(tokens.last(), Some(Token { kind: Kind::Field(Field::Url), .. }));
        let (kind, bytes) = match first {
            '(' | '（' => (Kind::Open, first.len_utf8()),
            ')' | '）' => (Kind::Close, first.len_utf8()),
            '/' if !is_url => lex_regex(text, at)?,
            '"' | '“' | '”' => lex_phrase(text, at, "")?,
            _ => lex_word(text, at)?,
        };
        tokens.push(Token { kind, span: at..at + bytes });
        at += bytes;
    }
    Ok(tokens)
}

/// A regular expression between slashes; `\/` is a slash in it.
fn lex_regex(text: &str, at: usize) -> Result<(Kind, usize), RuleError> {
    let mut escaped = false;
    let mut regex = String::new();
    for (index, character) in text[at + 1..].char_indices() {
        match character {
            '/' if !escaped => {
                if regex.is_empty() {
                    return error(at..at + 2, "the regular expression is empty", None);
                }
                return Ok((Kind::Regex(regex), 1 + index + 1));
            }
            '/' => {
                regex.pop();
                regex.push('/');
            }
            character => regex.push(character),
        }
        escaped = character == '\\' && !escaped;
    }
    error(
        at..text.len(),
        "the regular expression has no end",
        "end it with `/`, or write a slash to look for in quotation marks",
    )
}

/// A phrase in quotation marks; `\"` is a mark in it. `before` stood directly before it and is counted.
fn lex_phrase(text: &str, at: usize, before: &str) -> Result<(Kind, usize), RuleError> {
    let start = at + before.len();
    let open = text[start..].chars().next().unwrap_or('"');
    let mut escaped = false;
    let mut inner = String::new();
    for (index, character) in text[start + open.len_utf8()..].char_indices() {
        let closes = match open {
            '"' => character == '"',
            _ => matches!(character, '”' | '“' | '"'),
        };
        if closes && !escaped {
            let end = start + open.len_utf8() + index + character.len_utf8();
            let after = if text[end..].starts_with('*') { "*" } else { "" };
            let kind = Kind::Phrase { before: before.into(), inner, after: after.into() };
            return Ok((kind, end + after.len() - at));
        }
        if closes {
            inner.pop();
        }
        inner.push(character);
        escaped = character == '\\' && !escaped;
    }
    error(at..text.len(), "the phrase has no end", "end it with a quotation mark")
}

/// A word, an operator or the name of a field.
fn lex_word(text: &str, at: usize) -> Result<(Kind, usize), RuleError> {
    let rest = &text[at..];
    let word = &rest[..rest.find(ends_word).unwrap_or(rest.len())];
    let span = at..at + word.len();
    if matches!(word, "*" | "=" | "=*" | "*=") && rest[word.len()..].starts_with(['"', '“', '”'])
    {
        return lex_phrase(text, at, word);
    }
    if let Some((name, after)) = word.split_once(':')
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphabetic())
    {
        if let Some(field) = Field::parse(name) {
            return Ok((Kind::Field(field), name.len() + 1));
        }
        if !after.is_empty() || rest[word.len()..].starts_with(['"', '(']) {
            return Err(RuleError {
                span: at..at + name.len(),
                message: format!("there is no field `{name}`"),
                help: Some(format!(
                    "fields are title, summary, content, author, category, source, lang and url; to look for the text itself, write \"{word}\""
                )),
            });
        }
    }
    let number = |digits: &str| digits.parse::<usize>().ok().filter(|number| *number <= 1_000);
    let kind = match word {
        "AND" | "&&" => Kind::And,
        "OR" | "||" => Kind::Or,
        "NOT" => Kind::Not,
        "*" => Kind::Everything,
        "and" | "or" | "not" | "And" | "Or" | "Not" => {
            return error(
                span,
                format!("is `{word}` an operator or a word to look for?"),
                "write operators in capitals (AND, OR, NOT), and words to look for in quotation marks",
            );
        }
        _ => match (word.strip_prefix("NEAR/"), word.strip_prefix("DISTINCT/")) {
            (Some(digits), _) => match number(digits) {
                Some(words) => Kind::Near(words),
                None => {
                    return error(
                        span,
                        "NEAR needs a number of words up to 1000",
                        "as in `NEAR/6`",
                    );
                }
            },
            (_, Some(digits)) => match number(digits).filter(|number| *number > 0) {
                Some(members) => Kind::Distinct(members),
                None => {
                    return error(
                        span,
                        "DISTINCT needs a number from 1 to 1000",
                        "as in `DISTINCT/2 @state`",
                    );
                }
            },
            (None, None) if word == "NEAR" => {
                return error(span, "NEAR needs a number of words", "as in `NEAR/6`");
            }
            (None, None) => match word.strip_prefix('@') {
                Some(group) if !group.is_empty() => Kind::Group(group.to_owned()),
                Some(_) | None => Kind::Word(word.to_owned()),
            },
        },
    };
    Ok((kind, word.len()))
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    terms: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes(&mut self, kind: &Kind) -> bool {
        let found = self.peek().is_some_and(|token| token.kind == *kind);
        self.at += usize::from(found);
        found
    }

    fn deeper(&self, depth: usize) -> Result<usize, RuleError> {
        if depth < DEPTH {
            return Ok(depth + 1);
        }
        let span = self.peek().map_or(0..0, |token| token.span.clone());
        error(
            span,
            format!("the rule is nested deeper than {DEPTH}"),
            "most parentheses can be left out",
        )
    }

    fn or(&mut self, field: Option<Field>, depth: usize) -> Result<Expr, RuleError> {
        let mut parts = vec![self.and(field, depth)?];
        while self.takes(&Kind::Or) {
            parts.push(self.and(field, depth)?);
        }
        Ok(one_or(parts, Expr::Or))
    }

    fn and(&mut self, field: Option<Field>, depth: usize) -> Result<Expr, RuleError> {
        let mut parts = vec![self.not(field, depth)?];
        loop {
            let explicit = self.takes(&Kind::And);
            match self.peek().map(|token| &token.kind) {
                None | Some(Kind::Or | Kind::Close) if !explicit => break,
                // After an AND something must follow; `not` says what is missing.
                _ => parts.push(self.not(field, depth)?),
            }
        }
        Ok(one_or(parts, Expr::And))
    }

    fn not(&mut self, field: Option<Field>, depth: usize) -> Result<Expr, RuleError> {
        if self.takes(&Kind::Not) {
            let depth = self.deeper(depth)?;
            return Ok(Expr::Not(Box::new(self.not(field, depth)?)));
        }
        self.near(field, depth)
    }

    fn near(&mut self, field: Option<Field>, depth: usize) -> Result<Expr, RuleError> {
        let start = self.at;
        let left = self.item(field, depth)?;
        let Some(Token { kind: Kind::Near(words), span }) = self.peek().cloned() else {
            return Ok(left);
        };
        self.at += 1;
        let middle = self.at;
        let right = self.item(field, depth)?;
        for (side, first) in [(&left, start), (&right, middle)] {
            if !is_place(side) {
                let span = self.tokens.get(first).map_or(span, |token| token.span.clone());
                return error(
                    span,
                    "NEAR joins two places in a text",
                    "on each side of NEAR write a term, a phrase, or terms in parentheses with OR",
                );
            }
        }
        Ok(Expr::Near { left: Box::new(left), right: Box::new(right), words, span })
    }

    fn item(&mut self, field: Option<Field>, depth: usize) -> Result<Expr, RuleError> {
        let end = self.text.len();
        let Some(Token { kind, span }) = self.next() else {
            return error(
                end..end,
                "something is missing at the end",
                "a term, or a part in parentheses",
            );
        };
        let leaf = |what| Ok(Expr::Leaf(Leaf { field, what, span: span.clone() }));
        match kind {
            Kind::Open => {
                let depth = self.deeper(depth)?;
                if self.peek().is_some_and(|token| token.kind == Kind::Close) {
                    return error(span, "there is nothing in the parentheses", None);
                }
                let inner = self.or(field, depth)?;
                if !self.takes(&Kind::Close) {
                    return error(span, "this parenthesis is not closed", None);
                }
                Ok(inner)
            }
            Kind::Field(inner) => {
                if field.is_some_and(|outer| outer != inner) {
                    return error(span, "a field cannot be inside another", None);
                }
                let touches = self.peek().is_some_and(|next| next.span.start == span.end);
                let fits = matches!(
                    self.peek().map(|token| &token.kind),
                    Some(
                        Kind::Open
                            | Kind::Word(_)
                            | Kind::Phrase { .. }
                            | Kind::Regex(_)
                            | Kind::Group(_)
                            | Kind::Distinct(_)
                            | Kind::Everything
                            | Kind::Field(_)
                    )
                );
                if !touches || !fits {
                    return error(
                        span,
                        "this field has nothing to look for",
                        "as in `title:summit`",
                    );
                }
                let depth = self.deeper(depth)?;
                self.item(Some(inner), depth)
            }
            Kind::Everything => Ok(Expr::Everything),
            Kind::Word(word) => self.term(&word, "", "", field, span),
            Kind::Phrase { before, inner, after } => {
                self.term(&inner, &before, &after, field, span)
            }
            Kind::Regex(regex) => {
                self.count(&span)?;
                leaf(What::Regex(regex))
            }
            Kind::Group(group) => leaf(What::Group(group)),
            Kind::Distinct(members) => match self.next() {
                Some(Token { kind: Kind::Group(group), span: end }) => Ok(Expr::Leaf(Leaf {
                    field,
                    what: What::Distinct(members, group),
                    span: span.start..end.end,
                })),
                Some(_) | None => {
                    error(span, "DISTINCT needs a group", "as in `DISTINCT/2 @state`")
                }
            },
            Kind::Close => {
                error(span, "this parenthesis closes nothing", "a term is missing before it")
            }
            Kind::And | Kind::Or | Kind::Not | Kind::Near(_) => error(
                span,
                "a term is missing before this operator",
                "to look for the word itself, write it in quotation marks",
            ),
        }
    }

    fn term(
        &mut self,
        text: &str,
        before: &str,
        after: &str,
        field: Option<Field>,
        span: Range<usize>,
    ) -> Result<Expr, RuleError> {
        self.count(&span)?;
        match Term::parse(&format!("{before}{text}{after}")) {
            Ok(term) => Ok(Expr::Leaf(Leaf { field, what: What::Term(term), span })),
            Err(message) => error(span, message, None),
        }
    }

    fn count(&mut self, span: &Range<usize>) -> Result<(), RuleError> {
        self.terms += 1;
        if self.terms > TERMS {
            return error(
                span.clone(),
                format!("the rule has more than {TERMS} terms"),
                "split it into topics, or put its terms into packs",
            );
        }
        Ok(())
    }
}

/// Whether the expression is about places in a text: terms, or one of several.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Leaf(Leaf { what: What::Term(_) | What::Group(_), .. }) => true,
        Expr::Leaf(Leaf { what: What::Regex(_) | What::Distinct(..), .. }) => false,
        Expr::Or(parts) => parts.iter().all(is_place),
        Expr::Everything | Expr::And(_) | Expr::Not(_) | Expr::Near { .. } => false,
    }
}

fn one_or(mut parts: Vec<Expr>, many: impl FnOnce(Vec<Expr>) -> Expr) -> Expr {
    match parts.len() {
        1 => parts.swap_remove(0),
        _ => many(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule with every binding shown by brackets.
    fn shown(expr: &Expr) -> String {
        let all = |parts: &[Expr]| parts.iter().map(shown).collect::<Vec<_>>().join(" ");
        match expr {
            Expr::Everything => "*".into(),
            Expr::Leaf(leaf) => {
                let field = leaf.field.map_or("", Field::name);
                let what = match &leaf.what {
                    What::Term(term) => term.written.to_string(),
                    What::Regex(regex) => format!("/{regex}/"),
                    What::Group(group) => format!("@{group}"),
                    What::Distinct(members, group) => format!("{members}@{group}"),
                };
                if field.is_empty() { what } else { format!("{field}:{what}") }
            }
            Expr::And(parts) => format!("[and {}]", all(parts)),
            Expr::Or(parts) => format!("[or {}]", all(parts)),
            Expr::Not(inner) => format!("[not {}]", shown(inner)),
            Expr::Near { left, right, words, .. } => {
                format!("[near{words} {} {}]", shown(left), shown(right))
            }
        }
    }

    #[test]
    fn rules_bind_as_documented() {
        let check = |rule: &str, want: &str| {
            assert_eq!(parse(rule).as_ref().map(shown).as_deref(), Ok(want), "{rule}");
        };
        check("a", "a");
        check("a OR b AND c", "[or a [and b c]]");
        check("(a OR b) AND NOT c", "[and [or a b] [not c]]");
        check("a b NOT c", "[and a b [not c]]");
        check("NOT NOT a", "[not [not a]]");
        check("title:\"potato chips\"", "title:potato chips");
        check("title:(a OR summary)", "[or title:a title:summary]");
        check("Korea NEAR/6 (Japan OR 日本)", "[near6 Korea [or Japan 日本]]");
        check("외교* *サミット", "[and 외교* *サミット]");
        check("=US OR =\"US Open\"", "[or =US =US Open]");
        check("\"state visit\"*", "state visit*");
        check("/sum+it/ OR url:/world/", "[or /sum+it/ url:/world/]");
        check(r"/a\/b\d/", r"/a/b\d/");
        check("*", "*");
        check("@strong AND DISTINCT/2 @state", "[and @strong 2@state]");
        check("lang:ko source:yonhap*", "[and lang:ko source:yonhap*]");
        check("（반도체 OR 半導体）", "[or 반도체 半導体]");
        check("“정상 회담”", "정상 회담");
        check(r#""say \"no\"""#, r#"say "no""#);
        check("10:30", "10:30");
    }

    #[test]
    fn errors_say_where_and_what_to_do() {
        let check = |rule: &str, part: &str, want: &str| {
            let error = parse(rule).unwrap_err();
            assert_eq!((&rule[error.span.clone()], error.message.as_str()), (part, want), "{rule}");
        };
        check("", "", "the rule is empty");
        check("(a", "(", "this parenthesis is not closed");
        check("a)", ")", "this parenthesis closes nothing");
        check("()", "(", "there is nothing in the parentheses");
        check("a AND", "", "something is missing at the end");
        check("OR a", "OR", "a term is missing before this operator");
        check("a AND OR b", "OR", "a term is missing before this operator");
        check("a or b", "or", "is `or` an operator or a word to look for?");
        check("\"a", "\"a", "the phrase has no end");
        check("/a", "/a", "the regular expression has no end");
        check("titel:a", "titel", "there is no field `titel`");
        check("title: a", "title:", "this field has nothing to look for");
        check("title:summary:a", "summary:", "a field cannot be inside another");
        check("a NEAR b", "NEAR", "NEAR needs a number of words");
        check("a NEAR/x b", "NEAR/x", "NEAR needs a number of words up to 1000");
        check("(a AND b) NEAR/2 c", "(", "NEAR joins two places in a text");
        check("\"...\"", "\"...\"", "a term needs a letter or a digit");
    }

    #[test]
    fn hostile_rules_are_refused() {
        let check = |rule: String, want: &str| {
            assert_eq!(parse(&rule).unwrap_err().message, want);
        };
        check("(".repeat(100_000), "the rule is nested deeper than 64");
        check("NOT ".repeat(50_000), "the rule is nested deeper than 64");
        check("a ".repeat(30_000), "the rule has more than 20000 terms");
        check("a".repeat(1_000_000), "the rule is longer than 256 KiB");
        check("title:(".repeat(10_000), "the rule is nested deeper than 64");
        let many: Vec<String> = (0..10_000).map(|number| format!("term{number}")).collect();
        assert!(parse(&many.join(" OR ")).is_ok());
    }

    #[test]
    fn items_of_lists_are_terms_as_they_stand() {
        let check = |item: &str, want: &str| {
            assert_eq!(parse_item(item).as_ref().map(shown).as_deref(), Ok(want), "{item}");
        };
        check("diplomatic immunity", "diplomatic immunity");
        check("this and that", "this and that");
        check("title:potato chips", "title:potato chips");
        check("\"quoted phrase\"", "quoted phrase");
        check("LEAD: talks", "LEAD: talks");
        check("외교*", "외교*");
        assert!(parse_item("").is_err());
        assert!(parse_item("title:").is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_rule_panics(rule in "[a가日()\"“/ :@*=]{0,30}|(AND |OR |NOT |NEAR/3 |title:|DISTINCT/2 |@g |\\(|\\)|a |\"|/){0,20}") {
            if let Err(error) = parse(&rule) {
                proptest::prop_assert!(rule.get(error.span).is_some());
            }
        }
    }
}
