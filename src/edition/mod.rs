//! Stories and one `[[feed]]` → [`Edition`]: membership, total order, leading headline, limits. No markup.

mod lead;
mod health;
mod rejects;

use std::collections::{BTreeMap, BTreeSet};

pub use health::{Found, of_findings};
pub use rejects::{in_order, of_rejected, rejected};

use crate::model::archive::Place;
use crate::model::edition::{Also, Edition, FeedSpec, Item, Merge};
use crate::model::lang::Lang;
use crate::model::source::{Outlet, SourceKey};
use crate::model::story::{EntryId, Joined, Member, Story, StoryId};
use crate::model::time::Timestamp;
use crate::model::url::WebUrl;
use crate::model::verdict::TopicName;

pub use lead::Precedence;

/// What the curator says of a source and its feed says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutletInfo {
    /// The publication its entries come from, unless an entry credits another.
    pub outlet: Outlet,
    /// The address of the source, where it may be shown.
    pub source_url: Option<WebUrl>,
    /// Its place among the outlets of a story: the lowest leads.
    pub rank: u32,
    /// The language of its entries that say nothing of theirs.
    pub language: Option<Lang>,
}

/// What the choice rests on besides the stories: the sources that count and who comes first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Desk {
    /// The sources that count; entries of others are left out.
    pub outlets: BTreeMap<SourceKey, OutletInfo>,
    /// The topics in the order of the configuration.
    pub topics_in_order: Vec<TopicName>,
    /// The stories that the curator wants in no feed.
    pub hidden: BTreeSet<StoryId>,
    /// The stories that the curator wants on top of their feeds, whatever their age.
    pub pinned: BTreeSet<StoryId>,
}

/// Chooses what a feed holds.
///
/// An item belongs if one of its members is kept by one of the feed's topics, or the feed names none, and one is of the sources and in the languages
/// that the feed is for, unless its story is hidden. Pinned
/// ones come first, and neither age nor limit takes them away. `now` is asked only for how old an item may be: equal stories give an equal edition at any hour
/// until an item is too old. Stories may come in any order. The edition counts as complete where neither age nor limit left a story out.
pub fn choose(stories: &[Story], spec: &FeedSpec, desk: &Desk, now: Timestamp) -> Edition {
    let oldest = spec.max_age.map(|age| now - age);
    let mut groups: Vec<Group<'_>> = stories
        .iter()
        .filter(|story| !desk.hidden.contains(&story.id))
        .flat_map(|story| groups_of(story, spec.merge, desk))
        .filter(|group| group.belongs(spec))
        .collect();
    let found = groups.len();
    groups.retain(|group| group.is_pinned || oldest.is_none_or(|oldest| group.published >= oldest));
    tell_apart(&mut groups);
    groups.sort_by(|a, b| {
        let order = b.is_pinned.cmp(&a.is_pinned).then(b.published.cmp(&a.published));
        order.then_with(|| a.id.cmp(&b.id))
    });
    let pinned = groups.iter().filter(|group| group.is_pinned).count();
    groups.truncate(spec.limit.max(pinned));
    let items: Vec<Item> = groups.iter().filter_map(|group| item_of(group, spec, desk)).collect();
    of_items(items, spec, Place { is_complete: groups.len() == found, ..Place::default() })
}

/// An edition of these items in this order, at a place of its own: an archive.
pub fn of_items(items: Vec<Item>, spec: &FeedSpec, place: Place) -> Edition {
    Edition {
        feed: spec.name.clone(),
        title: spec.title.clone(),
        language: language_of(&items, spec),
        updated: items.iter().map(|item| item.updated).max(),
        place,
        items,
    }
}

/// An entry that is an item of its own has the id of the story that it opened. Where that story is an item of the same feed, because its other
/// members stayed in it when this one went, the entry has another id.
fn tell_apart(groups: &mut [Group<'_>]) {
    let stories: BTreeSet<StoryId> =
        groups.iter().filter(|group| !group.is_alone).map(|group| group.id).collect();
    for group in groups.iter_mut().filter(|group| group.is_alone) {
        if stories.contains(&group.id) {
            group.id = group.id.after();
        }
    }
}

/// Who leads a story in a feed, and what it has before the others; `None` if none of its sources counts.
pub fn leader(story: &Story, spec: &FeedSpec, desk: &Desk) -> Option<(EntryId, Precedence)> {
    let counted: Vec<Counted<'_>> = counted(story, desk).collect();
    let leading = lead::leading(&counted, spec)?;
    Some((leading.member.entry.id, lead::precedence(leading, &counted, spec)))
}

/// A member whose source counts, with what is known of the source.
#[derive(Debug, Clone, Copy)]
struct Counted<'a> {
    member: &'a Member,
    info: &'a OutletInfo,
}

