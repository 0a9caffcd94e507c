//! What may stand in a published document, whatever was polled.

use std::panic::{AssertUnwindSafe, catch_unwind};

use scraper::{ElementRef, Html, Node};
use serde_json::Value;
use tidings::model::text::{is_bidi_control, is_forbidden};

use crate::support::{rules, xml};

/// The documents of a feed.
#[derive(Debug)]
pub(crate) struct Documents {
    pub(crate) rss: Vec<u8>,
    pub(crate) atom: Vec<u8>,
    pub(crate) json: Vec<u8>,
    pub(crate) html: Vec<u8>,
}

/// What a text of an item is taken for by readers.
struct Field {
    /// Its name for people.
    name: String,
    text: String,
}

impl Documents {
    /// The items of the JSON Feed.
    pub(crate) fn items(&self) -> Vec<Value> {
        let feed: Value = serde_json::from_slice(&self.json).unwrap();
        feed["items"].as_array().unwrap().clone()
    }

    /// What the formats' rules and those of every published document forbid.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, document) in self.each() {
            match std::str::from_utf8(document) {
                Err(error) => faults.push(format!("{name}: not UTF-8: {error}")),
                Ok(text) => {
                    if let Some(character) = text.chars().find(|character| is_forbidden(*character))
                    {
                        faults.push(format!("{name}: the character {character:?}"));
                    }
                }
            }
        }
        type Rules = fn(&[u8]);
        let checks = [
            ("rss", rules::rss as Rules, &self.rss),
            ("atom", rules::atom, &self.atom),
            ("json", rules::json_feed, &self.json),
        ];
        for (name, check, document) in checks {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(document))) {
                let said = panic.downcast_ref::<String>().cloned();
                let said =
                    said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
                faults.push(format!("{name}: {}", said.unwrap_or_default()));
            }
        }
        if !faults.is_empty() {
            return faults;
        }
        for field in self.fields() {
            if field.text.chars().any(is_bidi_control) {
                faults.push(format!("{}: a bidirectional control", field.name));
            }
            if field.name.ends_with("title") && field.text.len() > 4 * 1024 {
                faults.push(format!("{}: {} bytes", field.name, field.text.len()));
            }
        }
        for item in self.items() {
            let tags = item["tags"].as_array().map_or(0, Vec::len);
            if tags > 200 {
                faults.push(format!("{tags} categories"));
            }
        }
        faults
    }

    /// Where a text stands as something active: markup, an attribute, an address. A text that is neither markup nor code must not stand anywhere.
    pub(crate) fn active(&self, absent: &str) -> Vec<String> {
        let is_markup = absent.contains(['<', '=', '(', ':']) && !absent.starts_with("root:");
        let mut found = Vec::new();
        let mut look = |name: &str, active: &str| {
            if active.to_lowercase().contains(&absent.to_lowercase()) {
                found.push(format!("{absent:?} in {name}"));
            }
        };
        for field in self.fields() {
            look(&field.name, &active_parts(&Html::parse_fragment(&field.text)));
            if !is_markup {
                look(&field.name, &field.text);
            }
        }
        for (name, url) in self.urls() {
            look(&name, &format!("href=\"{}\"", acted_on(&url)));
            look(&name, &format!("<link>{}", acted_on(&url)));
        }
        look("html", &active_parts(&Html::parse_document(&String::from_utf8_lossy(&self.html))));
        if !is_markup {
            for (name, document) in self.each() {
                look(name, &String::from_utf8_lossy(document));
            }
        }
        found
    }

    /// All that readers see of the items: markup and, after it, text.
    pub(crate) fn seen(&self) -> String {
        let mut seen = String::new();
        for field in self.fields() {
            seen.push_str(&field.text);
            seen.push('\n');
            seen.extend(Html::parse_fragment(&field.text).root_element().text());
            seen.push('\n');
        }
        for (_, url) in self.urls() {
            seen.push_str(&url);
            seen.push('\n');
        }
        seen
    }

    fn each(&self) -> [(&'static str, &[u8]); 4] {
        [("rss", &self.rss), ("atom", &self.atom), ("json", &self.json), ("html", &self.html)]
    }

    /// The texts of all items that some reader takes for HTML.
    fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        let mut field = |format: &str, name: &str, text: &str| {
            fields.push(Field { name: format!("{format} {name}"), text: text.to_owned() });
        };
        for item in self.items() {
            for key in ["title", "summary", "content_html", "content_text"] {
                field("json", key, item[key].as_str().unwrap_or_default());
            }
            for author in item["authors"].as_array().into_iter().flatten() {
                field("json", "author", author["name"].as_str().unwrap_or_default());
            }
            for tag in item["tags"].as_array().into_iter().flatten() {
                field("json", "tag", tag.as_str().unwrap_or_default());
            }
        }
        let texts = "title description content:encoded dc:creator category source content summary media:description media:credit";
        for (format, root, items) in self.trees() {
            for item in root.all(items) {
                for child in item
                    .children
                    .iter()
                    .filter(|child| texts.split(' ').any(|name| name == child.name))
                {
                    field(format, &child.name, &child.text);
                }
            }
        }
        fields
    }

    /// The addresses of all items and of the feeds.
    fn urls(&self) -> Vec<(String, String)> {
        let mut urls = Vec::new();
        let mut url = |name: String, url: &str| urls.push((name, url.to_owned()));
        for item in self.items() {
            for key in ["url", "external_url", "image", "banner_image"] {
                url(format!("json {key}"), item[key].as_str().unwrap_or_default());
            }
            for attachment in item["attachments"].as_array().into_iter().flatten() {
                url("json attachment".into(), attachment["url"].as_str().unwrap_or_default());
            }
        }
        for (format, root, _) in self.trees() {
            let mut open = vec![&root];
            while let Some(element) = open.pop() {
                open.extend(&element.children);
                if element.name == "link" || element.name == "comments" || element.name == "uri" {
                    url(format!("{format} {}", element.name), &element.text);
                }
                for key in ["href", "url", "src"] {
                    url(
                        format!("{format} {}/{key}", element.name),
                        element.attribute(key).unwrap_or_default(),
                    );
                }
            }
        }
        urls
    }

    /// The roots of the XML documents, RSS's channel for its root, and the names of their items.
    fn trees(&self) -> [(&'static str, xml::Element, &'static str); 2] {
        let mut rss = xml::parse(&self.rss);
        [("rss", rss.children.remove(0), "item"), ("atom", xml::parse(&self.atom), "entry")]
    }
}

