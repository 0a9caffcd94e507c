//! Serves every page with sample stories, for looking at them: `cargo run --example pages -- [full|one|empty|errors|hundred|plain] [ADDRESS]`.
//!
//! The stories are invented; the outlets' names are those of no publication.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool for whoever works on the pages: its samples are constants, and it says where to look"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tidings::model::due::{Due, Why};
use tidings::model::edition::{Also, Artifact, FeedName, Item, Merge};
use tidings::model::entry::{Entry, Image};
use tidings::model::health::{DayCount, Finding, FindingKind};
use tidings::model::identity::Identity;
use tidings::model::lang::Lang;
use tidings::model::source::{Outlet, Secret, SourceKey};
use tidings::model::story::{EntryId, Joined, Member, StoredEntry, Story, StoryId};
use tidings::model::text::{Headline, PlainText, SafeHtml};
use tidings::model::time::{DateOrigin, Published, Timestamp};
use tidings::model::url::WebUrl;
use tidings::model::verdict::{Evidence, Field, RuleId, TopicName, TopicVerdict, Verdict};
use tidings::serve::pages::{
    Attempt, Desk, FeedLink, FeedRule, FormatLink, FrontView, Notice, RejectsView, SearchView,
    Section, SourceOrder, SourceProblem, SourceRow, SourcesView, StatusView, StoryView, TopicView,
};
use tidings::serve::{
    Acted, Action, ActionError, ConfigState, Contents, Health, Lookup, LookupError, Metrics, Sees,
    ServeOptions, Shelf, Site,
};

/// 2025-10-30 15:40 in Seoul.
const NOW: i64 = 1_761_806_400;

/// Language, outlet, headline, summary, minutes before `NOW`, topics, whether there is a picture; then the others.
type Told = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    u64,
    &'static [&'static str],
    bool,
    &'static [(&'static str, &'static str, &'static str)],
);

