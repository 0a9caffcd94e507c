//! The gazetteer with the program's own folding, and what news of two or three states is made of, for pairs from all over the world.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeSet;

use tidings::gazetteer::gazetteer;
use tidings::model::entry::Entry;
use tidings::model::source::SourceKey;
use tidings::model::text::{Headline, Normalised};
use tidings::model::verdict::TopicName;
use tidings::normalise::fold::fold;
use tidings::topics::{Subject, TopicSpec, Topics};

#[test]
fn names_are_folded_as_headlines_are() {
    for name in gazetteer().names() {
        assert_eq!(fold(&name).text(), name);
    }
}

/// The headlines that a topic keeps.
fn kept<'a>(spec: TopicSpec, titles: &[&'a str]) -> Vec<&'a str> {
    let topics = Topics::compile(&[spec], fold).unwrap();
    let source = SourceKey::parse("s").unwrap();
    let keeps = |title: &str| {
        let entry = Entry { title: Headline::new(title), ..Entry::default() };
        let normalised = Normalised { title: fold(title), ..Normalised::default() };
        let subject = Subject {
            normalised: &normalised,
            entry: &entry,
            source: &source,
            language: None,
            always: &BTreeSet::new(),
            vector: None,
        };
        topics.judge(&subject).iter().any(|verdict| verdict.verdict.keeps())
    };
    titles.iter().copied().filter(|title| keeps(title)).collect()
}

fn topic() -> TopicSpec {
    TopicSpec::new(TopicName::parse("t").unwrap())
}

#[track_caller]
fn check_pair(one: &str, other: &str, yes: &[&str], no: &[&str]) {
    for (first, second) in [(one, other), (other, one)] {
        let spec = || TopicSpec { bilateral: Some((first.into(), second.into())), ..topic() };
        assert_eq!(kept(spec(), yes), yes, "{first} {second}");
        assert_eq!(kept(spec(), no), Vec::<&str>::new(), "{first} {second}");
    }
}

#[test]
fn news_of_two_states_is_found_for_pairs_of_the_world() {
    check_pair(
        "US",
        "CN",
        &[
            "US, China extend tariff truce by 90 days",
            "Beijing summons US ambassador over chip curbs",
            "미중 정상회담 이달 말 부산서 개최",
            "美·中, 관세 휴전 연장 합의",
            "中외교부 \"미국, 대만 문제 간섭 말라\" 비판",
            "米中首脳が電話会談、関税巡り協議",
            "米国務長官が訪中へ 王毅外相と会談",
        ],
        &[
            "US beats China in women's volleyball final",
            "미국·중국 증시 동반 상승",
            "米中西部で竜巻、5人死亡",
            "Chinese restaurant opens in Washington state",
            "Tell us what you ate in China",
        ],
    );
    check_pair(
        "IN",
        "PK",
        &[
            "India and Pakistan agree to ceasefire after days of strikes",
            "Islamabad protests to New Delhi over water treaty",
            "인도·파키스탄, 휴전 합의",
            "파키스탄, 인도 대사 초치해 항의",
            "インドとパキスタン、停戦で合意",
            "パキスタン首相、インドとの対話を呼びかけ",
        ],
        &[
            "India beat Pakistan by five wickets in Asia Cup",
            "인도, 파키스탄 꺾고 크리켓 우승",
            "インドがパキスタンに勝利 クリケットW杯",
            "Heatwave scorches India and Pakistan",
        ],
    );
    check_pair(
        "FR",
        "DE",
        &[
            "Macron and Merz meet to mend ties over fighter jet project",
            "Paris and Berlin at odds in defence dispute, seek agreement",
            "프랑스·독일 정상회담, 방산 협력 논의",
            "独仏首脳、安全保障で連携強化へ",
            "フランスとドイツ、共同声明を発表",
        ],
        &[
            "Germany beat France in Nations League play-off",
            "프랑스·독일 와인 비교",
            "フランス、ドイツに勝利 サッカー親善試合",
            "French and German wines compared",
        ],
    );
    check_pair(
        "ET",
        "ER",
        &[
            "Ethiopia accuses Eritrea of preparing for war",
            "Asmara and Addis Ababa trade blame as tensions rise",
            "에티오피아·에리트레아 긴장 고조",
            "エチオピアとエリトリア、国境で緊張高まる",
        ],
        &["Runners from Ethiopia and Eritrea win marathon medals", "에티오피아 커피 가격 상승"],
    );
    check_pair(
        "PE",
        "EC",
        &[
            "Peru and Ecuador sign border security agreement",
            "페루·에콰도르 정상, 국경 협력 합의",
            "ペルーとエクアドル、首脳会談で国境協力を確認",
        ],
        &["Ecuador defeat Peru 1-0 in World Cup qualifier", "페루, 에콰도르와 월드컵 예선 무승부"],
    );
    check_pair(
        "FJ",
        "TO",
        &[
            "Fiji and Tonga sign maritime boundary treaty",
            "피지·통가 외교장관 회담",
            "フィジーとトンガ、海洋条約に署名し協力",
        ],
        &["Fiji beat Tonga in Pacific Nations Cup", "フィジー対トンガ、ラグビー決勝"],
    );
    check_pair(
        "OM",
        "IR",
        &[
            "Oman hosts Iran for nuclear talks",
            "오만, 이란과 핵협상 중재",
            "オマーン外相がイラン訪問、協議",
        ],
        &["'오만한 태도' 논란", "Iran volleyball team beats Oman in match"],
    );
    check_pair(
        "GE",
        "RU",
        &[
            "Georgia and Russia in talks to restore diplomatic ties",
            "조지아, 러시아와 외교 관계 복원 논의",
            "ジョージアとロシア、国交回復を協議",
        ],
        &["Georgia Tech beats Florida", "Russia probe: Georgia voters weigh runoff match"],
    );
    check_pair(
        "KR",
        "VN",
        &[
            "South Korea and Vietnam upgrade partnership at summit",
            "한·베트남 정상회담",
            "韓国とベトナム、首脳会談で協力合意",
        ],
        &["박항서 감독, 한국·베트남 친선경기 참석", "Vietnam beat South Korea in U-23 football"],
    );
}