impl<'a> Counted<'a> {
    /// The outlet its document credits, else that of its source.
    fn outlet(self) -> &'a Outlet {
        self.member.entry.entry.outlet.as_ref().unwrap_or(&self.info.outlet)
    }

    /// Whether the feed is made for entries like it.
    fn is_wanted(self, spec: &FeedSpec) -> bool {
        spec.select.wants(&self.member.entry.source, self.language())
    }

    fn language(self) -> Option<&'a Lang> {
        self.member.entry.language.as_ref().or(self.info.language.as_ref())
    }

    /// Whether its document says that another outlet wrote it.
    fn credits_another(self) -> bool {
        self.outlet().name != self.info.outlet.name
    }

    /// How far it is from who wrote it: an original, then one whose page was that of an entry before it, then one that credits another outlet or
    /// leads to another site than its source's. So no source can put its own headline on another's page, whatever date it claims.
    fn distance(self) -> u8 {
        if self.credits_another() || self.leads_elsewhere() {
            2
        } else {
            u8::from(matches!(self.member.joined, Joined::SameUrl { .. }))
        }
    }

    /// Whether its page is on another site than its source and the source's home.
    fn leads_elsewhere(self) -> bool {
        let site =
            |url: Option<&WebUrl>| url.and_then(|url| site_of(url.as_str()).map(str::to_owned));
        let homes = [site(self.info.outlet.url.as_ref()), site(self.info.source_url.as_ref())];
        let link = site(self.member.entry.entry.link.as_ref());
        link.is_some() && homes[0].is_some() && !homes.contains(&link)
    }

    /// When what we show of it last changed.
    fn touched(self) -> Timestamp {
        self.member.entry.changed.max(self.member.entry.first_seen)
    }
}

/// The name under which a site is registered, without what stands before and after it: outlets have one in several countries (`bbc.com`,
/// `feeds.bbc.co.uk`).
fn site_of(url: &str) -> Option<&str> {
    /// What registries register below a country.
    const BELOW_COUNTRY: [&str; 11] =
        ["co", "or", "go", "ne", "re", "ac", "com", "org", "net", "gov", "edu"];
    let host = url.split_once("://")?.1.split(['/', '?', '#', ':']).next()?;
    if host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Some(host);
    }
    let mut labels = host.rsplit('.').skip(1);
    let first = labels.next()?;
    let is_name = !BELOW_COUNTRY.contains(&first);
    Some(if is_name { first } else { labels.next().unwrap_or(first) })
}

/// What becomes one item; never empty.
struct Group<'a> {
    id: StoryId,
    published: Timestamp,
    /// When members last came from other stories or went to them.
    rearranged: Option<Timestamp>,
    /// Whether it is an entry by itself, whatever the story it is in.
    is_alone: bool,
    is_pinned: bool,
    members: Vec<Counted<'a>>,
}

