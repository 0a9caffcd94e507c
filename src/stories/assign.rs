//! Which open entries are one story, and which story that is.
//!
//! The groups are a function of the set of open entries and of what the curator said, not of the order in which they came: each new entry is compared
//! with the open ones that an index finds, and the entries that are linked to it, directly or not, are grouped anew. What is stored is only the id of
//! the story that each entry is in: it goes with the larger part of the story's open members.
//!
//! Wrongly merging loses news, a missed duplicate only costs a line; where the evidence is thin, entries stay apart.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::FixedState;

use super::cluster::{self, FLOOR, Link};
use super::exact::{Exact, SameText};
use super::explain::explain;
use super::index::{Common, Index};
use super::similarity::{self, Likelihood, Odds};
use super::traits::Traits;
use super::weights::Weights;
use crate::model::identity::digest;
use crate::model::source::SourceKey;
use crate::model::story::{Joined, MemberKey, StoryChange, StoryId};
use crate::model::time::Timestamp;
use crate::model::url::CanonicalUrl;
use crate::model::vector::Vector;

/// How readily entries are joined into a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sensitivity {
    /// Only what is sure.
    Strict,
    /// As an editor would.
    #[default]
    Balanced,
    /// Also what is likely.
    Eager,
}

/// How entries are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoryOptions {
    /// How far apart the entries of a story may be.
    pub window: Duration,
    /// How readily entries are joined.
    pub sensitivity: Sensitivity,
}

impl Default for StoryOptions {
    fn default() -> StoryOptions {
        StoryOptions { window: Duration::from_hours(72), sensitivity: Sensitivity::Balanced }
    }
}

/// Groups of linked entries larger than this are parted at their weakest links first, so that the work on one stays bounded.
const LARGEST_GROUP: usize = 256;

/// What is compared of an entry.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// Names it.
    pub key: MemberKey,
    /// When it counts as published.
    pub at: Timestamp,
    /// When it was first seen; it stays open for the window from then on, however old it says it is.
    pub seen: Timestamp,
    /// Its page; `None` where the address says nothing of the event (see [`super::distinct_urls`]). A site's front page is never evidence.
    pub url: Option<&'a CanonicalUrl>,
    /// The headline reduced to what outlets share ([`crate::model::text::Normalised::headline_key`]); an empty one equals none.
    pub headline_key: &'a str,
    /// What its headline speaks of; `None` if only page and headline are to be compared, as of entries that no topic keeps.
    pub traits: Option<Traits>,
    /// What it means, if it was encoded.
    pub vector: Option<Vector>,
    /// The story it is in, if it was assigned before.
    pub story: Option<StoryId>,
}

/// What the curator said of two entries, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ruling {
    /// They are one story.
    Together,
    /// They are two stories.
    Apart,
}

/// What becomes of an open entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// The entry.
    pub key: MemberKey,
    /// The story that it is in from now on, and why.
    pub change: StoryChange,
}

/// The stories that an entry may still join: open entries with what links them. Memory is bounded by the window, never by history.
#[derive(Debug)]
pub struct OpenStories {
    options: StoryOptions,
    weights: Arc<Weights>,
    nodes: Vec<Option<Node>>,
    free: Vec<u32>,
    by_key: HashMap<MemberKey, u32>,
    by_age: BinaryHeap<Reverse<(Timestamp, u32, u64)>>,
    stories: HashMap<StoryId, OpenStory>,
    same: SameText,
    index: Index,
    rulings: BTreeMap<(MemberKey, MemberKey), Ruling>,
    dirty: BTreeSet<u32>,
    /// Grows with each entry and story, so that who came first is known.
    count: u64,
}

#[derive(Debug)]
struct OpenStory {
    since: u64,
    open: Vec<u32>,
    /// Whether members have left the window: what is left of it stays together, and joins no other story.
    is_frozen: bool,
}