/// What a browser acts on in a fragment or page: elements, names of attributes, addresses as far as [`acted_on`], code. Text is left out, and so are
/// attributes that are only shown.
pub(crate) fn active_parts(html: &Html) -> String {
    const ADDRESSES: [&str; 14] = [
        "href",
        "src",
        "srcset",
        "cite",
        "poster",
        "action",
        "formaction",
        "background",
        "data",
        "longdesc",
        "ping",
        "manifest",
        "usemap",
        "content",
    ];
    let mut parts = String::new();
    for node in html.tree.nodes() {
        if let Node::Element(element) = node.value() {
            parts.push_str(&format!("<{}", element.name()));
            for (name, value) in element.attrs() {
                let value = if ADDRESSES.contains(&name) { acted_on(value) } else { value };
                let is_shown =
                    matches!(name, "title" | "alt" | "summary" | "abbr" | "lang" | "class" | "id");
                parts.push_str(&format!(" {name}=\"{}\"", if is_shown { "" } else { value }));
            }
            parts.push_str(">\n");
            // In these a browser reads text by other rules.
            if matches!(element.name(), "script" | "style" | "noscript" | "iframe" | "template") {
                parts.extend(ElementRef::wrap(node).into_iter().flat_map(|element| element.text()));
            }
        } else if let Node::Comment(comment) = node.value() {
            parts.push_str(comment);
        }
    }
    parts
}

/// Of an address on the web its scheme and host, credentials included; all of any other.
fn acted_on(address: &str) -> &str {
    let Some(host) = ["http://", "https://"].iter().find_map(|scheme| address.strip_prefix(scheme))
    else {
        return address;
    };
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    &address
        [..address.len() - address.split_once("://").map_or(0, |(_, rest)| rest.len()) + host.len()]
}

/// The first character that may stand in no document: one that XML forbids, or one that turns text around.
pub(crate) fn first_forbidden(text: &str) -> Option<char> {
    text.chars().find(|character| is_forbidden(*character) || is_bidi_control(*character))
}
