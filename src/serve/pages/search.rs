//! What was looked for in the stored stories, and where it was found.

use std::collections::BTreeMap;
use std::ops::Range;

use askama::Template;

use super::marks::{self, Piece};
use super::words::{self, Moment};
use super::{Desk, Frame, Place, Visit, rejects, rendered};
use crate::model::lang::Lang;
use crate::model::source::SourceKey;
use crate::model::story::{Member, StoryId};
use crate::model::text::{Headline, PlainText};
use crate::model::time::Timestamp;

/// What the page of a search shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchView {
    /// When this was looked up.
    pub at: Timestamp,
    /// What was asked, as written; empty if nothing was.
    pub query: String,
    /// Why nothing was looked for, though something was asked.
    pub problem: Option<SearchProblem>,
    /// The stories of this page, the best first.
    pub results: Vec<SearchResult>,
    /// The number of this page, from 1.
    pub page: usize,
    /// Whether there are more pages.
    pub more: bool,
    /// Whether only the newest that match were looked at.
    pub cut: bool,
    /// Whether older entries are not in the index yet.
    pub indexing: bool,
    /// The names of the sources for people; the key of one that is not here.
    pub names: BTreeMap<SourceKey, String>,
}

/// Why nothing was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchProblem {
    /// There is no letter and no digit in the query.
    NoWord,
    /// It only says what to leave out.
    OnlyNot,
    /// It is too long.
    TooLong,
}

/// A story that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchResult {
    /// The story.
    pub story: StoryId,
    /// The report of it that matches best.
    pub member: Member,
    /// How many more of its reports match.
    pub others: usize,
    /// Where the headline has what was looked for.
    pub in_title: Vec<Range<usize>>,
    /// Where the summary has it.
    pub in_summary: Vec<Range<usize>>,
}

/// Columns of a summary.
const SUMMARY_WIDTH: usize = 220;

/// Renders the page of a search.
pub fn search(desk: &Desk, visit: &Visit, view: &SearchView) -> String {
    let say = visit.tongue.words();
    let moment = |at: Timestamp| words::aged(at, view.at, desk.zone, visit.tongue);
    let title = match view.query.is_empty() {
        true => say.search.title.to_owned(),
        false => say.search.found_for.with(&view.query),
    };
    let page_of = |page: usize| {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("q", &view.query)
            .finish();
        format!("search?{query}&page={page}")
    };
    rendered(&Page {
        frame: Frame::new(desk, visit, "", Some(&title)).at(Place::Search),
        view,
        problem: view.problem.map(|problem| match problem {
            SearchProblem::NoWord => say.search.no_word,
            SearchProblem::OnlyNot => say.search.only_not,
            SearchProblem::TooLong => say.search.too_long,
        }),
        results: view
            .results
            .iter()
            .map(|result| {
                let stored = &result.member.entry;
                let entry = &stored.entry;
                let summary = entry.summary_text.as_ref().map_or("", PlainText::as_str);
                ResultPart {
                    story: result.story,
                    outlet: rejects::outlet(&result.member, &view.names),
                    lang: stored.language.as_ref().map_or("", Lang::as_str),
                    language: stored.language.as_ref().map(words::language_name),
                    time: moment(stored.published.at),
                    headline: marks::of_spans(
                        entry.title.as_ref().map_or("", Headline::as_str),
                        result.in_title.clone(),
                    ),
                    summary: marks::around(summary, result.in_summary.clone(), SUMMARY_WIDTH),
                    others: result.others,
                }
            })
            .collect(),
        before: (view.page > 1).then(|| page_of(view.page - 1)),
        after: view.more.then(|| page_of(view.page + 1)),
    })
}

#[derive(Template)]
#[template(path = "search.html", whitespace = "minimize")]
struct Page<'a> {
    frame: Frame<'a>,
    view: &'a SearchView,
    problem: Option<&'static str>,
    results: Vec<ResultPart<'a>>,
    before: Option<String>,
    after: Option<String>,
}

struct ResultPart<'a> {
    story: StoryId,
    outlet: &'a str,
    lang: &'a str,
    language: Option<&'a str>,
    time: Moment,
    headline: Vec<Piece<'a>>,
    summary: Vec<Piece<'a>>,
    others: usize,
}
