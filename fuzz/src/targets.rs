//! What is done with bytes that nobody vouches for, one function a target: each must come back, soon, with a result that keeps its promises.
//!
//! `tests/fuzz.rs` mutates seeds in its own process; `fuzz/` hands the same functions to libFuzzer.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use tidings::config::{Config, Layout, opml};
use tidings::model::entry::{Entry, ParsedFeed};
use tidings::model::source::SourceKey;
use tidings::model::text::{Headline, is_forbidden};
use tidings::model::time::Timestamp;
use tidings::model::url::WebUrl;
use tidings::model::verdict::TopicName;
use tidings::normalise;
use tidings::read::article::{self, ArticleOptions};
use tidings::read::{ReadOptions, charset, date, page, read, sanitise};
use tidings::topics::{Subject, TopicSpec, Topics};
use url::Url;

/// A function that takes any bytes, and what to begin with.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    /// Texts to begin with, besides the documents of `tests/read` where `documents` says so.
    pub seeds: &'static [&'static str],
    pub documents: bool,
}

/// All of them.
pub static TARGETS: [Target; 15] = [
    Target { name: "charset", run: charset, seeds: CHARSET_SEEDS, documents: true },
    Target { name: "xml", run: document, seeds: &[], documents: true },
    Target { name: "rss", run: rss, seeds: RSS_SEEDS, documents: false },
    Target { name: "atom", run: atom, seeds: ATOM_SEEDS, documents: false },
    Target { name: "rdf", run: rdf, seeds: RSS_SEEDS, documents: false },
    Target { name: "cdf", run: cdf, seeds: CDF_SEEDS, documents: false },
    Target { name: "json", run: json, seeds: JSON_SEEDS, documents: false },
    Target { name: "date", run: dates, seeds: DATE_SEEDS, documents: false },
    Target { name: "html", run: html, seeds: HTML_SEEDS, documents: false },
    Target { name: "page", run: links_of_page, seeds: PAGE_SEEDS, documents: false },
    Target { name: "article", run: article_page, seeds: ARTICLE_SEEDS, documents: false },
    Target { name: "config", run: config, seeds: CONFIG_SEEDS, documents: false },
    Target { name: "rule", run: rule, seeds: RULE_SEEDS, documents: false },
    Target { name: "opml", run: subscriptions, seeds: OPML_SEEDS, documents: false },
    Target { name: "url", run: address, seeds: URL_SEEDS, documents: false },
];

static BASE: LazyLock<Url> =
    LazyLock::new(|| Url::parse("https://feed.example/a/feed.xml").expect("an address"));

/// The first byte chooses what is said of the others.
fn charset(data: &[u8]) {
    const LABELS: [&str; 16] = [
        "utf-8",
        "iso-8859-1",
        "euc-kr",
        "cp949",
        "shift_jis",
        "euc-jp",
        "iso-2022-jp",
        "gb18030",
        "gbk",
        "big5",
        "utf-16",
        "utf-16be",
        "utf-32",
        "koi8-r",
        "windows-1255",
        "x-user-defined",
    ];
    let Some((choice, bytes)) = data.split_first() else { return };
    let label = LABELS[usize::from(choice % 16)];
    let content_type = format!("text/xml; charset={label}");
    let host = ["feed.example.kr", "feed.example.jp", "feed.example.ru", "feed.example"]
        [usize::from(choice / 64)];
    for (content_type, forced) in
        [(Some(content_type.as_str()), None), (None, Some(label)), (None, None)]
    {
        let decoded = charset::decode(bytes, content_type, forced, Some(host));
        assert!(!decoded.text.starts_with('\u{feff}'), "a mark is left");
        assert!(
            !decoded.text.chars().any(|character| ('\u{80}'..='\u{9f}').contains(&character)),
            "a control character is left"
        );
        assert!(decoded.text.len() <= 3 * bytes.len() + 3, "more was made of it than there is");
    }
}

fn document(data: &[u8]) {
    read_bytes(data);
}

fn rss(data: &[u8]) {
    within(
        "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:media=\"http://search.yahoo.com/mrss/\" xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\" \
         xmlns:a=\"http://www.w3.org/2005/Atom\"><channel><title>t</title><item>",
        data,
        "</item></channel></rss>",
    );
}

fn atom(data: &[u8]) {
    within(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\"><title>t</title><entry>",
        data,
        "</entry></feed>",
    );
}

fn rdf(data: &[u8]) {
    within(
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\"><channel/><item rdf:about=\"/x\">",
        data,
        "</item></rdf:RDF>",
    );
}

fn cdf(data: &[u8]) {
    within("<CHANNEL HREF=\"http://a.example/\"><ITEM HREF=\"/x\">", data, "</ITEM></CHANNEL>");
}

