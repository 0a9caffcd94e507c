//! Which addresses say what an entry is about: pages of one article, not sections or front pages.

use std::collections::HashMap;

use crate::model::identity::Identity;
use crate::model::url::CanonicalUrl;

/// The pages of a document's entries, without those that name no single entry: a page that entries of different identity share (a section, a
/// home page) is left out.
pub fn distinct_urls(
    entries: impl IntoIterator<Item = (Identity, Option<CanonicalUrl>)>,
) -> Vec<Option<CanonicalUrl>> {
    let entries: Vec<(Identity, Option<CanonicalUrl>)> = entries.into_iter().collect();
    let mut uses: HashMap<&CanonicalUrl, Option<Identity>> = HashMap::with_capacity(entries.len());
    for (identity, url) in &entries {
        if let Some(url) = url {
            uses.entry(url)
                .and_modify(|first| *first = first.filter(|first| first == identity))
                .or_insert(Some(*identity));
        }
    }
    let shared: Vec<bool> = entries
        .iter()
        .map(|(_, url)| url.as_ref().is_some_and(|url| uses.get(url) == Some(&None)))
        .collect();
    entries
        .into_iter()
        .zip(shared)
        .map(|((_, url), shared)| url.filter(|url| !shared && !is_front_page(url)))
        .collect()
}

/// Whether the address is that of a site, not of a page on it.
pub(super) fn is_front_page(url: &CanonicalUrl) -> bool {
    let rest = url.as_str().split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    rest.split_once('/').is_none_or(|(_, path)| path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::url::WebUrl;

    #[test]
    fn shared_pages_are_no_evidence() {
        let url = |text| WebUrl::parse(text).map(|url| url.canonical());
        let (a, b, section) =
            (url("https://a.example/1"), url("https://a.example/2"), url("https://a.example/s"));
        let id = |number| Identity([number; 16]);
        let found = distinct_urls([
            (id(1), a.clone()),
            (id(1), a.clone()),
            (id(2), b.clone()),
            (id(3), section.clone()),
            (id(4), section),
            (id(5), url("https://a.example/")),
            (id(6), None),
        ]);
        assert_eq!(found, [a.clone(), a, b, None, None, None, None]);
    }
}
