//! The words of a date in the languages feeds are written in: months, halves of the day, units and eras.

/// The half of the day a twelve-hour clock speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Morning,
    Afternoon,
}

/// What the number before the word counts (`30日`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

/// The country whose only clock a text without a zone is written by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Country {
    Korea,
    Japan,
}

/// A word that means something wherever it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Half(Half),
    /// An hour by name, in hours after midnight.
    Clock(u32),
    /// An era, by the year before its first.
    Era(i64),
    /// The first year of an era (`元`).
    FirstYear,
    Unit(Unit),
    /// A word that is only there to keep its first letter from being taken for a unit (`일요일`, `月曜`).
    Weekday,
}

/// Stems of month names without accents and in lower case. The first stem that a word starts with decides, so a longer stem stands before
/// a shorter one that it starts with. Month 0 marks weekdays that would pass for a month.
const MONTHS: [(&str, u32); 139] = [
    ("maanantai", 0),
    ("keskiviikko", 0),
    ("pazar", 0),
    ("jan", 1),
    ("ene", 1),
    ("gen", 1),
    ("ian", 1),
    ("sty", 1),
    ("led", 1),
    ("oca", 1),
    ("tammi", 1),
    ("feb", 2),
    ("fev", 2),
    ("fbr", 2),
    ("lut", 2),
    ("uno", 2),
    ("sub", 2),
    ("helmi", 2),
    ("marras", 11),
    ("mar", 3),
    ("maa", 3),
    ("mrt", 3),
    ("mrz", 3),
    ("mae", 3),
    ("bre", 3),
    ("apr", 4),
    ("abr", 4),
    ("avr", 4),
    ("kwi", 4),
    ("dub", 4),
    ("nis", 4),
    ("huhti", 4),
    ("may", 5),
    ("mai", 5),
    ("mei", 5),
    ("maj", 5),
    ("mag", 5),
    ("kve", 5),
    ("touko", 5),
    ("cervenec", 7),
    ("cervence", 7),
    ("jun", 6),
    ("juin", 6),
    ("giu", 6),
    ("iun", 6),
    ("cze", 6),
    ("cer", 6),
    ("haz", 6),
    ("kesa", 6),
    ("jul", 7),
    ("juil", 7),
    ("lug", 7),
    ("iul", 7),
    ("lip", 7),
    ("tem", 7),
    ("heina", 7),
    ("aug", 8),
    ("ago", 8),
    ("aou", 8),
    ("agu", 8),
    ("avg", 8),
    ("sie", 8),
    ("srp", 8),
    ("elo", 8),
    ("sep", 9),
    ("set", 9),
    ("szep", 9),
    ("wrz", 9),
    ("zar", 9),
    ("eyl", 9),
    ("syys", 9),
    ("oct", 10),
    ("okt", 10),
    ("out", 10),
    ("ott", 10),
    ("paz", 10),
    ("rij", 10),
    ("eki", 10),
    ("loka", 10),
    ("nov", 11),
    ("lis", 11),
    ("kas", 11),
    ("dec", 12),
    ("dez", 12),
    ("dic", 12),
    ("des", 12),
    ("gru", 12),
    ("pro", 12),
    ("ara", 12),
    ("joulu", 12),
    // Russian, Bulgarian, Ukrainian.
    ("янв", 1),
    ("яну", 1),
    ("січ", 1),
    ("фев", 2),
    ("лют", 2),
    ("мар", 3),
    ("бер", 3),
    ("апр", 4),
    ("кві", 4),
    ("маи", 5),
    ("мая", 5),
    ("тра", 5),
    ("июн", 6),
    ("юни", 6),
    ("чер", 6),
    ("июл", 7),
    ("юли", 7),
    ("лип", 7),
    ("авг", 8),
    ("сер", 8),
    ("сен", 9),
    ("сеп", 9),
    ("вер", 9),
    ("окт", 10),
    ("жов", 10),
    ("ноя", 11),
    ("ное", 11),
    ("лис", 11),
    ("дек", 12),
    ("гру", 12),
    // Greek, with the short forms seen in feeds.
    ("ιαν", 1),
    ("φεβ", 2),
    ("μαρ", 3),
    ("μαω", 3),
    ("απρ", 4),
    ("μαι", 5),
    ("ιουν", 6),
    ("ιον", 6),
    ("ιουλ", 7),
    ("ιολ", 7),
    ("αυγ", 8),
    ("σεπ", 9),
    ("οκτ", 10),
    ("νοε", 11),
    ("δεκ", 12),
    // Arabic; the rest of its months is in `ARABIC`.
    ("يناير", 1),
    ("فبراير", 2),
    ("مارس", 3),
    ("ابريل", 4),
];

/// The other Arabic months, some of which start alike.
const ARABIC: [(&str, u32); 8] = [
    ("مايو", 5),
    ("يونيو", 6),
    ("يوليو", 7),
    ("اغسطس", 8),
    ("سبتمبر", 9),
    ("اكتوبر", 10),
    ("نوفمبر", 11),
    ("ديسمبر", 12),
];

/// The month a folded word names, in any case it may be declined to.
pub(super) fn month(word: &str) -> Option<u32> {
    // Every stem has three letters, as weekdays in short have.
    if word.len() < 3 || matches!(word, "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun") {
        return None;
    }
    let (_, month) = MONTHS.iter().chain(ARABIC.iter()).find(|(stem, _)| word.starts_with(stem))?;
    (*month > 0).then_some(*month)
}

