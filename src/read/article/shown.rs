//! What a page shows its readers of author, outlet and section, where nothing states it for machines.

use std::sync::LazyLock;

use regex::Regex;

use super::body::{Body, Why};
use super::dom::{self, Page};
use super::segment::{self, Block, Measure};
use super::{address, byline, words};

/// The names in the bylines that a page shows.
pub(super) fn bylines(
    page: &Page<'_>,
    measure: &Measure,
    blocks: &[Block],
    body: &Body,
) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let end = body.container.map_or(page.end(page.root()), |container| page.end(container));
    let near = dom::NodeId(end.0.saturating_add(400));
    let is_listed = |id: dom::NodeId| {
        page.ancestors(id).take(8).any(|above| {
            segment::called(
                page,
                above,
                &[
                    "related",
                    "relation",
                    "recommend",
                    "ranking",
                    "popular",
                    "comment",
                    "sidebar",
                    "most",
                ],
                &["list", "rank"],
            ) || page.name(above).is_some_and(|name| matches!(name, "aside" | "nav" | "footer"))
        })
    };
    // What says that it names an author: the first of the page only, as lists of other articles name theirs.
    let links: Vec<dom::NodeId> = page
        .inside(page.root())
        .filter(|id| *id < near && (page.has_word(*id, "rel", "author")) && !is_listed(*id))
        .take(4)
        .collect();
    for id in links {
        add(&mut found, byline::names(&page.text(id)));
    }
    if found.is_empty() {
        let mut skip_to = dom::NodeId(0);
        let mut taken = 0;
        for id in page.inside(page.root()).take_while(|id| *id < near) {
            if id < skip_to
                || page.name(id).is_none_or(|name| {
                    matches!(
                        name,
                        "body" | "html" | "article" | "main" | "head" | "figure" | "figcaption"
                    )
                })
            {
                continue;
            }
            if segment::called(
                page,
                id,
                &[
                    "byline",
                    "by-line",
                    "by_line",
                    "reporter",
                    "journalist",
                    "author-name",
                    "author_name",
                    "authorname",
                    "article-author",
                    "article_author",
                    "post-author",
                    "writer",
                ],
                &["author", "authors", "by", "writer", "kisha"],
            ) && measure.chars(page, id) < 500
                && !is_listed(id)
                && !page
                    .ancestors(id)
                    .take(4)
                    .any(|above| page.is(above, "figure") || page.is(above, "figcaption"))
            {
                skip_to = page.end(id);
                // Names stand in their own elements, or in the first line.
                let names: Vec<String> = page
                    .inside(id)
                    .filter(|inner| {
                        page.is(*inner, "a") || segment::called(page, *inner, &["name"], &["name"])
                    })
                    .filter(|inner| {
                        page.ancestors(*inner).take_while(|above| *above != id).all(|above| {
                            !page.is(above, "a") && !segment::called(page, above, &[], &["name"])
                        })
                    })
                    .map(|inner| page.text(inner))
                    .filter(|text| words::weight(text) < 60 && !address::is_in(text))
                    .flat_map(|text| byline::names(&text))
                    .filter(|name| !is_label(name))
                    .collect();
                if names.is_empty() {
                    let lines = segment::blocks(page, id, |_| false);
                    let line = lines
                        .iter()
                        .map(|line| line.text.as_str())
                        .find(|text| words::weight(text) < 160 && !byline::names(text).is_empty());
                    let whole = page.text(id);
                    add(
                        &mut found,
                        byline::names(line.unwrap_or(&whole))
                            .into_iter()
                            .filter(|name| !is_label(name))
                            .collect(),
                    );
                } else {
                    add(&mut found, names);
                }
                taken += 1;
                if taken >= 3 {
                    break;
                }
            }
        }
    }
    if found.is_empty() {
        // Lines of the text that are bylines, and those between the heading and the text.
        for left in body.left_out.iter().filter(|left| left.why == Why::Byline) {
            let text = left.block.text.as_str();
            if byline::is_line(text) {
                add(&mut found, byline::names(text));
            }
        }
    }
    if found.is_empty() {
        let start = body.container.unwrap_or(page.root());
        for block in blocks.iter().filter(|block| {
            block.first.0 < start.0.saturating_add(60)
                && start.0 < block.first.0.saturating_add(300)
        }) {
            if words::weight(&block.text) < 120
                && byline::is_line(&block.text)
                && !is_listed(block.element)
            {
                add(&mut found, byline::names(&block.text));
                break;
            }
        }
    }
    if found.is_empty() {
        // A name in a line with other things: `2025年2月14日 【高橋健】`, `기사입력 2025-04-17 정해민 기자`.
        static INSIDE: LazyLock<Regex> = LazyLock::new(|| {
            pattern(
                r"(?:【(?P<ja>(?:[^】=＝]{1,10}[=＝])?[一-龥々ぁ-んァ-ヶ　 ]{2,9})】\s*$|(?P<ko>[가-힣]{2,4})\s?(?:선임|전문|인턴)?(?:기자|특파원|논설위원)(?:$|[\s|/(]))",
            )
        });
        let start = body.container.unwrap_or(page.root());
        let near = blocks
            .iter()
            .filter(|block| {
                block.first.0 < start.0.saturating_add(60) && words::weight(&block.text) < 200
            })
            .filter(|block| !words::ends_sentence(&block.text))
            // Such a line has a date; a headline has a bracket with anything in it.
            .filter(|block| block.text.bytes().filter(u8::is_ascii_digit).count() >= 6);
        if let Some(name) = near.filter(|block| !is_listed(block.element)).find_map(|block| {
            INSIDE
                .captures(&block.text)
                .and_then(|found| found.name("ja").or(found.name("ko")))
                .map(|name| name.as_str().to_owned())
        }) {
            add(&mut found, byline::names(&name));
        }
    }
    if found.is_empty()
        && let Some(last) = body.paragraphs.last()
    {
        // `…と述べた。（山田太郎）`, `…라고 말했다. 홍길동 기자`
        if let Some(at) =
            last.rfind(['（', '(']).filter(|at| last.len() - at < 60 && last.ends_with(['）', ')']))
        {
            let name = last[at..].trim_matches(['（', '）', '(', ')']);
            if words::is_cjk(name) && byline::is_line(&format!("（{name}）")) {
                add(&mut found, byline::names(name));
            }
        }
    }
    found
}