#[derive(Debug)]
struct Node {
    key: MemberKey,
    at: Timestamp,
    number: u64,
    traits: Option<Box<Traits>>,
    vector: Option<Vector>,
    story: Option<StoryId>,
    /// Whether that story is frozen ([`OpenStory::is_frozen`]).
    is_frozen: bool,
    /// The entries that it was compared with and that are worth remembering.
    bonds: HashMap<u32, Bond, FixedState>,
}

/// What is remembered of two entries that were compared.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bond {
    link: Link,
    /// What the link rests on where that is a likelihood.
    odds: Option<Odds>,
}

impl From<Link> for Bond {
    fn from(link: Link) -> Bond {
        Bond { link, odds: None }
    }
}

impl OpenStories {
    /// An empty index.
    pub fn new(options: StoryOptions) -> OpenStories {
        OpenStories::weighing(options, Weights::shipped())
    }

    /// An empty index that weighs signs by other weights than the shipped ones: for who fits them.
    pub fn weighing(options: StoryOptions, weights: Arc<Weights>) -> OpenStories {
        OpenStories {
            options,
            weights,
            nodes: Vec::new(),
            free: Vec::new(),
            by_key: HashMap::new(),
            by_age: BinaryHeap::new(),
            stories: HashMap::new(),
            same: SameText::default(),
            index: Index::default(),
            rulings: BTreeMap::new(),
            dirty: BTreeSet::new(),
            count: 0,
        }
    }

    /// Takes in an entry: a new one, or one whose story is known, as after a restart. One that is open already is left as it is.
    ///
    /// Its story is known after [`OpenStories::settle`].
    pub fn insert(&mut self, candidate: Candidate<'_>) {
        if self.by_key.contains_key(&candidate.key) {
            return;
        }
        self.count += 1;
        let traits = candidate.traits.map(Box::new);
        let Candidate { key, at, seen, url, headline_key, vector, story, .. } = candidate;
        let node = Node {
            key: key.clone(),
            at,
            number: self.count,
            traits,
            vector,
            story,
            is_frozen: story
                .and_then(|id| self.stories.get(&id))
                .is_some_and(|story| story.is_frozen),
            bonds: HashMap::default(),
        };
        let place = self.place(node);
        self.by_key.insert(key.clone(), place);
        self.by_age.push(Reverse((seen, place, self.count)));
        if let Some(id) = story {
            self.story(id).open.push(place);
        } else {
            self.dirty.insert(place);
        }
        let source = source_digest(&key.source);
        let changed = self.same.insert(place, source, at, url, headline_key);
        let mut others: BTreeSet<u32> = self.same.like(place).collect();
        if let Some(node) = &self.nodes[place as usize]
            && let Some(traits) = &node.traits
        {
            let mut common = Common::default();
            self.index.insert(place, traits, &mut common);
            if let Some(vector) = &node.vector {
                self.index.insert_vector(place, vector, &mut common);
            }
            others.extend(common.nearest());
        }
        for other in others {
            self.link(place, other);
        }
        // A headline or page that turns out to be one of many events is no evidence between those who were there before either.
        for group in changed {
            self.relink(&group);
        }
        self.connect_ruled(place);
    }

    /// Gives an open entry its meaning; `false` if it is not open, or has one.
    pub fn set_vector(&mut self, key: &MemberKey, vector: Vector) -> bool {
        let Some(place) = self.by_key.get(key).copied() else { return false };
        let Some(node) = &mut self.nodes[place as usize] else { return false };
        if node.vector.is_some() {
            return false;
        }
        let mut others: BTreeSet<u32> = BTreeSet::new();
        if node.traits.is_some() {
            let mut common = Common::default();
            self.index.insert_vector(place, &vector, &mut common);
            others.extend(common.nearest());
        }
        node.vector = Some(vector);
        let known: Vec<(u32, Odds)> =
            node.bonds.iter().filter_map(|(other, bond)| Some((*other, bond.odds?))).collect();
        for (other, odds) in known {
            others.remove(&other);
            // Nothing is new between it and one whose meaning is not known yet.
            let bond = self.weigh(place, other, odds);
            self.remember(place, other, bond);
        }
        for other in others {
            self.link(place, other);
        }
        true
    }

