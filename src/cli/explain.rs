//! `tidings explain`.

use serde::Serialize;

use super::{CliError, Global, Outcome, output};
use crate::model::decision::Decision;
use crate::model::entry::Entry;
use crate::model::story::{Joined, Likeness, Member};
use crate::model::text::{Headline, PlainText};
use crate::model::time::{DateOrigin, Timestamp};
use crate::model::verdict::{Evidence, Field, TopicVerdict, Verdict};
use crate::run::clock::Clock;
use crate::run::explain::{Explained, explain, in_words};
use crate::run::newsroom::absolute;

/// Says everything known of one entry or story: who told it when, why it was kept, merged or dropped, and in which feeds it is
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A story's id (with or without `urn:uuid:`), an entry's number, guid or link
    #[arg(value_name = "ID-OR-URL")]
    needle: String,
    /// A line of JSON for each story
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    let explained =
        explain(&absolute(&global.config), &args.needle, Clock::from_environment().now())?;
    if explained.is_empty() {
        output::problem(&format!(
            "nothing is known of `{}`: no story or entry has this id, guid or link (older than [store] keep, or never listed by a source)",
            args.needle
        ));
        return Ok(Outcome::Attention);
    }
    for story in &explained {
        if args.json {
            output::json(&StoryLine::of(story))?;
        } else {
            text(story);
        }
    }
    Ok(Outcome::Done)
}

fn text(explained: &Explained) {
    output::line(&format!("story {}", explained.story.id));
    for feed in &explained.feeds {
        output::line(&format!("  in feed `{feed}`"));
    }
    for (feed, why) in &explained.not_in {
        output::line(&format!("  not in feed `{feed}`: {why}"));
    }
    for decision in &explained.said {
        output::line(&format!("  {}", in_words(decision)));
    }
    let leading =
        explained.story.members.iter().find(|member| explained.leading == Some(member.entry.id));
    for member in &explained.story.members {
        let entry = &member.entry.entry;
        let leads = explained.leading == Some(member.entry.id);
        let name = explained
            .names
            .get(&member.entry.source)
            .map_or(member.entry.source.as_str(), String::as_str);
        let language =
            member.entry.language.as_ref().map_or(String::new(), |lang| format!(" ({lang})"));
        output::line(&format!(
            "\n{name}{language} – {}{}{}",
            headline(entry),
            if leads { "  [leads]" } else { "" },
            if explained.asked.contains(&member.entry.id) { "  [asked for]" } else { "" },
        ));
        if let Some(because) = explained.because.as_ref().filter(|_| leads) {
            output::line(&format!("  leads because {because}"));
        }
        output::line(&format!("  entry {} of source `{}`", member.entry.id.0, member.entry.source));
        if let Some(link) = &entry.link {
            output::line(&format!("  link {link}"));
        }
        if let Some(guid) = &entry.guid {
            output::line(&format!("  guid {}", guid.as_str()));
        }
        output::line(&format!("  {}", dates(member)));
        output::line(&format!("  {}: {}", member.joined.rule(), member.joined));
        if let Some(leading) = leading.filter(|_| !leads) {
            output::line(&format!(
                "  folded: no item of its own where stories are merged, which `{}` leads",
                headline(&leading.entry.entry)
            ));
        }
        for TopicVerdict { topic, verdict } in &member.verdicts {
            let word = match verdict {
                Verdict::Keep(_) => "kept by",
                Verdict::Drop(_) => "dropped by",
                Verdict::Silent => "not spoken of by",
            };
            output::line(&format!("  {word} topic `{topic}`"));
            for evidence in verdict.evidence() {
                output::line(&format!("    {}", proof(evidence, entry)));
            }
        }
        if member.verdicts.is_empty() {
            output::line("  no topic has a rule that speaks of it");
        }
        for (topic, because) in explained.silent(member.entry.id) {
            output::line(&format!("  topic `{topic}` is silent: {because}"));
        }
    }
}

fn headline(entry: &Entry) -> &str {
    entry.title.as_ref().map_or("(no headline)", Headline::as_str)
}

fn dates(member: &Member) -> String {
    let published = member.entry.published;
    let origin = match published.origin {
        DateOrigin::Stated => "as the source states",
        DateOrigin::Clamped => "first seen; the source states a later date",
        DateOrigin::FirstSeen => "first seen; the source states no date",
    };
    let mut text =
        format!("published {} ({origin}), first seen {}", published.at, member.entry.first_seen);
    if member.entry.changed > member.entry.first_seen {
        text.push_str(&format!(", changed {}", member.entry.changed));
    }
    text
}

/// A piece of proof with the words around it.
fn proof(evidence: &Evidence, entry: &Entry) -> String {
    let Evidence { rule, field, span, term } = evidence;
    let place = field_text(entry, *field)
        .and_then(|text| text.get(span.clone()))
        .filter(|found| !found.is_empty());
    match place {
        Some(found) => format!(
            "{rule}: `{term}` found as `{found}` in the {} at bytes {}–{}",
            field.name(),
            span.start,
            span.end
        ),
        None => format!("{rule}: `{term}`"),
    }
}

fn field_text(entry: &Entry, field: Field) -> Option<&str> {
    match field {
        Field::Title => entry.title.as_ref().map(Headline::as_str),
        Field::Summary => entry.summary_text.as_ref().map(PlainText::as_str),
        Field::Url => entry.link.as_ref().map(|link| link.as_str()),
        Field::Content | Field::Author | Field::Category | Field::Source | Field::Lang => None,
    }
}