#[test]
fn news_of_three_states_needs_all_three() {
    let spec =
        || TopicSpec { trilateral: Some(["KR".into(), "JP".into(), "US".into()]), ..topic() };
    let yes = [
        "한미일 외교장관 회담 개최",
        "한·미·일, 북핵 공조 강화",
        "日米韓が共同訓練",
        "日米韓外相会談",
        "韓美日 안보실장 회의",
        "US, Japan and South Korea hold trilateral talks on North Korea",
        "Washington, Seoul and Tokyo condemn missile launch",
        "미국, 한일에 협력 강화 촉구",
    ];
    let no = [
        "한일 정상회담",
        "日米首脳会談",
        "US and South Korea sign trade deal",
        "Japan, US and China hold talks",
        "한미일 야구 대표팀 평가전",
        "日米韓のアイドルが共演、コンサート",
    ];
    assert_eq!(kept(spec(), &yes), yes);
    assert_eq!(kept(spec(), &no), Vec::<&str>::new());
    let pacific =
        || TopicSpec { trilateral: Some(["FJ".into(), "TO".into(), "AU".into()]), ..topic() };
    let yes = ["Australia, Fiji and Tonga sign defence pact"];
    assert_eq!(kept(pacific(), &yes), yes);
    assert_eq!(kept(pacific(), &["Australia and Fiji sign defence pact"]), Vec::<&str>::new());
}

#[test]
fn a_wrong_code_is_answered_with_the_right_one() {
    let check = |code: &str, help: &str| {
        let spec = TopicSpec { bilateral: Some(("KR".into(), code.into())), ..topic() };
        let errors = Topics::compile(&[spec], fold).unwrap_err();
        assert!(errors[0].help.as_deref().unwrap().contains(help), "{code}: {errors:?}");
    };
    check("jp", "write `JP` for Japan");
    check("JPN", "write `JP` for Japan");
    check("UK", "write `GB`");
    check("Japan", "write `JP`");
    check("일본", "write `JP`");
    check("Japn", "write `JP`");
    check("Xx", "ISO 3166-1");
}
