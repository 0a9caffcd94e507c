//! `tidings add`.

use std::path::Path;

use url::Url;

use super::{CliError, Global, Outcome, output, runtime};
use crate::config::edit::NewSource;
use crate::model::entry::ParsedFeed;
use crate::model::source::{SourceAddress, SourceKey, SourceKind};
use crate::run::clock::Clock;
use crate::run::desk::Desk;
use crate::run::discover::{Found, discover, plain_request};
use crate::run::newsroom::absolute;
use crate::run::subscriptions;

/// Finds the feed behind a page and adds it to the configuration
///
/// The address may be the feed's own or that of any page of the site. Where there is no feed, a news sitemap is looked for, and last the page
/// itself is read as a list, by selectors that stand in the new entry. Comments and layout of the file stay as they are, and a running service follows
/// the edit by itself.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The address of a feed, or of any page of a site that has one
    #[arg(value_name = "URL", required = true)]
    urls: Vec<String>,
    /// The key of the source; by default made from its host
    #[arg(long, value_name = "KEY", value_parser = key)]
    key: Option<SourceKey>,
    /// The name of the source for people; by default the feed's title
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

fn key(text: &str) -> Result<SourceKey, String> {
    SourceKey::parse(text)
        .ok_or_else(|| "a key is made of letters, digits, `-`, `_` and `.`".to_owned())
}

/// Runs the command.
pub fn run(args: Args, global: &Global) -> Result<Outcome, CliError> {
    if args.urls.len() > 1 && (args.key.is_some() || args.name.is_some()) {
        return Err(CliError::Usage("--key and --name are for one URL at a time".to_owned()));
    }
    output::log_to_stderr("error");
    let config = absolute(&global.config);
    let urls =
        args.urls.iter().map(|text| address(text)).collect::<Result<Vec<Url>, CliError>>()?;
    let desk = Desk::load(&config)?;
    let runtime = runtime()?;
    let mut outcome = Outcome::Done;
    let alone = urls.len() == 1;
    for url in urls {
        let added = runtime.block_on(add(&config, &desk, url, &args));
        if let Err(error) = added {
            // The others are added all the same.
            let failed = error.report();
            outcome = if alone { failed } else { Outcome::Attention };
        }
    }
    Ok(outcome)
}

async fn add(config: &Path, desk: &Desk, url: Url, args: &Args) -> Result<(), CliError> {
    let source = |url: &Url, name: Option<String>, kind: SourceKind| NewSource {
        address: SourceAddress::Web(url.clone()),
        key: args.key.clone(),
        name,
        language: None,
        kind,
    };
    subscriptions::may_add(config, &source(&url, None, SourceKind::Feed))?;
    let (timeout, now) = (desk.config.fetch.timeout, Clock::from_environment().now());
    let request = |url| plain_request(url, timeout, now);
    let found = discover(&desk.fetcher, &desk.site_rules, &url, request).await?;
    let Found { url, kind, feed, how, others } = found;
    let title = feed.title.as_ref().map(|title| title.as_str().to_owned());
    let name = args.name.clone().or(title);
    let key = subscriptions::add(config, &source(&url, name.clone(), kind.clone()))?;
    output::line(&format!(
        "added `{key}`: {}, {} entries now ({how})\n  {url}",
        name.as_deref().unwrap_or("a feed without a title"),
        feed.entries.len(),
    ));
    for line in first_headlines(&feed) {
        output::line(&format!("  {line}"));
    }
    match &kind {
        SourceKind::Feed => {}
        SourceKind::Sitemap => output::line("  read as `kind = \"sitemap\"`"),
        SourceKind::Page(selectors) => {
            output::line("  read as `kind = \"page\"`, by");
            let mut found_by: Vec<String> =
                selectors.stated().map(|(key, selector)| format!("{key} = {selector}")).collect();
            if selectors.items.is_none() {
                found_by.push(
                    "the structure of the page, for which no short selector was found".to_owned(),
                );
            }
            for line in found_by {
                output::line(&format!("    {line}"));
            }
        }
    }
    for other in others.iter().take(5) {
        output::line(&format!("  the page also links to {other}"));
    }
    Ok(())
}

/// The first entries, with their dates: what the source would be read as.
fn first_headlines(feed: &ParsedFeed) -> Vec<String> {
    const SHOWN: usize = 5;
    feed.entries
        .iter()
        .take(SHOWN)
        .map(|entry| {
            let date = entry.published.or(entry.updated);
            let date = date.map_or_else(|| "no date".to_owned(), |at| at.to_rfc3339());
            let title = entry.title.as_ref().map_or("(no headline)", |title| title.as_str());
            format!("{date}  {title}")
        })
        .collect()
}

/// The URL as people type it: `https` is meant where no scheme is given.
fn address(text: &str) -> Result<Url, CliError> {
    let text = text.trim();
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&whole)
        .map_err(|error| CliError::Usage(format!("`{text}` is not a URL: {error}")))?;
    if matches!(url.scheme(), "http" | "https") {
        return Ok(url);
    }
    Err(CliError::Usage(format!(
        "`{text}` is not an http or https URL; a `file:` source is written into the configuration by hand"
    )))
}