    /// Takes in what the curator said of two entries; whichever was said last holds.
    pub fn rule(&mut self, one: &MemberKey, other: &MemberKey, ruling: Option<Ruling>) {
        let pair = ordered(one, other);
        match ruling {
            Some(ruling) => self.rulings.insert(pair, ruling),
            None => self.rulings.remove(&pair),
        };
        if let (Some(one), Some(other)) =
            (self.by_key.get(one).copied(), self.by_key.get(other).copied())
        {
            self.link(one, other);
        }
    }

    /// Groups anew what is linked to anything that changed, and says which entries are in another story than before: first those that are new.
    pub fn settle(&mut self) -> Vec<Assigned> {
        let mut seen: HashSet<u32> = HashSet::new();
        let mut groups: Vec<Vec<u32>> = Vec::new();
        let mut todo: Vec<u32> = std::mem::take(&mut self.dirty).into_iter().collect();
        while let Some(place) = todo.pop() {
            if seen.contains(&place) || self.nodes[place as usize].is_none() {
                continue;
            }
            let component = self.component(place);
            seen.extend(&component);
            // Who was in a story with one of these is grouped anew too, linked or not.
            for place in &component {
                if let Some(id) = self.node(*place).and_then(|node| node.story)
                    && let Some(story) = self.stories.get(&id)
                {
                    todo.extend(story.open.iter().filter(|mate| !seen.contains(mate)));
                }
            }
            groups.extend(self.arrange(component));
        }
        self.name(groups)
    }

    /// The open entries without a vector for whom one could decide something: something else than an equal or nearly equal headline is near enough.
    pub fn open_questions(&self) -> Vec<MemberKey> {
        let mut asked: Vec<&Node> = Vec::new();
        for node in self.nodes.iter().flatten() {
            if node.vector.is_none() && node.traits.is_some() && self.is_open_question(node) {
                asked.push(node);
            }
        }
        asked.sort_by_key(|node| node.number);
        asked.into_iter().map(|node| node.key.clone()).collect()
    }

    /// Whether a vector could decide something for this entry.
    fn is_open_question(&self, node: &Node) -> bool {
        let threshold = self.weights.threshold(self.options.sensitivity);
        !node.bonds.values().any(|bond| bond.link == Link::Exact)
            && node
                .bonds
                .values()
                .any(|bond| bond.odds.is_some_and(|odds| odds.could_turn(threshold)))
    }

    /// Forgets the entries first seen before this instant. What is left of their stories stays together.
    pub fn close_before(&mut self, instant: Timestamp) {
        while let Some(Reverse((seen, place, number))) = self.by_age.peek().copied() {
            if seen >= instant {
                break;
            }
            self.by_age.pop();
            if self.node(place).is_some_and(|node| node.number == number) {
                self.forget(place);
            }
        }
    }

    /// The story that an open entry is in; `None` if it is not open, or not settled yet.
    pub fn story_of(&self, key: &MemberKey) -> Option<StoryId> {
        self.by_key.get(key).and_then(|place| self.node(*place)?.story)
    }

    /// How many entries are open.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// How many stories they are in.
    pub fn stories(&self) -> usize {
        self.stories.len()
    }

