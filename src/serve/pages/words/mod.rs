//! What the pages say, in each language of the interface. A phrase that one of them lacks does not compile.

mod english;
mod excerpt;
mod japanese;
mod korean;
mod moment;
mod operators;

use std::borrow::Borrow;
use std::fmt::Display;

pub(super) use english::ENGLISH;
pub(super) use excerpt::{columns, columns_after, columns_before, excerpt, language_name};
pub(super) use japanese::JAPANESE;
pub(super) use korean::KOREAN;
pub(super) use moment::{Moment, aged, day, long_date, moment, short_day};

use super::message::Message;
use crate::model::verdict::Field;

/// All that the pages say of their own.
pub(super) struct Words {
    /// On every page.
    pub(super) frame: FrameWords,
    /// Ages.
    pub(super) ages: AgeWords,
    /// Of stories, wherever they stand.
    pub(super) item: ItemWords,
    /// The front page.
    pub(super) front: FrontWords,
    /// The page of a story.
    pub(super) story: StoryWords,
    /// Why an entry is in a story.
    pub(super) joined: JoinedWords,
    /// The parts of an entry.
    pub(super) fields: FieldWords,
    /// The page of a topic.
    pub(super) topic: TopicWords,
    /// What was dropped and folded.
    pub(super) rejects: RejectsWords,
    /// The page of the feeds.
    pub(super) feeds: FeedsWords,
    /// The search.
    pub(super) search: SearchWords,
    /// The page of the sources.
    pub(super) sources: operators::SourcesWords,
    /// The page of the service.
    pub(super) status: operators::StatusWords,
    /// Where there is nothing to show.
    pub(super) messages: MessageWords,
}

pub(super) struct FrameWords {
    pub(super) skip: &'static str,
    pub(super) pages: &'static str,
    pub(super) front: &'static str,
    pub(super) search: &'static str,
    pub(super) feeds: &'static str,
    pub(super) sources: &'static str,
    pub(super) rejects: &'static str,
    pub(super) language: &'static str,
    pub(super) foot: &'static str,
    pub(super) by_words_alone: &'static str,
    pub(super) opml: &'static str,
    pub(super) web_page: &'static str,
    /// Between the parts of a list.
    pub(super) comma: &'static str,
}

pub(super) struct AgeWords {
    pub(super) now: &'static str,
    pub(super) minutes: Plural,
    pub(super) hours: Plural,
}

pub(super) struct ItemWords {
    pub(super) untitled: &'static str,
    pub(super) details: &'static str,
    pub(super) stories: Plural,
    pub(super) outlets: Plural,
    pub(super) entries: Plural,
    pub(super) days: Plural,
    pub(super) also: &'static str,
    pub(super) more: Plural,
    pub(super) read: &'static str,
    pub(super) updated: &'static str,
    pub(super) language_unknown: &'static str,
    pub(super) as_of: Pattern,
}

pub(super) struct FrontWords {
    pub(super) no_edition: &'static str,
    pub(super) last_change: &'static str,
    pub(super) sections: &'static str,
    pub(super) subscribe: &'static str,
    pub(super) notice: &'static str,
    pub(super) report: &'static str,
    pub(super) refused: Pattern,
    pub(super) gathering: &'static str,
    pub(super) gathering_text: &'static str,
    pub(super) how_sources_are: &'static str,
    pub(super) other: &'static str,
    pub(super) no_feed: &'static str,
    pub(super) changed: &'static str,
    /// Stories `{0}` of outlets `{1}`.
    pub(super) gathered: Pattern,
    pub(super) earlier: &'static str,
    pub(super) day_before: &'static str,
    pub(super) day_after: &'static str,
    pub(super) today: &'static str,
    pub(super) choose_day: &'static str,
    pub(super) go: &'static str,
    /// The title of a day's page.
    pub(super) stories_of: Pattern,
    pub(super) quiet_day: &'static str,
    pub(super) quiet_day_text: &'static str,
}

pub(super) struct StoryWords {
    pub(super) without_headline: &'static str,
    pub(super) reports: Plural,
    /// The first report came at `{}`.
    pub(super) first: Pattern,
    pub(super) in_feeds: &'static str,
    pub(super) in_no_feed: &'static str,
    pub(super) members: &'static str,
    pub(super) leads: &'static str,
    pub(super) here_because: &'static str,
    pub(super) leads_because: &'static str,
    pub(super) keeps: &'static str,
    pub(super) drops: &'static str,
    pub(super) clamped: &'static str,
    pub(super) first_seen: &'static str,
    pub(super) id: &'static str,
    pub(super) only: &'static str,
    pub(super) headline: &'static str,
    pub(super) language: Pattern,
    pub(super) wanted: &'static str,
    pub(super) rank: &'static str,
    pub(super) original: &'static str,
    pub(super) earliest: &'static str,
    pub(super) came_first: &'static str,
    pub(super) curator: &'static str,
    pub(super) said: &'static str,
    /// An entry of `{0}` was split from `{1}` others.
    pub(super) said_split: Pattern,
    /// The stories `{0}` and `{1}` were joined.
    pub(super) said_join: Pattern,
    pub(super) said_hide: &'static str,
    pub(super) said_pin: &'static str,
    pub(super) split: &'static str,
    pub(super) join: &'static str,
    pub(super) join_with: &'static str,
    pub(super) hide: &'static str,
    pub(super) pin: &'static str,
    pub(super) undo: &'static str,
}

