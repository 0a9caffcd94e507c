//! Whether names are found where an editor would see them, in the three languages; and laws of what is found.

mod concepts;

use proptest::prelude::*;

use super::{Kind, Mention, gazetteer};
use crate::model::text::Folded;

/// The keys of the names in a text, with what else they may be after a slash.
fn keys(text: &str) -> String {
    let gazetteer = gazetteer();
    let key = |mention: &Mention| {
        let one = &gazetteer.entity(mention.entity).key;
        mention.other.map_or_else(
            || one.to_string(),
            |other| format!("{one}/{}", gazetteer.entity(other).key),
        )
    };
    gazetteer.mentions(&fold(text)).iter().map(key).collect::<Vec<_>>().join(" ")
}

/// As `normalise::fold` folds these texts.
fn fold(text: &str) -> String {
    super::form::fold(text)
}

/// Without concepts, which are another table's.
fn names(text: &str) -> String {
    let all = keys(text);
    all.split(' ').filter(|key| !key.starts_with("concept.")).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_tables_have_no_fault() {
    assert_eq!(gazetteer().faults(), Vec::<String>::new());
    for kind in [Kind::Person, Kind::Organisation, Kind::Place, Kind::Country, Kind::Concept] {
        assert!(gazetteer().entities().any(|(_, entity)| entity.kind == kind), "{kind:?}");
    }
}

#[test]
fn countries_are_found_in_three_languages() {
    let check = |text: &str, want: &str| assert_eq!(names(text), want, "{text}");
    check("South Korea and Japan hold talks", "country.KR country.JP");
    check("North Korea slams Korea's drills", "country.KP country.KR");
    check("Koreans and Japanese agree", "country.KR country.JP");
    check("한국, 일본과 회담", "country.KR country.JP");
    check("북한 미사일에 日 총리 규탄", "country.KP country.JP");
    check("韓国と日本が会談", "country.KR country.JP");
    check("15日に会談", "");
    check("日 총리, 美 방문", "country.JP country.US");
    check("米国務長官が訪問", "country.US");
    check("미 국무장관 방문", "country.US");
    check("米ウクライナ首脳会談", "country.US country.UA");
    check("한·이란 외교장관 회담", "country.KR country.IR");
    check("대이란 제재", "country.IR");
    check("이란군 공격", "country.IR");
    check("이스라엘군이 공습", "country.IL");
    check("インドネシア大統領", "country.ID");
    check("大韓航空が就航", "organisation.korean-air");
    check("Fiji and Tonga sign a deal", "country.FJ country.TO");
    check("Ukrainians flee", "country.UA");
}

#[test]
fn short_forms_are_two_or_three_countries() {
    let check = |text: &str, want: &str| assert_eq!(names(text), want, "{text}");
    check("한일 정상회담", "country.KR country.JP");
    check("한·일 정상회담", "country.KR country.JP");
    check("한미정상회담", "country.KR country.US");
    check("日韓首脳会談", "country.JP country.KR");
    check("韓日 정상", "country.KR country.JP");
    check("한미일 3국 협력", "country.KR country.US country.JP");
    check("日米韓首脳会談", "country.JP country.US country.KR");
    check("日中韓外相会談", "country.JP country.CN country.KR");
    check("日ロ交渉", "country.JP country.RU");
    check("한일병원 개원", "");
    check("한미약품 신약", "");
    check("북·미 대화", "country.KP country.US");
    check("북미 박스오피스", "");
    check("欧米中心", "");
}

#[test]
fn case_is_told_by_the_text_as_published_or_by_the_words_around() {
    let check = |text: &str, want: &str| assert_eq!(names(text), want, "{text}");
    check("US launches strikes on Iran", "country.US country.IR");
    check("Trump: let us talk", "person.donald-trump");
    check("A win for us all", "");
    check("Aid for US troops", "country.US");
    check("Japan joins US-led talks", "country.JP country.US");
    check("Join us in Japan", "country.JP");
    check("China hits out at US", "country.CN country.US");
    let published = |text: &str| {
        let folded = Folded::in_place(text.to_ascii_lowercase());
        gazetteer()
            .mentions_as_published(&folded, text)
            .iter()
            .map(|mention| gazetteer().entity(mention.entity).key.to_string())
            .filter(|key| !key.starts_with("concept."))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(published("Who told us that?"), "");
    assert_eq!(published("WHO warns US"), "organisation.who country.US");
}

#[test]
fn people_are_found_by_the_names_of_headlines() {
    let check = |text: &str, want: &str| assert_eq!(names(text), want, "{text}");
    check("Trump meets Xi", "person.donald-trump person.xi-jinping");
    check("President Lee Jae Myung", "person.lee-jae-myung");
    check("President Lee says", "person.lee-jae-myung");
    check("Sen. Lee says", "");
    check("이재명 대통령, 다카이치 총리와 회담", "person.lee-jae-myung person.sanae-takaichi");
    check("李대통령 방미", "person.lee-jae-myung");
    check("高市首相と李在明大統領", "person.sanae-takaichi person.lee-jae-myung");
    check("イ・ジェミョン大統領", "person.lee-jae-myung");
    check("李大統領が訪日", "person.lee-jae-myung");
    check("트럼프도 젤렌스키와 통화", "person.donald-trump person.volodymyr-zelensky");
    check("習近平国家主席", "person.xi-jinping");
    check("ドナルド・トランプ氏", "person.donald-trump");
    check("김정은 참관", "person.kim-jong-un");
}

/// Pieces of names run together, so that walks go past names that do not stand.
fn runs_of_names() -> impl Strategy<Value = String> {
    let names: Vec<String> = gazetteer().names().step_by(7).collect();
    let piece = (
        proptest::sample::select(names),
        0usize..40,
        prop_oneof![Just(""), Just(" "), Just("·"), Just("s ")],
    );
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| {
        pieces
            .into_iter()
            .map(|(name, length, gap)| {
                format!("{}{gap}", &name[..name.floor_char_boundary(length)])
            })
            .collect()
    })
}

fn lie_in_the_text_and_apart(folded: &str) {
    let mut end = 0;
    for mention in gazetteer().mentions(folded) {
        assert!(mention.span.start >= end && mention.span.start < mention.span.end, "{folded}");
        assert!(folded.get(mention.span.clone()).is_some(), "{folded}");
        end = mention.span.end;
    }
    let published = Folded::in_place(folded.to_owned());
    let _ = gazetteer().mentions_as_published(&published, folded);
}

proptest! {
    #[test]
    fn spans_lie_in_any_text_and_apart(text in "\\PC{0,60}|(한|일|미|·|日|米|韓| |us|who|korea|トランプ|の|이란|군|삼성|정상회담|\u{301}|ß){0,16}") {
        lie_in_the_text_and_apart(&fold(&text));
    }

    #[test]
    fn spans_lie_in_runs_of_names_and_apart(text in runs_of_names()) {
        lie_in_the_text_and_apart(&text);
    }
}
