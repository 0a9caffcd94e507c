//! What the forms on the page of the sources do: they edit `feeds.toml`, as the commands do, and wait until the edit is in force.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use url::Url;

use crate::config::edit::{EditError, NewSource};
use crate::model::source::{SourceAddress, SourceKey, SourceKind};
use crate::model::time::Timestamp;
use crate::run::desk::Desk;
use crate::run::discover::{discover, plain_request};
use crate::run::error::with_causes;
use crate::run::subscriptions::{self, SubscriptionError};
use crate::serve::{Acted, ActionError};

/// So long the visitor waits for an edit to be in force; then it is said that it will be soon.
const PATIENCE: Duration = Duration::from_secs(8);

/// Edits the configuration of a running service.
pub struct SourceForms {
    config: PathBuf,
    desks: watch::Receiver<Arc<Desk>>,
    /// One edit at a time: each reads the file, and writes it whole.
    editing: Mutex<()>,
}

impl SourceForms {
    /// Edits this file, whose configuration in force is told there.
    pub fn new(config: PathBuf, desks: watch::Receiver<Arc<Desk>>) -> SourceForms {
        SourceForms { config, desks, editing: Mutex::new(()) }
    }

    /// Finds the feed behind an address and adds it. Must be called on a thread that may wait.
    ///
    /// # Errors
    /// If it is no address, there is no feed, the source is there already, or the file cannot be edited.
    pub fn add(&self, text: &str, now: Timestamp) -> Result<Acted, ActionError> {
        let url = address(text)?;
        let source = |url: &Url, name, kind| NewSource {
            address: SourceAddress::Web(url.clone()),
            key: None,
            name,
            language: None,
            kind,
        };
        subscriptions::may_add(&self.config, &source(&url, None, SourceKind::Feed))
            .map_err(not_edited)?;
        let desk = Arc::clone(&self.desks.borrow());
        let timeout = desk.config.fetch.timeout;
        let request = |url| plain_request(url, timeout, now);
        // The address guard of the fetcher holds for what visitors type as for what the file says.
        let found =
            Handle::current().block_on(discover(&desk.fetcher, &desk.site_rules, &url, request));
        let found = found.map_err(|error| ActionError::Conflict(with_causes(&error)))?;
        let name = found.feed.title.as_ref().map(|title| title.as_str().to_owned());
        let key = {
            let _one = self.editing.lock().unwrap_or_else(PoisonError::into_inner);
            subscriptions::add(&self.config, &source(&found.url, name, found.kind))
                .map_err(not_edited)?
        };
        tracing::info!(source = %key, "added on the page of the sources");
        Ok(self.wait(|desk| desk.sources.contains_key(&key)))
    }

    /// Leaves a source alone for now, or lets it go on. Must be called on a thread that may wait.
    ///
    /// # Errors
    /// If there is no such source, or the file cannot be edited.
    pub fn pause(&self, key: &SourceKey, paused: bool) -> Result<Acted, ActionError> {
        {
            let _one = self.editing.lock().unwrap_or_else(PoisonError::into_inner);
            subscriptions::pause(&self.config, key, paused).map_err(not_edited)?;
        }
        tracing::info!(source = %key, paused, "paused or resumed on the page of the sources");
        let holds = |desk: &Desk| desk.sources.get(key).is_none_or(|it| it.paused == paused);
        Ok(self.wait(holds))
    }

    fn wait(&self, holds: impl Fn(&Desk) -> bool) -> Acted {
        let mut desks = self.desks.clone();
        let waiting = async {
            tokio::time::timeout(PATIENCE, desks.wait_for(|desk| holds(desk))).await.is_ok()
        };
        if Handle::current().block_on(waiting) { Acted::Done } else { Acted::Waits }
    }
}

/// The URL as people type it: `https` is meant where no scheme is given.
fn address(text: &str) -> Result<Url, ActionError> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let wrong = |why: String| ActionError::Wrong(format!("`{text}` is not an address: {why}"));
    let url = Url::parse(&whole).map_err(|error| wrong(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("only http and https are polled".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("credentials do not belong into addresses".to_owned()));
    }
    Ok(url)
}

fn not_edited(error: SubscriptionError) -> ActionError {
    let words = with_causes(&error);
    match error {
        SubscriptionError::Edit(EditError::Unknown { .. }) => ActionError::Unknown(words),
        SubscriptionError::Edit(
            EditError::Already { .. } | EditError::InlineSources | EditError::Syntax { .. },
        )
        | SubscriptionError::KeyTaken { .. } => ActionError::Conflict(words),
        SubscriptionError::Edit(EditError::Broken { .. } | EditError::File { .. })
        | SubscriptionError::Config(_) => ActionError::Failed(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_people_type_them() {
        let check = |text: &str, want: Option<&str>| {
            let url = address(text).ok();
            assert_eq!(url.as_ref().map(Url::as_str), want, "{text}");
        };
        check("news.example", Some("https://news.example/"));
        check("http://news.example/rss?a=1", Some("http://news.example/rss?a=1"));
        check("file:///etc/passwd", None);
        check("javascript:alert(1)", None);
        check("https://user:pass@news.example/", None);
        check("https://", None);
    }
}