#[derive(Debug, Serialize)]
struct StoryLine {
    story: String,
    feeds: Vec<String>,
    not_in: Vec<NotIn>,
    members: Vec<MemberPart>,
    leads_because: Option<String>,
    curator: Vec<SaidPart>,
}

#[derive(Debug, Serialize)]
struct NotIn {
    feed: String,
    because: String,
}

#[derive(Debug, Serialize)]
struct MemberPart {
    entry: i64,
    source: String,
    title: Option<String>,
    link: Option<String>,
    guid: Option<String>,
    lang: Option<String>,
    published: String,
    date_origin: &'static str,
    first_seen: String,
    changed: String,
    leads: bool,
    asked: bool,
    joined: JoinedPart,
    verdicts: Vec<VerdictPart>,
    silent: Vec<SilentPart>,
}

#[derive(Debug, Serialize)]
struct SilentPart {
    topic: String,
    because: String,
}

#[derive(Debug, Serialize)]
struct JoinedPart {
    rule: &'static str,
    because: String,
    /// What makes it one event with another member, where that is not plain to see.
    likeness: Option<LikenessPart>,
}

#[derive(Debug, Serialize)]
struct LikenessPart {
    headline: String,
    shared: Vec<String>,
    similarity: Option<f64>,
    confidence: f64,
    hours_apart: u16,
}

/// What the curator said.
#[derive(Debug, Serialize)]
struct SaidPart {
    word: &'static str,
    at: String,
    text: String,
}

#[derive(Debug, Serialize)]
struct VerdictPart {
    topic: String,
    verdict: &'static str,
    evidence: Vec<EvidencePart>,
}

#[derive(Debug, Serialize)]
struct EvidencePart {
    rule: String,
    term: String,
    field: &'static str,
    span: [usize; 2],
}

impl StoryLine {
    fn of(explained: &Explained) -> StoryLine {
        StoryLine {
            story: explained.story.id.to_string(),
            leads_because: explained.because.as_ref().map(ToString::to_string),
            curator: explained.said.iter().map(SaidPart::of).collect(),
            feeds: explained.feeds.iter().map(ToString::to_string).collect(),
            not_in: explained
                .not_in
                .iter()
                .map(|(feed, why)| NotIn { feed: feed.to_string(), because: why.to_string() })
                .collect(),
            members: explained
                .story
                .members
                .iter()
                .map(|member| MemberPart::of(member, explained))
                .collect(),
        }
    }
}

impl MemberPart {
    fn of(member: &Member, explained: &Explained) -> MemberPart {
        let stored = &member.entry;
        let entry = &stored.entry;
        MemberPart {
            entry: stored.id.0,
            source: stored.source.to_string(),
            title: entry.title.as_ref().map(ToString::to_string),
            link: entry.link.as_ref().map(ToString::to_string),
            guid: entry.guid.as_ref().map(|guid| guid.as_str().to_owned()),
            lang: stored.language.as_ref().map(ToString::to_string),
            published: stored.published.at.to_rfc3339(),
            date_origin: match stored.published.origin {
                DateOrigin::Stated => "stated",
                DateOrigin::Clamped => "clamped",
                DateOrigin::FirstSeen => "first-seen",
            },
            first_seen: Timestamp::to_rfc3339(stored.first_seen),
            changed: Timestamp::to_rfc3339(stored.changed),
            leads: explained.leading == Some(stored.id),
            asked: explained.asked.contains(&stored.id),
            joined: JoinedPart {
                rule: member.joined.rule(),
                because: member.joined.to_string(),
                likeness: likeness(&member.joined),
            },
            verdicts: member.verdicts.iter().map(VerdictPart::of).collect(),
            silent: explained
                .silent(stored.id)
                .map(|(topic, because)| SilentPart { topic: topic.to_string(), because })
                .collect(),
        }
    }
}

fn likeness(joined: &Joined) -> Option<LikenessPart> {
    let hundredths = |number: u8| f64::from(number) / 100.0;
    match joined {
        Joined::NearHeadline(likeness) | Joined::SameEvent(likeness) => {
            let Likeness { headline, shared, similarity, confidence, hours_apart } = likeness;
            Some(LikenessPart {
                headline: headline.clone(),
                shared: shared.clone(),
                similarity: similarity.map(hundredths),
                confidence: hundredths(*confidence),
                hours_apart: *hours_apart,
            })
        }
        Joined::Founded
        | Joined::SameUrl { .. }
        | Joined::SameHeadline { .. }
        | Joined::ByCurator => None,
    }
}

impl SaidPart {
    fn of(decision: &Decision) -> SaidPart {
        SaidPart {
            word: decision.word.verb(),
            at: decision.at.to_rfc3339(),
            text: in_words(decision),
        }
    }
}

impl VerdictPart {
    fn of(verdict: &TopicVerdict) -> VerdictPart {
        let evidence = verdict.verdict.evidence().iter().map(|evidence| EvidencePart {
            rule: evidence.rule.to_string(),
            term: evidence.term.to_string(),
            field: evidence.field.name(),
            span: [evidence.span.start, evidence.span.end],
        });
        VerdictPart {
            topic: verdict.topic.to_string(),
            verdict: match verdict.verdict {
                Verdict::Keep(_) => "keep",
                Verdict::Drop(_) => "drop",
                Verdict::Silent => "silent",
            },
            evidence: evidence.collect(),
        }
    }
}