/// Whole clauses, as after "because".
pub(super) struct JoinedWords {
    pub(super) founded: &'static str,
    pub(super) same_url: &'static str,
    pub(super) same_headline: &'static str,
    pub(super) near_headline: &'static str,
    pub(super) same_event: &'static str,
    pub(super) by_curator: &'static str,
    pub(super) led_by_another: &'static str,
    pub(super) same_hour: &'static str,
    pub(super) hours_apart: Plural,
    pub(super) days_apart: Plural,
    pub(super) similarity: Pattern,
    pub(super) confidence: Pattern,
    pub(super) most_like: Pattern,
}

pub(super) struct FieldWords {
    pub(super) title: &'static str,
    pub(super) summary: &'static str,
    pub(super) content: &'static str,
    pub(super) author: &'static str,
    pub(super) category: &'static str,
    pub(super) source: &'static str,
    pub(super) lang: &'static str,
    pub(super) url: &'static str,
}

impl FieldWords {
    /// The name of a part of an entry.
    pub(super) fn of(&self, field: Field) -> &'static str {
        match field {
            Field::Title => self.title,
            Field::Summary => self.summary,
            Field::Content => self.content,
            Field::Author => self.author,
            Field::Category => self.category,
            Field::Source => self.source,
            Field::Lang => self.lang,
            Field::Url => self.url,
        }
    }
}

pub(super) struct TopicWords {
    /// Entries `{0}` kept in days `{1}`.
    pub(super) kept_of_days: Pattern,
    pub(super) kept_a_day: &'static str,
    pub(super) match_a_day: &'static str,
    pub(super) in_numbers: Pattern,
    pub(super) none: &'static str,
    pub(super) rule: &'static str,
    pub(super) matches: &'static str,
    pub(super) any: &'static str,
    pub(super) packs: &'static str,
    pub(super) between: &'static str,
    pub(super) sources: &'static str,
    pub(super) about: &'static str,
    pub(super) all: &'static str,
    pub(super) drops: &'static str,
    pub(super) languages: &'static str,
    pub(super) found_most: &'static str,
    pub(super) try_rule: &'static str,
    pub(super) try_label: &'static str,
    pub(super) try_days: &'static str,
    pub(super) try_button: &'static str,
    pub(super) unreadable: &'static str,
    pub(super) line: &'static str,
    pub(super) column: &'static str,
    /// `{0}` of `{1}` match.
    pub(super) matched: Pattern,
    pub(super) only_newest: &'static str,
    /// In the topic's place the rule would add `{0}` and remove `{1}`.
    pub(super) would: Pattern,
    pub(super) come_in: Plural,
    pub(super) go: Plural,
    pub(super) newest: &'static str,
    pub(super) kept_lately: &'static str,
    pub(super) nothing_yet: &'static str,
    pub(super) dropped_lately: &'static str,
    pub(super) nothing_dropped: &'static str,
    pub(super) all_rejects: &'static str,
}

pub(super) struct RejectsWords {
    pub(super) title: &'static str,
    pub(super) standfirst: &'static str,
    pub(super) dropped: Plural,
    pub(super) folded: Plural,
    pub(super) nothing: &'static str,
    pub(super) dropped_by: &'static str,
    pub(super) folded_into: &'static str,
    pub(super) because: &'static str,
    pub(super) wrong: &'static str,
}

pub(super) struct FeedsWords {
    pub(super) title: &'static str,
    pub(super) standfirst: &'static str,
    pub(super) changed: Pattern,
    pub(super) never_changed: &'static str,
    pub(super) rule_topics: &'static str,
    pub(super) rule_all: &'static str,
    pub(super) rule_languages: &'static str,
    pub(super) merge_story: &'static str,
    pub(super) merge_headline: &'static str,
    pub(super) merge_none: &'static str,
    pub(super) limit: Plural,
    pub(super) max_age: Pattern,
    pub(super) days: Plural,
    pub(super) hours: Plural,
}

pub(super) struct SearchWords {
    pub(super) title: &'static str,
    pub(super) label: &'static str,
    pub(super) button: &'static str,
    pub(super) help: &'static str,
    pub(super) help_words: &'static str,
    pub(super) help_phrase: &'static str,
    pub(super) help_not: &'static str,
    pub(super) help_cjk: &'static str,
    pub(super) found_for: Pattern,
    pub(super) nothing: Pattern,
    pub(super) nothing_help: &'static str,
    pub(super) only_not: &'static str,
    pub(super) no_word: &'static str,
    pub(super) too_long: &'static str,
    pub(super) more_reports: Plural,
    pub(super) newer: &'static str,
    pub(super) further: &'static str,
    pub(super) page: Pattern,
    pub(super) newest_only: &'static str,
    pub(super) public_only: &'static str,
    pub(super) indexing: &'static str,
}

