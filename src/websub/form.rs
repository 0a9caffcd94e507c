//! What the messages say: parameters of addresses and forms, written and read. Reading is bounded and knows each parameter once.

use std::time::Duration;

use url::{Url, form_urlencoded};

use crate::model::source::Secret;
use crate::model::text::is_forbidden;
use crate::model::websub::address;

/// The longest challenge that is echoed, in bytes.
const CHALLENGE_BYTES: usize = 4 * 1024;
/// The longest address of a topic or callback that our hub keeps, in bytes.
const ADDRESS_BYTES: usize = 2 * 1024;
/// A secret is shorter than this (§5.1), in bytes.
const SECRET_BYTES: usize = 200;
/// So many parameters are read.
const PARAMETERS: usize = 64;

/// Whether to be told, or no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    /// To be told.
    Subscribe,
    /// No more.
    Unsubscribe,
}

impl Mode {
    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Subscribe => "subscribe",
            Mode::Unsubscribe => "unsubscribe",
        }
    }
}

/// What a hub says at a callback (§5.2, §5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// Did you ask for this?
    Intent {
        /// For what.
        mode: Mode,
        /// About what.
        topic: String,
        /// What to echo if so.
        challenge: String,
        /// For how long.
        lease: Option<Duration>,
    },
    /// You are not told.
    Denied {
        /// About what.
        topic: String,
        /// Why: one line, as far as it says.
        reason: String,
    },
}

/// The parameters of a message, each as given first.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn read(text: &[u8]) -> Parameters {
        Parameters(form_urlencoded::parse(text).into_owned().take(PARAMETERS).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn lease(&self) -> Option<Duration> {
        let seconds = self.get("hub.lease_seconds")?.trim();
        // Beyond any bound of ours is all the same.
        let is_number = !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Duration::from_secs(seconds.parse().unwrap_or(u64::from(u32::MAX))))
    }
}

/// Reads what a hub says at a callback; `None` if it says nothing that means anything.
pub fn word(query: &str) -> Option<Word> {
    let parameters = Parameters::read(query.as_bytes());
    let topic = parameters.get("hub.topic")?.to_owned();
    let mode = match parameters.get("hub.mode")? {
        "subscribe" => Mode::Subscribe,
        "unsubscribe" => Mode::Unsubscribe,
        "denied" => {
            let reason = line(parameters.get("hub.reason").unwrap_or_default());
            return Some(Word::Denied { topic, reason });
        }
        _ => return None,
    };
    let challenge = parameters.get("hub.challenge")?;
    let fits = (1..=CHALLENGE_BYTES).contains(&challenge.len());
    fits.then(|| Word::Intent {
        mode,
        topic,
        challenge: challenge.to_owned(),
        lease: parameters.lease(),
    })
}

/// A text of somebody else's as one line for people.
pub fn line(text: &str) -> String {
    let words = text.split(|character: char| character.is_whitespace() || is_forbidden(character));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(200).collect()
}

/// What our hub is asked for (§5.1, §6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// To tell somebody of changes, or no more.
    Subscription {
        /// Which.
        mode: Mode,
        /// Where.
        callback: Url,
        /// Of what.
        topic: String,
        /// For how long.
        lease: Option<Duration>,
        /// The key of the signatures, if it is to sign.
        secret: Option<Secret>,
    },
    /// To look whether something has changed.
    Publish,
}