    /// Whether no entry is open.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    fn node(&self, place: u32) -> Option<&Node> {
        self.nodes.get(place as usize).and_then(Option::as_ref)
    }

    fn place(&mut self, node: Node) -> u32 {
        match self.free.pop() {
            Some(place) => {
                self.nodes[place as usize] = Some(node);
                place
            }
            None => {
                self.nodes.push(Some(node));
                u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX)
            }
        }
    }

    fn story(&mut self, id: StoryId) -> &mut OpenStory {
        self.count += 1;
        let since = self.count;
        self.stories.entry(id).or_insert_with(|| OpenStory {
            since,
            open: Vec::new(),
            is_frozen: false,
        })
    }

    fn bonds_of(&self, place: u32) -> impl Iterator<Item = u32> {
        self.node(place).into_iter().flat_map(|node| node.bonds.keys().copied())
    }

    /// Compares two entries anew and remembers what stands between them.
    fn link(&mut self, one: u32, other: u32) {
        if one == other {
            return;
        }
        let bond = self.compare(one, other);
        self.remember(one, other, bond);
    }

    /// Remembers what stands between two entries; nothing, if nothing worth it does.
    fn remember(&mut self, one: u32, other: u32, bond: Option<Bond>) {
        for (place, far) in [(one, other), (other, one)] {
            let Some(node) = &mut self.nodes[place as usize] else { continue };
            let before = match bond {
                Some(bond) => node.bonds.insert(far, bond),
                None => node.bonds.remove(&far),
            };
            if before.map(|bond| bond.link) != bond.map(|bond| bond.link) {
                self.dirty.insert(place);
            }
        }
    }

    fn relink(&mut self, group: &[u32]) {
        for (index, one) in group.iter().enumerate() {
            for other in &group[index + 1..] {
                self.link(*one, *other);
            }
        }
    }

    /// Links an entry with those that the curator spoke of together with it.
    fn connect_ruled(&mut self, place: u32) {
        if self.rulings.is_empty() {
            return;
        }
        let Some(key) = self.node(place).map(|node| node.key.clone()) else { return };
        let others: Vec<u32> = self
            .rulings
            .keys()
            .filter_map(|(one, other)| match () {
                () if *one == key => Some(other),
                () if *other == key => Some(one),
                () => None,
            })
            .filter_map(|other| self.by_key.get(other).copied())
            .collect();
        for other in others {
            self.link(place, other);
        }
    }

    /// What the curator said of two entries.
    fn ruling(&self, one: &Node, other: &Node) -> Option<Ruling> {
        if self.rulings.is_empty() {
            return None;
        }
        self.rulings.get(&ordered(&one.key, &other.key)).copied()
    }

    /// What stands between two entries; `None` if nothing worth a thought.
    fn compare(&self, one: u32, other: u32) -> Option<Bond> {
        let (a, b) = (self.node(one)?, self.node(other)?);
        match self.ruling(a, b) {
            Some(Ruling::Together) => return Some(Link::Bound.into()),
            Some(Ruling::Apart) => return Some(Link::Veto.into()),
            None => {}
        }
        let apart = a.at.since(b.at).max(b.at.since(a.at));
        if apart > self.options.window {
            return Some(Link::Veto.into());
        }
        match self.same.compare(one, other) {
            Some(Exact::Page | Exact::Headline) => return Some(Link::Exact.into()),
            Some(Exact::Template) => return Some(Link::Veto.into()),
            None => {}
        }
        let (Some(first), Some(second)) = (&a.traits, &b.traits) else { return None };
        let same_source = a.key.source == b.key.source;
        match similarity::likelihood(first, second, apart, same_source, &self.weights) {
            Likelihood::Veto(_) => Some(Link::Veto.into()),
            Likelihood::Odds(odds) => self.weigh(one, other, odds),
        }
    }

    /// What words say of two entries, together with their meaning as far as it is known; `None` if that is nothing, and always will be.
    fn weigh(&self, one: u32, other: u32, odds: Odds) -> Option<Bond> {
        let (a, b) = (self.node(one)?, self.node(other)?);
        let cosine = a.vector.as_ref().zip(b.vector.as_ref()).map(|(a, b)| a.cosine(b));
        let now = odds.given(cosine);
        let at_most = if cosine.is_some() { now } else { odds.at_most() };
        (at_most > FLOOR).then_some(Bond { link: Link::Score(now), odds: Some(odds) })
    }

    /// Everyone whom links strong enough to join by connect with an entry.
    fn component(&self, place: u32) -> Vec<u32> {
        let threshold = self.weights.threshold(self.options.sensitivity);
        let mut found = BTreeSet::from([place]);
        let mut todo = vec![place];
        while let Some(place) = todo.pop() {
            let Some(node) = self.node(place) else { continue };
            let linked = node.bonds.iter().filter(|(_, bond)| match bond.link {
                Link::Bound | Link::Exact => true,
                Link::Score(odds) => odds >= threshold,
                Link::Veto => false,
            });
            let frozen = node
                .story
                .and_then(|id| self.stories.get(&id))
                .filter(|story| story.is_frozen)
                .map_or(&[][..], |story| &story.open);
            for near in linked.map(|(near, _)| near).chain(frozen) {
                if found.insert(*near) {
                    todo.push(*near);
                }
            }
        }
        found.into_iter().collect()
    }

    /// The groups of entries that are linked; in an order of their own, so that it does not matter how they came.
    fn arrange(&self, mut component: Vec<u32>) -> Vec<Vec<u32>> {
        if component.len() == 1 {
            return vec![component];
        }
        component.sort_by(|one, other| self.order(*one).cmp(&self.order(*other)));
        let threshold = self.weights.threshold(self.options.sensitivity);
        self.parted(component)
            .into_iter()
            .flat_map(|part| {
                let link = |one: usize, other: usize| self.between(part[one], part[other]);
                let groups = cluster::groups(part.len(), threshold, link);
                let named = groups
                    .into_iter()
                    .map(|group| group.into_iter().map(|item| part[item]).collect::<Vec<u32>>());
                named.collect::<Vec<_>>()
            })
            .collect()
    }

    fn order(&self, place: u32) -> Option<(Timestamp, &MemberKey)> {
        self.node(place).map(|node| (node.at, &node.key))
    }

    /// What stands between two entries of one component.
    fn between(&self, one: u32, other: u32) -> Link {
        let (Some(a), Some(b)) = (self.node(one), self.node(other)) else { return Link::Veto };
        let found = a.bonds.get(&other).map(|bond| bond.link);
        if matches!(found, Some(Link::Bound)) {
            return Link::Bound;
        }
        let frozen = |node: &Node| node.story.filter(|_| node.is_frozen);
        match (frozen(a), frozen(b)) {
            (Some(one), Some(other)) if one == other && self.ruling(a, b).is_none() => Link::Bound,
            (Some(one), Some(other)) if one != other => Link::Veto,
            _ => found.unwrap_or(Link::Score(FLOOR)),
        }
    }

    /// A component in parts of bounded size: its strongest links first, as long as no part grows too large.
    fn parted(&self, component: Vec<u32>) -> Vec<Vec<u32>> {
        if component.len() <= LARGEST_GROUP {
            return vec![component];
        }
        let index: HashMap<u32, usize> =
            component.iter().enumerate().map(|(at, place)| (*place, at)).collect();
        let mut links: Vec<(f32, usize, usize)> = Vec::new();
        for (at, place) in component.iter().enumerate() {
            for far in self.bonds_of(*place).filter_map(|far| index.get(&far).copied()) {
                let strength = match self.between(*place, component[far]) {
                    Link::Bound => f32::MAX,
                    Link::Exact => cluster::CEILING * 2.0,
                    Link::Score(odds) => odds,
                    Link::Veto => continue,
                };
                if at < far {
                    links.push((strength, at, far));
                }
            }
        }
        links.sort_by(|one, other| {
            other.0.total_cmp(&one.0).then((one.1, one.2).cmp(&(other.1, other.2)))
        });
        let mut part_of: Vec<usize> = (0..component.len()).collect();
        let mut parts: Vec<Vec<usize>> = (0..component.len()).map(|at| vec![at]).collect();
        for (_, one, other) in links {
            let (low, high) = (part_of[one].min(part_of[other]), part_of[one].max(part_of[other]));
            if low != high && parts[low].len() + parts[high].len() <= LARGEST_GROUP {
                let moved = std::mem::take(&mut parts[high]);
                for at in &moved {
                    part_of[*at] = low;
                }
                parts[low].extend(moved);
            }
        }
        let kept = parts.into_iter().filter(|part| !part.is_empty());
        kept.map(|mut part| {
            part.sort_unstable();
            part.into_iter().map(|at| component[at]).collect()
        })
        .collect()
    }

    /// Gives each group its story: the oldest of those whose larger part it holds, else a new one.
    fn name(&mut self, mut groups: Vec<Vec<u32>>) -> Vec<Assigned> {
        let first = |group: &Vec<u32>| group.first().copied().unwrap_or(u32::MAX);
        groups.sort_by(|one, other| self.order(first(one)).cmp(&self.order(first(other))));
        let mut claims: HashMap<StoryId, (usize, bool, Reverse<usize>)> = HashMap::new();
        for (number, group) in groups.iter().enumerate() {
            let mut parts: HashMap<StoryId, (usize, bool)> = HashMap::new();
            for node in group.iter().filter_map(|place| self.node(*place)) {
                if let Some(id) = node.story {
                    let part = parts.entry(id).or_default();
                    part.0 += 1;
                    part.1 |= node.key.founds() == id;
                }
            }
            for (id, (size, has_founder)) in parts {
                let claim = (size, has_founder, Reverse(number));
                let best = claims.entry(id).or_insert(claim);
                *best = (*best).max(claim);
            }
        }
        let mut held: HashMap<usize, Vec<StoryId>> = HashMap::new();
        for (id, (_, _, Reverse(number))) in &claims {
            held.entry(*number).or_default().push(*id);
        }
        // What is left of a half closed story keeps its id: its closed members have it for ever.
        let since = |id: &StoryId| {
            let story = self.stories.get(id);
            (story.map(|story| (!story.is_frozen, story.since)), *id)
        };
        let ids: Vec<StoryId> = groups
            .iter()
            .enumerate()
            .map(|(number, group)| {
                let oldest =
                    held.get(&number).and_then(|ids| ids.iter().min_by_key(|id| since(id)));
                oldest.copied().unwrap_or_else(|| self.new_id(group))
            })
            .collect();
        let mut moved = Vec::new();
        for (group, id) in groups.iter().zip(ids) {
            self.move_to(group, id, &mut moved);
        }
        moved.sort_by_key(|(is_new, number, _)| (Reverse(*is_new), *number));
        moved.into_iter().map(|(_, _, assigned)| assigned).collect()
    }

    /// The id of the story that a group opens: that of its first entry, which no other story can have, unless that entry was parted from the
    /// story that it founded.
    fn new_id(&self, group: &[u32]) -> StoryId {
        let mut first = group.iter().filter_map(|place| self.node(*place));
        let mut id = first.next().map_or(StoryId::from_bytes([0; 16]), |node| node.key.founds());
        while self.stories.contains_key(&id) {
            id = id.after();
        }
        id
    }

    fn move_to(&mut self, group: &[u32], id: StoryId, moved: &mut Vec<(bool, u64, Assigned)>) {
        let was_there = self.stories.contains_key(&id);
        let founder = group
            .iter()
            .copied()
            .find(|place| self.node(*place).is_some_and(|node| node.key.founds() == id))
            .or_else(|| group.first().copied().filter(|_| !was_there));
        for place in group {
            let Some(node) = self.node(*place) else { continue };
            if node.story == Some(id) {
                continue;
            }
            let joined =
                if Some(*place) == founder { Joined::Founded } else { self.why(*place, group) };
            let (key, number, was) = (node.key.clone(), node.number, node.story);
            moved.push((
                was.is_none(),
                number,
                Assigned { key, change: StoryChange { story: id, joined } },
            ));
            if let Some(was) = was {
                self.leave(was, *place);
            }
            let story = self.story(id);
            story.open.push(*place);
            let is_frozen = story.is_frozen;
            if let Some(node) = &mut self.nodes[*place as usize] {
                node.story = Some(id);
                node.is_frozen = is_frozen;
            }
        }
    }

    /// Takes an entry out of the open members of a story. The story is remembered as long as it has any, or if some have left the window.
    fn leave(&mut self, id: StoryId, place: u32) {
        if let Some(story) = self.stories.get_mut(&id) {
            story.open.retain(|mate| *mate != place);
            if story.open.is_empty() {
                self.stories.remove(&id);
            }
        }
    }

    /// Why an entry is with these: by the strongest link to one of them.
    fn why(&self, place: u32, group: &[u32]) -> Joined {
        let Some(node) = self.node(place) else { return Joined::Founded };
        let strength = |mate: &u32| match self.between(place, *mate) {
            Link::Bound => 3.0 * cluster::CEILING,
            Link::Exact => 2.0 * cluster::CEILING,
            Link::Score(odds) => odds,
            Link::Veto => -3.0 * cluster::CEILING,
        };
        let nearest = group.iter().copied().filter(|mate| *mate != place).max_by(|one, other| {
            let order = |mate: &u32| Reverse(self.order(*mate));
            strength(one).total_cmp(&strength(other)).then(order(one).cmp(&order(other)))
        });
        let Some(nearest) = nearest else { return Joined::Founded };
        match self.same.compare(place, nearest) {
            _ if matches!(self.between(place, nearest), Link::Bound) => return Joined::ByCurator,
            Some(Exact::Page) => {
                if let Some(url) = self.same.page(place) {
                    return Joined::SameUrl { url: url.clone() };
                }
            }
            Some(Exact::Headline) => {
                return Joined::SameHeadline { key: self.same.headline(place).to_owned() };
            }
            Some(Exact::Template) | None => {}
        }
        let Some(mate) = self.node(nearest) else { return Joined::Founded };
        let (Some(one), Some(other)) = (&node.traits, &mate.traits) else {
            return Joined::ByCurator;
        };
        let cosine = node.vector.as_ref().zip(mate.vector.as_ref()).map(|(a, b)| a.cosine(b));
        let scores = group.iter().filter(|mate| **mate != place).map(strength);
        let mean = scores.clone().map(|odds| odds.clamp(FLOOR, cluster::CEILING)).sum::<f32>()
            / scores.count().max(1) as f32;
        let apart = node.at.since(mate.at).max(mate.at.since(node.at));
        explain(one, other, cosine, apart, mean)
    }

    fn forget(&mut self, place: u32) {
        let Some(node) = self.nodes[place as usize].take() else { return };
        self.by_key.remove(&node.key);
        self.dirty.remove(&place);
        for far in node.bonds.keys() {
            if let Some(far) = &mut self.nodes[*far as usize] {
                far.bonds.remove(&place);
            }
        }
        self.same.remove(place);
        if let Some(traits) = &node.traits {
            self.index.remove(place, traits, node.vector.as_ref());
        }
        if let Some(id) = node.story {
            if let Some(story) = self.stories.get_mut(&id).filter(|story| !story.is_frozen) {
                story.is_frozen = true;
                for mate in &story.open {
                    if let Some(mate) = &mut self.nodes[*mate as usize] {
                        mate.is_frozen = true;
                    }
                }
            }
            self.leave(id, place);
        }
        self.free.push(place);
    }
}

fn ordered(one: &MemberKey, other: &MemberKey) -> (MemberKey, MemberKey) {
    if one <= other { (one.clone(), other.clone()) } else { (other.clone(), one.clone()) }
}

/// Half a digest tells sources apart: a curator, not an attacker, chooses their keys.
fn source_digest(source: &SourceKey) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = digest(&[source.as_str().as_bytes()]);
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests;
