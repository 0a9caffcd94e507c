//! The shape of `feeds.toml`: its tables and keys with the places they stand at, and its JSON schema. Whether a value makes sense is not asked
//! here; a key that is not known or a value of another type is a problem, and reading goes on.

use std::borrow::Cow;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Problem;

/// A value and the bytes of the file it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands, quotes included.
    pub span: Range<usize>,
}

/// What a value of the file can be read as.
pub trait Shape: Sized {
    /// What it is in words: `text`.
    const WANTED: &'static str;

    /// Reads the value; `None` if it is of another type, which the caller reports, or if its problems have been reported.
    fn read(value: &Spanned<DeValue<'_>>, context: &mut Context<'_>) -> Option<Self>;

    /// What to write instead of such a value.
    fn advice(_key: &str, _found: &DeValue<'_>) -> Option<String> {
        None
    }
}

/// What reading needs beside the value.
pub struct Context<'a> {
    /// The key whose value is read.
    pub key: &'a str,
    /// Where problems go.
    pub problems: &'a mut Vec<Problem>,
}

impl<T: Shape> At<T> {
    fn read(value: &Spanned<DeValue<'_>>, key: &str, problems: &mut Vec<Problem>) -> Option<At<T>> {
        let span = value.span();
        let before = problems.len();
        let read = T::read(value, &mut Context { key, problems });
        if read.is_none() && problems.len() == before {
            let found = value.get_ref();
            let advice = T::advice(key, found);
            problems.push(Problem::wrong_type(key, T::WANTED, kind(found), span.clone(), advice));
        }
        read.map(|value| At { value, span })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// Defines tables: for each its struct with a field a key, the reading of it and its part of the schema.
macro_rules! tables {
    ($(
        $(#[$meta:meta])*
        $table:ident { $( $(#[$key_meta:meta])* $key:literal $field:ident: $type:ty, )+ }
    )+) => { $(
        #[derive(Debug, Default, JsonSchema)]
        $(#[$meta])*
        #[schemars(deny_unknown_fields)]
        pub struct $table {
            $( $(#[$key_meta])* #[schemars(rename = $key)] pub $field: Option<At<$type>>, )+
        }

        impl $table {
            /// The keys of this table.
            pub const KEYS: &[&str] = &[$($key),+];
        }

        impl Shape for $table {
            const WANTED: &'static str = "a table";

            fn read(value: &Spanned<DeValue<'_>>, context: &mut Context<'_>) -> Option<Self> {
                let mut table = $table::default();
                for (key, value) in value.get_ref().as_table()? {
                    match key.get_ref().as_ref() {
                        $( $key => table.$field = At::read(value, $key, context.problems), )+
                        unknown => context.problems.push(Problem::unknown_key(
                            unknown, key.span(), $table::KEYS, home(unknown),
                        )),
                    }
                }
                Some(table)
            }
        }
    )+ };
}

tables! {
    /// The configuration of tidings: what is polled, what is kept, what is published.
    Raw {
        /// Where and as what the feeds are published.
        "publish" publish: Publish,
        /// The HTTP server.
        "server" server: Server,
        /// What is kept, and where.
        "store" store: Store,
        /// How sources are asked; a source can say otherwise for itself.
        "fetch" fetch: Fetch,
        /// Telling and being told of changes at once (WebSub).
        "websub" websub: Websub,
        /// When entries of different sources are one story.
        "stories" stories: Stories,
        /// The feeds that are polled, one `[[source]]` each.
        "source" sources: Vec<At<Source>>,
        /// The topics, one `[topic.NAME]` each.
        "topic" topics: Named<Topic>,
        /// The feeds that are published, one `[[feed]]` each.
        "feed" feeds: Vec<At<Feed>>,
    }

    /// Where and as what the feeds are published.
    Publish {
        /// The directory the published files are written to, relative to this file.
        #[schemars(extend("default" = "public"))]
        "dir" dir: String,
        /// The public address of the server or of the directory; the addresses inside the feeds begin with it. By default the address of `[server] listen`.
        #[schemars(extend("format" = "uri", "examples" = ["https://news.example.org/"]))]
        "base_url" base_url: String,
        /// The title of the whole, on the front page and in the OPML.
        #[schemars(extend("default" = "tidings"))]
        "title" title: String,
        /// Who may do what with the feeds, in words, for each of them.
        #[schemars(extend("examples" = ["Headlines and summaries belong to their outlets."]))]
        "rights" rights: String,
        /// The address of a picture for the feeds: PNG, JPEG or GIF, and square.
        #[schemars(extend("format" = "uri", "examples" = ["https://news.example.org/icon.png"]))]
        "icon" icon: String,
    }

    /// The HTTP server.
    Server {
        /// The address and port it listens on, or `off` to write files only.
        #[schemars(extend("default" = "127.0.0.1:8484", "examples" = ["127.0.0.1:8484", "[::]:8484", "off"]))]
        "listen" listen: String,
        /// What a visitor from elsewhere must know to see the private pages (`/rejects`, the private part of `/topics/NAME`). Without it they are for this machine only.
        #[schemars(extend("examples" = [{ "env": "TIDINGS_ADMIN_TOKEN" }]))]
        "admin_token" admin_token: SecretText,
        /// Whether pages show the pictures of stories from the addresses of their outlets, which then see who reads. Without it a page asks nothing of any other site.
        #[schemars(extend("default" = false))]
        "outlet_pictures" outlet_pictures: bool,
    }

    /// What is kept, and where.
    Store {
        /// The database file, relative to this file.
        #[schemars(extend("default" = "tidings.db"))]
        "path" path: String,
        /// How long entries and stories are kept.
        #[schemars(extend("default" = "90d"))]
        "keep" keep: DurationText,
        /// The address of a PostgreSQL server. Not supported in this version.
        "url" url: SecretText,
    }

    /// How sources are asked; a source can say otherwise for itself.
    Fetch {
        /// When sources are polled: a cron expression of five fields, or six with leading seconds, or a nickname such as `@hourly`.
        #[schemars(extend("default" = "*/15 * * * *", "examples" = ["*/15 * * * *", "0 6 * * MON-FRI", "@hourly"]))]
        "schedule" schedule: String,
        /// How long after a poll the next one follows; instead of `schedule`.
        #[schemars(extend("examples" = ["15m"]))]
        "every" every: DurationText,
        /// The largest delay that spreads equal schedules. By default a tenth of the interval, and none for a schedule at a fixed minute.
        #[schemars(extend("examples" = ["30s", "0s"]))]
        "jitter" jitter: DurationText,
        /// Whether sources are polled by the rhythm that is learned of them, between `min` and `max`, once there is one; till then by `schedule`.
        #[schemars(extend("default" = false))]
        "adaptive" adaptive: bool,
        /// The shortest interval that a rhythm sets.
        #[schemars(extend("default" = "10m"))]
        "min" min: DurationText,
        /// The longest interval that a rhythm sets.
        #[schemars(extend("default" = "12h"))]
        "max" max: DurationText,
        /// The time zone of cron expressions, as in the IANA database.
        #[schemars(extend("default" = "UTC", "examples" = ["Asia/Seoul"]))]
        "timezone" timezone: String,
        /// How long one poll may take in all.
        #[schemars(extend("default" = "20s"))]
        "timeout" timeout: DurationText,
        /// How many polls at once.
        #[schemars(extend("default" = 64, "minimum" = 1, "maximum" = 10_000))]
        "concurrency" concurrency: i64,
        /// How many polls of one host at once.
        #[schemars(extend("default" = 2, "minimum" = 1, "maximum" = 10_000))]
        "per_host" per_host: i64,
        /// The pause between two requests to one host.
        #[schemars(extend("default" = "0s", "examples" = ["1s"]))]
        "per_host_delay" per_host_delay: DurationText,
        /// The largest document that is read, after decompression.
        #[schemars(extend("default" = "16MiB"))]
        "max_body" max_body: SizeText,
        /// The proxy through which sources are asked: `http://` or `https://`, credentials in it allowed. A name is looked up here, too, and refused as without a proxy; what the proxy itself looks up, it must guard itself.
        #[schemars(extend("examples" = ["http://proxy.example.org:3128", { "env": "TIDINGS_PROXY" }]))]
        "proxy" proxy: SecretText,
        /// A file of certificates (PEM) that are trusted besides those of this machine, relative to this file.
        #[schemars(extend("examples" = ["ca.pem"]))]
        "ca_file" ca_file: String,
        /// Whom the owner of a server may turn to, a mail address or a page; sent in the User-Agent.
        #[schemars(extend("examples" = ["mailto:desk@example.org"]))]
        "contact" contact: String,
        /// Networks that may be contacted although they are private or loopback, in CIDR notation.
        #[schemars(extend("default" = [], "examples" = [["127.0.0.2/32", "10.1.0.0/16"]]))]
        "allow_addresses" allow_addresses: Vec<At<String>>,
    }

    /// Telling and being told of changes at once (WebSub).
    Websub {
        /// The address under which hubs on the web reach this server, where that is not `[publish] base_url`.
        #[schemars(extend("format" = "uri", "examples" = ["https://desk.example.org/"]))]
        "callback" callback: String,
        /// Hubs that are told when a published document has changed, and that the documents name.
        #[schemars(extend("default" = [], "examples" = [["https://hub.example.org/"]]))]
        "hubs" hubs: Vec<At<String>>,
        /// Whether this server is a hub for its own feeds, at `/hub`.
        #[schemars(extend("default" = "off", "enum" = ["self", "off"]))]
        "hub" hub: String,
    }

    /// When entries of different sources are one story.
    Stories {
        /// How far apart in time the entries of one story may be.
        #[schemars(extend("default" = "72h"))]
        "window" window: DurationText,
        /// How readily entries are joined: what is sure, what an editor would join, or also what is likely.
        #[schemars(extend("default" = "balanced", "enum" = ["strict", "balanced", "eager"]))]
        "sensitivity" sensitivity: String,
        /// Whether the program works out what headlines mean. Without it only equal pages and equal or nearly equal headlines are one story.
        #[schemars(extend("default" = "on", "enum" = ["on", "off"]))]
        "encoder" encoder: String,
        /// Whose headline leads a story: keys of sources, or ranks, the first first.
        #[schemars(extend("default" = [], "examples" = [["yonhap-en", 1]]))]
        "prefer" prefer: Vec<At<KeyOrRank>>,
    }

    /// A feed that is polled.
    #[schemars(extend("required" = ["url"]))]
    Source {
        /// The address of the feed: `http:`, `https:`, or `file:` with a path relative to this file.
        #[schemars(extend("examples" = ["https://example.org/rss.xml", "file:feeds/example.xml"]))]
        "url" url: String,
        /// The stable name of the source; its history hangs on it. By default the host of the address.
        #[schemars(extend("examples" = ["yonhap-en"]))]
        "key" key: String,
        /// The name of the outlet for people. By default the title of the feed.
        "name" name: String,
        /// The language of its entries (BCP 47). By default what the feed says, else what the text looks like.
        #[schemars(extend("examples" = ["en", "ko", "ja"]))]
        "language" language: String,
        /// What the address holds.
        #[schemars(extend("default" = "feed", "enum" = ["feed", "page", "sitemap"]))]
        "kind" kind: String,
        /// For `kind = "page"`: the elements of the page that are an article each, as a CSS selector. By default they are found by repeated structure.
        #[schemars(extend("examples" = ["ul.news-list > li"]))]
        "items" items: String,
        /// For `kind = "page"`: the headline in an item, as a CSS selector.
        #[schemars(extend("examples" = ["h3 a"]))]
        "title" title: String,
        /// For `kind = "page"`: the link in an item, as a CSS selector. By default the first one.
        #[schemars(extend("examples" = ["a.more"]))]
        "link" link: String,
        /// For `kind = "page"`: the date in an item, as a CSS selector.
        #[schemars(extend("examples" = ["time", "span.date"]))]
        "date" date: String,
        /// For `kind = "page"`: the summary in an item, as a CSS selector.
        #[schemars(extend("examples" = ["p.summary"]))]
        "summary" summary: String,
        /// For `kind = "page"`: the picture in an item, as a CSS selector.
        #[schemars(extend("examples" = ["img"]))]
        "image" image: String,
        /// When it is polled, instead of `[fetch] schedule`.
        #[schemars(extend("examples" = ["0 6 * * MON-FRI"]))]
        "schedule" schedule: String,
        /// How long after a poll the next one follows, instead of `schedule`.
        "every" every: DurationText,
        /// The largest delay that spreads equal schedules, instead of `[fetch] jitter`.
        "jitter" jitter: DurationText,
        /// Whether it is polled by the rhythm that is learned of it, instead of `[fetch] adaptive`.
        "adaptive" adaptive: bool,
        /// The shortest interval that its rhythm sets, instead of `[fetch] min`.
        "min" min: DurationText,
        /// The longest interval that its rhythm sets, instead of `[fetch] max`.
        "max" max: DurationText,
        /// The proxy through which it is asked, instead of `[fetch] proxy`; `off` for none.
        #[schemars(extend("examples" = ["off", { "env": "TIDINGS_PROXY" }]))]
        "proxy" proxy: SecretText,
        /// Its place among the outlets of a story: the lowest leads.
        #[schemars(extend("default" = 100, "minimum" = 0, "maximum" = 1_000_000))]
        "rank" rank: i64,
        /// The time zone of its dates, where they state none, as in the IANA database.
        #[schemars(extend("examples" = ["Asia/Seoul"]))]
        "timezone" timezone: String,
        /// The encoding of its documents, where they state a wrong one.
        #[schemars(extend("examples" = ["euc-kr", "shift_jis"]))]
        "encoding" encoding: String,
        /// Whether article pages are read for picture, caption, byline and section. Without effect in this version.
        #[schemars(extend("default" = false))]
        "full_text" full_text: bool,
        /// Whether it is left alone for now: what is kept of it stays, and nothing new comes.
        #[schemars(extend("default" = false))]
        "paused" paused: bool,
        /// Whether the hub that the feed names, if any, tells us of changes (WebSub), where hubs can reach us.
        #[schemars(extend("default" = true))]
        "websub" websub: bool,
        /// Request headers. A value that is secret comes from the environment or a file.
        #[schemars(extend("examples" = [{ "Authorization": { "env": "EXAMPLE_TOKEN" } }]))]
        "headers" headers: Named<SecretText>,
        /// Topics its entries always belong to.
        #[schemars(extend("default" = []))]
        "topics" topics: Vec<At<String>>,
        /// The groups it belongs to, for feeds that name one in `groups`.
        #[schemars(extend("examples" = ["agencies", ["agencies", "japan"]]))]
        "group" group: OneOrMore,
    }

    /// A topic: which entries belong to it.
    Topic {
        /// What the topic extends: other topics and built-in packs by name, your own packs by path relative to this file.
        #[schemars(extend("examples" = ["diplomacy", ["korea-japan", "./trade.toml"], "pack:diplomacy"]))]
        "use" packs: OneOrMore,
        /// A rule: terms, "phrases", AND, OR, NOT, parentheses, fields such as `title:`.
        #[schemars(extend("examples" = ["(semiconductor OR 반도체 OR 半導体) AND NOT title:\"potato chips\""]))]
        "match" rule: String,
        /// Terms of which one is enough.
        #[schemars(extend("examples" = [["summit", "정상회담", "首脳会談"]]))]
        "any" any: Vec<At<String>>,
        /// Terms that must all be there.
        "all" all: Vec<At<String>>,
        /// Terms of which none may be there.
        #[schemars(extend("examples" = [["diplomatic immunity"]]))]
        "none" none: Vec<At<String>>,
        /// Two countries (ISO 3166): news between them belongs to the topic.
        #[schemars(extend("examples" = [["KR", "JP"]]))]
        "bilateral" bilateral: Vec<At<String>>,
        /// Three countries (ISO 3166): news between all three belongs to the topic.
        #[schemars(extend("examples" = [["KR", "JP", "US"]]))]
        "trilateral" trilateral: Vec<At<String>>,
        /// Headlines of the kind that belongs to it: others that mean the like belong to it, too, in any language. Needs the sentence encoder.
        #[schemars(extend("default" = [], "examples" = [["Leaders of both countries meet to mend ties"]]))]
        "about" about: Vec<At<String>>,
        /// How like one of the examples of `about` a headline must be.
        #[schemars(extend("default" = 0.6, "minimum" = 0.1, "maximum" = 1.0))]
        "about_threshold" about_threshold: f64,
        /// The languages whose entries may belong to the topic; any if the list is empty.
        #[schemars(extend("default" = [], "examples" = [["ko", "ja"]]))]
        "languages" languages: Vec<At<String>>,
    }

    /// A feed that is published.
    #[schemars(extend("required" = ["name"]))]
    Feed {
        /// Its name in addresses and file names: letters, digits, `-` and `_`.
        #[schemars(extend("pattern" = "^[A-Za-z0-9_-]{1,64}$", "examples" = ["diplomacy"]))]
        "name" name: String,
        /// Its title for people. By default its name.
        "title" title: String,
        /// What it holds: stories, or, for the curator alone, the entries that were dropped or folded, each with the reason.
        #[schemars(extend("default" = "stories", "enum" = ["stories", "rejects", "health"]))]
        "kind" kind: String,
        /// What the address of a feed of rejects or health must carry: `/feeds/NAME.atom?key=SECRET`. Needed there, and of no use elsewhere.
        #[schemars(extend("examples" = [{ "env": "TIDINGS_REJECTS_KEY" }]))]
        "secret" secret: SecretText,
        /// The topics of which it holds stories; without this key, all stories.
        "topics" topics: Vec<At<String>>,
        /// The sources whose stories it holds, by key: each has an entry of one of them, which leads; without this key and `groups`, all sources.
        #[schemars(extend("examples" = [["yonhap-en"]]))]
        "sources" sources: Vec<At<String>>,
        /// The groups of sources whose stories it holds, beside those of `sources`.
        #[schemars(extend("examples" = [["agencies"]]))]
        "groups" groups: Vec<At<String>>,
        /// The languages whose stories it holds: each has an entry in one of them, which leads; any if the list is empty.
        #[schemars(extend("default" = [], "examples" = [["ko"]]))]
        "only_languages" only_languages: Vec<At<String>>,
        /// The formats it is published in.
        #[schemars(extend("default" = ["rss", "atom", "json", "html"], "items" = { "enum": ["rss", "atom", "json", "html"] }))]
        "formats" formats: Vec<At<String>>,
        /// The languages whose headline leads a story, the first available one.
        #[schemars(extend("default" = [], "examples" = [["en", "ko", "ja"]]))]
        "languages" languages: Vec<At<String>>,
        /// What is one item: a story, entries with equal headlines, or each entry.
        #[schemars(extend("default" = "story", "enum" = ["story", "headline", "none"]))]
        "merge" merge: String,
        /// How many items it holds at most.
        #[schemars(extend("default" = 100, "minimum" = 1, "maximum" = 10_000))]
        "limit" limit: i64,
        /// How old its items may be. By default any age.
        #[schemars(extend("examples" = ["14d"]))]
        "max_age" max_age: DurationText,
    }
}

/// The table that has a key, as the reader of a message would look for it.
fn home(key: &str) -> Option<&'static str> {
    let homes: [(&str, &[&str]); 8] = [
        ("[publish]", Publish::KEYS),
        ("[server]", Server::KEYS),
        ("[store]", Store::KEYS),
        ("[fetch]", Fetch::KEYS),
        ("[websub]", Websub::KEYS),
        ("[stories]", Stories::KEYS),
        ("[[feed]]", Feed::KEYS),
        ("[topic.NAME]", Topic::KEYS),
    ];
    homes.into_iter().find(|(_, keys)| keys.contains(&key)).map(|(home, _)| home)
}

/// What a value is, in words.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl Shape for String {
    const WANTED: &'static str = "text";

    fn read(value: &Spanned<DeValue<'_>>, _context: &mut Context<'_>) -> Option<Self> {
        value.get_ref().as_str().map(str::to_owned)
    }

    fn advice(key: &str, found: &DeValue<'_>) -> Option<String> {
        match found {
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => {
                Some(format!("put it in quotes: `{key} = \"…\"`"))
            }
            DeValue::String(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
                None
            }
        }
    }
}

impl Shape for f64 {
    const WANTED: &'static str = "a number";

    fn read(value: &Spanned<DeValue<'_>>, context: &mut Context<'_>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Float(text) => text.as_str().parse().ok(),
            DeValue::Integer(_) => i64::read(value, context).map(|number| number as f64),
            DeValue::String(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        }
    }
}

impl Shape for bool {
    const WANTED: &'static str = "true or false";

    fn read(value: &Spanned<DeValue<'_>>, _context: &mut Context<'_>) -> Option<Self> {
        value.get_ref().as_bool()
    }

    fn advice(key: &str, _found: &DeValue<'_>) -> Option<String> {
        Some(format!("write `{key} = true` or `{key} = false`, without quotes"))
    }
}

impl Shape for i64 {
    const WANTED: &'static str = "a whole number";

    fn read(value: &Spanned<DeValue<'_>>, context: &mut Context<'_>) -> Option<Self> {
        let integer = value.get_ref().as_integer()?;
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        if number.is_none() {
            context.problems.push(Problem::bad_value(
                context.key,
                "this number is too large",
                value.span(),
                "write a smaller one",
            ));
        }
        number
    }

    fn advice(key: &str, found: &DeValue<'_>) -> Option<String> {
        found.is_str().then(|| format!("write the number without quotes: `{key} = 2`"))
    }
}

impl<T: Shape> Shape for Vec<At<T>> {
    const WANTED: &'static str = "a list";

    fn read(value: &Spanned<DeValue<'_>>, context: &mut Context<'_>) -> Option<Self> {
        let array = value.get_ref().as_array()?;
        Some(
            array.iter().filter_map(|item| At::read(item, context.key, context.problems)).collect(),
        )
    }

    fn advice(key: &str, found: &DeValue<'_>) -> Option<String> {
        match found {
            DeValue::Table(_) => Some(format!("write `[[{key}]]` in two brackets for each one")),
            DeValue::String(text) if text.len() <= 60 => {
                Some(format!("write `{key} = [\"{text}\"]`"))
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_) => Some(format!("write `{key} = […]`")),
        }
    }
}

/// A table whose keys the curator chooses, in the order of the file.
#[derive(Debug)]
pub struct Named<T>(pub Vec<(At<String>, At<T>)>);

impl<T: Shape> Shape for Named<T> {
    const WANTED: &'static str = "a table";

    fn read(value: &Spanned<DeValue<'_>>, context: &mut Context<'_>) -> Option<Self> {
        let table: &DeTable<'_> = value.get_ref().as_table()?;
        let mut entries: Vec<(At<String>, At<T>)> = table
            .iter()
            .filter_map(|(key, value)| {
                let name = At { value: key.get_ref().to_string(), span: key.span() };
                Some((name, At::read(value, key.get_ref(), context.problems)?))
            })
            .collect();
        entries.sort_by_key(|(name, _)| name.span.start);
        Some(Named(entries))
    }

    fn advice(key: &str, _found: &DeValue<'_>) -> Option<String> {
        match key {
            "topic" => Some("write `[topic.NAME]` for each one".to_owned()),
            _ => Some(format!("write `{key} = {{ Name = \"value\" }}`")),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Named{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<T>() })
    }
}

/// A duration as written: a number and `ms`, `s`, `m`, `h` or `d`.
#[derive(Debug)]
pub struct DurationText(pub String);

impl Shape for DurationText {
    const WANTED: &'static str = "a duration";

    fn read(value: &Spanned<DeValue<'_>>, _context: &mut Context<'_>) -> Option<Self> {
        value.get_ref().as_str().map(|text| DurationText(text.to_owned()))
    }

    fn advice(key: &str, _found: &DeValue<'_>) -> Option<String> {
        Some(format!(
            "write a number and a unit in quotes: `{key} = \"90s\"`, `\"15m\"`, `\"72h\"`, `\"14d\"`"
        ))
    }
}

impl JsonSchema for DurationText {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$" })
    }
}

/// A size as written: a number and `B`, `kB`, `MB`, `GB`, `KiB`, `MiB` or `GiB`.
#[derive(Debug)]
pub struct SizeText(pub String);

impl Shape for SizeText {
    const WANTED: &'static str = "a size";

    fn read(value: &Spanned<DeValue<'_>>, _context: &mut Context<'_>) -> Option<Self> {
        value.get_ref().as_str().map(|text| SizeText(text.to_owned()))
    }

    fn advice(key: &str, _found: &DeValue<'_>) -> Option<String> {
        Some(format!("write a number and a unit in quotes: `{key} = \"16MiB\"`"))
    }
}

impl JsonSchema for SizeText {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+(B|kB|MB|GB|KiB|MiB|GiB)$" })
    }
}

/// The key of a source, or a rank.
#[derive(Debug)]
pub enum KeyOrRank {
    /// A key.
    Key(String),
    /// A rank.
    Rank(i64),
}

impl Shape for KeyOrRank {
    const WANTED: &'static str = "keys of sources and ranks";

    fn read(value: &Spanned<DeValue<'_>>, context: &mut Context<'_>) -> Option<Self> {
        match value.get_ref().as_str() {
            Some(key) => Some(KeyOrRank::Key(key.to_owned())),
            None => i64::read(value, context).map(KeyOrRank::Rank),
        }
    }
}

impl JsonSchema for KeyOrRank {
    fn schema_name() -> Cow<'static, str> {
        "KeyOrRank".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"] })
    }
}

/// One text or a list of them.
#[derive(Debug)]
pub struct OneOrMore(pub Vec<At<String>>);

impl Shape for OneOrMore {
    const WANTED: &'static str = "text or a list";

    fn read(value: &Spanned<DeValue<'_>>, context: &mut Context<'_>) -> Option<Self> {
        match value.get_ref().as_str() {
            Some(text) => Some(OneOrMore(vec![At { value: text.to_owned(), span: value.span() }])),
            None => Vec::read(value, context).map(OneOrMore),
        }
    }
}

impl JsonSchema for OneOrMore {
    fn schema_name() -> Cow<'static, str> {
        "OneOrMore".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "array"], "items": { "type": "string" } })
    }
}