/// Words of Hangul and Han, where no space parts one from the next; a longer one stands before a shorter one that it starts with.
const UNSPACED: [(&str, Meaning); 68] = [
    ("오전", Meaning::Half(Half::Morning)),
    ("새벽", Meaning::Half(Half::Morning)),
    ("아침", Meaning::Half(Half::Morning)),
    ("오후", Meaning::Half(Half::Afternoon)),
    ("저녁", Meaning::Half(Half::Afternoon)),
    ("낮", Meaning::Half(Half::Afternoon)),
    ("밤", Meaning::Half(Half::Afternoon)),
    ("정오", Meaning::Clock(12)),
    ("자정", Meaning::Clock(0)),
    ("월요일", Meaning::Weekday),
    ("화요일", Meaning::Weekday),
    ("수요일", Meaning::Weekday),
    ("목요일", Meaning::Weekday),
    ("금요일", Meaning::Weekday),
    ("토요일", Meaning::Weekday),
    ("일요일", Meaning::Weekday),
    ("년", Meaning::Unit(Unit::Year)),
    ("월", Meaning::Unit(Unit::Month)),
    ("일", Meaning::Unit(Unit::Day)),
    ("시간", Meaning::Weekday),
    ("시", Meaning::Unit(Unit::Hour)),
    ("분", Meaning::Unit(Unit::Minute)),
    ("초", Meaning::Unit(Unit::Second)),
    ("午前", Meaning::Half(Half::Morning)),
    ("上午", Meaning::Half(Half::Morning)),
    ("早上", Meaning::Half(Half::Morning)),
    ("凌晨", Meaning::Half(Half::Morning)),
    ("午後", Meaning::Half(Half::Afternoon)),
    ("午后", Meaning::Half(Half::Afternoon)),
    ("下午", Meaning::Half(Half::Afternoon)),
    ("晚上", Meaning::Half(Half::Afternoon)),
    ("傍晚", Meaning::Half(Half::Afternoon)),
    ("中午", Meaning::Half(Half::Afternoon)),
    ("正午", Meaning::Clock(12)),
    ("午夜", Meaning::Clock(0)),
    ("零時", Meaning::Clock(0)),
    ("令和", Meaning::Era(2018)),
    ("平成", Meaning::Era(1988)),
    ("昭和", Meaning::Era(1925)),
    ("大正", Meaning::Era(1911)),
    ("明治", Meaning::Era(1867)),
    ("中華民國", Meaning::Era(1911)),
    ("中華民国", Meaning::Era(1911)),
    ("民國", Meaning::Era(1911)),
    ("民国", Meaning::Era(1911)),
    ("元", Meaning::FirstYear),
    ("月曜", Meaning::Weekday),
    ("火曜", Meaning::Weekday),
    ("水曜", Meaning::Weekday),
    ("木曜", Meaning::Weekday),
    ("金曜", Meaning::Weekday),
    ("土曜", Meaning::Weekday),
    ("日曜", Meaning::Weekday),
    ("星期日", Meaning::Weekday),
    ("周日", Meaning::Weekday),
    ("時間", Meaning::Weekday),
    ("年", Meaning::Unit(Unit::Year)),
    ("月", Meaning::Unit(Unit::Month)),
    ("日", Meaning::Unit(Unit::Day)),
    ("号", Meaning::Unit(Unit::Day)),
    ("號", Meaning::Unit(Unit::Day)),
    ("時", Meaning::Unit(Unit::Hour)),
    ("时", Meaning::Unit(Unit::Hour)),
    ("点", Meaning::Unit(Unit::Hour)),
    ("點", Meaning::Unit(Unit::Hour)),
    ("分", Meaning::Unit(Unit::Minute)),
    ("秒", Meaning::Unit(Unit::Second)),
    ("今", Meaning::Weekday),
];

/// The known word a text of Hangul or Han starts with, and its length in bytes.
pub(super) fn unspaced(text: &str) -> Option<(Meaning, usize)> {
    if text.as_bytes().first().is_none_or(u8::is_ascii) {
        return None;
    }
    UNSPACED
        .iter()
        .find(|(word, _)| text.starts_with(word))
        .map(|(word, meaning)| (*meaning, word.len()))
}

/// The country whose clock a word points to: words no other language writes.
pub(super) fn country(text: &str) -> Option<Country> {
    let first = text.chars().next()?;
    if matches!(first, '가'..='힣') {
        return Some(Country::Korea);
    }
    const JAPANESE: [&str; 7] = ["午前", "午後", "令和", "平成", "昭和", "大正", "明治"];
    JAPANESE.iter().any(|word| text.starts_with(word)).then_some(Country::Japan)
}

/// What a folded word of a spaced language means.
pub(super) fn spaced(word: &str) -> Option<Meaning> {
    Some(match word {
        "am" | "a.m" => Meaning::Half(Half::Morning),
        "pm" | "p.m" => Meaning::Half(Half::Afternoon),
        "noon" => Meaning::Clock(12),
        "midnight" => Meaning::Clock(0),
        "h" | "uhr" => Meaning::Unit(Unit::Hour),
        _ => return None,
    })
}