const STORIES: &[Told] = &[
    (
        "en",
        "Peninsula Wire",
        "Lee and Takaichi agree in Gyeongju to keep leaders’ visits going",
        "In their first meeting since she took office, President Lee Jae Myung and Prime Minister Sanae Takaichi said the two \
         neighbours would go on visiting each other without ceremony, and that officials would meet on supply chains before the year is out.",
        35,
        &["korea-japan", "diplomacy"],
        true,
        &[
            ("ko", "한강일보", "이재명·다카이치 경주서 첫 정상회담…“셔틀외교 이어간다”"),
            ("ja", "桜通信", "李大統領と高市首相、慶州で初会談 シャトル外交の継続で一致"),
            ("en", "Harbour Daily", "Seoul, Tokyo leaders pledge steady ties at first summit"),
            ("ko", "남산타임스", "한일 정상 45분 회담, 공급망 협의 연내 개최 합의"),
            ("ja", "湾岸新報", "日韓首脳が会談、経済安保で年内に局長級協議"),
            ("en", "Pacific Ledger", "What the Gyeongju handshake means for chip supply chains"),
            ("de", "Weltblatt", "Seoul und Tokio wollen Gipfeldiplomatie fortsetzen"),
        ],
    ),
    (
        "ja",
        "桜通信",
        "日韓、水素とアンモニアの共同調達へ作業部会 首脳会談で合意",
        "両政府は首脳会談に合わせ、燃料の共同調達に向けた作業部会を設けることで合意した。初会合は来年１月に東京で開く。",
        62,
        &["korea-japan"],
        false,
        &[
            ("ko", "한강일보", "한일, 수소·암모니아 공동 조달 실무그룹 신설"),
            ("en", "Energy Courier", "Japan and South Korea to buy hydrogen together"),
        ],
    ),
    (
        "ko",
        "남산타임스",
        "다카이치 총리, 경주 국립박물관서 신라 금관 관람…“천년의 이웃”",
        "다카이치 사나에 일본 총리가 정상회담에 앞서 신라 금관 여섯 점이 한자리에 모인 특별전을 둘러보고 방명록에 글을 남겼다.",
        110,
        &["korea-japan"],
        true,
        &[("ja", "湾岸新報", "高市首相、新羅の金冠を見学")],
    ),
    (
        "en",
        "Harbour Daily",
        "Ferry between Busan and Fukuoka to sail daily again from spring",
        "The operators say demand has passed the level of 2019 for the first time.",
        200,
        &["korea-japan"],
        false,
        &[],
    ),
    (
        "ko",
        "한강일보",
        "한일 의원연맹, 서울서 합동총회 열기로",
        "양국 의원 80여 명이 참석해 저출생과 지방 소멸 대책을 논의한다.",
        260,
        &["korea-japan", "diplomacy"],
        false,
        &[("ja", "桜通信", "日韓議連、ソウルで合同総会へ")],
    ),
    (
        "ja",
        "湾岸新報",
        "対馬と釜山の高校生、海ごみ調査で交流 ２０年の節目",
        "",
        330,
        &["korea-japan"],
        true,
        &[],
    ),
    (
        "ja",
        "桜通信",
        "韓国産カキの輸入、検査を簡素化 農水省",
        "農林水産省は２９日、韓国産の養殖カキについて検査の手続きを一部簡素化すると発表した。",
        1_030,
        &["korea-japan"],
        false,
        &[],
    ),
    (
        "en",
        "Peninsula Wire",
        "Court in Seoul sets date for hearing on wartime labour deposits",
        "Lawyers for both sides expect a ruling early next year; the foreign ministry says it will respect the outcome.",
        1_100,
        &["korea-japan"],
        false,
        &[
            ("ko", "남산타임스", "강제동원 공탁금 사건 변론기일 지정"),
            ("ja", "湾岸新報", "元徴用工訴訟の供託金、弁論期日決まる"),
        ],
    ),
    (
        "en",
        "Pacific Ledger",
        "APEC ministers back paperless customs in Gyeongju statement",
        "Twenty-one economies promise to accept electronic certificates of origin by 2030, with help for those that have to build the systems first.",
        48,
        &["diplomacy"],
        true,
        &[
            ("ko", "한강일보", "APEC 각료회의, 전자 원산지증명 2030년까지 상호 인정"),
            ("ja", "桜通信", "ＡＰＥＣ閣僚会議、電子原産地証明の相互承認で一致"),
        ],
    ),
    (
        "ko",
        "남산타임스",
        "외교부, 아세안 대사단 초청 설명회…경주 선언 이행 논의",
        "외교부는 30일 주한 아세안 대사단을 초청해 경주 선언의 후속 조치를 설명했다.",
        95,
        &["diplomacy"],
        false,
        &[],
    ),
    (
        "en",
        "Weltblatt International",
        "Canada and South Korea sign a pact on sharing classified information",
        "The agreement lets both countries’ forces and arms makers exchange papers directly.",
        140,
        &["diplomacy"],
        false,
        &[("ko", "한강일보", "한·캐나다, 군사비밀정보보호협정 서명")],
    ),
    (
        "ja",
        "湾岸新報",
        "日豪外相が電話協議 太平洋島しょ国への支援で連携確認",
        "両外相は、島しょ国の港湾整備と気象観測への支援で連携することを確認した。",
        175,
        &["diplomacy"],
        false,
        &[],
    ),
    (
        "en",
        "Harbour Daily",
        "Envoys return to the table on fishing quotas in the East Sea, known in Japan as the Sea of Japan, after a pause of nine years",
        "",
        230,
        &["diplomacy", "korea-japan"],
        false,
        &[],
    ),
    (
        "ko",
        "한강일보",
        "유엔 안보리, 해저 케이블 보호 결의안 채택",
        "안전보장이사회는 만장일치로 해저 통신 케이블 보호를 위한 결의안을 채택했다.",
        300,
        &["diplomacy"],
        true,
        &[
            ("en", "Pacific Ledger", "Security Council votes to protect undersea cables"),
            ("ja", "桜通信", "安保理、海底ケーブル保護の決議を採択"),
        ],
    ),
    (
        "en",
        "Peninsula Wire",
        "Seoul names veteran negotiator as ambassador to Tokyo",
        "",
        410,
        &["diplomacy", "korea-japan"],
        false,
        &[("ja", "湾岸新報", "駐日韓国大使に交渉のベテラン")],
    ),
    (
        "ja",
        "桜通信",
        "Ｇ７、来年の議長国が日程案を提示",
        "首脳会議は来年６月で調整が進む。",
        620,
        &["diplomacy"],
        false,
        &[],
    ),
    (
        "en",
        "Energy Courier",
        "Gulf states court Asian buyers with long-term ammonia contracts",
        "Buyers in Ulsan and Niigata are weighing twenty-year deals that would tie prices to gas rather than to carbon.",
        1_300,
        &["diplomacy"],
        false,
        &[],
    ),
];

