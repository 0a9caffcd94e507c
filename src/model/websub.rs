//! Who is told of changes, and who tells us (W3C WebSub): what is remembered of hubs and subscribers. Nothing here sends or verifies anything.

use std::fmt;

use url::Url;

use super::source::{Secret, SourceKey};
use super::time::Timestamp;
use super::url::URL_BYTES;

/// So many hubs of one document are known; a document names one or two.
pub const HUBS: usize = 4;

/// What a source says of being told about its changes (WebSub §4).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Advert {
    /// Its hubs, in its order, each once, at most [`HUBS`].
    pub hubs: Vec<String>,
    /// The topic: by what name the hubs know it. Kept letter for letter, for hubs compare letters.
    pub topic: Option<String>,
    /// Where the document was, which its relative links are relative to.
    pub base: Option<String>,
}

impl Advert {
    /// Takes one more hub, which may be relative to `base`, unless there are enough.
    pub fn add_hub(&mut self, base: Option<&Url>, href: &str) {
        if self.hubs.len() < HUBS
            && let Some(hub) = address(base, href)
            && !self.hubs.contains(&hub)
        {
            self.hubs.push(hub);
        }
    }

    /// Takes the topic, unless there is one.
    pub fn offer_topic(&mut self, base: Option<&Url>, href: &str) {
        if self.topic.is_none() {
            self.topic = address(base, href);
        }
    }

    /// What headers and document say together: hubs in the headers make those in the document count for nothing (WebSub §4).
    #[must_use]
    pub fn or(self, document: Advert) -> Advert {
        let hubs = if self.hubs.is_empty() { document.hubs } else { self.hubs };
        Advert { hubs, topic: self.topic.or(document.topic), base: self.base.or(document.base) }
    }
}

/// An absolute `http` or `https` address without credentials: as written where it is absolute, else joined to `base`.
pub fn address(base: Option<&Url>, href: &str) -> Option<String> {
    let href = href.trim();
    if href.is_empty() || href.len() > URL_BYTES {
        return None;
    }
    let absolute = Url::parse(href);
    let is_written = absolute.is_ok();
    let url = absolute.ok().or_else(|| base?.join(href).ok())?;
    let fits = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none();
    let legal = href.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| if is_written && legal { href.to_owned() } else { String::from(url) })
}

/// The part of an address that may be shown: no credentials, no query, which may be a capability.
pub fn shown(address: &str) -> String {
    match Url::parse(address) {
        Ok(mut url) => {
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.set_query(None);
            url.set_fragment(None);
            url.into()
        }
        Err(_) => "an address that cannot be read".to_owned(),
    }
}

/// How a subscription of ours stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The hub has not confirmed it.
    Unconfirmed,
    /// The hub tells us of changes until then.
    Live {
        /// The end of the lease.
        until: Timestamp,
    },
    /// The hub refuses.
    Denied {
        /// When it said so.
        at: Timestamp,
        /// Why, as far as it says: one line for people.
        reason: String,
    },
    /// The hub could not be reached, or did not confirm.
    Failed {
        /// Since when.
        since: Timestamp,
        /// Why: one line for people.
        reason: String,
    },
    /// We want to be told no more.
    Leaving,
}

/// A subscription of ours: a source whose hub tells us of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The last part of its callback: whoever knows it may talk to us about this subscription.
    pub id: Secret,
    /// The source.
    pub source: SourceKey,
    /// The hub that was asked.
    pub hub: String,
    /// What it is about.
    pub topic: String,
    /// What the document's relative links are relative to.
    pub base: String,
    /// The key of the signatures.
    pub secret: Secret,
    /// How it stands.
    pub standing: Standing,
    /// When we last asked the hub, if it may still confirm that.
    pub asked: Option<Timestamp>,
    /// When something is to be done about it next.
    pub next: Timestamp,
    /// Requests to the hub that came to nothing, in a row.
    pub failures: u32,
    /// Documents that the hub sent.
    pub pushes: u64,
    /// When the last of them came.
    pub last_push: Option<Timestamp>,
    /// Documents whose signature was missing or wrong, and which counted for nothing.
    pub forged: u64,
}

