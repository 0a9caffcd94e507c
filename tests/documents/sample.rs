//! Editions made by hand.

use tidings::model::archive::Place;
use tidings::model::edition::{Also, Edition, FeedName, Item};
use tidings::model::entry::{Enclosure, Image};
use tidings::model::lang::Lang;
use tidings::model::source::Outlet;
use tidings::model::story::StoryId;
use tidings::model::text::{Headline, PlainText, SafeHtml};
use tidings::model::time::Timestamp;
use tidings::model::url::WebUrl;
use tidings::model::verdict::TopicName;
use tidings::render::{Format, RenderOptions};

pub(crate) fn options() -> RenderOptions {
    RenderOptions {
        base_url: "https://desk.example/news".parse().unwrap(),
        desk_title: "Diplomacy desk".to_owned(),
        key: None,
        rights: None,
        icon: None,
        ttl_minutes: None,
        formats_available: Format::ALL.to_vec(),
        version: "1.2.3".to_owned(),
        hubs: Vec::new(),
    }
}

pub(crate) fn empty() -> Edition {
    Edition {
        feed: FeedName::parse("diplomacy").unwrap(),
        title: "Diplomacy, one item a story".to_owned(),
        language: None,
        items: Vec::new(),
        updated: None,
        place: Place::default(),
    }
}

pub(crate) fn edition(items: Vec<Item>) -> Edition {
    Edition { updated: items.iter().map(|item| item.updated).max(), items, ..empty() }
}

/// An item with nothing but what every item has.
pub(crate) fn bare(id: u8, headline: &str) -> Item {
    let published = Timestamp::from_unix(1_761_804_300 - i64::from(id) * 3_600);
    Item {
        id: StoryId::from_bytes([id; 16]),
        headline: Headline::new(headline),
        link: None,
        outlet: outlet("Yonhap News Agency"),
        source_url: None,
        language: None,
        authors: Vec::new(),
        topics: Vec::new(),
        categories: Vec::new(),
        summary: None,
        content: None,
        image: None,
        enclosures: Vec::new(),
        published,
        first_seen: published,
        updated: Timestamp::from_unix(published.unix() + 90),
        also: Vec::new(),
    }
}

/// Three languages and one from right to left, media, other outlets, and characters that formats trip over.
pub(crate) fn full() -> Edition {
    let summit = Item {
        link: url("https://en.yna.example/view/1?a=1&b=2"),
        outlet: Outlet { url: url("https://en.yna.example/"), ..outlet("Yonhap News Agency") },
        source_url: url("https://en.yna.example/rss/news.xml"),
        language: lang("en"),
        authors: vec![plain("Kim Eun-jung"), plain("Lee & Park <desk@yna.example>")],
        topics: topics(&["diplomacy", "korea-japan"]),
        categories: vec![plain("Politics"), plain("diplomacy"), plain("Q&A")],
        summary: Some(html("<p>Lee and Takaichi agreed to <b>resume</b> talks &amp; visits.</p>")),
        content: Some(html(
            "<p>GYEONGJU, Oct. 30 ]]&gt; the <abbr title=\"]]>\">leaders</abbr> met.</p><ul><li>Talks</li><li>Visits</li></ul>",
        )),
        image: Some(Image {
            url: url("https://img.yna.example/summit.jpg?w=800&h=450").unwrap(),
            caption: Some(plain("Lee (left) & Takaichi shake hands <b>")),
            credit: Some(plain("Yonhap")),
        }),
        enclosures: vec![
            Enclosure {
                url: url("https://media.yna.example/summit.mp3").unwrap(),
                media_type: None,
                length_bytes: Some(123_456),
            },
            Enclosure {
                url: url("https://media.yna.example/summit").unwrap(),
                media_type: Some("video/mp4".to_owned()),
                length_bytes: None,
            },
        ],
        also: vec![
            also("연합뉴스", "ko", "한일 정상, 셔틀외교 재개 합의", "https://yna.example/1"),
            also(
                "共同通信",
                "ja",
                "日韓首脳「シャトル外交」再開で一致",
                "https://kyodo.example/2?x=1&y=2",
            ),
            also("الجزيرة", "ar", "قمة كورية يابانية في 2025", "https://aj.example/3"),
            Also {
                language: None,
                headline: None,
                ..also("Wire", "en", "", "https://wire.example/")
            },
            Also { link: None, ..also("Radio", "en", "<script>alert(1)</script> & more", "") },
        ],
        ..bare(1, "Lee, Takaichi agree to resume \"shuttle diplomacy\" & visits")
    };
    let korean = Item {
        link: url("https://hani.example/arti/2"),
        outlet: outlet("한겨레"),
        source_url: url("https://hani.example/rss/"),
        language: lang("ko-KR"),
        topics: topics(&["korea-japan"]),
        summary: Some(html("경주에서 만난 두 정상은 &lt;공동 발표문&gt;을 냈다.")),
        ..bare(2, "경주 정상회담 <공동 발표문> 전문")
    };
    let japanese = Item {
        link: url("https://asahi.example/articles/3.html"),
        outlet: outlet("朝日新聞"),
        language: lang("ja"),
        content: Some(html(&format!("<p>{}</p>", "首脳会談は慶州で開かれた。".repeat(60)))),
        ..bare(3, "AT&T と <b>太字</b> 5 < 6 &amp; 7")
    };
    let lone = Item { outlet: outlet("Wire <script>"), ..bare(4, "Nothing but a headline") };
    let untitled = bare(5, "");
    Edition { language: lang("en"), ..edition(vec![summit, korean, japanese, lone, untitled]) }
}

