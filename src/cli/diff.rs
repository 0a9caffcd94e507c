//! What `tidings check --diff` says.

use std::time::Duration;

use serde::Serialize;

use super::{CliError, Outcome, output};
use crate::model::schedule::Written;
use crate::model::text::Headline;
use crate::run::replay::{Change, Diff, FeedDiff, Presence};

/// How many items of a feed are listed for people, each way.
const LISTED: usize = 50;

/// Reads the value of `--max-change`: `20%`, or `20`.
///
/// # Errors
/// In words.
pub fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim_end();
    match number.parse::<f64>() {
        Ok(percent) if percent.is_finite() && percent >= 0.0 => Ok(percent),
        Ok(_) | Err(_) => Err("this is not a share; write it as `20%`".to_owned()),
    }
}

/// Prints what each feed would gain and lose, and says on standard error which of them change more than they may.
///
/// # Errors
/// If it cannot be written as JSON, which is a bug.
pub fn say(
    diff: &Diff,
    since: Option<Duration>,
    most: Option<f64>,
    json: bool,
) -> Result<Outcome, CliError> {
    if !diff.knows_feeds {
        output::problem(
            "note: the store does not say yet which feeds are in force; what is stored is compared under the feeds of this file",
        );
    }
    let beyond = |feed: &FeedDiff| most.is_some_and(|most| feed.percent() > most);
    for feed in &diff.feeds {
        if json {
            lines(feed, beyond(feed))?;
        } else {
            text(feed, since);
        }
    }
    let too_much: Vec<&FeedDiff> = diff.feeds.iter().filter(|feed| beyond(feed)).collect();
    if json {
        output::json(&DiffLine {
            ok: too_much.is_empty(),
            max_change: most,
            beyond: too_much.iter().map(|feed| feed.feed.to_string()).collect(),
        })?;
    }
    for feed in &too_much {
        output::problem(&format!(
            "feed `{}` changes by {}, more than the {} it may",
            feed.feed,
            in_percent(feed.percent()),
            in_percent(most.unwrap_or_default())
        ));
    }
    Ok(if too_much.is_empty() { Outcome::Done } else { Outcome::Attention })
}

fn in_percent(percent: f64) -> String {
    let rounded = (percent * 10.0).round() / 10.0;
    format!("{rounded} %")
}

fn text(feed: &FeedDiff, since: Option<Duration>) {
    let FeedDiff { feed: name, presence, before, after, added, removed } = feed;
    let items = |count: usize| format!("{count} item{}", if count == 1 { "" } else { "s" });
    let since = since.map_or(String::new(), |since| format!(" of the last {}", Written(since)));
    let head = match presence {
        Presence::New => format!("feed `{name}` is new: {}{since}", items(*after)),
        Presence::Gone => format!("feed `{name}` is gone: {} lost{since}", items(*before)),
        Presence::Stays if added.is_empty() && removed.is_empty() => {
            format!("feed `{name}` stays as it is: {}{since}", items(*before))
        }
        Presence::Stays => format!(
            "feed `{name}`: {}{since}, then {after}; {} added, {} removed, {} changed",
            items(*before),
            added.len(),
            removed.len(),
            in_percent(feed.percent())
        ),
    };
    output::line(&head);
    for (sign, changes) in [("+", added), ("-", removed)] {
        for Change { item, because } in changes.iter().take(LISTED) {
            let headline = item.headline.as_ref().map_or("(no headline)", Headline::as_str);
            output::line(&format!("  {sign} {headline} – {}", item.outlet.name));
            output::line(&format!("      {because}"));
        }
        if let Some(more) = changes.len().checked_sub(LISTED).filter(|more| *more > 0) {
            output::line(&format!("  {sign} and {more} more; --json lists them all"));
        }
    }
}

fn lines(feed: &FeedDiff, beyond: bool) -> Result<(), CliError> {
    for (change, items) in [("added", &feed.added), ("removed", &feed.removed)] {
        for Change { item, because } in items {
            output::json(&ChangeLine {
                feed: feed.feed.as_str(),
                change,
                id: item.id.to_string(),
                title: item.headline.as_ref().map(Headline::as_str),
                link: item.link.as_ref().map(|link| link.as_str()),
                outlet: &item.outlet.name,
                published: item.published.to_rfc3339(),
                because,
            })?;
        }
    }
    output::json(&FeedLine {
        feed: feed.feed.as_str(),
        presence: match feed.presence {
            Presence::Stays => "stays",
            Presence::New => "new",
            Presence::Gone => "gone",
        },
        before: feed.before,
        after: feed.after,
        added: feed.added.len(),
        removed: feed.removed.len(),
        percent: (feed.percent() * 10.0).round() / 10.0,
        beyond,
    })
}

/// An item that comes or goes, as JSON.
#[derive(Serialize)]
struct ChangeLine<'a> {
    feed: &'a str,
    change: &'static str,
    id: String,
    title: Option<&'a str>,
    link: Option<&'a str>,
    outlet: &'a str,
    published: String,
    because: &'a str,
}

/// A feed, as JSON.
#[derive(Serialize)]
struct FeedLine<'a> {
    feed: &'a str,
    presence: &'static str,
    before: usize,
    after: usize,
    added: usize,
    removed: usize,
    percent: f64,
    beyond: bool,
}

/// The whole, as JSON.
#[derive(Serialize)]
struct DiffLine {
    ok: bool,
    max_change: Option<f64>,
    beyond: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_share_is_read() {
        let check = |text: &str, want: Option<f64>| assert_eq!(percent(text).ok(), want, "{text}");
        check("20%", Some(20.0));
        check("0", Some(0.0));
        check(" 2.5 % ", Some(2.5));
        check("150%", Some(150.0));
        check("-1%", None);
        check("inf", None);
        check("some", None);
    }
}