fn lang(tag: &str) -> Option<Lang> {
    Lang::parse(tag)
}

fn outlet(name: &str) -> Outlet {
    Outlet { name: name.into(), url: None }
}

fn item(number: usize, told: &Told, pictures: Option<&str>) -> Item {
    let (tag, name, headline, summary, minutes, topics, pictured, also) = *told;
    let published = Timestamp::from_unix(NOW) - Duration::from_secs(minutes * 60);
    let id = StoryId::founded_by(
        &SourceKey::parse("sample").unwrap(),
        Identity([u8::try_from(number % 251).unwrap(); 16]),
    );
    Item {
        id,
        headline: Headline::new(headline),
        link: WebUrl::parse(&format!("https://news.example/{number}")),
        outlet: outlet(name),
        source_url: None,
        language: lang(tag),
        authors: Vec::new(),
        topics: topics.iter().filter_map(|topic| TopicName::parse(topic)).collect(),
        categories: Vec::new(),
        summary: (!summary.is_empty()).then(|| SafeHtml::escaped(summary)),
        content: None,
        image: pictures.filter(|_| pictured).and_then(|base| {
            Some(Image {
                url: WebUrl::parse(&format!("{base}{number}.svg"))?,
                caption: PlainText::new(
                    "The two delegations before the meeting at the hall in Gyeongju",
                ),
                credit: PlainText::new("Photo: pool"),
            })
        }),
        enclosures: Vec::new(),
        published,
        first_seen: published,
        updated: published
            + Duration::from_secs(if minutes > 90 && also.len() > 1 { 4_000 } else { 60 }),
        also: also
            .iter()
            .map(|(tag, name, headline)| Also {
                outlet: outlet(name),
                language: lang(tag),
                headline: Headline::new(headline),
                link: WebUrl::parse("https://other.example/1"),
            })
            .collect(),
    }
}

fn desk() -> Desk {
    let feed = |name: &str, title: &str, items: usize| FeedLink {
        name: FeedName::parse(name).unwrap(),
        title: title.into(),
        items,
        updated: Some(Timestamp::from_unix(NOW - 2_100)),
        rule: FeedRule {
            topics: Vec::new(),
            languages: Vec::new(),
            merge: Merge::Story,
            limit: 100,
            max_age: None,
        },
        formats: [
            ("RSS", "rss", "application/rss+xml; charset=utf-8"),
            ("Atom", "atom", "application/atom+xml; charset=utf-8"),
            ("JSON", "json", "application/feed+json"),
            ("Page", "html", "text/html; charset=utf-8"),
        ]
        .map(|(label, extension, media_type)| FormatLink {
            label,
            file_name: format!("{name}.{extension}"),
            media_type,
        })
        .into(),
    };
    Desk {
        url: "https://desk.example/".into(),
        title: "The Diplomacy Desk".into(),
        zone: chrono_tz::Asia::Seoul,
        encoder: true,
        feeds: vec![
            feed("diplomacy", "Diplomacy, one item a story", 46),
            feed("korea-japan", "Korea and Japan", 18),
            feed("korea-japan-ko", "한일 관계, 한국어 제목 우선", 18),
        ],
    }
}