/// A title and a sentence or two.
pub(super) struct Told {
    pub(super) title: &'static str,
    pub(super) text: &'static str,
}

pub(super) struct MessageWords {
    pub(super) nothing: Told,
    pub(super) no_feed: Told,
    pub(super) no_story: Told,
    pub(super) no_topic: Told,
    pub(super) closed: Told,
    pub(super) too_many: Told,
    pub(super) otherwise: Told,
    pub(super) starting: Told,
    pub(super) busy: Told,
    pub(super) trouble: Told,
    /// What was not done is told by its reason.
    pub(super) not_done: Told,
    pub(super) another_site: Told,
    pub(super) too_old: Told,
    pub(super) no_form: Told,
    pub(super) too_long: Told,
    pub(super) too_slow: Told,
    pub(super) incomplete: Told,
    pub(super) taken_in: Told,
    pub(super) opml: &'static str,
}

impl MessageWords {
    /// What a message says.
    pub(super) fn of(&self, message: Message<'_>) -> &Told {
        match message {
            Message::Nothing => &self.nothing,
            Message::NoFeed => &self.no_feed,
            Message::NoStory => &self.no_story,
            Message::NoTopic => &self.no_topic,
            Message::Closed => &self.closed,
            Message::TooMany => &self.too_many,
            Message::Otherwise => &self.otherwise,
            Message::Starting => &self.starting,
            Message::Busy => &self.busy,
            Message::Trouble => &self.trouble,
            Message::NotDone(_) => &self.not_done,
            Message::AnotherSite => &self.another_site,
            Message::TooOld => &self.too_old,
            Message::NoForm => &self.no_form,
            Message::TooLong => &self.too_long,
            Message::TooSlow => &self.too_slow,
            Message::Incomplete => &self.incomplete,
            Message::TakenIn => &self.taken_in,
        }
    }
}

/// A phrase with a number where `{}` is. Korean and Japanese say one as they say many.
pub(super) struct Plural {
    one: &'static str,
    other: &'static str,
}

impl Plural {
    const fn new(one: &'static str, other: &'static str) -> Plural {
        Plural { one, other }
    }

    const fn same(phrase: &'static str) -> Plural {
        Plural { one: phrase, other: phrase }
    }

    /// The phrase of so many.
    pub(super) fn of(&self, number: impl Borrow<usize>) -> String {
        self.of_u64(*number.borrow() as u64)
    }

    /// The phrase of so many.
    pub(super) fn of_u64(&self, number: u64) -> String {
        let phrase = if number == 1 { self.one } else { self.other };
        phrase.replace("{}", &grouped(number))
    }
}

/// A phrase with a place for something else: `{}`, or `{0}` and `{1}`.
pub(super) struct Pattern(&'static str);

impl Pattern {
    /// The phrase with this in its place.
    pub(super) fn with(&self, what: impl Display) -> String {
        format!("{}{what}{}", self.before(), self.after())
    }

    /// The phrase with these in their places.
    pub(super) fn with_both(&self, first: impl Display, second: impl Display) -> String {
        // One pass, so that what is put in is never taken for a place.
        let mut filled = String::new();
        let mut rest = self.0;
        while let Some(at) = rest.find('{') {
            let (before, place) = rest.split_at(at);
            filled.push_str(before);
            filled.push_str(&match place.get(..3) {
                Some("{0}") => first.to_string(),
                Some("{1}") => second.to_string(),
                Some(_) | None => String::new(),
            });
            rest = place.get(3..).unwrap_or_default();
        }
        filled + rest
    }

    /// What stands before the place, for markup around it.
    pub(super) fn before(&self) -> &'static str {
        self.0.split_once("{}").map_or(self.0, |(before, _)| before)
    }

    /// What stands after the place.
    pub(super) fn after(&self) -> &'static str {
        self.0.split_once("{}").map_or("", |(_, after)| after)
    }
}

/// A number with commas between its thousands, as all three languages write it.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_plurals_read_well() {
        let check = |number: usize, english: &str, korean: &str, japanese: &str| {
            assert_eq!(ENGLISH.item.stories.of(number), english);
            assert_eq!(KOREAN.item.stories.of(number), korean);
            assert_eq!(JAPANESE.item.stories.of(number), japanese);
        };
        check(0, "0 stories", "소식 0건", "0件");
        check(1, "1 story", "소식 1건", "1件");
        check(2, "2 stories", "소식 2건", "2件");
        check(1_234_567, "1,234,567 stories", "소식 1,234,567건", "1,234,567件");
    }

    #[test]
    fn what_is_put_into_a_phrase_is_no_place_for_more() {
        let pattern = Pattern("{0} of {1}!");
        assert_eq!(pattern.with_both("{1}", "b"), "{1} of b!");
        let pattern = Pattern("as of {} today");
        assert_eq!(pattern.with("{}"), "as of {} today");
        assert_eq!((pattern.before(), pattern.after()), ("as of ", " today"));
    }
}