fn json(data: &[u8]) {
    within(
        "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\",\"items\":[",
        data,
        "]}",
    );
}

fn within(before: &str, data: &[u8], after: &str) {
    read_bytes(&[before.as_bytes(), data, after.as_bytes()].concat());
}

fn read_bytes(bytes: &[u8]) {
    let zone = Some(chrono_tz::Asia::Seoul);
    let options =
        ReadOptions { base: Some(&BASE), zone, max_entries: 50, ..ReadOptions::default() };
    match read(bytes, &options) {
        Ok(feed) => keeps_promises(&feed),
        Err(error) => {
            let text = error.to_string();
            assert!(text.len() < 400 && !text.chars().any(char::is_control), "{text:?}");
        }
    }
}

fn keeps_promises(feed: &ParsedFeed) {
    assert!(feed.entries.len() <= 50 && feed.notes.len() <= 60);
    for note in &feed.notes {
        assert!(note.text.len() < 500 && !note.text.chars().any(char::is_control), "{note}");
    }
    for entry in &feed.entries {
        assert!(
            entry.authors.len() <= 64
                && entry.categories.len() <= 64
                && entry.enclosures.len() <= 64
        );
        for html in [&entry.summary, &entry.content].into_iter().flatten() {
            is_safe(html.as_str());
        }
        if let Some(title) = &entry.title {
            let title = title.as_str();
            assert!(!title.is_empty() && title.len() <= 4096 && !title.contains(is_forbidden));
        }
        let image = entry.image.as_ref().map(|image| &image.url);
        let enclosed = entry.enclosures.iter().map(|enclosure| &enclosure.url);
        for url in entry.link.iter().chain(image).chain(enclosed) {
            assert!(url.as_str().starts_with("http://") || url.as_str().starts_with("https://"));
        }
        for at in entry.published.iter().chain(&entry.updated) {
            assert!((Timestamp::MIN..=Timestamp::MAX).contains(at));
        }
        let outlets = normalise::Outlets::new(["Example".to_owned()]);
        normalise::normalise(entry, &outlets);
    }
}

fn is_safe(html: &str) {
    // What was text is escaped in more places than need be: written once more, it is as the sanitiser writes it.
    let anew = sanitise::sanitise(html, None);
    assert_eq!(sanitise::sanitise(anew.as_str(), None), anew, "writing it anew changes it");
    let text = |html: &str| sanitise::plain_text(html, usize::MAX);
    assert_eq!(text(anew.as_str()), text(html), "writing it anew loses some of it");
    assert!(!html.contains(is_forbidden), "{html:?}");
    for tag in tags(&html.to_ascii_lowercase()) {
        const NEVER: [&str; 6] = ["script", "style", "iframe", "svg", "math", "form"];
        assert!(!NEVER.iter().any(|name| tag.starts_with(name)), "<{tag} in {html:?}");
        assert!(!tag.contains("=\"javascript:"), "<{tag} in {html:?}");
    }
}

/// What stands between `<` and `>` of each tag, of HTML whose attributes are all in double quotes; their text is left in.
fn tags(html: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        let mut quoted = false;
        let end = after.bytes().position(|byte| {
            quoted ^= byte == b'"';
            byte == b'>' && !quoted
        });
        assert!(end.is_some(), "a tag is left open: {html:?}");
        let Some(end) = end else { break };
        tags.push(&after[..end]);
        rest = &after[end..];
    }
    tags
}

fn dates(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for zone in [None, Some(chrono_tz::Asia::Seoul), Some(chrono_tz::America::New_York)] {
        let Some(at) = date::parse(&text, zone) else { continue };
        assert!((Timestamp::MIN..=Timestamp::MAX).contains(&at), "{text:?}");
        for written in [at.to_rfc3339(), at.to_http_date()] {
            assert_eq!(date::parse(&written, zone), Some(at), "{text:?}, {written}");
        }
    }
}

fn html(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let safe = sanitise::sanitise(&text, Some(&BASE));
    assert_eq!(sanitise::sanitise(safe.as_str(), None), safe, "writing it anew changes it");
    is_safe(safe.as_str());
    assert!(safe.as_str().len() <= 12 * text.len() + 1000, "much was made of little");
    let line = sanitise::plain_text(&text, 300);
    assert!(line.len() <= 300 && !line.contains(['\n', '\r']));
}

fn links_of_page(data: &[u8]) {
    let links = page::feed_links(data, None, &BASE);
    assert!(links.len() <= 50);
}

