//! A page as a flat list of its elements in document order, so that "is inside of" is a comparison of numbers.

use scraper::{ElementRef, Html, Node};
use url::Url;

use crate::model::url::WebUrl;
use crate::read::tree;

/// The longest text of an element that is looked at, in bytes.
pub(super) const TEXT_BYTES: usize = 2 * 1024;

/// An element and what stands around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'a> {
    pub(super) element: ElementRef<'a>,
    pub(super) parent: Option<usize>,
    /// The first element in document order that is not inside this one.
    pub(super) end: usize,
}

/// The elements of a page in document order.
#[derive(Debug)]
pub(super) struct Outline<'a> {
    pub(super) spots: Vec<Spot<'a>>,
    /// What relative links are relative to.
    pub(super) base: Option<Url>,
}

impl<'a> Outline<'a> {
    /// The outline of a page that was served from `address`; its `base` element counts.
    pub(super) fn of(html: &'a Html, address: Option<&Url>) -> Outline<'a> {
        let mut outline = Outline { spots: Vec::new(), base: address.cloned() };
        outline.add(html.root_element(), None);
        let stated = outline.spots.iter().find_map(|spot| {
            (spot.element.value().name() == "base").then(|| spot.element.attr("href"))?
        });
        let stated = stated.and_then(|href| match address {
            Some(address) => address.join(href.trim()).ok(),
            None => Url::parse(href.trim()).ok(),
        });
        if let Some(base) = stated.filter(|base| matches!(base.scheme(), "http" | "https")) {
            outline.base = Some(base);
        }
        outline
    }

    fn add(&mut self, element: ElementRef<'a>, parent: Option<usize>) {
        let at = self.spots.len();
        self.spots.push(Spot { element, parent, end: at + 1 });
        for child in element.children().filter_map(ElementRef::wrap) {
            self.add(child, Some(at));
        }
        let end = self.spots.len();
        if let Some(spot) = self.spots.get_mut(at) {
            spot.end = end;
        }
    }

    /// The name of an element.
    pub(super) fn name(&self, at: usize) -> &'a str {
        self.spots.get(at).map_or("", |spot| spot.element.value().name())
    }

    /// An attribute of an element.
    pub(super) fn attribute(&self, at: usize, name: &str) -> Option<&'a str> {
        self.spots.get(at).and_then(|spot| spot.element.attr(name))
    }

    /// The element's parent, grandparent, and so on.
    pub(super) fn ancestors(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let up = |at: &usize| self.spots.get(*at).and_then(|spot| spot.parent);
        std::iter::successors(up(&at), up)
    }

    /// The elements inside an element, itself included.
    pub(super) fn inside(&self, at: usize) -> std::ops::Range<usize> {
        at..self.spots.get(at).map_or(at, |spot| spot.end)
    }

    /// The elements beside an element that follow it.
    pub(super) fn after(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let parent = self.spots.get(at).and_then(|spot| spot.parent);
        let end = parent.map_or(0, |parent| self.inside(parent).end);
        let fits = move |next: &usize| *next < end;
        let first = Some(self.inside(at).end).filter(fits);
        std::iter::successors(first, move |other| Some(self.inside(*other).end).filter(fits))
    }

    /// The text of an element in one line.
    pub(super) fn text(&self, at: usize) -> String {
        self.text_without(at, &|_| false)
    }

    /// The same without the elements that `skip` says.
    pub(super) fn text_without(&self, at: usize, skip: &dyn Fn(ElementRef<'_>) -> bool) -> String {
        self.spots
            .get(at)
            .map_or_else(String::new, |spot| tree::text_of(spot.element, TEXT_BYTES, skip))
    }

    /// The text that stands in an element itself, not in its elements.
    pub(super) fn own_text(&self, at: usize) -> String {
        let Some(spot) = self.spots.get(at) else { return String::new() };
        let mut text = String::new();
        for child in spot.element.children() {
            if let Node::Text(piece) = child.value() {
                text.push_str(piece);
                text.push(' ');
            }
        }
        tree::squeezed(&text, TEXT_BYTES)
    }

    /// Whether an element has no element in it that has text.
    pub(super) fn is_leaf(&self, at: usize) -> bool {
        self.inside(at).skip(1).all(|inner| self.own_text(inner).is_empty())
    }

    /// A link relative to the page.
    pub(super) fn link(&self, href: &str) -> Option<WebUrl> {
        let href = href.trim();
        if href.is_empty() || href.starts_with('#') {
            return None;
        }
        WebUrl::join(self.base.as_ref(), href)
    }

    /// Where an element leads, if it is a link: `a`, or what a script makes one.
    pub(super) fn target(&self, at: usize) -> Option<WebUrl> {
        let element = self.spots.get(at)?.element;
        if matches!(element.value().name(), "a" | "area") {
            return self.link(element.attr("href")?);
        }
        for name in ["data-href", "data-url", "data-link"] {
            if let Some(target) = element.attr(name)
                && target.contains('/')
            {
                return self.link(target);
            }
        }
        let script = element.attr("onclick")?;
        let after = script.split_once("location")?.1;
        let quote = after.find(['\'', '"'])?;
        let mut quoted = after[quote + 1..].split(['\'', '"']);
        self.link(quoted.next()?)
    }
}

/// The words of an element's classes and id: `newsList__side-bar` is `news`, `list`, `side` and `bar`.
pub(super) fn class_words(element: ElementRef<'_>) -> Vec<String> {
    let mut words = Vec::new();
    for text in [element.attr("class"), element.attr("id")].into_iter().flatten() {
        let mut word = String::new();
        let mut lower_before = false;
        for character in text.chars().take(400) {
            if !character.is_alphanumeric() || (character.is_uppercase() && lower_before) {
                push_word(&mut words, &mut word);
            }
            if character.is_alphanumeric() {
                word.extend(character.to_lowercase());
            }
            lower_before = character.is_lowercase();
        }
        push_word(&mut words, &mut word);
    }
    words
}

fn push_word(words: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// The classes that tell elements of one kind from others: without numbers, without what a build tool appended, without states.
pub(super) fn stable_classes(element: ElementRef<'_>) -> Vec<&str> {
    const STATES: [&str; 16] = [
        "first", "last", "odd", "even", "active", "on", "off", "current", "selected", "hidden",
        "show", "visible", "lazy", "loaded", "clearfix", "cf",
    ];
    let mut classes: Vec<&str> = element
        .attr("class")
        .unwrap_or_default()
        .split_ascii_whitespace()
        .filter(|class| {
            class.len() <= 60
                && !class.bytes().any(|byte| byte.is_ascii_digit())
                && !class.contains("__")
                    | class.split("__").nth(1).is_some_and(|tail| {
                        // `Card_title__x8GhQ` is a build tool's, `card__title` an author's.
                        tail.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '-' | '_'))
                    })
                && !STATES.contains(&class.to_ascii_lowercase().as_str())
                && class.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
        })
        .collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}
