//! What the pages show, made of model values.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::NaiveDate;
use tokio::sync::{mpsc, watch};

use crate::edition::Precedence;
use crate::model::decision::Request;
use crate::model::edition::{Artifact, Edition, FeedName, FeedSpec, Item, Merge, Select};
use crate::model::lang::Lang;
use crate::model::source::Secret;
use crate::model::story::StoryId;
use crate::model::time::Timestamp;
use crate::model::verdict::TopicName;
use crate::render::Format;
use crate::run::clock::Clock;
use crate::run::curator::Order;
use crate::run::decide::{self, Ask, DecideError, Done, Hold};
use crate::run::desk::{Desk, name_of};
use crate::run::error::{RunError, with_causes};
use crate::run::source_forms::SourceForms;
use crate::run::{
    archives, days, explain, private_feeds, rejects, search, source_views, topic_page,
};
use crate::serve::pages::{
    self, Attempt, Because, FeedLink, FeedRule, FormatLink, FrontView, Notice, RejectsView,
    SearchView, Section, SourcesView, StatusView, StoryView, TopicView,
};
use crate::serve::{Acted, Action, ActionError, Archived, LookupError, Sees};
use crate::store::{StoreError, StoreReader};

/// So many entries stand on the page of what was dropped or folded, and none older than this.
const REJECTS: usize = 200;
const REJECTS_AGE: Duration = Duration::from_secs(14 * 86_400);
/// So many stories a topic stand on the front page.
const FRONT_PAGE: usize = 40;

/// What all pages share: the feeds to subscribe to.
pub fn desk(desk: &Desk, editions: &[&Edition]) -> pages::Desk {
    let feeds = desk.config.feeds.iter().map(|feed| {
        let edition = editions.iter().find(|edition| edition.feed == feed.spec.name);
        let formats = feed.formats.iter().map(|format| FormatLink {
            label: label(*format),
            file_name: format.file_name(&feed.spec.name),
            media_type: format.media_type(),
        });
        FeedLink {
            name: feed.spec.name.clone(),
            title: feed.spec.title.clone(),
            items: edition.map_or(0, |edition| edition.items.len()),
            updated: edition.and_then(|edition| edition.updated),
            rule: FeedRule {
                topics: feed
                    .spec
                    .topics
                    .iter()
                    .map(|topic| (topic.clone(), title_of(topic.as_str())))
                    .collect(),
                languages: feed.spec.languages.clone(),
                merge: feed.spec.merge,
                limit: feed.spec.limit,
                max_age: feed.spec.max_age,
            },
            formats: formats.collect(),
        }
    });
    pages::Desk {
        title: desk.config.publish.title.clone(),
        zone: desk.config.fetch.timezone,
        url: desk.config.publish.base_url.to_string(),
        feeds: feeds.collect(),
        encoder: desk.config.stories.encoder,
    }
}

fn label(format: Format) -> &'static str {
    match format {
        Format::Rss => "RSS",
        Format::Atom => "Atom",
        Format::Json => "JSON Feed",
        Format::Html => "Web page",
    }
}

/// The front page: the stories of all feeds, each once, under the first of their topics, pinned ones first.
pub fn front(
    desk: &Desk,
    editions: &[&Edition],
    pinned: &BTreeSet<StoryId>,
    notices: Vec<Notice>,
    now: Timestamp,
) -> FrontView {
    let mut seen = BTreeSet::new();
    let mut items: Vec<&Item> = editions
        .iter()
        .flat_map(|edition| &edition.items)
        .filter(|item| seen.insert(item.id))
        .collect();
    items.sort_by(|a, b| {
        let order = pinned.contains(&b.id).cmp(&pinned.contains(&a.id));
        order.then(b.published.cmp(&a.published)).then_with(|| a.id.cmp(&b.id))
    });
    let mut sections: Vec<Section> = Vec::new();
    for topic in &desk.config.topics {
        sections.push(Section {
            topic: Some(topic.name.clone()),
            title: title_of(topic.name.as_str()),
            items: Vec::new(),
        });
    }
    sections.push(Section { topic: None, title: String::new(), items: Vec::new() });
    for item in &items {
        let first = sections
            .iter_mut()
            .find(|section| section.topic.as_ref().is_none_or(|topic| item.topics.contains(topic)));
        if let Some(section) = first.filter(|section| section.items.len() < FRONT_PAGE) {
            let mut item = (*item).clone();
            if !desk.config.server.outlet_pictures {
                item.image = None;
            }
            section.items.push(item);
        }
    }
    sections.retain(|section| !section.items.is_empty());
    let shown = || sections.iter().flat_map(|section| &section.items);
    let mut outlets = BTreeSet::new();
    let mut languages: Vec<Lang> = Vec::new();
    for item in shown() {
        outlets.insert(&item.outlet.name);
        outlets.extend(item.also.iter().map(|also| &also.outlet.name));
        let also = item.also.iter().filter_map(|also| also.language.as_ref());
        for language in item.language.iter().chain(also) {
            if !languages.iter().any(|known| known.same_language(language)) {
                languages.push(language.clone());
            }
        }
    }
    languages.sort();
    let (outlets, updated) = (outlets.len(), shown().map(|item| item.updated).max());
    // Ages are said down to five minutes, so that the page stays the same in between.
    let at = Timestamp::from_unix(now.unix().div_euclid(300) * 300);
    FrontView {
        at: Some(at),
        updated,
        languages,
        outlets,
        sections,
        notices,
        day: None,
        before: None,
    }
}