fn view(state: &str, pictures: Option<&str>) -> FrontView {
    let told: Vec<&Told> = match state {
        "one" => STORIES.iter().take(1).collect(),
        "empty" => Vec::new(),
        "hundred" => STORIES.iter().cycle().take(100).collect(),
        _ => STORIES.iter().collect(),
    };
    let items: Vec<Item> =
        told.iter().enumerate().map(|(number, told)| item(number, told, pictures)).collect();
    let section = |topic: &str, title: &str| Section {
        topic: TopicName::parse(topic),
        title: title.into(),
        items: items
            .iter()
            .filter(|item| item.topics.first().map(TopicName::as_str) == Some(topic))
            .cloned()
            .collect(),
    };
    FrontView {
        day: None,
        before: None,
        at: items.iter().map(|item| item.updated).max(),
        updated: items.iter().map(|item| item.updated).max(),
        languages: ["en", "ko", "ja"].into_iter().filter_map(lang).collect(),
        outlets: if items.is_empty() { 0 } else { 9 },
        sections: vec![
            section("korea-japan", "Korea and Japan"),
            section("diplomacy", "Diplomacy"),
        ],
        notices: if state == "errors" {
            vec![Notice {
                since: Timestamp::from_unix(NOW),
                report: Some(
                    "feeds.toml:41:1: unknown key `langauge`\n   |\n41 | langauge = \"ko\"\n   | ^^^^^^^^ did you mean `language`?\n".into(),
                ),
            }]
        } else {
            Vec::new()
        },
    }
}

/// What stands against some of the sources.
fn findings_of(key: &str) -> Vec<Finding> {
    let (kind, words) = match key {
        "namsan" => (
            FindingKind::Silent,
            "silent since 2025-10-27T09:00:00Z; in the 41 days before, the longest pause was 13 hours",
        ),
        "sakura" => {
            (FindingKind::EncodingGuessed, "no encoding is stated that fits; read as Shift_JIS")
        }
        _ => return Vec::new(),
    };
    vec![Finding {
        kind,
        first: Timestamp::from_unix(NOW - 250_000),
        last: Timestamp::from_unix(NOW - 240),
        opened: Some(Timestamp::from_unix(NOW - 200_000)),
        closed: None,
        times: 1,
        words: words.into(),
        suspicion: None,
    }]
}

/// Fourteen days, the busier the more it was polled.
fn days_of(key: &str, polls: u64) -> Vec<DayCount> {
    // 30 October 2025, counted from the year 1.
    const TODAY: i32 = 739_554;
    let day = |ago: u64| DayCount {
        day: TODAY - i32::try_from(ago).unwrap(),
        polls: 96,
        errors: if key == "harbour" && ago < 3 { 90 - u32::try_from(ago).unwrap() * 30 } else { 0 },
        items: u32::try_from(polls * (3 + (ago * 7 + polls) % 5) / 60).unwrap(),
        ..DayCount::default()
    };
    (0..14).rev().map(day).filter(|_| polls > 0).collect()
}

struct Sample;

impl Lookup for Sample {
    fn act(&self, _: &Action) -> Result<Acted, ActionError> {
        Err(ActionError::Conflict("this is a sample; nothing is changed".into()))
    }

    fn admin_token(&self) -> Option<Secret> {
        None
    }

    fn topic(
        &self,
        _: &TopicName,
        _: Option<&Attempt>,
        _: Sees,
    ) -> Result<Option<TopicView>, LookupError> {
        Ok(None)
    }

    fn rejects(&self) -> Result<RejectsView, LookupError> {
        Err(LookupError("there is none".into()))
    }

    fn search(&self, _: &str, _: usize, _: Sees) -> Result<SearchView, LookupError> {
        Err(LookupError("there is none".into()))
    }

    fn day(&self, _: chrono::NaiveDate) -> Result<FrontView, LookupError> {
        Err(LookupError("there is none".into()))
    }

    fn private_key(&self, _: &str) -> Option<Secret> {
        None
    }

    fn private_feed(&self, _: &str) -> Result<Option<Artifact>, LookupError> {
        Ok(None)
    }