/// Items of text that wants to be markup, in every place that takes text.
pub(crate) fn hostile() -> Edition {
    let texts = [
        "<script>alert(1)</script>",
        "</title><script src=https://evil.example/x.js></script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<!-- --!><x> <?php echo 1 ?> <![CDATA[ ]]>",
        "]]></title><x/>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&#60;script&#62;",
        "&amp;lt;b&amp;gt;",
        "<iframe srcdoc=\"<script>\">",
        "\"><a href='javascript:alert(1)'>x</a>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "< script>",
        "<\u{a0}b>",
        "<<script>script>alert(1)<</script>/script>",
        "<plaintext>",
        "<textarea>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "a\u{0}b\u{1b}[31m\u{85}\u{fffe}\u{1ffff}\u{202e}c",
        "&#0; &#x80; &#xd800; &bogus; &",
        "<",
        "<a",
        "</",
        "x <!",
        "100% <3",
    ];
    let items = (1..).zip(texts).map(|(id, text)| Item {
        link: url("https://a.example/?q=\"><script>"),
        outlet: Outlet { url: url("https://a.example/'>"), ..outlet(text) },
        source_url: url("https://a.example/<rss>"),
        language: lang("en"),
        authors: PlainText::new(text).into_iter().collect(),
        categories: PlainText::new(text).into_iter().collect(),
        summary: Some(SafeHtml::escaped(text)),
        content: Some(SafeHtml::escaped(&format!("{text} {text}"))),
        image: Some(Image {
            url: url("https://a.example/x.png?<>").unwrap(),
            caption: PlainText::new(text),
            credit: PlainText::new(text),
        }),
        enclosures: vec![Enclosure {
            url: url("https://a.example/x.mp3?\"").unwrap(),
            media_type: Some(text.to_owned()),
            length_bytes: None,
        }],
        also: vec![also(text, "ko", text, "https://a.example/?'\"<>")],
        ..bare(id, text)
    });
    Edition { title: "<script>alert(1)</script>".to_owned(), ..edition(items.collect()) }
}

fn outlet(name: &str) -> Outlet {
    Outlet { name: name.to_owned(), url: None }
}

fn also(name: &str, language: &str, headline: &str, link: &str) -> Also {
    Also {
        outlet: outlet(name),
        language: lang(language),
        headline: Headline::new(headline),
        link: url(link),
    }
}

pub(crate) fn url(text: &str) -> Option<WebUrl> {
    WebUrl::parse(text)
}

pub(crate) fn lang(tag: &str) -> Option<Lang> {
    Lang::parse(tag)
}

fn plain(text: &str) -> PlainText {
    PlainText::new(text).unwrap()
}

fn html(text: &str) -> SafeHtml {
    SafeHtml::vouched(text.to_owned())
}

fn topics(names: &[&str]) -> Vec<TopicName> {
    names.iter().map(|name| TopicName::parse(name).unwrap()).collect()
}
