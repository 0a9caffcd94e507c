//! Numbers of a headline with what they count: 5.5%, 3조원, 震度7, a second summit, 2-1.
//!
//! Two headlines of one template tell of different events if they count the same thing differently.

use std::ops::Range;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Unit {
    /// Per cent, percentage points.
    Percent,
    /// Money of any currency.
    Money,
    /// People, dead, hurt, households.
    People,
    /// The magnitude of an earthquake, or its intensity.
    Quake,
    /// Which of several: first, 2nd, 3차, 第4回.
    Ordinal,
    /// A month of the year.
    Month,
    /// A day of the month.
    Day,
    /// A year of the calendar.
    Year,
    /// A duration or an age: hours, days, years, minutes.
    Span,
    /// Lengths, weights, areas, temperatures, speeds.
    Measure,
    /// Both sides of a result or a vote: 2-1.
    Score,
    /// Anything else.
    Count,
}

/// A number in a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    /// How much, in thousandths, scale words ("million", 만, 億) multiplied in.
    pub value: i64,
    /// What of.
    pub unit: Unit,
    /// Its bytes in the text.
    pub span: Range<usize>,
}

/// Words after a number that multiply it.
const SCALES: [(&str, f64); 17] = [
    ("thousand", 1e3),
    ("million", 1e6),
    ("billion", 1e9),
    ("trillion", 1e12),
    ("mln", 1e6),
    ("bln", 1e9),
    ("bn", 1e9),
    ("천", 1e3),
    ("千", 1e3),
    ("만", 1e4),
    ("万", 1e4),
    ("萬", 1e4),
    ("억", 1e8),
    ("億", 1e8),
    ("조", 1e12),
    ("兆", 1e12),
    ("k", 1e3),
];

/// What follows a number of each unit, the longest first where one begins with another.
const AFTER: [(&str, Unit); 94] = [
    ("%", Unit::Percent),
    ("percent", Unit::Percent),
    ("per cent", Unit::Percent),
    ("pct", Unit::Percent),
    ("퍼센트", Unit::Percent),
    ("%p", Unit::Percent),
    ("포인트", Unit::Percent),
    ("ポイント", Unit::Percent),
    ("割", Unit::Percent),
    ("won", Unit::Money),
    ("yen", Unit::Money),
    ("dollar", Unit::Money),
    ("euro", Unit::Money),
    ("yuan", Unit::Money),
    ("pound", Unit::Money),
    ("원", Unit::Money),
    ("엔", Unit::Money),
    ("달러", Unit::Money),
    ("유로", Unit::Money),
    ("위안", Unit::Money),
    ("円", Unit::Money),
    ("ドル", Unit::Money),
    ("ウォン", Unit::Money),
    ("ユーロ", Unit::Money),
    ("元", Unit::Money),
    ("people", Unit::People),
    ("dead", Unit::People),
    ("killed", Unit::People),
    ("injured", Unit::People),
    ("hurt", Unit::People),
    ("wounded", Unit::People),
    ("missing", Unit::People),
    ("death", Unit::People),
    ("victim", Unit::People),
    ("journalist", Unit::People),
    ("refugee", Unit::People),
    ("worker", Unit::People),
    ("troop", Unit::People),
    ("soldier", Unit::People),
    ("children", Unit::People),
    ("students", Unit::People),
    ("명", Unit::People),
    ("인 ", Unit::People),
    ("人", Unit::People),
    ("名", Unit::People),
    ("magnitude", Unit::Quake),
    ("-magnitude", Unit::Quake),
    ("st ", Unit::Ordinal),
    ("nd ", Unit::Ordinal),
    ("rd ", Unit::Ordinal),
    ("th ", Unit::Ordinal),
    ("차 ", Unit::Ordinal),
    ("회 ", Unit::Ordinal),
    ("주년", Unit::Ordinal),
    ("周年", Unit::Ordinal),
    ("回", Unit::Ordinal),
    ("次", Unit::Ordinal),
    ("位", Unit::Ordinal),
    ("위 ", Unit::Ordinal),
    ("개월", Unit::Span),
    ("か月", Unit::Span),
    ("カ月", Unit::Span),
    ("ヶ月", Unit::Span),
    ("시간", Unit::Span),
    ("時間", Unit::Span),
    ("일간", Unit::Span),
    ("日間", Unit::Span),
    ("일 만", Unit::Span),
    ("일만", Unit::Span),
    ("日ぶり", Unit::Span),
    ("년 만", Unit::Span),
    ("년만", Unit::Span),
    ("年ぶり", Unit::Span),
    ("年間", Unit::Span),
    ("年後", Unit::Span),
    ("hour", Unit::Span),
    ("minute", Unit::Span),
    ("month", Unit::Span),
    ("week", Unit::Span),
    ("year", Unit::Span),
    ("-year", Unit::Span),
    ("day", Unit::Span),
    ("-day", Unit::Span),
    ("세 ", Unit::Span),
    ("歳", Unit::Span),
    ("월", Unit::Month),
    ("月", Unit::Month),
    ("일", Unit::Day),
    ("日", Unit::Day),
    ("년", Unit::Year),
    ("年", Unit::Year),
    ("km", Unit::Measure),
    ("도 ", Unit::Measure),
    ("度 ", Unit::Measure),
];

