//! Whether `concepts.tsv` keeps the rules at its top, and whether headlines that say the same share its concepts.

use std::collections::{BTreeMap, HashSet};

use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};

use crate::gazetteer::form::{fold, forms};
use crate::gazetteer::gazetteer;
use crate::gazetteer::word::lines;

const TABLE: &str = include_str!("../concepts.tsv");

/// Weights, and the mark of a contrary.
const WEIGHTS: [&str; 4] = ["", "low", "mid", "high"];
const OPPOSITE: &str = "opposite:";
/// The mark of what it is a kind of.
const BROADER: &str = "broader:";

struct Row {
    key: &'static str,
    /// English, Korean, Japanese.
    forms: [Vec<&'static str>; 3],
    /// What follows the forms.
    rest: Vec<&'static str>,
}

fn rows() -> Vec<Row> {
    lines(TABLE)
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            assert!((4..=7).contains(&columns.len()), "{} columns: {line}", columns.len());
            Row {
                key: columns[0],
                forms: [1, 2, 3].map(|at| columns[at].split('|').collect()),
                rest: columns[4..].to_vec(),
            }
        })
        .collect()
}

#[test]
fn every_row_has_its_columns() {
    let rows = rows();
    assert!(rows.len() >= 2_500, "{}", rows.len());
    let keys: HashSet<&str> = rows.iter().map(|row| row.key).collect();
    assert_eq!(keys.len(), rows.len(), "a key stands twice");
    for row in &rows {
        let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        assert!(
            row.key.split('-').all(|part| !part.is_empty() && part.chars().all(is_plain)),
            "{}",
            row.key
        );
        assert!(row.rest.first().is_none_or(|weight| WEIGHTS.contains(weight)), "{}", row.key);
        for column in row.rest.iter().skip(1) {
            let other = column.strip_prefix(OPPOSITE).or_else(|| column.strip_prefix(BROADER));
            assert!(other.is_some(), "{}: {column}", row.key);
            for other in other.unwrap_or_default().split('|') {
                assert!(keys.contains(other) && other != row.key, "{}: {other}", row.key);
            }
        }
    }
}

#[test]
fn rows_are_sorted_within_their_section() {
    let mut previous = "";
    for line in TABLE.lines() {
        if line.is_empty() || line.starts_with('#') {
            previous = "";
            continue;
        }
        let key = line.split('\t').next().unwrap_or_default();
        assert!(previous < key, "{previous} before {key}");
        previous = key;
    }
}

#[test]
fn forms_are_folded_and_fit_for_their_script() {
    const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfkc();
    for row in rows() {
        for form in row.forms.iter().flatten() {
            assert!(!form.is_empty() && form.trim() == *form, "{}: `{form}`", row.key);
            assert_eq!(*form, fold(&NFKC.normalize(form)), "{}", row.key);
            // These mean something else at the ends of a name in the other tables.
            assert!(!form.starts_with(['?', '=']) && !form.ends_with('*'), "{}: {form}", row.key);
        }
        let [english, korean, japanese] = &row.forms;
        let is_kana = |letter: char| matches!(letter, '\u{3041}'..='\u{30fa}');
        let is_hangul = |letter: char| matches!(letter, '\u{ac00}'..='\u{d7a3}');
        for form in english {
            assert!(form.is_ascii(), "{}: {form}", row.key);
            let singular = form.strip_suffix('s').unwrap_or_default();
            assert!(!english.contains(&singular), "{}: {form} is understood", row.key);
        }
        assert!(!korean.iter().any(|form| form.contains(is_kana)), "{}: {korean:?}", row.key);
        for form in japanese {
            assert!(!form.contains(is_hangul), "{}: {form}", row.key);
            assert!(form.chars().count() >= 2, "{}: {form} is found in too many words", row.key);
        }
    }
}

