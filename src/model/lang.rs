//! Languages as BCP 47 tags.

use std::fmt;

/// A language tag (BCP 47), kept as published but for case and underscores: `en`, `ko-KR`, `zh-Hant`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lang(String);

impl Lang {
    /// Reads a tag; `None` if it is not shaped like one (1 to 8 letters or digits a part, the first of 2 to 8 letters, at most
    /// 35 bytes in all: RFC 5646 §2.1, §4.4.1).
    pub fn parse(tag: &str) -> Option<Lang> {
        let tag = tag.trim().replace('_', "-");
        if tag.len() > 35 {
            return None;
        }
        let mut parts = tag.split('-');
        let primary = parts.next()?;
        if !(2..=8).contains(&primary.len())
            || !primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        {
            return None;
        }
        if !parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }) {
            return None;
        }
        let (primary, rest) = tag.split_at(primary.len());
        Some(Lang(format!("{}{rest}", primary.to_ascii_lowercase())))
    }

    /// The whole tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The primary language subtag in lower case: `ko` of `ko-KR`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }

    /// Whether both name the same primary language: `en` and `en-GB` do.
    pub fn same_language(&self, other: &Lang) -> bool {
        self.primary() == other.primary()
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_and_garbage_is_not() {
        let check = |text: &str, want: Option<&str>| {
            assert_eq!(Lang::parse(text).as_ref().map(Lang::as_str), want, "{text}");
        };
        check("EN", Some("en"));
        check("ko_KR", Some("ko-KR"));
        check(" zh-Hant-TW ", Some("zh-Hant-TW"));
        check("", None);
        check("english language", None);
        check("x", None);
        check("en\"><script>", None);
    }
}
