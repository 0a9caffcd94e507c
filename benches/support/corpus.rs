//! A thousand sources of our own writing, the same in each run but for their dates: RSS 2.0, Atom, RDF and JSON Feed in English, Korean and
//! Japanese, about 1,200 bytes an entry. Some headlines are those of an agency, and stand in many sources.

use std::fmt::Write as _;

use tidings::model::time::Timestamp;

/// Entries of a source.
pub const ENTRIES: usize = 40;
/// Dates lie in the last three days.
const SECONDS: usize = 3 * 86_400;

/// The document of a source.
pub struct Document {
    /// What its server says it is.
    pub media_type: &'static str,
    /// The document, in UTF-8.
    pub text: String,
}

impl Document {
    /// Whether the peers, which read no JSON Feed, can read it.
    pub fn is_xml(&self) -> bool {
        self.media_type != "application/feed+json"
    }
}

/// The document of the source of this number.
pub fn document(source: usize, now: Timestamp) -> Document {
    let mut sequence = Sequence::new(source as u64 + 1);
    let tongue = match source % 4 {
        0 | 1 => &ENGLISH,
        2 => &KOREAN,
        _ => &JAPANESE,
    };
    let outlet = format!("{} {source}", tongue.outlet);
    let entries: Vec<Entry> =
        (0..ENTRIES).map(|n| Entry::new(source, n, tongue, &outlet, now, &mut sequence)).collect();
    match source % 20 {
        0..=10 => {
            Document { media_type: "application/rss+xml", text: rss(&outlet, tongue, &entries) }
        }
        11..=15 => {
            Document { media_type: "application/atom+xml", text: atom(&outlet, tongue, &entries) }
        }
        16 | 17 => {
            Document { media_type: "application/rdf+xml", text: rdf(&outlet, tongue, &entries) }
        }
        _ => {
            Document { media_type: "application/feed+json", text: json(&outlet, tongue, &entries) }
        }
    }
}

/// A sequence that only looks random.
struct Sequence(u64);

impl Sequence {
    fn new(seed: u64) -> Sequence {
        Sequence(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % limit
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// What a source in a language writes with.
struct Tongue {
    code: &'static str,
    outlet: &'static str,
    who: &'static [&'static str],
    does: &'static [&'static str],
    what: &'static [&'static str],
    sections: &'static [&'static str],
    /// What names of towns are made of.
    syllables: &'static [&'static str],
    sentences: &'static [&'static str],
    /// How long a summary is in bytes, at least.
    summary: usize,
}

static ENGLISH: Tongue = Tongue {
    code: "en",
    outlet: "The Harbour Courier",
    who: &[
        "Foreign minister",
        "The city council",
        "Coastguard",
        "A panel of judges",
        "The central bank",
        "South Korea's envoy",
        "Japan's cabinet",
        "The trade ministry",
        "Farmers in the north",
        "The national team",
        "Two shipping lines",
        "The health agency",
        "An old theatre",
        "Chip makers",
        "The opposition",
    ],
    does: &[
        "calls for",
        "delays",
        "welcomes",
        "agrees on",
        "questions",
        "prepares",
        "drops",
        "defends",
        "signs",
        "rejects",
        "reopens",
        "reviews",
    ],
    what: &[
        "talks on the strait",
        "a new tariff plan",
        "the winter timetable",
        "an export licence",
        "a summit in Gyeongju",
        "the fishing accord",
        "a rescue fund",
        "stricter rules for ferries",
        "the stadium's roof",
        "joint research on batteries",
        "an early vote",
        "the border crossing",
        "a consular office",
        "its forecast for growth",
    ],
    sections: &["World", "Politics", "Business", "Sport", "Culture", "Science"],
    syllables: &[
        "ka", "min", "tol", "hor", "rim", "sen", "jav", "el", "mar", "dun", "os", "wi", "bek",
        "yur", "an", "ste",
    ],
    sentences: &[
        "The decision came after a night of talks in which neither side would speak to reporters.",
        "Officials said that a joint statement would follow within the week.",
        "Shares of the companies concerned rose by two per cent & closed higher.",
        "Residents had asked for an answer since the spring, when the first plans were shown.",
        "\"We have read every page of it,\" the spokeswoman said.",
        "A second meeting is planned for the end of the month, but the place has not been named.",
        "Analysts called the step careful rather than bold.",
        "The ministry did not say who would pay for the delay.",
        "It is the third change of course in as many years.",
    ],
    summary: 600,
};