#[test]
fn a_form_means_one_concept() {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    let mut shared: Vec<String> = Vec::new();
    for row in rows() {
        for column in &row.forms {
            let unique: HashSet<&&str> = column.iter().collect();
            assert_eq!(unique.len(), column.len(), "{}: {column:?}", row.key);
            for form in column {
                forms((*form).to_owned(), &mut |form| {
                    let owner = *owners.entry(form.clone()).or_insert(row.key);
                    if owner != row.key {
                        shared.push(format!("{form}: {owner}, {}", row.key));
                    }
                });
            }
        }
    }
    assert_eq!(shared, Vec::<String>::new());
}

/// The concepts of a headline and what they imply, without `concept.`.
fn concepts(headline: &str) -> HashSet<&'static str> {
    let gazetteer = gazetteer();
    let folded = fold(headline);
    let mentions = gazetteer.mentions(&folded);
    let implied = mentions.iter().flat_map(|mention| gazetteer.implied(&folded, mention));
    mentions
        .iter()
        .map(|mention| mention.entity)
        .chain(implied)
        .filter_map(|entity| gazetteer.entity(entity).key.strip_prefix("concept."))
        .collect()
}

#[test]
fn a_concept_implies_its_parts_and_what_it_is_a_kind_of() {
    let check = |text: &str, want: &str| {
        let folded = fold(text);
        let gazetteer = gazetteer();
        let mentions = gazetteer.mentions(&folded);
        let implied = mentions.iter().flat_map(|mention| gazetteer.implied(&folded, mention));
        let keys: HashSet<&str> =
            implied.filter_map(|id| gazetteer.entity(id).key.strip_prefix("concept.")).collect();
        let want: HashSet<&str> = want.split_whitespace().collect();
        assert_eq!(keys, want, "{text}");
    };
    check("구속영장 기각", "warrant arrest reject");
    check("공습", "attack");
    check("air strike", "attack");
    check("rate cut", "interest-rate reduce");
    check("기준금리 인하", "interest-rate reduce");
    check("首脳会談", "leader talks");
    check("再会談", "summit talks");
    check("재개발", "");
    check("韓国", "");
    check("", "");
}

#[test]
fn headlines_of_one_event_share_concepts() {
    let mut lacking: Vec<String> = Vec::new();
    let mut check = |headlines: [&str; 3], want: &str| {
        for headline in headlines {
            let found = concepts(headline);
            let lacks = want.split(' ').filter(|key| !found.contains(key));
            lacking.extend(lacks.map(|key| format!("{headline}: no {key} in {found:?}")));
        }
    };
    check(
        [
            "Lee, Takaichi to hold summit in Nara next week",
            "李대통령·다카이치, 다음주 나라서 정상회담",
            "李大統領と高市首相、来週奈良で首脳会談",
        ],
        "summit next-week",
    );
    check(
        ["US resumes air strikes on Iran", "美, 이란 공습재개", "米軍、イランへの空爆を再開"],
        "air-strike resume",
    );
    check(
        [
            "North Korea fires ballistic missile into sea",
            "北, 동해로 탄도미사일 발사",
            "北朝鮮が弾道ミサイル発射",
        ],
        "missile-launch",
    );
    check(
        ["Nissan announces 9,000 job cuts", "닛산, 9천명 감원", "日産、9000人の人員削減へ"],
        "layoff",
    );
    check(
        [
            "Court rejects arrest warrant for former minister",
            "법원, 前장관 구속영장 기각",
            "元閣僚の拘束令状を裁判所が却下",
        ],
        "reject warrant court former-official",
    );
    check(
        [
            "BOJ raises interest rates to 0.75 percent",
            "일본은행, 0.75%로 기준금리 인상",
            "日銀、0.75%に追加利上げ",
        ],
        "rate-hike",
    );
    check(
        [
            "Magnitude 7.1 quake hits Kumamoto, tsunami warning issued",
            "구마모토서 규모 7.1 강진…쓰나미 경보",
            "熊本でM7・1の地震、津波警報",
        ],
        "earthquake tsunami-warning",
    );
    check(
        ["Three killed in helicopter crash", "헬기 추락으로 3명 사망", "ヘリ墜落で3人死亡"],
        "helicopter-crash death",
    );
    check(
        [
            "Yoon sentenced to life in prison over martial law",
            "尹, 비상계엄 무기징역 선고",
            "尹被告に無期懲役、非常戒厳めぐり",
        ],
        "life-sentence martial-law",
    );
    check(
        [
            "Japanese minister visits Yasukuni Shrine",
            "日 각료, 야스쿠니신사 참배",
            "閣僚が靖国神社に参拝",
        ],
        "visit",
    );
    check(
        [
            "China vows retaliation over new tariffs",
            "中, 관세 부과에 보복 천명",
            "中国、追加関税に報復を明言",
        ],
        "tariff-hike retaliate vow",
    );
    check(
        [
            "Landslide after torrential rain leaves 5 missing",
            "집중호우에 산사태…5명 실종",
            "豪雨で土砂崩れ、5人行方不明",
        ],
        "heavy-rain landslide missing",
    );
    check(
        [
            "Prosecutors raid Unification Church over bribery",
            "특검, 통일교 압수수색…금품수수 의혹",
            "特別検察が旧統一教会を家宅捜索、贈賄疑い",
        ],
        "raid bribe",
    );
    check(
        [
            "Foreign ministers' meeting on export controls",
            "외교장관회담서 수출통제 논의",
            "外相会談で輸出規制を議論",
        ],
        "foreign-ministers-talks export-control",
    );
    check(
        [
            "Bird flu confirmed at farm, cull begins",
            "농장서 조류인플루엔자 확진…살처분",
            "養鶏場で鳥インフル、殺処分始まる",
        ],
        "bird-flu cull",
    );
    check(
        [
            "Hackers leak personal data after ransomware attack",
            "랜섬웨어 공격에 개인정보 유출",
            "ランサムウェア攻撃で個人情報流出",
        ],
        "ransomware data-leak attack",
    );
    check(
        [
            "Parliament passes no-confidence motion in prime minister",
            "의회, 총리 불신임안 가결",
            "議会が首相の不信任案を可決",
        ],
        "parliament no-confidence prime-minister",
    );
    check(
        ["Japan wins gold medal in judo", "일본, 유도서 금메달", "日本、柔道で金メダル"],
        "gold-medal judo",
    );
    assert_eq!(lacking, Vec::<String>::new());
}