    fn story(&self, id: StoryId) -> Result<Option<StoryView>, LookupError> {
        let Some((number, told)) =
            STORIES.iter().enumerate().find(|(number, told)| item(*number, told, None).id == id)
        else {
            return Ok(None);
        };
        let first = [(told.0, told.1, told.2)];
        let members =
            first.iter().chain(told.7).enumerate().map(|(place, (tag, name, headline))| {
                let span =
                    headline.find(|character: char| !character.is_alphanumeric()).unwrap_or(3);
                Member {
                    entry: StoredEntry {
                        id: EntryId(i64::try_from(number * 100 + place).unwrap()),
                        source: SourceKey::parse("sample").unwrap(),
                        identity: Identity([0; 16]),
                        entry: Entry {
                            title: Headline::new(headline),
                            link: WebUrl::parse("https://news.example/1"),
                            summary: (place == 0).then(|| SafeHtml::escaped(told.3)),
                            outlet: Some(outlet(name)),
                            ..Entry::default()
                        },
                        language: lang(tag),
                        first_seen: Timestamp::from_unix(NOW),
                        changed: Timestamp::from_unix(NOW),
                        published: Published {
                            at: Timestamp::from_unix(
                                NOW - 3_000 + i64::try_from(place).unwrap() * 240,
                            ),
                            origin: if place == 3 {
                                DateOrigin::FirstSeen
                            } else {
                                DateOrigin::Stated
                            },
                        },
                    },
                    joined: match place {
                        0 => Joined::Founded,
                        1 => Joined::SameUrl {
                            url: WebUrl::parse("https://news.example/1").unwrap().canonical(),
                        },
                        _ => Joined::SameHeadline { key: headline.to_lowercase() },
                    },
                    verdicts: vec![TopicVerdict {
                        topic: TopicName::parse("korea-japan").unwrap(),
                        verdict: Verdict::Keep(vec![Evidence {
                            rule: RuleId::new("pack.korea-japan.relation"),
                            field: Field::Title,
                            span: 0..span,
                            term: headline[..span].into(),
                        }]),
                    }],
                }
            });
        Ok(Some(StoryView {
            story: Story { id, members: members.collect(), rearranged: None },
            names: BTreeMap::new(),
            leading: None,
            because: None,
            said: Vec::new(),
            feeds: vec![
                FeedName::parse("diplomacy").unwrap(),
                FeedName::parse("korea-japan").unwrap(),
            ],
        }))
    }

    fn status(&self) -> Result<StatusView, LookupError> {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Ok(StatusView {
            at: Some(Timestamp::from_unix(NOW)),
            started: Some(Timestamp::from_unix(NOW - 500_000)),
            due: 1,
            due_soon: 6,
            never_due: 1,
            next: Some(("한강일보".into(), Timestamp::from_unix(NOW + 60))),
            store_bytes: 23_400_000,
            entries: 12_345,
            failing: names(&["Harbour Daily", "Pacific Ledger"]),
            findings: vec![
                (FindingKind::Silent, names(&["남산타임스"])),
                (FindingKind::EncodingGuessed, names(&["桜通信"])),
            ],
            ..StatusView::default()
        })
    }