/// Reads what our hub is asked for.
///
/// # Errors
/// In words for whoever asked.
pub fn request(body: &[u8]) -> Result<Request, &'static str> {
    let parameters = Parameters::read(body);
    let mode = match parameters.get("hub.mode") {
        Some("subscribe") => Mode::Subscribe,
        Some("unsubscribe") => Mode::Unsubscribe,
        Some("publish") => return Ok(Request::Publish),
        Some(_) => return Err("hub.mode is subscribe or unsubscribe"),
        None => return Err("hub.mode is missing"),
    };
    let callback = parameters.get("hub.callback").ok_or("hub.callback is missing")?;
    if callback.len() > ADDRESS_BYTES {
        return Err("hub.callback is too long");
    }
    let mut callback = address(None, callback)
        .and_then(|callback| Url::parse(&callback).ok())
        .ok_or("hub.callback is no http or https address without credentials")?;
    callback.set_fragment(None);
    let topic = parameters.get("hub.topic").ok_or("hub.topic is missing")?;
    if topic.is_empty() || topic.len() > ADDRESS_BYTES {
        return Err("hub.topic is empty or too long");
    }
    let secret = parameters.get("hub.secret").filter(|secret| !secret.is_empty());
    if secret.is_some_and(|secret| secret.len() >= SECRET_BYTES) {
        return Err("hub.secret is 200 bytes or longer");
    }
    Ok(Request::Subscription {
        mode,
        callback,
        topic: topic.to_owned(),
        lease: parameters.lease(),
        secret: secret.map(|secret| Secret::new(secret.to_owned())),
    })
}

/// What we ask a hub for (§5.1). The secret goes along when we subscribe.
pub fn subscription(
    mode: Mode,
    callback: &str,
    topic: &str,
    lease: Duration,
    secret: &Secret,
) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("hub.callback", callback)
        .append_pair("hub.mode", mode.name())
        .append_pair("hub.topic", topic);
    if mode == Mode::Subscribe {
        form.append_pair("hub.lease_seconds", &lease.as_secs().to_string())
            .append_pair("hub.secret", secret.reveal());
    }
    form.finish()
}

/// What tells a hub that a document has changed (§6). Some hubs know one of the two names, some the other.
pub fn ping(topic: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("hub.mode", "publish")
        .append_pair("hub.url", topic)
        .append_pair("hub.topic", topic)
        .finish()
}

/// The address that asks a subscriber whether it meant it (§5.3): its callback with more parameters, its own first and as they were.
pub fn intent(
    callback: &Url,
    mode: Mode,
    topic: &str,
    challenge: &str,
    lease: Option<Duration>,
) -> Url {
    let mut more = form_urlencoded::Serializer::new(String::new());
    more.append_pair("hub.mode", mode.name())
        .append_pair("hub.topic", topic)
        .append_pair("hub.challenge", challenge);
    if let Some(lease) = lease {
        more.append_pair("hub.lease_seconds", &lease.as_secs().to_string());
    }
    with_query(callback, &more.finish())
}

/// The address that tells a subscriber that it is told no more (§5.2).
pub fn denial(callback: &Url, topic: &str, reason: &str) -> Url {
    let more = form_urlencoded::Serializer::new(String::new())
        .append_pair("hub.mode", "denied")
        .append_pair("hub.topic", topic)
        .append_pair("hub.reason", reason)
        .finish();
    with_query(callback, &more)
}