static KOREAN: Tongue = Tongue {
    code: "ko",
    outlet: "한강신문",
    who: &[
        "외교부 장관",
        "서울시의회",
        "해양경찰청",
        "헌법재판소",
        "한국은행",
        "주일 대사",
        "일본 내각",
        "산업통상부",
        "북부 지역 농민들",
        "축구 대표팀",
        "해운업계",
        "질병관리청",
        "반도체 업계",
        "야당",
    ],
    does: &["연기", "환영", "합의", "검토 착수", "재개", "철회", "서명", "거부", "준비", "촉구"],
    what: &[
        "해협 통항 회담",
        "새 관세 계획",
        "겨울 시간표",
        "수출 허가",
        "경주 정상회담",
        "어업 협정",
        "구호 기금",
        "여객선 안전 기준",
        "경기장 지붕 공사",
        "배터리 공동 연구",
        "조기 총선",
        "국경 검문소",
        "영사관 개설",
        "성장률 전망",
    ],
    sections: &["정치", "국제", "경제", "스포츠", "문화", "과학"],
    syllables: &[
        "가", "민", "토", "호", "림", "선", "자", "울", "마", "돈", "옥", "위", "벽", "율", "안",
        "수",
    ],
    sentences: &[
        "이번 결정은 양측이 취재진을 만나지 않은 채 밤샘 협의를 벌인 끝에 나왔다.",
        "관계자는 이번 주 안에 공동 성명이 나올 것이라고 밝혔다.",
        "관련 기업의 주가는 2% 올라 장을 마쳤다.",
        "주민들은 첫 계획이 공개된 봄부터 답변을 요구해 왔다.",
        "대변인은 \"모든 쪽을 읽었다\"고 말했다.",
        "두 번째 회의는 이달 말로 예정돼 있으나 장소는 알려지지 않았다.",
        "전문가들은 대담하기보다 신중한 조치라고 평가했다.",
    ],
    summary: 620,
};

static JAPANESE: Tongue = Tongue {
    code: "ja",
    outlet: "みなと日報",
    who: &[
        "外務大臣",
        "市議会",
        "海上保安庁",
        "最高裁判所",
        "日本銀行",
        "駐韓大使",
        "韓国政府",
        "経済産業省",
        "北部の農家",
        "サッカー日本代表",
        "海運各社",
        "厚生労働省",
        "半導体メーカー",
        "野党各党",
    ],
    does: &["延期", "歓迎", "合意", "検討開始", "再開", "撤回", "署名", "拒否", "準備", "要請"],
    what: &[
        "海峡通航の協議",
        "新たな関税案",
        "冬のダイヤ改正",
        "輸出許可",
        "慶州での首脳会談",
        "漁業協定",
        "救済基金",
        "フェリーの安全基準",
        "競技場の屋根工事",
        "電池の共同研究",
        "早期の総選挙",
        "国境検問所",
        "領事館の開設",
        "成長率の見通し",
    ],
    sections: &["政治", "国際", "経済", "スポーツ", "文化", "科学"],
    syllables: &[
        "カ", "ミ", "トー", "ホロ", "リム", "セン", "ジャ", "エル", "マル", "ドン", "オス", "ウィ",
        "ベク", "ユル", "アン", "ステ",
    ],
    sentences: &[
        "今回の決定は、双方が記者団の前に姿を見せないまま夜通しの協議を続けた末に下された。",
        "関係者は、週内に共同声明を発表すると述べた。",
        "関連企業の株価は2%上昇して取引を終えた。",
        "住民は最初の計画が示された春から回答を求めてきた。",
        "報道官は「すべてのページに目を通した」と語った。",
        "二回目の会合は月末に予定されているが、場所は明らかにされていない。",
        "専門家は、大胆というより慎重な一歩だと評した。",
    ],
    summary: 620,
};