impl Subscription {
    /// Until when the hub tells us of changes; `None` if it does not now.
    pub fn live_until(&self, now: Timestamp) -> Option<Timestamp> {
        match self.standing {
            Standing::Live { until } if until > now => Some(until),
            Standing::Live { .. }
            | Standing::Unconfirmed
            | Standing::Denied { .. }
            | Standing::Failed { .. }
            | Standing::Leaving => None,
        }
    }
}

/// Somebody whom the hub of this program tells of changes of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// Where it wants to be told. May be a capability: not for logs.
    pub callback: Secret,
    /// The address of the document.
    pub topic: String,
    /// The key of the signatures, if it gave one.
    pub secret: Option<Secret>,
    /// The end of the lease.
    pub until: Timestamp,
    /// The entity tag of the version that it has.
    pub delivered: String,
    /// Deliveries that failed, in a row.
    pub failures: u32,
    /// Before this time nothing is delivered.
    pub not_before: Timestamp,
}

/// Which version of a document a hub was last told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// The hub.
    pub hub: String,
    /// The address of the document.
    pub topic: String,
    /// The entity tag of the version.
    pub version: String,
}

/// All that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remembered {
    /// Subscriptions of ours.
    pub subscriptions: Vec<Subscription>,
    /// Those who subscribed with us.
    pub subscribers: Vec<Subscriber>,
    /// What hubs were told.
    pub announced: Vec<Announced>,
}

/// A change of what is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A subscription of ours is this now.
    Subscription(Box<Subscription>),
    /// A subscription of ours is over.
    Unsubscribed {
        /// Which.
        id: Secret,
    },
    /// A subscriber is this now.
    Subscriber(Box<Subscriber>),
    /// A subscriber is none any more.
    SubscriberGone {
        /// Where it wanted to be told.
        callback: Secret,
        /// Of what.
        topic: String,
    },
    /// A hub was told of a version.
    Announced(Announced),
    /// A hub is told no more.
    Forgotten {
        /// The hub.
        hub: String,
        /// The address of the document.
        topic: String,
    },
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Standing::Unconfirmed => f.write_str("waiting for the hub to confirm"),
            Standing::Live { until } => write!(f, "lease until {until}"),
            Standing::Denied { at, reason } if reason.is_empty() => {
                write!(f, "refused by the hub at {at}")
            }
            Standing::Denied { at, reason } => write!(f, "refused by the hub at {at}: {reason}"),
            Standing::Failed { since, reason } => write!(f, "failing since {since}: {reason}"),
            Standing::Leaving => f.write_str("being given up"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_kept_letter_for_letter() {
        let base = Url::parse("https://a.example/news/").unwrap();
        let check = |href: &str, want: Option<&str>| {
            assert_eq!(address(Some(&base), href).as_deref(), want, "{href}");
        };
        check("https://A.example", Some("https://A.example"));
        check(" https://a.example/x?b=%7e ", Some("https://a.example/x?b=%7e"));
        check("feed", Some("https://a.example/news/feed"));
        check("//hub.example/", Some("https://hub.example/"));
        check("https://user:pw@a.example/", None);
        check("javascript:alert(1)", None);
        check("file:///etc/passwd", None);
        check("", None);
        check("https://a.example/\u{ac00}", Some("https://a.example/%EA%B0%80"));
    }

    #[test]
    fn headers_count_before_the_document() {
        let advert = |hub: &str, topic: &str| {
            let mut advert = Advert::default();
            advert.add_hub(None, hub);
            advert.offer_topic(None, topic);
            advert
        };
        let (header, document) =
            (advert("https://h.example/", ""), advert("https://d.example/", "https://t.example/"));
        let both = header.or(document);
        assert_eq!(both.hubs, ["https://h.example/"]);
        assert_eq!(both.topic.as_deref(), Some("https://t.example/"));
    }

    #[test]
    fn what_may_be_a_capability_is_not_shown() {
        assert_eq!(shown("https://u:p@hub.example/a?key=1#x"), "https://hub.example/a");
    }
}
