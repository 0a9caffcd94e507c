//! A document as a tree, for the rules to look at. Reads nothing that we should not write: no DOCTYPE, no processing instruction, no comment.

use std::collections::BTreeMap;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

/// An element with its qualified name.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    pub fn all(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The one child of that name; fails if there are more.
    pub fn one(&self, name: &str) -> Option<&Element> {
        let mut all = self.all(name);
        let one = all.next();
        assert!(all.next().is_none(), "more than one {name} in {}", self.name);
        one
    }

    pub fn text_of(&self, name: &str) -> &str {
        &self.one(name).unwrap_or_else(|| panic!("no {name} in {}", self.name)).text
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

pub fn parse(document: &[u8]) -> Element {
    let text = std::str::from_utf8(document).unwrap();
    assert!(!text.chars().any(tidings::model::text::is_forbidden), "a forbidden character");
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut open = vec![Element::default()];
    let mut is_declared = false;
    loop {
        let event = reader.read_event().unwrap();
        if let Event::Start(start) = &event {
            open.push(element(start));
        } else if let Event::Empty(start) = &event {
            let empty = element(start);
            open.last_mut().unwrap().children.push(empty);
        } else if let Event::End(_) = &event {
            let closed = open.pop().unwrap();
            open.last_mut().unwrap().children.push(closed);
        } else if let Event::Text(text) = &event {
            open.last_mut().unwrap().text.push_str(text);
        } else if let Event::CData(text) = &event {
            open.last_mut().unwrap().text.push_str(text);
        } else if let Event::GeneralRef(reference) = &event {
            let name: &str = reference;
            let resolved = match reference.resolve_char_ref().unwrap() {
                Some(character) => character.to_string(),
                None => quick_xml::escape::resolve_predefined_entity(name).unwrap().to_owned(),
            };
            open.last_mut().unwrap().text.push_str(&resolved);
        } else if let Event::Decl(_) = &event {
            assert!(!is_declared, "declared twice");
            is_declared = true;
        } else if let Event::Eof = &event {
            break;
        } else {
            panic!("{event:?}");
        }
    }
    assert!(is_declared);
    assert_eq!(open.len(), 1, "an element is left open");
    open.pop().unwrap().children.pop().unwrap()
}

fn element(start: &BytesStart<'_>) -> Element {
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        assert!(!attribute.value.contains('<'), "a raw bracket in an attribute");
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).unwrap();
        (attribute.key.as_ref().to_owned(), value.into_owned())
    });
    Element {
        name: start.name().as_ref().to_owned(),
        attributes: attributes.collect(),
        ..Element::default()
    }
}
