//! The sources of a configuration as subscriptions: taken in from a list, given out as one, or removed. Nothing is fetched.

use std::path::Path;

use crate::config::edit::{self, EditError, Listed, NewSource};
use crate::config::opml::{Refused, Subscriptions};
use crate::config::{Config, ConfigError, text_of};
use crate::fetch::guard;
use crate::model::source::{SourceAddress, SourceKey, SourceKind};
use crate::render::{OpmlSource, opml};
use crate::run::desk::{name_of, source_url};

/// Why subscriptions could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum SubscriptionError {
    /// The configuration is wrong, or would be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The edit could not be made.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// Another source has the key that was asked for.
    #[error("another source has the key `{key}`; give this one another")]
    KeyTaken {
        /// The key.
        key: SourceKey,
    },
}

/// What came of taking subscriptions in.
#[derive(Debug)]
pub struct Imported {
    /// The sources added.
    pub added: Vec<SourceKey>,
    /// What was left out, by line.
    pub refused: Vec<Refused>,
}

/// Adds to the configuration what of a list is not there yet and may be contacted.
///
/// # Errors
/// If the configuration is wrong, or cannot be written; it is as it was then.
pub fn import(config_path: &Path, list: Subscriptions) -> Result<Imported, SubscriptionError> {
    // A file that is wrong is mended first: the edit must not be mixed up with what was wrong before.
    let config = Config::load_without_secrets(config_path)?;
    let text = text_of(config_path)?;
    let base = edit::base_of(config_path);
    let mut listed = Listed::of(&text, &base)?;
    let Subscriptions { found, mut refused, .. } = list;
    let mut new = Vec::new();
    let mut added = Vec::new();
    for subscription in found {
        let line = subscription.line;
        let url = subscription.url;
        if let Err(refusal) = guard::permitted_host(&url, &config.fetch.allow_addresses) {
            refused.push(Refused { line, why: format!("`{url}`: {refusal}") });
            continue;
        }
        let source = NewSource {
            address: SourceAddress::Web(url),
            key: None,
            name: subscription.title,
            language: subscription.language,
            kind: SourceKind::Feed,
        };
        match listed.take(&source) {
            Ok(key) => {
                added.push(key.clone());
                new.push(NewSource { key: Some(key), ..source });
            }
            Err(error) => refused.push(Refused { line, why: error.to_string() }),
        }
    }
    if !new.is_empty() {
        let edited = edit::add(&text, &base, &new)?;
        Config::parse_without_secrets(&edited.text, config_path)?;
        edit::write(config_path, &edited.text)?;
    }
    refused.sort_by_key(|refused| refused.line);
    Ok(Imported { added, refused })
}

/// Whether a source may be added: the configuration is sound, and no spelling of the address is in it. Asked before anyone is fetched from.
///
/// # Errors
/// If it may not.
pub fn may_add(config_path: &Path, source: &NewSource) -> Result<(), SubscriptionError> {
    Config::load_without_secrets(config_path)?;
    key_for(&text_of(config_path)?, config_path, source)?;
    Ok(())
}

/// Adds a source to the configuration and gives the key it has there.
///
/// # Errors
/// If it is there already, under any spelling of its address, or the key asked for is taken; the file is as it was then.
pub fn add(config_path: &Path, source: &NewSource) -> Result<SourceKey, SubscriptionError> {
    let text = text_of(config_path)?;
    let key = key_for(&text, config_path, source)?;
    let source = NewSource { key: Some(key.clone()), ..source.clone() };
    let edited = edit::add(&text, &edit::base_of(config_path), &[source])?;
    Config::parse_without_secrets(&edited.text, config_path)?;
    edit::write(config_path, &edited.text)?;
    Ok(key)
}

fn key_for(
    text: &str,
    config_path: &Path,
    source: &NewSource,
) -> Result<SourceKey, SubscriptionError> {
    let key = Listed::of(text, &edit::base_of(config_path))?.take(source)?;
    match &source.key {
        Some(wanted) if *wanted != key => Err(SubscriptionError::KeyTaken { key: wanted.clone() }),
        Some(_) | None => Ok(key),
    }
}

/// Removes a source from the configuration.
///
/// # Errors
/// If there is no such source, or something else in the file names it; the file is as it was then.
pub fn remove(config_path: &Path, key: &str) -> Result<(), SubscriptionError> {
    let text = text_of(config_path)?;
    let edited = edit::remove(&text, &edit::base_of(config_path), key)?;
    // What names the source elsewhere would break the file.
    Config::parse_without_secrets(&edited, config_path)?;
    edit::write(config_path, &edited)?;
    Ok(())
}

/// Leaves a source of the configuration alone for now, or lets it go on.
///
/// # Errors
/// If there is no such source, or the file cannot be edited; it is as it was then.
pub fn pause(config_path: &Path, key: &SourceKey, paused: bool) -> Result<(), SubscriptionError> {
    let text = text_of(config_path)?;
    let edited = edit::set_paused(&text, &edit::base_of(config_path), key.as_str(), paused)?;
    if edited != text {
        Config::parse_without_secrets(&edited, config_path)?;
        edit::write(config_path, &edited)?;
    }
    Ok(())
}

/// The sources as OPML, for another reader: files of this machine are nobody else's.
///
/// # Errors
/// If the configuration is wrong.
pub fn export(config_path: &Path) -> Result<Vec<u8>, SubscriptionError> {
    let config = Config::load_without_secrets(config_path)?;
    let sources: Vec<OpmlSource> = config
        .sources
        .iter()
        .filter_map(|source| {
            Some(OpmlSource {
                title: name_of(source, None),
                feed_url: source_url(source)?.as_str().to_owned(),
                home: None,
                language: source.language.clone(),
                categories: source.topics.iter().map(ToString::to_string).collect(),
            })
        })
        .collect();
    Ok(opml(&config.publish.title, &sources))
}