/// Adds names that are not there yet.
fn add(found: &mut Vec<String>, names: Vec<String>) {
    for name in names {
        if found.len() < 8 && !found.iter().any(|known| words::same(known, &name)) {
            found.push(name);
        }
    }
}

/// What the page calls its outlet where no `meta` does: the logo, and the holder of the copyright.
pub(super) fn owners(page: &Page<'_>, blocks: &[Block]) -> Vec<String> {
    let mut names: Vec<String> = page
        .elements("img")
        .take(12)
        .filter(|id| {
            let src = page.written(*id, "src").unwrap_or_default().to_ascii_lowercase();
            src.contains("logo")
                || page
                    .ancestors(*id)
                    .take(3)
                    .any(|above| segment::called(page, above, &["logo"], &["brand"]))
        })
        .filter_map(|id| page.attribute(id, "alt"))
        .map(|alt| alt.trim().to_owned())
        .collect();
    names.extend(
        page.inside(page.root())
            .filter(|id| page.name(*id).is_some() && page.end(*id).0 - id.0 < 12)
            .filter(|id| {
                segment::called(
                    page,
                    *id,
                    &["logo", "masthead", "site-title", "site-name"],
                    &["brand"],
                )
            })
            .take(4)
            .map(|id| page.text(id)),
    );
    static HOLDER: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:ⓒ|©|\([cC]\)|저작권자)\s*(?:ⓒ|©|\([cC]\))?\s*(?:\d{4}(?:\s?[-–]\s?\d{4})?)?\s*(?P<name>[^\d\s,.|<>()「」:：][^,.|<>():：]{1,40}?)\s*(?:[,.|<>(:：]|무단|All [rR]ights|ALL RIGHTS|無断|$)",
        )
    });
    for block in blocks.iter().rev().take(60).filter(|block| block.text.len() < 400) {
        if let Some(name) = HOLDER.captures(&block.text).and_then(|found| found.name("name")) {
            names.push(name.as_str().trim_end_matches(['社', ' ']).to_owned());
            names.push(name.as_str().to_owned());
        }
    }
    names.retain(|name| (2..=30).contains(&name.chars().count()));
    names
}

/// A section that stands as a label near the heading.
pub(super) fn section_label(page: &Page<'_>, measure: &Measure) -> Option<Vec<String>> {
    let heading = page.elements("h1").next()?;
    page.inside(page.root())
        .filter(|id| id.0 + 120 > heading.0 && *id < page.end(heading))
        .filter(|id| {
            !page.holds(*id, heading)
                && page.name(*id).is_some_and(|name| !matches!(name, "body" | "html" | "nav"))
        })
        .find(|id| {
            (segment::called(
                page,
                *id,
                &[
                    "section-name",
                    "section_name",
                    "category",
                    "kicker",
                    "eyebrow",
                    "section-label",
                    "article-section",
                ],
                &["section", "cate", "cat", "genre"],
            ) || page.has_word(*id, "rel", "category"))
                && (2..80).contains(&measure.chars(page, *id).max(page.text(*id).chars().count()))
        })
        .map(|id| vec![page.text(id)])
}

/// Whether a text is a word of a byline's furniture and no name.
fn is_label(name: &str) -> bool {
    const LABELS: [&str; 24] = [
        "follow",
        "email",
        "e-mail",
        "subscribe",
        "more",
        "profile",
        "biography",
        "bio",
        "view all",
        "see all",
        "read more",
        "share",
        "print",
        "save",
        "구독",
        "구독하기",
        "기사 더보기",
        "더보기",
        "기자",
        "기자의 다른기사",
        "이메일",
        "記事一覧",
        "プロフィール",
        "フォロー",
    ];
    LABELS.iter().any(|label| words::same(label, name))
}

#[expect(clippy::expect_used, reason = "constant patterns, compiled by every test")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is right")
}
