//! The raw shape → checked `Config`. A value that is wrong is a problem, a default stands in for it, and checking goes on: every problem at once.

mod topics;
mod sources;
mod feeds;
mod websub;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono_tz::Tz;
use url::Url;

use super::problem::Problem;
use super::raw::{self, At, DurationText, SecretText};
use super::value::{self, Wrong};
use super::{Config, Fetch, Publish, Server, Store, Stories};
use crate::model::cron::Cron;
use crate::model::rhythm::Bounds;
use crate::model::schedule::{Schedule, Timing, Written};
use crate::model::source::Secret;
use crate::stories::Sensitivity;

/// What a configuration refers to besides itself.
pub struct Surroundings<'a> {
    /// The directory that relative paths start from, absolute.
    pub base: &'a Path,
    /// What to do about secrets.
    pub secrets: Secrets,
}

/// What to do about secrets that come from the environment or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// One that cannot be had is a problem.
    Needed,
    /// They are not asked for.
    LeftOut,
}

/// Checks the shape. Without an error among the problems, the configuration can be used.
pub fn check(
    raw: raw::Raw,
    text: &str,
    surroundings: &Surroundings<'_>,
    problems: Vec<Problem>,
    secrets: Vec<Range<usize>>,
) -> (Config, Vec<Problem>, Vec<Range<usize>>) {
    let mut checker = Checker { text, surroundings, problems, secrets };
    let config = checker.config(raw);
    (config, checker.problems, checker.secrets)
}

struct Checker<'a> {
    text: &'a str,
    surroundings: &'a Surroundings<'a>,
    problems: Vec<Problem>,
    secrets: Vec<Range<usize>>,
}

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
const LISTEN: &str = "127.0.0.1:8484";
const EVERY_QUARTER: &str = "*/15 * * * *";
/// A secret of fewer characters can be guessed.
const SECRET_CHARACTERS: usize = 16;
const SECRET_HELP: &str = "make one that cannot be guessed: `openssl rand -hex 16`";
/// The longest text for people, in bytes.
const TITLE_BYTES: usize = 500;