struct Entry {
    title: String,
    link: String,
    guid: String,
    at: Timestamp,
    author: String,
    section: &'static str,
    html: String,
}

impl Entry {
    fn new(
        source: usize,
        n: usize,
        tongue: &Tongue,
        outlet: &str,
        now: Timestamp,
        sequence: &mut Sequence,
    ) -> Entry {
        // One in seven is an agency's: the same headline wherever it is printed, in some places with the outlet's name behind it.
        let title = if sequence.below(7) == 0 {
            let agency = sequence.below(400) as u64;
            let title = headline(tongue, &mut Sequence::new(agency + 1_000_003), agency as usize);
            if agency.is_multiple_of(3) { format!("{title} - {outlet}") } else { title }
        } else {
            headline(tongue, sequence, source * 100 + n)
        };
        let at = Timestamp::from_unix(now.unix() - 60 - sequence.below(SECONDS) as i64);
        let number = 100_000 + source * ENTRIES + n;
        let section = sequence.of(tongue.sections);
        Entry {
            title,
            link: format!("https://www.outlet-{source}.example/news/2025/article-{number}"),
            guid: format!("https://www.outlet-{source}.example/?p={number}"),
            at,
            author: format!("Reporter {}", sequence.below(30)),
            section,
            html: summary(source, tongue, sequence),
        }
    }

    /// The date as an RSS 2.0 document writes it, in the source's own zone.
    fn rfc822(&self, tongue: &Tongue) -> String {
        match tongue.code {
            "en" => self.at.to_http_date(),
            _ => {
                let local = Timestamp::from_unix(self.at.unix() + 9 * 3600);
                local.to_http_date().replace("GMT", "+0900")
            }
        }
    }
}

/// Most news is of a place or a person that few others write of: without such a word a thousand sources would tell of some two thousand events.
fn headline(tongue: &Tongue, sequence: &mut Sequence, number: usize) -> String {
    let (who, does, what) =
        (sequence.of(tongue.who), sequence.of(tongue.does), sequence.of(tongue.what));
    let town: String = (0..3).map(|_| sequence.of(tongue.syllables)).collect();
    match tongue.code {
        "en" => format!("{who} {does} {what} in S{town} after {number} days"),
        "ko" => format!("{town} {who}, {what} {does}…{number}일 만"),
        _ => format!("{town}の{who}、{what}を{does} {number}日ぶり"),
    }
}

fn summary(source: usize, tongue: &Tongue, sequence: &mut Sequence) -> String {
    let mut html = String::from("<p>");
    if sequence.below(4) == 0 {
        let _ = write!(
            html,
            "<img src=\"https://img.outlet-{source}.example/{}.jpg\" alt=\"\" width=\"640\"/>",
            sequence.below(1_000_000)
        );
    }
    let length = tongue.summary + sequence.below(240);
    while html.len() < length {
        let sentence = sentence(tongue, sequence);
        match sequence.below(8) {
            0 => {
                let _ = write!(html, "<a href=\"/tag/{}\">{sentence}</a> ", sequence.below(1_000));
            }
            1 => {
                let _ = write!(html, "<em>{sentence}</em> ");
            }
            2 => {
                let _ = write!(html, "{sentence}</p><p>");
            }
            _ => {
                let _ = write!(html, "{sentence} ");
            }
        }
    }
    html.push_str("</p>");
    html
}

/// A sentence; its clauses are as often used again as those of a newspaper, or it would pack too well.
fn sentence(tongue: &Tongue, sequence: &mut Sequence) -> String {
    let (who, does, what) =
        (sequence.of(tongue.who), sequence.of(tongue.does), sequence.of(tongue.what));
    let (name, amount) = (name(sequence), sequence.below(90_000));
    let said = sequence.of(tongue.sentences).replace('&', "&amp;");
    match tongue.code {
        "en" => format!("{who} {does} {what}, {name} wrote of {amount} people. {said}"),
        "ko" => format!("{who}, {what} {does}({name}, {amount}명). {said}"),
        _ => format!("{who}が{what}を{does}（{name}、{amount}人）。{said}"),
    }
}