fn article_page(data: &[u8]) {
    let options = ArticleOptions { url: Some(&BASE), ..ArticleOptions::default() };
    let Ok(article) = article::read(data, &options) else { return };
    let lines = article.authors.iter().chain(&article.sections).chain(&article.tags);
    for line in lines.chain(&article.summary) {
        assert!(!line.as_str().is_empty() && !line.as_str().chars().any(is_forbidden));
    }
    assert!(article.authors.len() <= 20 && article.sections.len() <= 6 && article.tags.len() <= 40);
    if let Some(text) = &article.text {
        assert!(article.wall.is_none(), "a text behind a wall");
        assert!(!text.as_str().chars().any(is_forbidden));
        assert!(text.paragraphs().all(|paragraph| !paragraph.trim().is_empty()));
    }
    let fields: BTreeSet<_> = article.evidence.iter().map(|evidence| evidence.field).collect();
    assert_eq!(fields.len(), article.evidence.len(), "a field has one evidence");
}

fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // No file is where this says it is, so nothing beside it is read.
    match Config::parse_without_secrets(&text, Path::new("/nowhere/feeds.toml")) {
        Ok(config) => {
            config.warnings.lines();
            let specs: Vec<TopicSpec> =
                config.topics.iter().map(tidings::config::TopicConfig::spec).collect();
            let _ = Topics::compile(&specs, normalise::fold::fold);
        }
        Err(error) => {
            assert!(!error.lines().is_empty());
            if let tidings::config::ConfigError::Invalid(report) = &error {
                let shown = report.render(Layout { colour: false, width: 80 });
                assert!(
                    !shown.contains(|character: char| character != '\n' && character.is_control())
                );
            }
        }
    }
}

fn rule(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(name) = TopicName::parse("t") else { return };
    let spec = TopicSpec { match_rule: Some(text.into_owned()), ..TopicSpec::new(name) };
    let topics = match Topics::compile(&[spec], normalise::fold::fold) {
        Ok(topics) => topics,
        Err(errors) => {
            assert!(errors.iter().all(|error| !error.to_string().is_empty()));
            return;
        }
    };
    let Some(source) = SourceKey::parse("s") else { return };
    let outlets = normalise::Outlets::new([]);
    for headline in [
        "Foreign ministers of Korea and Japan meet in Gyeongju, \"shuttle diplomacy\" resumes",
        "한일 정상회담 개최…셔틀외교 재개",
        "日韓首脳会談、慶州で開催 (ＡＢＣ㈱)",
        "İstanbul'da ﬁnal ǅ",
    ] {
        let entry = Entry { title: Headline::new(headline), ..Entry::default() };
        let normalised = normalise::normalise(&entry, &outlets);
        let subject = Subject {
            normalised: &normalised,
            entry: &entry,
            source: &source,
            language: None,
            vector: None,
            always: &BTreeSet::new(),
        };
        topics.judge(&subject);
    }
}

fn subscriptions(data: &[u8]) {
    opml::read(data);
}

fn address(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(url) = WebUrl::join(Some(&BASE), &text) else { return };
    let again = WebUrl::parse(url.as_str());
    assert_eq!(again.as_ref(), Some(&url), "reading it again changes it");
    let canonical = url.canonical();
    let again = WebUrl::parse(canonical.as_str()).map(|url| url.canonical());
    assert_eq!(again.as_ref(), Some(&canonical), "not canonical: {text:?}");
    url.without_tracking();
}

const CHARSET_SEEDS: &[&str] = &[
    "\0<?xml version=\"1.0\" encoding=\"euc-kr\"?><rss>한일 정상회담</rss>",
    "\u{6}<?xml version='1.0' encoding='iso-2022-jp'?><rss>\u{1b}$B4A;z\u{1b}(B</rss>",
    "\u{1}don\u{92}t",
];
const RSS_SEEDS: &[&str] = &[
    "<title>A &amp; B</title><link>/x</link><guid isPermaLink=\"false\">g</guid><pubDate>Thu, 30 Oct 2025 06:05:00 +0900</pubDate>\
     <description>&lt;p&gt;x&lt;/p&gt;</description><content:encoded><![CDATA[<p>y<img src=\"i.png\"></p>]]></content:encoded>",
    "<dc:creator>A</dc:creator><category>c</category><enclosure url=\"/e.mp3\" length=\"1\" type=\"audio/mpeg\"/><source url=\"/s\">S</source>",
    "<media:group><media:content url=\"/m.jpg\" medium=\"image\"><media:credit>C</media:credit><media:description>D</media:description></media:content>\
     <media:thumbnail url=\"/t.jpg\"/></media:group><itunes:image href=\"/i.jpg\"/><itunes:summary>s</itunes:summary>",
    "<a:link rel=\"enclosure\" href=\"/e\"/><a:updated>2025-10-30T06:05:00Z</a:updated><author>a@b.c (N)</author></item><item><title>2</title>",
];
const ATOM_SEEDS: &[&str] = &[
    "<title type=\"html\">A &amp;lt;b&amp;gt;</title><link href=\"/x\"/><id>urn:1</id><updated>2025-10-30T06:05:00Z</updated>\
     <content type=\"xhtml\" xml:base=\"/b/\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"y\">y</a></div></content>",
    "<summary>s</summary><author><name>A</name><email>a@b.c</email></author><category term=\"t\" label=\"l\"/>\
     <source><title>S</title><link href=\"http://s.example/\"/></source>",
    "<content type=\"application/octet-stream\">PGI+eDwvYj4=</content><title mode=\"base64\">eA==</title>",
];
const CDF_SEEDS: &[&str] =
    &["<TITLE>t</TITLE><ABSTRACT>a</ABSTRACT><A HREF=\"/y\"/><LOGO HREF=\"/l\"/>"];