#[test]
fn forms_are_safe_inside_other_words() {
    let check = |headline: &str, never: &str| {
        let found = concepts(headline);
        assert!(!found.contains(never), "{headline}: {never} in {found:?}");
    };
    check("ステロイドを使用した選手", "terrorism");
    check("テロップのミス", "terrorism");
    check("17人出席し開会", "crowd");
    check("Chipotle opens in Seoul", "chip");
    check("재개발 조합 총회", "resume");
    check("사기를 높이다", "buy");
    check("Rail strike ends after deal", "air-strike");
    check("스테로이드 복용", "terrorism");
}

#[test]
fn no_concept_is_a_kind_of_itself_or_of_its_contrary() {
    let gazetteer = gazetteer();
    for (id, entity) in gazetteer.entities() {
        let mut above: Vec<_> = entity.broader.clone();
        let mut at = 0;
        while let Some(one) = above.get(at).copied() {
            assert!(one != id && Some(one) != entity.opposite, "{}", entity.key);
            let more = gazetteer.entity(one).broader.iter().filter(|more| !above.contains(more));
            let more: Vec<_> = more.copied().collect();
            above.extend(more);
            at += 1;
        }
    }
}

#[test]
fn contraries_know_each_other() {
    let gazetteer = gazetteer();
    let check = |one: &str, other: &str| {
        let find = |key: &str| gazetteer.find(&format!("concept.{key}"));
        let (Some(one), Some(other)) = (find(one), find(other)) else { panic!("{one}, {other}") };
        let is_opposite = |one, other| gazetteer.entity(one).opposite == Some(other);
        assert!(is_opposite(one, other) || is_opposite(other, one), "{one:?}, {other:?}");
    };
    check("rise", "fall");
    check("approve", "reject");
    check("suspend", "resume");
    check("win", "lose");
    check("begin", "end");
    check("arrive", "depart");
    check("rate-cut", "rate-hike");
    check("acquit", "guilty");
}