/// What stands before a number of each unit.
const BEFORE: [(&str, Unit); 17] = [
    ("$", Unit::Money),
    ("€", Unit::Money),
    ("£", Unit::Money),
    ("¥", Unit::Money),
    ("₩", Unit::Money),
    ("magnitude ", Unit::Quake),
    ("magnitude-", Unit::Quake),
    ("규모 ", Unit::Quake),
    ("규모", Unit::Quake),
    ("진도 ", Unit::Quake),
    ("震度", Unit::Quake),
    ("マグニチュード", Unit::Quake),
    (" m", Unit::Quake),
    ("第", Unit::Ordinal),
    ("제", Unit::Ordinal),
    ("no. ", Unit::Ordinal),
    ("#", Unit::Ordinal),
];

/// Ordinals in words, with and without a word after them.
const SPELLED: [(&str, i64); 16] = [
    ("second", 2),
    ("third", 3),
    ("fourth", 4),
    ("fifth", 5),
    ("sixth", 6),
    ("seventh", 7),
    ("두 번째", 2),
    ("두번째", 2),
    ("세 번째", 3),
    ("세번째", 3),
    ("네 번째", 4),
    ("2번째", 2),
    ("3번째", 3),
    ("二度目", 2),
    ("三度目", 3),
    ("二回目", 2),
];

/// The months by name.
const MONTHS: [(&str, i64); 22] = [
    ("january", 1),
    ("february", 2),
    ("march", 3),
    ("april", 4),
    ("june", 6),
    ("july", 7),
    ("august", 8),
    ("september", 9),
    ("october", 10),
    ("november", 11),
    ("december", 12),
    ("jan.", 1),
    ("feb.", 2),
    ("mar.", 3),
    ("apr.", 4),
    ("jun.", 6),
    ("jul.", 7),
    ("aug.", 8),
    ("sept.", 9),
    ("oct.", 10),
    ("nov.", 11),
    ("dec.", 12),
];

/// With how many numbers of a text one is compared.
const NUMBERS: usize = 16;

/// The numbers of a folded text, in its order; at most [`NUMBERS`].
pub(super) fn numbers(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() && found.len() < NUMBERS {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len()
            && (bytes[at].is_ascii_digit()
                || (matches!(bytes[at], b'.' | b',')
                    && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)))
        {
            at += 1;
        }
        // "m7·1" is Japanese typesetting for 7.1.
        let mut digits: String = text[start..at].chars().filter(|digit| *digit != ',').collect();
        if let Some(rest) = text[at..].strip_prefix('·')
            && let Some(tenth) = rest.chars().next().filter(char::is_ascii_digit)
            && !digits.contains('.')
        {
            digits.push('.');
            digits.push(tenth);
            at += '·'.len_utf8() + 1;
        }
        // A letter before a digit makes it a name: "f35", "covid19"; "m7" and "g7" are looked at by their prefix.
        let Some(amount) = amount(&digits) else { continue };
        let before = &text[..start];
        if let Some(score) = score(text, at, amount) {
            at = score.span.end;
            found.push(Number { span: start..score.span.end, ..score });
            continue;
        }
        let is_name = before.ends_with(|letter: char| letter.is_ascii_alphabetic())
            && !before.ends_with(" m")
            && before != "m";
        if is_name {
            continue;
        }
        let (value, after) = scaled(amount, text, &mut at);
        let unit = unit(before, after, amount);
        found.push(Number { value: thousandths(value), unit, span: start..at });
    }
    spelled(text, &mut found);
    found
}

fn amount(digits: &str) -> Option<f64> {
    digits.parse().ok().filter(|amount: &f64| *amount < 1e15)
}

fn thousandths(value: f64) -> i64 {
    // Below 1e15 × 1e12 × 1000 the cast saturates, which keeps equal values equal.
    (value * 1000.0).round() as i64
}

/// The second half of "2-1" or "2대1": small numbers only, so that "2025-10" and phone numbers are none.
fn score(text: &str, at: usize, first: f64) -> Option<Number> {
    let rest = &text[at..];
    let after =
        ["-", " 대 ", "대", "対", " - "].into_iter().find_map(|sign| rest.strip_prefix(sign))?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    let second = amount(&digits)?;
    let is_score = first.fract() == 0.0 && first < 200.0 && second < 200.0 && digits.len() < 4;
    let end = text.len() - after.len() + digits.len();
    let goes_on = text[end..].starts_with(|next: char| next.is_alphanumeric() || next == '-');
    (is_score && !goes_on).then(|| Number {
        value: (first as i64) * 1_000_000 + second as i64,
        unit: Unit::Score,
        span: at..end,
    })
}