impl Checker<'_> {
    fn config(&mut self, raw: raw::Raw) -> Config {
        if raw.sources.is_none() && raw.topics.is_none() && raw.feeds.is_none() {
            self.problems.push(Problem::empty());
        }
        let server = self.server(raw.server.map(|at| at.value).unwrap_or_default());
        let publish =
            self.publish(raw.publish.map(|at| at.value).unwrap_or_default(), server.listen);
        let store = self.store(raw.store.map(|at| at.value).unwrap_or_default());
        let (fetch, jitter) = self.fetch(raw.fetch.map(|at| at.value).unwrap_or_default());
        let websub =
            self.websub(raw.websub.map(|at| at.value).unwrap_or_default(), &publish, &server);
        let raw_stories = raw.stories.map(|at| at.value).unwrap_or_default();
        let stories = self.stories(&raw_stories, &store);
        let topics = self.topics(raw.topics.map(|at| at.value));
        let mut sources = self.sources(
            raw.sources.map(|at| at.value).unwrap_or_default(),
            &fetch,
            jitter,
            &topics,
        );
        let prefer = raw_stories.prefer.map(|at| at.value).unwrap_or_default();
        self.prefer(&prefer, &mut sources);
        self.doubtful_rules(&topics, &sources, stories.encoder);
        let feeds::Checked { feeds, rejects, health } =
            self.feeds(raw.feeds.map(|at| at.value).unwrap_or_default(), &topics, &sources, &store);
        if server.listen.is_none() && !rejects.is_empty() {
            self.problems.push(Problem::doubtful(
                "a feed of rejects is served only, and `[server] listen` is off".to_owned(),
                0..0,
                "give `[server] listen` an address, or remove the feed",
            ));
        }
        if server.listen.is_none() && !health.is_empty() {
            self.problems.push(Problem::doubtful(
                "a feed of health is served only, and `[server] listen` is off".to_owned(),
                0..0,
                "give `[server] listen` an address, or remove the feed",
            ));
        }
        Config {
            publish,
            server,
            store,
            fetch,
            websub,
            stories,
            sources,
            topics: topics.into_iter().map(|topic| topic.value).collect(),
            feeds,
            rejects,
            health,
            warnings: super::Report::new(String::new(), "", Vec::new(), &[]),
        }
    }

    fn publish(&mut self, raw: raw::Publish, listen: Option<SocketAddr>) -> Publish {
        let dir = self.path("dir", raw.dir, "public");
        let given = raw.base_url.and_then(|at| self.base_url("base_url", &at));
        let base_url = given.unwrap_or_else(|| address_of(listen));
        let title = self.title("title", raw.title).unwrap_or_else(|| "tidings".to_owned());
        let rights = self.title("rights", raw.rights);
        let icon = raw.icon.and_then(|at| {
            let icon = crate::model::url::WebUrl::parse(at.value.trim());
            if icon.is_none() {
                self.problems.push(Problem::bad_value(
                    "icon",
                    "this is not a web address",
                    at.span,
                    "write the whole public address: `https://news.example.org/icon.png`",
                ));
            }
            icon
        });
        Publish { dir, base_url, title, rights, icon }
    }

    /// An address that others begin with; it ends in a slash.
    fn base_url(&mut self, key: &str, at: &At<String>) -> Option<Url> {
        let bad = |what: &str, help: &str| Problem::bad_value(key, what, at.span.clone(), help);
        let mut url = match Url::parse(at.value.trim()) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => url,
            _ => {
                self.problems.push(bad(
                    "this is not a web address",
                    "write the whole public address: `https://news.example.org/`",
                ));
                return None;
            }
        };
        if url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
            || url.password().is_some()
        {
            self.problems.push(bad(
                "an address that others begin with has no query, fragment or credentials",
                "leave out what follows `?` or `#` and what stands before `@`",
            ));
            return None;
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Some(url)
    }

    fn server(&mut self, raw: raw::Server) -> Server {
        let default: Option<SocketAddr> = LISTEN.parse().ok();
        let listen = match raw.listen {
            None => default,
            Some(at) if at.value.trim() == "off" => None,
            Some(at) => {
                let listen = at.value.trim().parse().ok();
                if listen.is_none() {
                    self.problems.push(Problem::bad_value(
                        "listen",
                        "this is not an address and a port",
                        at.span,
                        listen_help(&at.value),
                    ));
                }
                listen.or(default)
            }
        };
        let admin_token = raw.admin_token.and_then(|at| self.guarding_secret("admin_token", &at));
        let outlet_pictures = raw.outlet_pictures.is_some_and(|at| at.value);
        Server { listen, admin_token, outlet_pictures }
    }

    /// A secret that opens something of ours: one that can be guessed is worth a warning.
    fn guarding_secret(&mut self, key: &str, at: &At<SecretText>) -> Option<Secret> {
        if let SecretText::Literal(_) = at.value {
            self.secrets.push(at.span.clone());
            self.problems.push(Problem::literal_secret(key, at.span.clone()));
        }
        let secret = self.secret(at)?;
        let left_out = self.surroundings.secrets == Secrets::LeftOut;
        let characters = secret.reveal().chars().count();
        if secret.reveal().trim().is_empty() && !left_out {
            self.problems.push(Problem::bad_value(
                key,
                "an empty secret keeps nobody out",
                at.span.clone(),
                SECRET_HELP,
            ));
            return None;
        }
        if characters < SECRET_CHARACTERS && !left_out {
            self.problems.push(Problem::doubtful(
                format!("the secret of `{key}` is shorter than {SECRET_CHARACTERS} characters"),
                at.span.clone(),
                SECRET_HELP,
            ));
        }
        Some(secret)
    }

    fn store(&mut self, raw: raw::Store) -> Store {
        if let Some(url) = raw.url {
            if let SecretText::Literal(_) = url.value {
                self.secrets.push(url.span.clone());
            }
            self.problems.push(Problem::unsupported(
                "PostgreSQL",
                url.span,
                "use `path = \"tidings.db\"`: the database is a file then, and needs no server",
            ));
        }
        Store {
            path: self.path("path", raw.path, "tidings.db"),
            keep: self.duration("keep", raw.keep, DAY * 90, SECOND..=DAY * 36_500),
        }
    }

    /// The defaults of sources, and the jitter if the curator asks for one.
    fn fetch(&mut self, raw: raw::Fetch) -> (Fetch, Option<Duration>) {
        let timezone = match raw.timezone {
            Some(at) => self.value("timezone", &at, value::zone).unwrap_or(Tz::UTC),
            None => Tz::UTC,
        };
        let jitter = raw.jitter.and_then(|at| self.bounded("jitter", &at, Duration::ZERO..=DAY));
        let timing = self.timing(raw.schedule, raw.every, timezone).unwrap_or_else(|| {
            match Cron::parse(EVERY_QUARTER, timezone) {
                Ok(cron) => Timing::Cron(cron),
                Err(_) => Timing::Every(Duration::from_secs(900)),
            }
        });
        let allow_addresses = raw.allow_addresses.map(|at| at.value).unwrap_or_default();
        let fetch = Fetch {
            schedule: Schedule::new(timing, jitter),
            timezone,
            timeout: self.duration(
                "timeout",
                raw.timeout,
                Duration::from_secs(20),
                Duration::from_millis(100)..=HOUR,
            ),
            concurrency: self.count("concurrency", raw.concurrency, 64, 10_000),
            per_host: self.count("per_host", raw.per_host, 2, 10_000),
            per_host_delay: self.duration(
                "per_host_delay",
                raw.per_host_delay,
                Duration::ZERO,
                Duration::ZERO..=HOUR,
            ),
            adaptive: (
                raw.adaptive.is_some_and(|at| at.value),
                self.bounds(raw.min, raw.max, Bounds { min: MINUTE * 10, max: HOUR * 12 }),
            ),
            proxy: raw.proxy.and_then(|at| self.proxy(&at)),
            ca: raw.ca_file.and_then(|at| self.certificates(&at)),
            max_body_bytes: self.max_body(raw.max_body),
            contact: raw.contact.and_then(|at| self.contact(&at)),
            allow_addresses: allow_addresses
                .iter()
                .filter_map(|at| self.value("allow_addresses", at, value::network))
                .collect(),
        };
        (fetch, jitter)
    }

    /// The bounds of learned intervals; `usual` where the curator gives none.
    fn bounds(
        &mut self,
        min: Option<At<DurationText>>,
        max: Option<At<DurationText>>,
        usual: Bounds,
    ) -> Bounds {
        let span = max.as_ref().or(min.as_ref()).map(|at| at.span.clone());
        let bounds = Bounds {
            min: self.duration("min", min, usual.min, SECOND..=DAY * 30),
            max: self.duration("max", max, usual.max, SECOND..=DAY * 30),
        };
        if let Some(span) = span.filter(|_| bounds.min > bounds.max) {
            let what =
                format!("`min` is {}, and `max` {}", Written(bounds.min), Written(bounds.max));
            self.problems.push(Problem::bad_value(
                "max",
                &what,
                span,
                "give the longer one to `max`",
            ));
            return usual;
        }
        bounds
    }

    /// A proxy's URL.
    fn proxy(&mut self, at: &At<SecretText>) -> Option<Secret> {
        if let SecretText::Literal(text) = &at.value
            && text.contains('@')
        {
            self.secrets.push(at.span.clone());
            self.problems.push(Problem::literal_secret("proxy", at.span.clone()));
        }
        let secret = self.secret(at)?;
        let left_out = secret.reveal().is_empty() && self.surroundings.secrets == Secrets::LeftOut;
        let url = Url::parse(secret.reveal().trim()).ok();
        if left_out
            || url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        {
            return (!left_out).then_some(secret);
        }
        self.problems.push(Problem::bad_value(
            "proxy",
            "this is not the address of a proxy",
            at.span.clone(),
            "write `http://HOST:PORT`, or `https://HOST:PORT` for one that is spoken to over TLS",
        ));
        None
    }

    /// The certificates of a file.
    fn certificates(&mut self, at: &At<String>) -> Option<Vec<u8>> {
        const BYTES: u64 = 4 << 20;
        let path = self.surroundings.base.join(&at.value);
        let what = match super::secret::text_file(&path, BYTES) {
            Ok(text) if text.contains("-----BEGIN CERTIFICATE-----") => {
                return Some(text.into_bytes());
            }
            Ok(_) => "there is no certificate in this file".to_owned(),
            Err(why) => format!("this file cannot be read: {why}"),
        };
        self.problems.push(Problem::bad_value(
            "ca_file",
            &what,
            at.span.clone(),
            "give a file with `-----BEGIN CERTIFICATE-----` in it (PEM)",
        ));
        None
    }

    fn max_body(&mut self, at: Option<At<raw::SizeText>>) -> u64 {
        const DEFAULT: u64 = 16 << 20;
        let Some(at) = at else { return DEFAULT };
        match value::size(&at.value.0) {
            Ok(size) if (1 << 10..=1 << 30).contains(&size) => size,
            Ok(_) => {
                self.problems.push(Problem::out_of_range("max_body", "1KiB", "1GiB", at.span));
                DEFAULT
            }
            Err(wrong) => {
                self.wrong("max_body", at.span, wrong);
                DEFAULT
            }
        }
    }

    /// Whom a server's owner may turn to; it goes into a header, in brackets.
    fn contact(&mut self, at: &At<String>) -> Option<String> {
        let contact = at.value.trim();
        let fits = contact.len() <= 200
            && contact.bytes().all(|byte| byte.is_ascii_graphic() && !b"()\\\"".contains(&byte));
        let leads_somewhere = contact.contains('@')
            || contact.starts_with("https://")
            || contact.starts_with("http://");
        if fits && leads_somewhere {
            return Some(contact.to_owned());
        }
        self.problems.push(Problem::bad_value(
            "contact",
            "nobody can be reached there",
            at.span.clone(),
            "write a mail address, `mailto:desk@example.org`, or a page, `https://example.org/about`",
        ));
        None
    }

    fn stories(&mut self, raw: &raw::Stories, store: &Store) -> Stories {
        let window = match &raw.window {
            Some(at) => self.bounded("window", at, SECOND..=DAY * 60).unwrap_or(HOUR * 72),
            None => HOUR * 72,
        };
        if let Some(at) = &raw.window
            && window > store.keep
        {
            self.problems.push(Problem::doubtful(
                format!(
                    "stories are open for {}, but kept for {} only",
                    Written(window),
                    Written(store.keep)
                ),
                at.span.clone(),
                "make `[store] keep` at least as long as `window`",
            ));
        }
        const CHOICES: [(&str, Sensitivity); 3] = [
            ("strict", Sensitivity::Strict),
            ("balanced", Sensitivity::Balanced),
            ("eager", Sensitivity::Eager),
        ];
        let mut sensitivity = Sensitivity::Balanced;
        if let Some(at) = &raw.sensitivity
            && let Some(choice) = self.choice("sensitivity", at, &CHOICES)
        {
            sensitivity = choice;
        }
        const SWITCH: [(&str, bool); 2] = [("on", true), ("off", false)];
        let encoder =
            raw.encoder.as_ref().and_then(|at| self.choice("encoder", at, &SWITCH)).unwrap_or(true);
        Stories { window, sensitivity, encoder }
    }

    /// The schedule's rhythm, if one is given.
    fn timing(
        &mut self,
        schedule: Option<At<String>>,
        every: Option<At<DurationText>>,
        zone: Tz,
    ) -> Option<Timing> {
        if let (Some(schedule), Some(every)) = (&schedule, &every) {
            self.problems.push(Problem::both(
                "schedule",
                "every",
                every.span.clone(),
                schedule.span.clone(),
            ));
        }
        let every = every.and_then(|at| self.bounded("every", &at, SECOND..=DAY * 366));
        let cron = schedule.and_then(|at| self.cron(&at, zone));
        every.map(Timing::Every).or(cron.map(Timing::Cron))
    }

    fn cron(&mut self, at: &At<String>, zone: Tz) -> Option<Cron> {
        match Cron::parse(&at.value, zone) {
            Ok(cron) => Some(cron),
            Err(error) => {
                let span = value::within(self.text, &at.span, &error.span);
                let help = match value::duration(&at.value) {
                    Ok(_) => format!("for an interval write `every = \"{}\"`", at.value.trim()),
                    Err(_) => error.help.unwrap_or_default(),
                };
                self.problems.push(Problem::bad_value("schedule", &error.message, span, help));
                None
            }
        }
    }

    /// A path of this machine, relative to the configuration.
    fn path(&mut self, key: &str, at: Option<At<String>>, default: &str) -> PathBuf {
        let Some(at) = at else { return self.surroundings.base.join(default) };
        if at.value.trim().is_empty() || at.value.contains('\0') {
            self.problems.push(Problem::bad_value(
                key,
                "this is not a path",
                at.span,
                format!("write `{key} = \"{default}\"`"),
            ));
            return self.surroundings.base.join(default);
        }
        self.surroundings.base.join(at.value)
    }

    /// A line for people.
    fn title(&mut self, key: &str, at: Option<At<String>>) -> Option<String> {
        let at = at?;
        let title = at.value.trim();
        let what = if title.is_empty() {
            "there is nothing in it"
        } else if title.len() > TITLE_BYTES {
            "this is longer than 500 bytes"
        } else if title.chars().any(|c| c.is_control() || crate::model::text::is_bidi_control(c)) {
            "there are control characters in it"
        } else {
            return Some(title.to_owned());
        };
        self.problems.push(Problem::bad_value(key, what, at.span, "write one line of text"));
        None
    }

    fn duration(
        &mut self,
        key: &str,
        at: Option<At<DurationText>>,
        default: Duration,
        range: std::ops::RangeInclusive<Duration>,
    ) -> Duration {
        at.and_then(|at| self.bounded(key, &at, range)).unwrap_or(default)
    }

    fn bounded(
        &mut self,
        key: &str,
        at: &At<DurationText>,
        range: std::ops::RangeInclusive<Duration>,
    ) -> Option<Duration> {
        match value::duration(&at.value.0) {
            Ok(duration) if range.contains(&duration) => Some(duration),
            Ok(_) => {
                let (low, high) = (Written(*range.start()), Written(*range.end()));
                self.problems.push(Problem::out_of_range(
                    key,
                    &low.to_string(),
                    &high.to_string(),
                    at.span.clone(),
                ));
                None
            }
            Err(wrong) => {
                self.wrong(key, at.span.clone(), wrong);
                None
            }
        }
    }

    /// A number from 1 up.
    fn count(&mut self, key: &str, at: Option<At<i64>>, default: usize, most: usize) -> usize {
        let Some(at) = at else { return default };
        match usize::try_from(at.value) {
            Ok(count) if (1..=most).contains(&count) => count,
            _ => {
                self.problems.push(Problem::out_of_range(key, "1", &most.to_string(), at.span));
                default
            }
        }
    }

    fn choice<T: Copy>(&mut self, key: &str, at: &At<String>, choices: &[(&str, T)]) -> Option<T> {
        let found = choices.iter().find(|(name, _)| *name == at.value);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.problems.push(Problem::unknown_choice(key, &at.value, &names, at.span.clone()));
        }
        found.map(|(_, choice)| *choice)
    }

    fn value<T>(
        &mut self,
        key: &str,
        at: &At<String>,
        read: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        match read(&at.value) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong(key, at.span.clone(), wrong);
                None
            }
        }
    }

    fn wrong(&mut self, key: &str, span: Range<usize>, wrong: Wrong) {
        self.problems.push(Problem::bad_value(key, &wrong.what, span, wrong.help));
    }

    /// A value that may come from the environment or a file; `None` if it does not come, which has been reported.
    fn secret(&mut self, at: &At<SecretText>) -> Option<Secret> {
        let got = match (&at.value, self.surroundings.secrets) {
            (SecretText::Literal(text), _) => Ok(text.clone()),
            (SecretText::Env(_) | SecretText::File(_), Secrets::LeftOut) => Ok(String::new()),
            (SecretText::Env(name), Secrets::Needed) => {
                super::secret::from_environment(&name.value).map_err(|why| {
                    (format!("the environment variable `{}` {why}", name.value), name)
                })
            }
            (SecretText::File(path), Secrets::Needed) => {
                super::secret::from_file(&self.surroundings.base.join(&path.value)).map_err(|why| {
                    (format!("the file `{}` gives no secret: {why}", path.value), path)
                })
            }
        };
        match got {
            Ok(value) => Some(Secret::new(value)),
            Err((message, origin)) => {
                let help = match &at.value {
                    SecretText::Env(name) => {
                        format!("set it before tidings starts: `export {}=…`", name.value)
                    }
                    SecretText::File(_) => "put it there, readable for tidings".to_owned(),
                    SecretText::Literal(_) => String::new(),
                };
                self.problems.push(Problem::secret(message, origin.span.clone(), help));
                None
            }
        }
    }
}