const JSON_SEEDS: &[&str] = &[
    "{\"id\":\"1\",\"url\":\"/x\",\"title\":\"t\",\"content_html\":\"<p>x</p>\",\"date_published\":\"2025-10-30T06:05:00Z\",\"tags\":[\"a\"],\
     \"authors\":[{\"name\":\"A\"}],\"attachments\":[{\"url\":\"/e\",\"mime_type\":\"audio/mpeg\",\"size_in_bytes\":1}],\"language\":\"ko\"}",
    "{\"id\":1,\"title\":\"\\ud83d\\ude00 \\ud800\",\"content_text\":null},null,[],{\"id\":{}}",
];
const DATE_SEEDS: &[&str] = &[
    "Thu, 30 Oct 2025 15:05:00 +0900",
    "2025-10-30T06:05:00.123Z",
    "30 Oct 25 15:05 KST",
    "2025년 10월 30일 오후 3시 5분",
    "令和7年10月30日 15時05分",
    "2025-W44-4",
    "2025-303T12",
    "1761804300123",
    "10/30/2025 3:05 PM EST",
    "Oct 30, 2025 at 3pm",
    "20251030150500",
    "mar., 17 nov. 2025 25:00",
];
const HTML_SEEDS: &[&str] = &[
    "<p>Hello <b>bold</b> <a href=\"/x?a=1&amp;b=2\">link</a></p><ul><li>1<li>2</ul><img src=i.png width=1 height=1>",
    "<table><tr><td>c</table><svg><script>x</script></svg><math><mi>x</mi></math><style>p{}</style><!-- c -->",
    "<b><i>x</b>y</i><a><a>z</a><script src=x/> t<iframe/>u<textarea></p></textarea><plaintext>",
    "<video controls poster=p.png><source src=v.mp4></video><ruby>x<rt>y</ruby><pre>\n\nz</pre>&notit;&#x80;&#0;",
];
const PAGE_SEEDS: &[&str] = &[
    "<!doctype html><base href=/b/><link rel=alternate type=application/rss+xml href=f.xml title=x><a href=/rss>r</a><script>'<link>'</script>",
];
const ARTICLE_SEEDS: &[&str] = &[
    include_str!("../../tests/articles/en-jsonld-broken.html"),
    include_str!("../../tests/articles/ko-agency-br.html"),
    include_str!("../../tests/articles/ja-microdata.html"),
    include_str!("../../tests/articles/en-paywall.html"),
];
const CONFIG_SEEDS: &[&str] = &[
    tidings::config::START,
    "[publish]\ndir = \"public\"\nbase_url = \"http://127.0.0.1:8484/\"\n[[source]]\nurl = \"https://a.example/\"\nschedule = \"*/15 * * * *\"\n\
     headers = { Authorization = { env = \"X\" } }\n[topic.t]\nuse = \"diplomacy\"\nany = [\"x\"]\n[[feed]]\nname = \"f\"\ntopics = [\"t\"]\nlimit = 3\n",
    "[fetch]\ntimeout = \"20s\"\nmax_body = \"16MiB\"\nallow_addresses = [\"127.0.0.2/32\"]\n[topic.c]\nmatch = '(a OR \"b c\"~3) AND NOT title:d'\n",
];
const RULE_SEEDS: &[&str] = &[
    "(semiconductor OR 반도체 OR 半導体) AND NOT title:\"potato chips\"",
    "korea AND japan",
    "\"shuttle diplomacy\"~3 OR title:(diplomat* foreign)",
    "NOT (a OR NOT b) c -d lang:ko source:s",
];
const OPML_SEEDS: &[&str] = &[
    "<opml version=\"2.0\"><body><outline text=\"F\"><outline type=\"rss\" text=\"A\" xmlUrl=\"https://a.example/f\"/></outline></body></opml>",
];
const URL_SEEDS: &[&str] = &[
    "https://user:pw@EXAMPLE.com:443/a/../b/./c%7e?utm_source=x&b=1&a=%C3%A9#frag",
    "//[::ffff:127.0.0.1]/x?fbclid=1",
    "http://ko.example/한국?q=%ED%95%9C&amp;x",
    "../../x;y=1?",
];
