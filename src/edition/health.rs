//! What is wrong with sources as an edition: each finding an item, while it stands and after.

use crate::model::archive::Place;
use crate::model::edition::{Edition, FeedSpec, Item};
use crate::model::health::Finding;
use crate::model::identity::{Identity, digest};
use crate::model::lang::Lang;
use crate::model::source::{Outlet, SourceKey};
use crate::model::story::StoryId;
use crate::model::text::{Headline, PlainText, SafeHtml};
use crate::model::url::WebUrl;

/// A finding and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The source.
    pub source: SourceKey,
    /// Its name and home page.
    pub outlet: Outlet,
    /// Its address, where it may be shown.
    pub url: Option<WebUrl>,
    /// What was found.
    pub finding: Finding,
}

/// The findings that were opened, the latest change first.
pub fn of_findings(found: &[Found], spec: &FeedSpec) -> Edition {
    let mut items: Vec<Item> = found.iter().filter_map(item_of).collect();
    items.sort_by(|a, b| b.updated.cmp(&a.updated).then_with(|| a.id.cmp(&b.id)));
    items.truncate(spec.limit);
    Edition {
        feed: spec.name.clone(),
        title: spec.title.clone(),
        language: Lang::parse("en"),
        updated: items.iter().map(|item| item.updated).max(),
        place: Place::default(),
        items,
    }
}

fn item_of(found: &Found) -> Option<Item> {
    let Found { source, outlet, url, finding } = found;
    let (opened, changed) = (finding.opened?, finding.changed()?);
    let kind = finding.kind;
    let (over, state) = match finding.closed {
        Some(_) => (" (over)", "closed"),
        None => ("", "open"),
    };
    let times = match finding.closed {
        Some(closed) => {
            format!("Seen from {} to {}; over since {closed}.", finding.first, finding.last)
        }
        None => format!("Seen since {}.", finding.first),
    };
    // Another opening is another finding, so that readers who have seen the first are told.
    let moment = opened.unix().to_le_bytes();
    let identity = Identity(digest(&[b"finding", kind.name().as_bytes(), &moment]));
    let summary = SafeHtml::default()
        .led_by(&capitalised(kind.advice()))
        .led_by(&times)
        .led_by(&capitalised(&finding.words));
    Some(Item {
        id: StoryId::founded_by(source, identity),
        headline: Headline::new(&format!("{}: {}{over}", outlet.name, kind.title())),
        link: url.clone(),
        outlet: outlet.clone(),
        source_url: url.clone(),
        language: Lang::parse("en"),
        authors: Vec::new(),
        topics: Vec::new(),
        categories: [kind.name(), kind.severity().name(), state]
            .into_iter()
            .filter_map(PlainText::new)
            .collect(),
        summary: Some(summary),
        content: None,
        image: None,
        enclosures: Vec::new(),
        published: opened,
        first_seen: opened,
        updated: changed,
        also: Vec::new(),
    })
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>());
    first.unwrap_or_default() + letters.as_str()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::edition::{FeedName, Merge, Select};
    use crate::model::health::FindingKind;
    use crate::model::time::Timestamp;

    #[test]
    fn each_finding_is_an_item_that_changes_when_it_is_over() {
        let at = |hours| Timestamp::from_unix(1_761_804_000) + Duration::from_hours(hours);
        let finding = Finding {
            kind: FindingKind::Parked,
            first: at(0),
            last: at(5),
            opened: Some(at(1)),
            closed: None,
            times: 1,
            words: "the domain is parked: its page says “<b>”".into(),
            suspicion: None,
        };
        let found = |finding| Found {
            source: SourceKey::parse("a").unwrap(),
            outlet: Outlet { name: "The A".into(), url: None },
            url: WebUrl::parse("https://a.example/rss"),
            finding,
        };
        let spec = FeedSpec {
            name: FeedName::parse("h").unwrap(),
            title: "H".into(),
            topics: Vec::new(),
            languages: Vec::new(),
            select: Select::default(),
            merge: Merge::None,
            limit: 10,
            max_age: None,
        };
        let item = |finding| of_findings(&[found(finding)], &spec).items.pop();
        let open = item(finding.clone()).unwrap();
        let closed = item(Finding { closed: Some(at(9)), ..finding.clone() }).unwrap();
        assert_eq!(open.id, closed.id);
        assert_eq!(open.headline.unwrap().as_str(), "The A: Parked domain");
        assert_eq!(closed.headline.unwrap().as_str(), "The A: Parked domain (over)");
        assert_eq!((open.updated, closed.updated), (at(1), at(9)));
        let html = open.summary.unwrap();
        assert!(
            html.as_str().contains("says “&lt;b&gt;”</p><p>Seen since 2025"),
            "{}",
            html.as_str()
        );
        let again = item(Finding { opened: Some(at(20)), ..finding.clone() }).unwrap();
        assert_ne!(again.id, open.id);
        assert_eq!(
            item(Finding { opened: None, ..finding }),
            None,
            "what is only suspected is none"
        );
    }
}
