//! What the headlines of a document look like together, and whether that has changed.

use std::collections::HashSet;

use crate::model::health::TitleShape;

/// So many headlines of a document are looked at.
const LOOKED_AT: usize = 200;
/// With fewer entries nothing is said of what they have in common.
const FEW: usize = 3;
const SOME: usize = 5;
/// What is at the beginning or end of so many of a hundred headlines is at that of nearly all.
const NEARLY_ALL: usize = 80;
/// A common beginning or end of fewer characters is chance.
const SHORTEST_AFFIX: usize = 3;
/// A longer one is told by its first characters.
const LONGEST_AFFIX: usize = 40;

/// The shape of a document's headlines; `None` of one with too few entries to tell.
pub fn shape(titles: &[Option<&str>]) -> Option<TitleShape> {
    let titles = titles.get(..LOOKED_AT).unwrap_or(titles);
    if titles.len() < FEW {
        return None;
    }
    let stated: Vec<&str> = titles
        .iter()
        .flatten()
        .map(|title| title.trim())
        .filter(|title| !title.is_empty())
        .collect();
    let different: HashSet<&str> = stated.iter().copied().collect();
    let is_cut = |title: &&&str| title.ends_with('…') || title.ends_with("...");
    let mut lengths: Vec<usize> = stated.iter().map(|title| title.chars().count()).collect();
    lengths.sort_unstable();
    let length = lengths.get(lengths.len() / 2).copied().unwrap_or(0);
    let (mut prefix, mut suffix) = (String::new(), String::new());
    // Of headlines that are all alike, all of each is common.
    if stated.len() >= SOME && different.len() * 2 > stated.len() {
        prefix = common_prefix(stated.iter().map(|title| title.chars().collect()).collect());
        suffix = common_prefix(stated.iter().map(|title| title.chars().rev().collect()).collect());
        suffix = suffix.chars().rev().collect();
    }
    Some(TitleShape {
        empty: percent(titles.len() - stated.len(), titles.len()),
        distinct: percent(different.len(), stated.len()),
        cut: percent(stated.iter().filter(is_cut).count(), stated.len()),
        length: u32::try_from(length).unwrap_or(u32::MAX),
        prefix,
        suffix,
    })
}

fn percent(part: usize, whole: usize) -> u8 {
    u8::try_from((part * 100).checked_div(whole).unwrap_or(0)).unwrap_or(100)
}

/// How nearly all of these begin, up to where a word ends.
fn common_prefix(mut titles: Vec<Vec<char>>) -> String {
    titles.sort_unstable();
    let enough = (titles.len() * NEARLY_ALL).div_ceil(100);
    // In order, titles that begin alike stand together, and the first and last of them have least in common.
    let longest = titles.windows(enough.max(1)).filter_map(|window| {
        let (first, last) = (window.first()?, window.last()?);
        let common = first.iter().zip(last).take_while(|(one, other)| one == other).count();
        // A beginning that is cut off inside a word says that the words are alike by chance; what is set before a headline ends in a mark.
        let end = first.get(..common)?.iter().rposition(|letter| !letter.is_alphanumeric())? + 1;
        first.get(..end)
    });
    let longest = longest.max_by_key(|prefix| prefix.len()).unwrap_or_default();
    let has_mark = longest.iter().any(|letter| !letter.is_alphanumeric() && *letter != ' ');
    if longest.len() < SHORTEST_AFFIX || !has_mark {
        return String::new();
    }
    longest.iter().take(LONGEST_AFFIX).collect()
}

/// What has changed from one shape to another, in words; `None` if nothing that matters has.
pub fn changed(before: &TitleShape, now: &TitleShape) -> Option<String> {
    if now.empty == 100 && before.empty < 50 {
        return Some("no entry has a headline any more".to_owned());
    }
    // Three or more entries: one different headline is at most a third of them.
    if now.distinct <= 34 && before.distinct > 60 && before.empty < 50 {
        return Some(match now.distinct {
            0..=10 => "all headlines are the same".to_owned(),
            _ => "most headlines are the same".to_owned(),
        });
    }
    let is_new = |before: &str, now: &str| !now.is_empty() && !before.contains(now.trim());
    if is_new(&before.prefix, &now.prefix) {
        return Some(format!("headlines begin with “{}” now", now.prefix.trim()));
    }
    if is_new(&before.suffix, &now.suffix) {
        return Some(format!("headlines end in “{}” now", now.suffix.trim()));
    }
    if now.cut >= 80 && before.cut < 20 {
        return Some("headlines are cut off now".to_owned());
    }
    if before.length >= 20 && now.length > 0 && now.length * 4 <= before.length {
        return Some(format!(
            "headlines have {} characters now, not {}",
            now.length, before.length
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: [&str; 6] = [
        "Storm closes ports along the coast",
        "Budget passes after a long night",
        "Talks on chips resume in Tokyo",
        "세종시 새 도서관 문을 열다",
        "Minister visits flooded valley",
        "東京で首脳会談",
    ];

    fn changed_to(titles: &[&str]) -> Option<String> {
        let of = |titles: &[&str]| {
            let titles: Vec<Option<&str>> = titles
                .iter()
                .map(|title| if title.is_empty() { None } else { Some(*title) })
                .collect();
            shape(&titles)
        };
        changed(&of(&USUAL).unwrap(), &of(titles)?)
    }

    fn each(with: impl Fn(&str) -> String) -> Vec<String> {
        USUAL.iter().map(|title| with(title)).collect()
    }

    #[test]
    fn another_shape_is_noticed() {
        let check = |titles: &[&str], want: Option<&str>| {
            assert_eq!(changed_to(titles).as_deref(), want, "{titles:?}");
        };
        let check_all = |titles: Vec<String>, want: Option<&str>| {
            check(&titles.iter().map(String::as_str).collect::<Vec<_>>(), want);
        };
        check(&USUAL, None);
        check(&["", "", ""], Some("no entry has a headline any more"));
        check(&["Untitled"; 20], Some("all headlines are the same"));
        check(&["Untitled"; 4], Some("most headlines are the same"));
        check_all(
            each(|title| format!("[속보] {title}")),
            Some("headlines begin with “[속보]” now"),
        );
        check_all(
            each(|title| format!("Daily: {title}")),
            Some("headlines begin with “Daily:” now"),
        );
        check_all(each(|title| format!("{title} | Daily")), Some("headlines end in “| Daily” now"));
        let cut = each(|title| title.chars().take(9).chain(['…']).collect());
        check_all(cut, Some("headlines are cut off now"));
        check(
            &["Storm", "Budget", "Talks", "Visit", "Ports"],
            Some("headlines have 5 characters now, not 30"),
        );
    }

    #[test]
    fn other_news_is_no_other_shape() {
        let check = |titles: &[&str]| assert_eq!(changed_to(titles), None, "{titles:?}");
        // Few of them begin alike, begin with the same word, or are very few.
        check(&[
            "Live: a",
            "Live: b",
            "Talks go on",
            "Ports open again",
            "Budget fails",
            "Storm ends",
        ]);
        check(&[
            "The ports open",
            "The budget fails",
            "The storm ends",
            "The talks go on",
            "The king is dead",
        ]);
        check(&["", ""]);
        check(&["Storm closes ports", "Storm closes ports", "Budget passes", ""]);
    }
}