/// Where names were given first, to report those given again.
struct Seen<K>(HashMap<K, Range<usize>>);

impl<K: std::hash::Hash + Eq> Seen<K> {
    fn new() -> Seen<K> {
        Seen(HashMap::new())
    }

    /// Where the name was given before, if it was.
    fn again(&mut self, name: K, span: &Range<usize>) -> Option<Range<usize>> {
        match self.0.entry(name) {
            std::collections::hash_map::Entry::Occupied(first) => Some(first.get().clone()),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(span.clone());
                None
            }
        }
    }
}

/// The address of the server as this machine reaches it.
#[expect(clippy::expect_used, reason = "an IP address and a port always make a URL")]
fn address_of(listen: Option<SocketAddr>) -> Url {
    let (ip, port) = match listen {
        Some(listen) if !listen.ip().is_unspecified() => (listen.ip(), listen.port()),
        Some(listen) => (IpAddr::from([127, 0, 0, 1]), listen.port()),
        None => (IpAddr::from([127, 0, 0, 1]), 8484),
    };
    let url = match ip {
        IpAddr::V4(ip) => format!("http://{ip}:{port}/"),
        IpAddr::V6(ip) => format!("http://[{ip}]:{port}/"),
    };
    Url::parse(&url).expect("an IP address and a port make a URL")
}

fn listen_help(text: &str) -> String {
    let text = text.trim();
    let port = text.rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
    match port {
        Some(port) => format!(
            "write `127.0.0.1:{port}` for this machine only, `0.0.0.0:{port}` for all, or `off`"
        ),
        None => format!("write `{LISTEN}`, or `off` for files only"),
    }
}