/// A name that stands nowhere else.
fn name(sequence: &mut Sequence) -> String {
    const SYLLABLES: [&str; 24] = [
        "ka", "min", "to", "ho", "ri", "sen", "ja", "el", "mar", "dun", "o", "wi", "bek", "yu",
        "an", "ste", "lo", "pra", "vi", "ch", "ne", "go", "su", "tar",
    ];
    (0..5 + sequence.below(4)).map(|_| sequence.of(&SYLLABLES)).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn rss(outlet: &str, tongue: &Tongue, entries: &[Entry]) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n\
         <title>{outlet}</title>\n<link>https://www.outlet.example/</link>\n<description>News</description>\n<language>{}</language>\n",
        tongue.code
    );
    for (n, entry) in entries.iter().enumerate() {
        let summary =
            if n % 2 == 0 { format!("<![CDATA[{}]]>", entry.html) } else { escaped(&entry.html) };
        let _ = writeln!(
            text,
            "<item>\n<title>{}</title>\n<link>{}</link>\n<guid isPermaLink=\"false\">{}</guid>\n<pubDate>{}</pubDate>\n\
             <dc:creator>{}</dc:creator>\n<category>{}</category>\n<description>{summary}</description>\n</item>",
            escaped(&entry.title),
            entry.link,
            entry.guid,
            entry.rfc822(tongue),
            entry.author,
            entry.section,
        );
    }
    text.push_str("</channel>\n</rss>\n");
    text
}

fn atom(outlet: &str, tongue: &Tongue, entries: &[Entry]) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n<title>{outlet}</title>\n\
         <id>https://www.outlet.example/atom</id>\n<link href=\"https://www.outlet.example/\"/>\n<updated>2025-10-30T06:00:00Z</updated>\n",
        tongue.code
    );
    for entry in entries {
        let _ = writeln!(
            text,
            "<entry>\n<title type=\"text\">{}</title>\n<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n<id>{}</id>\n<published>{at}</published>\n\
             <updated>{at}</updated>\n<author><name>{}</name></author>\n<category term=\"{}\"/>\n<summary type=\"html\">{}</summary>\n</entry>",
            escaped(&entry.title),
            entry.link,
            entry.guid,
            entry.author,
            entry.section,
            escaped(&entry.html),
            at = entry.at.to_rfc3339(),
        );
    }
    text.push_str("</feed>\n");
    text
}

fn rdf(outlet: &str, tongue: &Tongue, entries: &[Entry]) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
         xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xml:lang=\"{}\">\n\
         <channel rdf:about=\"https://www.outlet.example/\">\n<title>{outlet}</title>\n<link>https://www.outlet.example/</link>\n\
         <description>News</description>\n</channel>\n",
        tongue.code
    );
    for entry in entries {
        let _ = writeln!(
            text,
            "<item rdf:about=\"{}\">\n<title>{}</title>\n<link>{}</link>\n<dc:date>{}</dc:date>\n<dc:creator>{}</dc:creator>\n\
             <dc:subject>{}</dc:subject>\n<description>{}</description>\n</item>",
            entry.guid,
            escaped(&entry.title),
            entry.link,
            entry.at.to_rfc3339(),
            entry.author,
            entry.section,
            escaped(&entry.html),
        );
    }
    text.push_str("</rdf:RDF>\n");
    text
}

fn json(outlet: &str, tongue: &Tongue, entries: &[Entry]) -> String {
    let items: Vec<serde_json::Value> = entries
        .iter()
        .map(|entry| {
            serde_json::json!({
                "id": entry.guid,
                "url": entry.link,
                "title": entry.title,
                "date_published": entry.at.to_rfc3339(),
                "authors": [{ "name": entry.author }],
                "tags": [entry.section],
                "content_html": entry.html,
            })
        })
        .collect();
    serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet,
        "home_page_url": "https://www.outlet.example/",
        "language": tongue.code,
        "items": items,
    })
    .to_string()
}