fn with_query(callback: &Url, more: &str) -> Url {
    let query = match callback.query() {
        Some(own) if !own.is_empty() => format!("{own}&{more}"),
        Some(_) | None => more.to_owned(),
    };
    let mut url = callback.clone();
    url.set_query(Some(&query));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hubs_are_understood() {
        let check = |query: &str, want: Option<Word>| assert_eq!(word(query), want, "{query}");
        let intent = |mode, lease: Option<u64>| {
            Some(Word::Intent {
                mode,
                topic: "https://a.example/f".to_owned(),
                challenge: "c 1".to_owned(),
                lease: lease.map(Duration::from_secs),
            })
        };
        let about = "hub.topic=https%3A%2F%2Fa.example%2Ff&hub.challenge=c+1";
        check(
            &format!("hub.mode=subscribe&{about}&hub.lease_seconds=60"),
            intent(Mode::Subscribe, Some(60)),
        );
        check(&format!("hub.mode=unsubscribe&{about}"), intent(Mode::Unsubscribe, None));
        check(
            &format!("hub.mode=subscribe&{about}&hub.lease_seconds=-1"),
            intent(Mode::Subscribe, None),
        );
        check(
            &format!("hub.mode=subscribe&hub.mode=unsubscribe&{about}"),
            intent(Mode::Subscribe, None),
        );
        check(&format!("hub.mode=other&{about}"), None);
        check("hub.mode=subscribe&hub.topic=x", None);
        check("hub.mode=subscribe&hub.challenge=x", None);
        check(&format!("hub.mode=subscribe&hub.topic=x&hub.challenge={}", "x".repeat(5_000)), None);
        check("", None);
        check(
            "hub.mode=denied&hub.topic=x&hub.reason=no%1b%5b31m%0a%0amore",
            Some(Word::Denied { topic: "x".to_owned(), reason: "no [31m more".to_owned() }),
        );
    }

    #[test]
    fn subscribers_are_understood() {
        let check = |body: &str, want: Result<&str, &str>| {
            let got = request(body.as_bytes());
            let said = got.as_ref().map(|request| match request {
                Request::Subscription { callback, .. } => callback.as_str(),
                Request::Publish => "publish",
            });
            assert_eq!(said.map_err(|error| *error), want, "{body}");
        };
        let good = "hub.mode=subscribe&hub.topic=t&hub.callback=";
        check(
            &format!("{good}https%3A%2F%2Fr.example%2F%3Fa%3D1%23x"),
            Ok("https://r.example/?a=1"),
        );
        check("hub.mode=publish&hub.url=t", Ok("publish"));
        let address = Err("hub.callback is no http or https address without credentials");
        check(&format!("{good}ftp%3A%2F%2Fr.example%2F"), address);
        check(&format!("{good}https%3A%2F%2Fu%3Ap%40r.example%2F"), address);
        check(&format!("{good}%2Fpath"), address);
        check(
            &format!("{good}https://r.example/{}", "x".repeat(3_000)),
            Err("hub.callback is too long"),
        );
        check("hub.mode=subscribe&hub.topic=t", Err("hub.callback is missing"));
        check("hub.mode=subscribe&hub.callback=https://r.example/", Err("hub.topic is missing"));
        check("hub.topic=t", Err("hub.mode is missing"));
        check("hub.mode=list", Err("hub.mode is subscribe or unsubscribe"));
        check(
            &format!("{good}https://r.example/&hub.secret={}", "x".repeat(200)),
            Err("hub.secret is 200 bytes or longer"),
        );
    }

    #[test]
    fn what_is_asked_is_what_is_read() {
        let secret = Secret::new("s&=\u{ac00}".to_owned());
        let topic = "https://a.example/f?a=1&b=2";
        let form = subscription(
            Mode::Subscribe,
            "https://r.example/c",
            topic,
            Duration::from_secs(9),
            &secret,
        );
        let Ok(Request::Subscription { mode, callback, topic: got, lease, secret: got_secret }) =
            request(form.as_bytes())
        else {
            panic!("{form}");
        };
        assert_eq!(
            (mode, got.as_str(), lease),
            (Mode::Subscribe, topic, Some(Duration::from_secs(9)))
        );
        assert_eq!(got_secret, Some(secret.clone()));
        let asked = intent(&callback, mode, topic, "ch", lease);
        let Some(Word::Intent { topic: got, challenge, .. }) = word(asked.query().unwrap()) else {
            panic!("{asked}");
        };
        assert_eq!((got.as_str(), challenge.as_str()), (topic, "ch"));
        let parting =
            subscription(Mode::Unsubscribe, "https://r.example/c", topic, Duration::ZERO, &secret);
        assert!(!parting.contains("secret") && !parting.contains("lease"), "{parting}");
        let own = Url::parse("https://r.example/c?id=%20a").unwrap();
        assert!(
            denial(&own, "t", "r")
                .as_str()
                .starts_with("https://r.example/c?id=%20a&hub.mode=denied")
        );
    }
}