impl<'a> Group<'a> {
    fn new(id: StoryId, members: Vec<Counted<'a>>) -> Option<Group<'a>> {
        let published = members.iter().map(|counted| counted.member.entry.published.at).min()?;
        let (rearranged, is_alone, is_pinned) = (None, false, false);
        Some(Group { id, published, rearranged, is_alone, is_pinned, members })
    }

    fn alone(counted: Counted<'a>) -> Group<'a> {
        let entry = &counted.member.entry;
        Group {
            id: StoryId::founded_by(&entry.source, entry.identity),
            published: entry.published.at,
            rearranged: None,
            is_alone: true,
            is_pinned: false,
            members: vec![counted],
        }
    }

    fn kept_by(&self, topic: &TopicName) -> bool {
        self.members.iter().any(|counted| {
            counted
                .member
                .verdicts
                .iter()
                .any(|verdict| verdict.topic == *topic && verdict.verdict.keeps())
        })
    }

    fn belongs(&self, spec: &FeedSpec) -> bool {
        let of_topic =
            spec.topics.is_empty() || spec.topics.iter().any(|topic| self.kept_by(topic));
        of_topic && self.members.iter().any(|counted| counted.is_wanted(spec))
    }
}

/// The items that a story becomes.
fn groups_of<'a>(story: &'a Story, merge: Merge, desk: &'a Desk) -> Vec<Group<'a>> {
    let counted = counted(story, desk);
    let mut groups: Vec<Group<'a>> = match merge {
        Merge::Story => {
            let group = Group::new(story.id, counted.collect());
            let group = group.map(|group| Group { rearranged: story.rearranged, ..group });
            group.into_iter().collect()
        }
        Merge::Headline => {
            let (together, apart): (Vec<_>, Vec<_>) =
                counted.partition(|counted| shares_page_or_headline(&counted.member.joined));
            let together = Group::new(story.id, together);
            together.into_iter().chain(apart.into_iter().map(Group::alone)).collect()
        }
        Merge::None => counted.map(Group::alone).collect(),
    };
    let is_pinned = desk.pinned.contains(&story.id);
    groups.iter_mut().for_each(|group| group.is_pinned = is_pinned);
    groups
}

/// The members whose sources count.
fn counted<'a>(story: &'a Story, desk: &'a Desk) -> impl Iterator<Item = Counted<'a>> {
    story.members.iter().filter_map(|member| {
        let info = desk.outlets.get(&member.entry.source)?;
        Some(Counted { member, info })
    })
}

fn shares_page_or_headline(joined: &Joined) -> bool {
    match joined {
        Joined::Founded
        | Joined::SameUrl { .. }
        | Joined::SameHeadline { .. }
        | Joined::NearHeadline(_)
        | Joined::ByCurator => true,
        Joined::SameEvent(_) => false,
    }
}

/// Shows a group as its leading member tells it.
fn item_of(group: &Group<'_>, spec: &FeedSpec, desk: &Desk) -> Option<Item> {
    let leading = lead::leading(&group.members, spec)?;
    let stored = &leading.member.entry;
    let entry = &stored.entry;
    let shown = others(leading, &group.members);
    let updated = shown.iter().map(|counted| counted.touched()).chain(group.rearranged).max();
    let first_seen = group.members.iter().map(|counted| counted.member.entry.first_seen).min();
    Some(Item {
        id: group.id,
        headline: lead::headline(leading),
        link: entry.link.as_ref().map(WebUrl::without_tracking),
        outlet: leading.outlet().clone(),
        source_url: source_url(leading),
        language: leading.language().cloned(),
        authors: entry.authors.clone(),
        topics: desk.topics_in_order.iter().filter(|topic| group.kept_by(topic)).cloned().collect(),
        categories: entry.categories.clone(),
        summary: entry.summary.clone().filter(|html| !html.is_empty()),
        content: entry.content.clone().filter(|html| !html.is_empty()),
        image: entry
            .image
            .clone()
            .or_else(|| shown.iter().find_map(|counted| counted.member.entry.entry.image.clone())),
        enclosures: entry.enclosures.clone(),
        published: group.published,
        first_seen: first_seen.unwrap_or(group.published),
        updated: updated.unwrap_or(group.published).max(leading.touched()).max(group.published),
        also: shown
            .into_iter()
            .map(|counted| Also {
                outlet: counted.outlet().clone(),
                language: counted.language().cloned(),
                headline: counted.member.entry.entry.title.clone(),
                link: counted.member.entry.entry.link.as_ref().map(WebUrl::without_tracking),
            })
            .collect(),
    })
}

/// The members that are named beside the leading one, in the order they came: each outlet once in each language, for a reader wants to know
/// who else reports it, not how often one outlet re-posted it.
fn others<'a>(leading: Counted<'a>, members: &[Counted<'a>]) -> Vec<Counted<'a>> {
    let mut shown: Vec<Counted<'a>> = Vec::new();
    for counted in members {
        let named = |other: &Counted<'a>| {
            other.outlet().name == counted.outlet().name
                && other.language().map(Lang::primary) == counted.language().map(Lang::primary)
        };
        if !named(&leading) && !shown.iter().any(named) {
            shown.push(*counted);
        }
    }
    shown
}

/// Where the credited outlet is, else the source that listed the entry.
fn source_url(leading: Counted<'_>) -> Option<WebUrl> {
    let credited = if leading.credits_another() { leading.outlet().url.as_ref() } else { None };
    credited.or(leading.info.source_url.as_ref()).cloned()
}

/// The language the curator puts first, else the one that all items share.
fn language_of(items: &[Item], spec: &FeedSpec) -> Option<Lang> {
    if let Some(first) = spec.languages.first() {
        return Some(first.clone());
    }
    let first = items.first()?.language.as_ref()?;
    let shared = items
        .iter()
        .all(|item| item.language.as_ref().is_some_and(|language| language.same_language(first)));
    if !shared {
        return None;
    }
    // "en" and "en-GB" share English, not Britain.
    match items.iter().all(|item| item.language.as_ref() == Some(first)) {
        true => Some(first.clone()),
        false => Lang::parse(first.primary()),
    }
}

#[cfg(test)]
mod tests;
