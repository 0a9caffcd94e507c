//! OPML 2.0 of the sources: what another reader needs to subscribe to them.

use opml::{Body, Head, OPML, Outline};

use super::text;
use crate::model::lang::Lang;
use crate::model::url::WebUrl;

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpmlSource {
    /// Its name for people.
    pub title: String,
    /// Where it is: a URL without credentials, or `file:` and a path.
    pub feed_url: String,
    /// Its home page.
    pub home: Option<WebUrl>,
    /// Its language.
    pub language: Option<Lang>,
    /// Topics its entries always belong to: `category` by the OPML 2.0 rules, comma-separated.
    pub categories: Vec<String>,
}

/// Writes a subscription list, in the order given.
#[expect(
    clippy::expect_used,
    reason = "writing to a String cannot fail, and the writer has no other error"
)]
pub fn opml(title: &str, sources: &[OpmlSource]) -> Vec<u8> {
    let list = OPML {
        version: "2.0".to_owned(),
        head: Some(Head { title: Some(text::legal(title).into_owned()), ..Head::default() }),
        body: Body { outlines: sources.iter().map(outline).collect() },
    };
    let xml = list.to_string().expect("a String takes every character");
    // The writer makes one line of it, and people read and compare such lists. A value holds no raw `<`, so this meets tags only.
    let xml = xml.replace("<head>", "\n<head>").replace("<body>", "\n<body>");
    let xml = xml.replace("<outline ", "\n<outline ").replace("</body>", "\n</body>\n");
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{xml}\n").into_bytes()
}

fn outline(source: &OpmlSource) -> Outline {
    let title = match source.title.trim() {
        "" => source.feed_url.as_str(),
        title => title,
    };
    // Attribute values lose line breaks when they are read; better they never had them.
    let one_line =
        |value: &str| text::legal(value).split_whitespace().collect::<Vec<_>>().join(" ");
    let categories: Vec<String> = source.categories.iter().map(|name| one_line(name)).collect();
    Outline {
        text: one_line(title),
        title: Some(one_line(title)),
        r#type: Some("rss".to_owned()),
        xml_url: Some(text::legal(&source.feed_url).into_owned()),
        html_url: source.home.as_ref().map(|home| home.as_str().to_owned()),
        language: source.language.as_ref().map(|language| language.as_str().to_owned()),
        category: (!categories.is_empty()).then(|| categories.join(",")),
        ..Outline::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(title: &str, feed_url: &str) -> OpmlSource {
        OpmlSource {
            title: title.to_owned(),
            feed_url: feed_url.to_owned(),
            home: WebUrl::parse("https://a.example/?a=1&b=2"),
            language: Lang::parse("ko"),
            categories: vec!["diplomacy".to_owned(), "korea-japan".to_owned()],
        }
    }

    #[test]
    fn a_list_reads_back() {
        let sources = [
            source("A & \"B\" <i>\u{0}\n'한국'", "https://a.example/rss?x=1&y=<outline >"),
            OpmlSource {
                home: None,
                language: None,
                categories: Vec::new(),
                ..source("", "file:feeds/a.xml")
            },
        ];
        let bytes = opml("Desk <head> & co", &sources);
        insta::assert_snapshot!(std::str::from_utf8(&bytes).unwrap());
        let read = OPML::from_str(std::str::from_utf8(&bytes).unwrap()).unwrap();
        assert_eq!(read.head.unwrap().title.as_deref(), Some("Desk <head> & co"));
        let [first, second] = &read.body.outlines[..] else { panic!("two outlines") };
        assert_eq!(first.text, "A & \"B\" <i> '한국'");
        assert_eq!(first.xml_url.as_deref(), Some("https://a.example/rss?x=1&y=<outline >"));
        assert_eq!(first.html_url.as_deref(), Some("https://a.example/?a=1&b=2"));
        assert_eq!(second.text, "file:feeds/a.xml");
    }
}
