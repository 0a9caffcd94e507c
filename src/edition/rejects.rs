//! What is not an item of its own: entries that a topic dropped, or that were folded into a story which another entry tells.

use super::{Counted, Desk, lead, source_url};
use crate::model::archive::Place;
use crate::model::edition::{Also, Edition, FeedSpec, Item};
use crate::model::rejection::{Rejected, Rejection};
use crate::model::story::{Member, Story, StoryId};
use crate::model::text::{PlainText, SafeHtml};
use crate::model::url::WebUrl;
use crate::model::verdict::{TopicName, Verdict};

/// The entries of a story that are not items of their own, as far as the feed's topics (all, if it names none) have to do with it: those that one
/// of them dropped and none keeps, and those that another entry of a story they keep stands for. `spec.languages` says who leads.
pub fn rejected(story: &Story, spec: &FeedSpec, desk: &Desk) -> Vec<Rejected> {
    let counted: Vec<Counted<'_>> = story
        .members
        .iter()
        .filter_map(|member| {
            Some(Counted { member, info: desk.outlets.get(&member.entry.source)? })
        })
        .collect();
    let published = spec.topics.is_empty()
        || counted.iter().any(|counted| keeping(counted.member, spec).next().is_some());
    let leading = lead::leading(&counted, spec).filter(|_| published);
    let each = counted.iter().filter_map(|counted| {
        let member = counted.member;
        let mut reasons = Vec::new();
        if keeping(member, spec).next().is_none() {
            reasons.extend(drops(member, spec));
        }
        if let Some(leading) = leading
            && leading.member.entry.id != member.entry.id
        {
            let entry = &leading.member.entry.entry;
            reasons.push(Rejection::Folded {
                into: story.id,
                headline: lead::headline(leading),
                outlet: leading.outlet().clone(),
                link: entry.link.as_ref().map(WebUrl::without_tracking),
                joined: member.joined.clone(),
            });
        }
        (!reasons.is_empty()).then(|| Rejected { member: member.clone(), reasons })
    });
    each.collect()
}

/// Whether a topic is the feed's business.
fn is_asked(topic: &TopicName, spec: &FeedSpec) -> bool {
    spec.topics.is_empty() || spec.topics.contains(topic)
}

fn keeping<'a>(member: &'a Member, spec: &'a FeedSpec) -> impl Iterator<Item = &'a TopicName> {
    let asked = member.verdicts.iter().filter(|verdict| is_asked(&verdict.topic, spec));
    asked.filter(|verdict| verdict.verdict.keeps()).map(|verdict| &verdict.topic)
}

fn drops<'a>(member: &'a Member, spec: &'a FeedSpec) -> impl Iterator<Item = Rejection> {
    let asked = member.verdicts.iter().filter(|verdict| is_asked(&verdict.topic, spec));
    asked.filter_map(|verdict| match &verdict.verdict {
        Verdict::Drop(evidence) => {
            Some(Rejection::Dropped { topic: verdict.topic.clone(), evidence: evidence.clone() })
        }
        Verdict::Keep(_) | Verdict::Silent => None,
    })
}

/// The newest of them as an edition, each with its reasons before what its source says.
pub fn of_rejected(mut rejected: Vec<Rejected>, spec: &FeedSpec, desk: &Desk) -> Edition {
    in_order(&mut rejected);
    rejected.truncate(spec.limit);
    let items: Vec<Item> = rejected.iter().filter_map(|rejected| item_of(rejected, desk)).collect();
    super::of_items(items, spec, Place::default())
}

/// Sorts entries newest first, equal dates by their number.
pub fn in_order(rejected: &mut [Rejected]) {
    rejected.sort_by(|a, b| {
        let place = |rejected: &Rejected| rejected.member.entry.published.at;
        place(b).cmp(&place(a)).then_with(|| a.member.entry.id.cmp(&b.member.entry.id))
    });
}

fn item_of(rejected: &Rejected, desk: &Desk) -> Option<Item> {
    let Rejected { member, reasons } = rejected;
    let counted = Counted { member, info: desk.outlets.get(&member.entry.source)? };
    let stored = &member.entry;
    let entry = &stored.entry;
    let mut words = reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if let Some(first) = words.get(..1) {
        words = first.to_uppercase() + &words[1..];
    }
    let led = |html: &Option<SafeHtml>| html.as_ref().map(|html| html.led_by(&words));
    let kinds = reasons.iter().filter_map(|reason| PlainText::new(reason.kind()));
    let mut categories: Vec<PlainText> = kinds.collect();
    categories.dedup();
    categories.extend(entry.categories.iter().cloned());
    let topics = desk.topics_in_order.iter().filter(|name| {
        let drops = |reason: &Rejection| match reason {
            Rejection::Dropped { topic, .. } => topic == *name,
            Rejection::Folded { .. } => false,
        };
        reasons.iter().any(drops)
    });
    Some(Item {
        id: StoryId::founded_by(&stored.source, stored.identity),
        headline: lead::headline(counted),
        link: entry.link.as_ref().map(WebUrl::without_tracking),
        outlet: counted.outlet().clone(),
        source_url: source_url(counted),
        language: counted.language().cloned(),
        authors: entry.authors.clone(),
        topics: topics.cloned().collect(),
        categories,
        summary: led(&entry.summary).or_else(|| Some(SafeHtml::default().led_by(&words))),
        content: led(&entry.content),
        image: entry.image.clone(),
        enclosures: entry.enclosures.clone(),
        published: stored.published.at,
        first_seen: stored.first_seen,
        updated: counted.touched().max(stored.published.at),
        also: reasons.iter().filter_map(also).collect(),
    })
}

/// The entry that tells the story instead.
fn also(reason: &Rejection) -> Option<Also> {
    match reason {
        Rejection::Dropped { .. } => None,
        Rejection::Folded { headline, outlet, link, .. } => Some(Also {
            outlet: outlet.clone(),
            language: None,
            headline: headline.clone(),
            link: link.clone(),
        }),
    }
}