/// The number with the scale words after it, and what follows them.
fn scaled<'a>(amount: f64, text: &'a str, at: &mut usize) -> (f64, &'a str) {
    let mut value = amount;
    let mut rest = &text[*at..];
    // "1조 2천억" is left as 1조: what follows is a number of its own.
    for _ in 0..2 {
        let trimmed = rest.trim_start_matches(' ');
        let scale = SCALES.iter().find(|(word, _)| {
            trimmed.strip_prefix(word).is_some_and(|after| {
                !word.is_ascii() || !after.starts_with(|next: char| next.is_ascii_alphabetic())
            })
        });
        let Some((word, factor)) = scale else { break };
        value *= factor;
        rest = &trimmed[word.len()..];
        *at = text.len() - rest.len();
    }
    (value, rest)
}

fn unit(before: &str, after: &str, amount: f64) -> Unit {
    let before_trimmed = before.trim_end_matches(' ');
    if let Some((_, unit)) = BEFORE
        .iter()
        .find(|(sign, _)| before.ends_with(sign) || (sign.trim() == "m" && before_trimmed == "m"))
    {
        return *unit;
    }
    let near = after.strip_prefix(' ').unwrap_or(after);
    let ends = |sign: &str| near.len() + 1 == sign.len() && sign.trim_end() == near;
    let unit = AFTER
        .iter()
        .filter(|(sign, _)| near.starts_with(sign) || ends(sign))
        .max_by_key(|(sign, _)| sign.len())
        .map(|(_, unit)| *unit);
    match unit {
        Some(Unit::Year) if amount < 1000.0 => Unit::Span,
        Some(Unit::Month) if amount > 12.0 => Unit::Span,
        Some(Unit::Day) if amount > 31.0 => Unit::Span,
        Some(unit) => unit,
        None if (1900.0..2100.0).contains(&amount) && amount.fract() == 0.0 => Unit::Year,
        None => Unit::Count,
    }
}

/// Ordinals and months in words.
fn spelled(text: &str, found: &mut Vec<Number>) {
    let tables = [(&SPELLED[..], Unit::Ordinal), (&MONTHS[..], Unit::Month)];
    for (table, unit) in tables {
        for (word, value) in table {
            for (at, _) in text.match_indices(word) {
                let end = at + word.len();
                let is_inside = word.is_ascii()
                    && (text[..at].ends_with(|before: char| before.is_alphanumeric())
                        || text[end..].starts_with(|after: char| after.is_ascii_alphabetic()));
                let is_known =
                    found.iter().any(|number| number.span.start <= at && at < number.span.end);
                if !is_inside && !is_known && found.len() < NUMBERS {
                    found.push(Number { value: value * 1000, unit, span: at..end });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, want: &[(f64, Unit)]) {
        let found: Vec<(f64, Unit)> = numbers(text)
            .into_iter()
            .map(|number| (number.value as f64 / 1000.0, number.unit))
            .collect();
        assert_eq!(found, want, "{text}");
    }

    #[test]
    fn a_number_has_what_it_counts() {
        check("exports rise 5.5% to $70.4 billion", &[(5.5, Unit::Percent), (70.4e9, Unit::Money)]);
        check("中 7월 소매판매 3.7%↑", &[(7.0, Unit::Month), (3.7, Unit::Percent)]);
        check("로힝야족 난민 5000명", &[(5000.0, Unit::People)]);
        check("to take back 5,000 refugees", &[(5000.0, Unit::People)]);
        check("熊本で震度7 m7·1", &[(7.0, Unit::Quake), (7.1, Unit::Quake)]);
        check("magnitude 6.1 quake hits", &[(6.1, Unit::Quake)]);
        check("5.8-magnitude quake", &[(5.8, Unit::Quake)]);
        check("규모 4.2 지진", &[(4.2, Unit::Quake)]);
        check("1兆2000億円を投資", &[(1e12, Unit::Count), (2000e8, Unit::Money)]);
        check("삼성 3조원 수주", &[(3e12, Unit::Money)]);
        check("6만2420円", &[(6e4, Unit::Count), (2420.0, Unit::Money)]);
        check("korea beat japan 2-1", &[(2000.001, Unit::Score)]);
        check("한국, 일본에 2대1 승", &[(2000.001, Unit::Score)]);
        check("second summit in july", &[(2.0, Unit::Ordinal), (7.0, Unit::Month)]);
        check("제2차 회담", &[(2.0, Unit::Ordinal)]);
        check("6日ぶりに再開", &[(6.0, Unit::Span)]);
        check("6일만에 재개", &[(6.0, Unit::Span)]);
        check("15日に参拝", &[(15.0, Unit::Day)]);
        check("80 years since", &[(80.0, Unit::Span)]);
        check("in 2026", &[(2026.0, Unit::Year)]);
        check("f35 jets, g7 leaders", &[]);
        check("3 dead, 14 injured", &[(3.0, Unit::People), (14.0, Unit::People)]);
    }

    proptest! {
        #[test]
        fn spans_lie_in_the_text(text in "[0-9.,%$ 만億円-인a-c·]{0,40}") {
            for number in numbers(&text) {
                prop_assert!(text.get(number.span).is_some());
            }
        }
    }
}