/// The name of a topic as a title: `korea-japan` is "Korea-Japan", `un_reform` is "Un Reform".
pub fn title_of(name: &str) -> String {
    let mut title = String::with_capacity(name.len());
    for letter in name.chars().map(|letter| if letter == '_' { ' ' } else { letter }) {
        if title.is_empty() || title.ends_with([' ', '-']) {
            title.extend(letter.to_uppercase());
        } else {
            title.push(letter);
        }
    }
    title
}

/// What pages ask the store for.
pub struct Lookup {
    /// One reader for all pages: they are few, and wait for each other.
    reader: Mutex<Box<dyn StoreReader>>,
    desks: watch::Receiver<Arc<Desk>>,
    clock: Clock,
    curator: mpsc::WeakSender<Order>,
    forms: SourceForms,
    started: Timestamp,
}

impl Lookup {
    /// Reads from here, under the configuration in force; what forms ask for goes to the curator, or into the file of the configuration.
    pub fn new(
        reader: Box<dyn StoreReader>,
        desks: watch::Receiver<Arc<Desk>>,
        clock: Clock,
        curator: mpsc::WeakSender<Order>,
        config: PathBuf,
    ) -> Lookup {
        let forms = SourceForms::new(config, desks.clone());
        let started = clock.now();
        Lookup { reader: Mutex::new(reader), desks, clock, curator, forms, started }
    }

    fn desk(&self) -> Arc<Desk> {
        Arc::clone(&self.desks.borrow())
    }
}

impl crate::serve::Lookup for Lookup {
    fn admin_token(&self) -> Option<Secret> {
        self.desks.borrow().config.server.admin_token.clone()
    }

    fn story(&self, id: StoryId) -> Result<Option<StoryView>, LookupError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let explained =
            explain::story(&self.desk(), reader.as_ref(), id, self.clock.now()).map_err(failed)?;
        Ok(explained.map(|explained| StoryView {
            story: explained.story,
            names: explained.names,
            leading: explained.leading,
            because: explained.because.map(because),
            said: explained.said,
            feeds: explained.feeds,
        }))
    }

    fn topic(
        &self,
        name: &TopicName,
        attempt: Option<&Attempt>,
        sees: Sees,
    ) -> Result<Option<TopicView>, LookupError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        topic_page::topic(&self.desk(), reader.as_ref(), name, attempt, sees, now).map_err(failed)
    }

    fn rejects(&self) -> Result<RejectsView, LookupError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let (desk, now) = (self.desk(), self.clock.now());
        let states = reader.source_states().map_err(|error| failed(error.into()))?;
        let Some(name) = FeedName::parse("rejects") else { return Err(LookupError(String::new())) };
        let spec = FeedSpec {
            name,
            title: String::new(),
            topics: Vec::new(),
            select: Select::default(),
            languages: Vec::new(),
            merge: Merge::None,
            limit: REJECTS,
            max_age: Some(REJECTS_AGE),
        };
        let rejected =
            rejects::rejected(&desk, reader.as_ref(), &spec, &states, now).map_err(failed)?;
        let names = desk
            .sources
            .values()
            .map(|source| (source.key.clone(), name_of(source, states.get(&source.key))));
        let mut rules = BTreeMap::new();
        for topic in &desk.config.topics {
            rules.extend(topic_page::as_rule(topic).map(|rule| (topic.name.clone(), rule)));
        }
        Ok(RejectsView { at: now, rejected, names: names.collect(), rules })
    }

    fn search(&self, query: &str, page: usize, sees: Sees) -> Result<SearchView, LookupError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        search::search(&self.desk(), reader.as_ref(), query, page, sees, self.clock.now())
            .map_err(failed)
    }

    fn day(&self, day: NaiveDate) -> Result<FrontView, LookupError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        days::front_of(&self.desk(), reader.as_ref(), day, self.clock.now()).map_err(failed)
    }

    fn private_key(&self, file_name: &str) -> Option<Secret> {
        Some(private_feeds::named(&self.desk(), file_name)?.feed.secret.clone())
    }

    fn archive(&self, file_name: &str) -> Result<Option<Archived>, LookupError> {
        archives::document(&self.desk(), file_name, self.clock.now()).map_err(failed)
    }

    fn private_feed(&self, file_name: &str) -> Result<Option<Artifact>, LookupError> {
        let desk = self.desk();
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(document) = private_feeds::named(&desk, file_name) else { return Ok(None) };
        document.make(&desk, reader.as_ref(), self.clock.now()).map(Some).map_err(failed)
    }

    fn sources(&self) -> Result<SourcesView, LookupError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        source_views::sources(&self.desk(), reader.as_ref(), self.clock.now()).map_err(failed)
    }

    fn status(&self) -> Result<StatusView, LookupError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let view = source_views::status(&self.desk(), reader.as_ref(), self.clock.now());
        let view = view.map_err(failed)?;
        Ok(StatusView { started: Some(self.started), ..view })
    }

    fn act(&self, action: &Action) -> Result<Acted, ActionError> {
        match action {
            Action::AddSource { url } => return self.forms.add(url, self.clock.now()),
            Action::Pause(key) => return self.forms.pause(key, true),
            Action::Resume(key) => return self.forms.pause(key, false),
            Action::Split { .. }
            | Action::Join { .. }
            | Action::Hide(_)
            | Action::Pin(_)
            | Action::Undo { .. } => {}
        }
        let requests = {
            let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
            asked_for(reader.as_ref(), action, self.clock.now())?
        };
        match decide::tell(&self.curator, requests).map_err(ActionError::Failed)? {
            Done::Already | Done::Stored | Done::Taken => Ok(Acted::Done),
            Done::Waits => Ok(Acted::Waits),
        }
    }
}