    fn sources(&self) -> Result<SourcesView, LookupError> {
        let row = |key: &str, name: &str, polls: u64, problem: Option<(&str, &str)>| SourceRow {
            key: SourceKey::parse(key).unwrap(),
            name: name.into(),
            url: format!("https://{key}.example/feeds/world.xml"),
            error: problem.map(|(class, message)| SourceProblem {
                class: class.into(),
                message: message.into(),
                since: Timestamp::from_unix(NOW - 90_000),
                failures: 9,
            }),
            paused: key == "wangan",
            gone: false,
            bytes: polls * 23_456,
            repairs: usize::from(key == "sakura"),
            findings: findings_of(key),
            earlier: if key == "hangang" { findings_of("namsan") } else { Vec::new() },
            days: days_of(key, polls),
            entries: polls * 3,
            kept: polls / 4,
            last_success: (polls > 0).then(|| Timestamp::from_unix(NOW - 240)),
            next_due: (key != "wangan")
                .then_some(Due { at: Timestamp::from_unix(NOW + 660), why: Why::Schedule }),
            polls,
            not_modified: polls * 7 / 9,
        };
        Ok(SourcesView {
            at: Timestamp::from_unix(NOW),
            order: SourceOrder::default(),
            rows: vec![
                row("peninsula", "Peninsula Wire", 412, None),
                row("hangang", "한강일보", 398, None),
                row("sakura", "桜通信", 401, None),
                row(
                    "harbour",
                    "Harbour Daily",
                    96,
                    Some(("timeout", "the server did not answer within 20 s")),
                ),
                row("wangan", "湾岸新報", 377, None),
                row(
                    "ledger",
                    "Pacific Ledger",
                    12,
                    Some(("not-a-feed", "the document is an HTML page and links to no feed")),
                ),
                row("namsan", "남산타임스", 390, None),
                row("weltblatt", "Weltblatt International", 0, None),
            ],
        })
    }
}

/// A picture of hills under a sky, one for each number.
fn picture(number: u32) -> String {
    let hue = number * 47 % 360;
    let (a, b, c) = (200 + number * 31 % 160, 260 + number * 17 % 60, 240 + number * 13 % 90);
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 600 400' preserveAspectRatio='xMidYMid slice'>\
         <defs><linearGradient id='s' x2='0' y2='1'><stop stop-color='hsl({hue} 45% 62%)'/>\
         <stop offset='1' stop-color='hsl({} 60% 84%)'/></linearGradient></defs>\
         <rect width='600' height='400' fill='url(#s)'/><circle cx='{}' cy='120' r='46' fill='#fff' opacity='.75'/>\
         <path d='M0 {a}Q150 {} 300 {b}T600 {c}V400H0Z' fill='hsl({hue} 30% 38%)'/>\
         <path d='M0 {}Q200 {} 380 {}T600 {}V400H0Z' fill='hsl({hue} 34% 24%)'/></svg>",
        (hue + 40) % 360,
        120 + number * 53 % 360,
        a - 90,
        a + 60,
        b - 10,
        b + 70,
        c + 60,
    )
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let state = arguments.next().unwrap_or_else(|| "full".into());
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8485".into());

    let gallery = tidings::serve::listen("127.0.0.1:0").await?;
    let base = format!("http://{}/", gallery.local_addr()?);
    let show =
        axum::routing::get(|axum::extract::Path(name): axum::extract::Path<String>| async move {
            let number = name.trim_end_matches(".svg").parse().unwrap_or(0);
            ([("content-type", "image/svg+xml")], picture(number))
        });
    tokio::spawn(
        async move { axum::serve(gallery, axum::Router::new().route("/{name}", show)).await },
    );

    let desk = desk();
    let artifacts = desk.feeds.iter().flat_map(|feed| &feed.formats).map(|format| {
        let text = format!("A sample in place of {}.\n", format.file_name);
        Artifact::new(format.file_name.clone(), format.media_type, text.into(), None)
    });
    let opml = Artifact::new(
        "sources.opml".into(),
        "text/x-opml; charset=utf-8",
        b"<opml version=\"2.0\"><head/><body/></opml>".to_vec(),
        None,
    );
    let pictures = (state != "plain").then_some(base.as_str());
    let front = view(&state, pictures);
    let contents = Contents::starting(desk.clone()).next(desk.clone(), artifacts, opml, &front);
    let shelf = Arc::new(Shelf::new(contents));
    shelf.set_health(Health {
        sources: 8,
        failing: 2,
        config: if state == "errors" { ConfigState::LastGood } else { ConfigState::Current },
        ..Health::default()
    });
    let site =
        Site::new(shelf, Arc::new(Metrics::new()), Arc::new(Sample), ServeOptions::default());
    let listener = tidings::serve::listen(&address).await?;
    println!("http://{address}/");
    let stop = tokio_util::sync::CancellationToken::new();
    tidings::serve::serve(listener, Arc::new(site), stop).await?;
    Ok(())
}