/// A value that may be secret: written in the file, or where it comes from.
pub enum SecretText {
    /// In the file.
    Literal(String),
    /// In a variable of the environment.
    Env(At<String>),
    /// In a file.
    File(At<String>),
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Shape for SecretText {
    const WANTED: &'static str = "text, `{ env = \"NAME\" }` or `{ file = \"PATH\" }`";

    fn read(value: &Spanned<DeValue<'_>>, context: &mut Context<'_>) -> Option<Self> {
        if let Some(text) = value.get_ref().as_str() {
            return Some(SecretText::Literal(text.to_owned()));
        }
        let origin = SecretOrigin::read(value, context)?;
        match (origin.env, origin.file) {
            (Some(env), None) => Some(SecretText::Env(env)),
            (None, Some(file)) => Some(SecretText::File(file)),
            (Some(env), Some(file)) => {
                context.problems.push(Problem::both("env", "file", file.span, env.span));
                None
            }
            (None, None) => None,
        }
    }
}

tables! {
    /// Where a secret comes from: one of the two.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    SecretOrigin {
        /// The variable of the environment that holds it.
        "env" env: String,
        /// The file that holds it, relative to this file; white space at its end does not count.
        "file" file: String,
    }
}

impl JsonSchema for SecretText {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, generator.subschema_for::<SecretOrigin>()] })
    }
}