/// What a button of a story's page asks for, as requests to the curator; none if it holds already.
fn asked_for(
    reader: &dyn StoreReader,
    action: &Action,
    now: Timestamp,
) -> Result<Vec<Request>, ActionError> {
    let ask = match action {
        Action::Split { story, entry } => {
            let entry = entry.0.to_string();
            let found = reader.find_entries(&entry).map_err(kept_from)?;
            let now_in = reader.story_now(*story).map_err(kept_from)?;
            if !found.iter().any(|found| Some(found.story) == now_in) {
                return Err(ActionError::Conflict(
                    "the report is in another story by now".to_owned(),
                ));
            }
            Ask::Split(entry)
        }
        Action::Join { story, other } => Ask::Join(story.to_string(), other.clone()),
        Action::Hide(story) => Ask::Hide(story.to_string()),
        Action::Pin(story) => Ask::Pin(story.to_string()),
        // Of sources, which the curator of stories knows nothing of.
        Action::AddSource { .. } | Action::Pause(_) | Action::Resume(_) => return Ok(Vec::new()),
        Action::Undo { decision, .. } => {
            let said = reader.decisions().map_err(kept_from)?;
            // Taken back already, on another page or by a command.
            let holds = said.iter().any(|known| known.id == *decision);
            return Ok(holds.then_some(Request::Undo(*decision)).into_iter().collect());
        }
    };
    decide::requests(reader, &ask, Hold::FromNow, now).map_err(|error| {
        let words = with_causes(&error);
        match error {
            DecideError::Unknown { .. } => ActionError::Unknown(words),
            DecideError::Ambiguous { .. }
            | DecideError::Alone { .. }
            | DecideError::OneAlready { .. }
            | DecideError::NeverSaid { .. } => ActionError::Conflict(words),
            DecideError::Run(_) => ActionError::Failed(words),
        }
    })
}

fn kept_from(error: StoreError) -> ActionError {
    ActionError::Failed(with_causes(&error))
}

fn because(precedence: Precedence) -> Because {
    match precedence {
        Precedence::Only => Because::Only,
        Precedence::Headline => Because::Headline,
        Precedence::Language(lang) => Because::Language(lang),
        Precedence::Wanted => Because::Wanted,
        Precedence::Rank => Because::Rank,
        Precedence::Original => Because::Original,
        Precedence::Earliest => Because::Earliest,
        Precedence::First => Because::First,
    }
}

fn failed(error: RunError) -> LookupError {
    LookupError(with_causes(&error))
}

#[cfg(test)]
mod tests {
    use super::title_of;

    #[test]
    fn topics_have_titles() {
        assert_eq!(title_of("korea-japan"), "Korea-Japan");
        assert_eq!(title_of("chips"), "Chips");
        assert_eq!(title_of("un_reform"), "Un Reform");
    }
}
