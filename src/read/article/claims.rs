//! What a page says of its article, place by place, before any of it is believed.

use crate::model::article::{Origin, Robots};

use super::dom::NodeId;

/// A value and where it stands.
pub(super) type Claim<T> = (Origin, T);

/// How many values of one field are kept.
const MANY: usize = 64;

/// An author as stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Author {
    pub(super) name: String,
    /// Whether the page says that it is no person.
    pub(super) is_organisation: bool,
}

/// A picture as stated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Picture {
    pub(super) url: String,
    pub(super) caption: Option<String>,
    pub(super) credit: Option<String>,
    /// Its element, where it has one.
    pub(super) element: Option<NodeId>,
}

/// Everything that is said, field by field, in the order of belief.
#[derive(Debug, Clone, Default)]
pub(super) struct Claims {
    pub(super) titles: Vec<Claim<String>>,
    pub(super) authors: Vec<Claim<Vec<Author>>>,
    pub(super) published: Vec<Claim<String>>,
    pub(super) modified: Vec<Claim<String>>,
    pub(super) languages: Vec<Claim<String>>,
    pub(super) pictures: Vec<Claim<Picture>>,
    /// Paths of sections.
    pub(super) crumbs: Vec<Claim<Vec<String>>>,
    /// Sections that are no path.
    pub(super) sections: Vec<Claim<Vec<String>>>,
    pub(super) tags: Vec<Claim<Vec<String>>>,
    pub(super) canonical: Vec<Claim<String>>,
    pub(super) summaries: Vec<Claim<String>>,
    pub(super) outlets: Vec<Claim<String>>,
    pub(super) bodies: Vec<Claim<String>>,
    /// Links to other articles: address and title.
    pub(super) related: Vec<(String, String)>,
    /// Whether the page says that its text is free for all, or not.
    pub(super) is_free: Option<bool>,
    pub(super) robots: Robots,
}

/// Adds a text, unless there is none in it.
pub(super) fn claim(list: &mut Vec<Claim<String>>, origin: Origin, value: &str) {
    let value = value.trim();
    if !value.is_empty() && list.len() < MANY {
        list.push((origin, value.to_owned()));
    }
}

/// Adds a list, unless it is empty.
pub(super) fn claim_list<T>(list: &mut Vec<Claim<Vec<T>>>, origin: Origin, values: Vec<T>) {
    if !values.is_empty() && list.len() < MANY {
        list.push((origin, values));
    }
}
