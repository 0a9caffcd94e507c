//! `Link` headers (RFC 8288), as far as hubs and topics are concerned (WebSub §4). Pure and bounded: a server may send what it likes.

use reqwest::header::{HeaderMap, LINK};
use url::Url;

use crate::model::websub::Advert;

/// So many bytes of `Link` headers are read in all.
const MOST_BYTES: usize = 16 * 1024;
/// So many links are read.
const MOST_LINKS: usize = 64;

/// What the headers of a document say of being told about its changes; `at` is where it is.
pub(super) fn advert(headers: &HeaderMap, at: &Url) -> Advert {
    let mut advert = Advert { base: Some(at.as_str().to_owned()), ..Advert::default() };
    let (mut bytes, mut count) = (0, 0);
    for value in headers.get_all(LINK) {
        bytes += value.len();
        if bytes > MOST_BYTES {
            break;
        }
        // What is no text is no address either.
        for link in value.to_str().into_iter().flat_map(Links) {
            count += 1;
            if count > MOST_LINKS {
                return advert;
            }
            // The link is about another document (§3.2).
            if link.parameter("anchor").is_some() {
                continue;
            }
            let relations = link.parameter("rel").unwrap_or_default();
            for relation in relations.split_ascii_whitespace() {
                if relation.eq_ignore_ascii_case("hub") {
                    advert.add_hub(Some(at), link.target);
                } else if relation.eq_ignore_ascii_case("self") {
                    advert.offer_topic(Some(at), link.target);
                }
            }
        }
    }
    advert
}

/// One link of a header.
struct Link<'a> {
    target: &'a str,
    parameters: Vec<(&'a str, String)>,
}

impl Link<'_> {
    /// The first parameter of that name: later ones count for nothing (§3.3).
    fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// The links of a header, in their order; ends at what cannot be read (§3, RFC 9110 §5.6).
struct Links<'a>(&'a str);

impl<'a> Iterator for Links<'a> {
    type Item = Link<'a>;

    fn next(&mut self) -> Option<Link<'a>> {
        let rest = self.0.trim_start_matches([' ', '\t', ',']);
        let (target, mut rest) = rest.strip_prefix('<')?.split_once('>')?;
        let mut parameters = Vec::new();
        while let Some(after) = rest.trim_start().strip_prefix(';') {
            let after = after.trim_start();
            let end = after.find([';', ',', '=']).unwrap_or(after.len());
            let name = after[..end].trim_end();
            rest = &after[end..];
            let mut value = String::new();
            if let Some(given) = rest.strip_prefix('=') {
                (value, rest) = parameter_value(given.trim_start());
            }
            if !name.is_empty() {
                parameters.push((name, value));
            }
        }
        self.0 = rest.trim_start();
        // Between two links stands a comma; without one the rest cannot be trusted.
        if !self.0.starts_with(',') {
            self.0 = "";
        }
        Some(Link { target, parameters })
    }
}

/// The value of a parameter, a token or a quoted string, and what follows it.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        return (text[..end].trim_end().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, character) in quoted.char_indices() {
        match character {
            _ if escaped => {
                value.push(character);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (value, &quoted[at + 1..]),
            _ => value.push(character),
        }
    }
    // A quote that is never closed takes everything.
    (value, "")
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Advert {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(LINK, HeaderValue::from_str(value).unwrap());
        }
        advert(&headers, &Url::parse("https://a.example/news/feed.xml").unwrap())
    }

    #[test]
    fn hubs_and_topic_are_found_however_they_are_written() {
        let check = |values: &[&str], hubs: &[&str], topic: Option<&str>| {
            let advert = read(values);
            assert_eq!(advert.hubs, hubs, "{values:?}");
            assert_eq!(advert.topic.as_deref(), topic, "{values:?}");
        };
        let (hub, topic) = ("https://hub.example/", "https://a.example/feed");
        check(&[r#"<https://hub.example/>; rel="hub""#], &[hub], None);
        check(
            &["<https://hub.example/>; rel=hub", "<https://a.example/feed>;rel=self"],
            &[hub],
            Some(topic),
        );
        check(
            &[
                r#"<https://a.example/feed>; title="a, b; c=\"<d>\""; rel="self", <https://hub.example/>;REL = "HUB""#,
            ],
            &[hub],
            Some(topic),
        );
        check(&[r#"<https://hub.example/>; rel="alternate hub""#], &[hub], None);
        check(&["</hub>; rel=hub, <>; rel=self"], &["https://a.example/hub"], None);
        check(
            &[
                "<https://1.example/>; rel=hub, <https://2.example/>; rel=hub, <https://1.example/>; rel=hub",
            ],
            &["https://1.example/", "https://2.example/"],
            None,
        );
        // The first relation counts, and a link with another anchor is about another document.
        check(&["<https://hub.example/>; rel=self; rel=hub"], &[], Some(hub));
        check(&[r##"<https://hub.example/>; rel=hub; anchor="#x""##], &[], None);
        check(&["<https://hub.example/>; rel=preconnect; crossorigin"], &[], None);
        check(&["<https://a.example/feed>; crossorigin; rel=self"], &[], Some(topic));
        check(&["<javascript:alert(1)>; rel=hub, <https://u:p@h.example/>; rel=hub"], &[], None);
        check(
            &["https://hub.example/; rel=hub", "<https://hub.example/ ; rel=hub", "", ";,,;"],
            &[],
            None,
        );
        check(&[r#"<https://hub.example/>; rel="hub"#], &[hub], None);
    }

    #[test]
    fn there_are_bounds() {
        let many: String =
            (0..1000).map(|n| format!("<https://{n}.example/>; rel=hub, ")).collect();
        assert_eq!(read(&[&many[..8000]]).hubs.len(), 4);
        let noise = "<https://x.example/>; rel=next, ".repeat(80);
        let late = format!("{noise}<https://hub.example/>; rel=hub");
        assert_eq!(read(&[&late]).hubs.len(), 0, "the 81st link is not read");
        let long = format!("<https://x.example/>; title=\"{}\"", "x".repeat(20_000));
        assert_eq!(read(&[&long, "<https://hub.example/>; rel=hub"]).hubs.len(), 0);
    }
}
