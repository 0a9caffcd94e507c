//! Feeds that are made on demand for who knows their secret: what was dropped or folded, and what is wrong with sources.

use crate::config::PrivateFeed;
use crate::model::edition::{Artifact, Edition};
use crate::model::time::Timestamp;
use crate::render::{self, Format};
use crate::run::desk::Desk;
use crate::run::error::RunError;
use crate::run::{health, rejects};
use crate::store::StoreReader;

/// What a private feed tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rejects,
    Health,
}

/// A document of a private feed.
#[derive(Debug, Clone, Copy)]
pub struct PrivateDocument<'a> {
    kind: Kind,
    /// Its feed.
    pub feed: &'a PrivateFeed,
    format: Format,
}

/// The document that has this file name.
pub fn named<'a>(desk: &'a Desk, file_name: &str) -> Option<PrivateDocument<'a>> {
    let all = |kind, feeds: &'a [PrivateFeed]| feeds.iter().map(move |feed| (kind, feed));
    all(Kind::Rejects, &desk.config.rejects).chain(all(Kind::Health, &desk.config.health)).find_map(
        |(kind, feed)| {
            let mut formats = feed.formats.iter();
            let format = formats.find(|format| format.file_name(&feed.spec.name) == file_name)?;
            Some(PrivateDocument { kind, feed, format: *format })
        },
    )
}

impl PrivateDocument<'_> {
    /// Makes it. It has no date: what is gone from it leaves none behind, and the tag says all.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn make(
        self,
        desk: &Desk,
        reader: &dyn StoreReader,
        now: Timestamp,
    ) -> Result<Artifact, RunError> {
        let PrivateDocument { kind, feed, format } = self;
        let edition: Edition = match kind {
            Kind::Rejects => rejects::edition(desk, reader, &feed.spec, now)?,
            Kind::Health => health::edition(desk, reader, &feed.spec, now)?,
        };
        let mut options = desk.render_options(&feed.formats);
        options.key = Some(feed.secret.clone());
        let document = render::render(&edition, format, &options);
        Ok(Artifact::new(format.file_name(&feed.spec.name), format.media_type(), document, None))
    }
}
