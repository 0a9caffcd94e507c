//! The lead picture of an article: where it is, what stands under it, and who made it.

use url::Url;

use super::caption::{self, Caption};
use super::claims::Picture;
use super::dom::{NodeId, Page, is_silent};
use super::segment::{CAPTION_NAMES, Measure, called};
use super::words;
use crate::model::article::Origin;
use crate::model::url::WebUrl;

/// The lead picture.
#[derive(Debug, Clone)]
pub(super) struct Lead {
    pub(super) url: WebUrl,
    pub(super) origin: Origin,
    pub(super) caption: Option<(Origin, String)>,
    pub(super) credit: Option<(Origin, String)>,
    /// Its text as it stands under it.
    pub(super) texts: Vec<String>,
}

/// Chooses the lead picture of what is claimed, in the order of belief, and of what the page shows.
pub(super) fn choose(
    page: &Page<'_>,
    measure: &Measure,
    container: Option<NodeId>,
    claims: &[(Origin, Picture)],
    base: Option<&Url>,
    title: &str,
    outlets: &[String],
) -> Option<Lead> {
    let shown = shown(page, measure, container);
    let stated = claims
        .iter()
        .filter_map(|(origin, picture)| Some((*origin, picture, WebUrl::join(base, &picture.url)?)))
        .find(|(_, _, url)| !is_placeholder(url.as_str()));
    let (origin, url, claim, element) = match &stated {
        Some((origin, claim, url)) => {
            let same = shown.iter().find(|(_, src)| {
                WebUrl::join(base, src)
                    .is_some_and(|other| is_same_picture(url.as_str(), other.as_str()))
            });
            // A picture cut for sharing is the lead picture of the page still.
            let lead = same.or_else(|| shown.first());
            (*origin, url.clone(), Some(*claim), lead.map(|(id, _)| *id))
        }
        None => {
            let (id, src, url) = shown.iter().find_map(|(id, src)| {
                let url = WebUrl::join(base, src)?;
                (!is_placeholder(url.as_str())).then_some((*id, src, url))
            })?;
            let _ = src;
            (Origin::Document, url, None, Some(id))
        }
    };
    let mut lead = Lead { url, origin, caption: None, credit: None, texts: Vec::new() };
    let is_caption = |text: &str| {
        words::weight(text) >= 6
            && !words::same(text, title)
            && !outlets.iter().any(|outlet| words::same(outlet, text))
            && !is_file_name(text)
    };
    if let Some(claim) = claim {
        // What another description of the same picture says counts too.
        let same = claims.iter().filter(|(_, other)| {
            WebUrl::join(base, &other.url)
                .is_some_and(|other| is_same_picture(lead.url.as_str(), other.as_str()))
        });
        let mut stated: Vec<(Origin, &Picture)> = vec![(origin, claim)];
        stated.extend(same.map(|(origin, picture)| (*origin, picture)));
        for (origin, picture) in stated
            .into_iter()
            .filter(|(origin, _)| matches!(origin, Origin::JsonLd | Origin::Microdata))
        {
            if let Some(text) = &picture.caption {
                let parts = caption::split(text);
                if lead.caption.is_none() {
                    lead.caption =
                        parts.text.filter(|text| is_caption(text)).map(|text| (origin, text));
                }
                if lead.credit.is_none() {
                    lead.credit = parts.credit.map(|credit| (origin, credit));
                }
                lead.texts.push(text.clone());
            }
            if let Some(credit) = picture.credit.as_deref().and_then(caption::bare_credit)
                && !(outlets.iter().any(|outlet| words::same(outlet, &credit))
                    && lead.credit.is_some())
            {
                lead.credit.get_or_insert((origin, credit));
            }
        }
    }
    if let Some(element) = element {
        let (under, texts) = under(page, container, element);
        lead.texts.extend(texts);
        if let Some(text) = under.text.filter(|text| is_caption(text)) {
            // The page's own caption is whole where a stated one was made for machines.
            lead.caption.get_or_insert((Origin::Document, text));
        }
        if let Some(credit) = under.credit {
            lead.credit.get_or_insert((Origin::Document, credit));
        }
        let alt = page
            .attribute(element, "data-caption")
            .or_else(|| page.attribute(element, "alt"))
            .unwrap_or_default();
        if lead.caption.is_none() {
            let parts = caption::split(&alt);
            lead.caption = parts
                .text
                .filter(|text| is_caption(text) && words::weight(text) > 24)
                .map(|text| (Origin::Document, text));
            if lead.credit.is_none() {
                lead.credit = parts.credit.map(|credit| (Origin::Document, credit));
            }
        }
    }
    if lead.caption.is_none()
        && element.is_none()
        && let Some(text) = claim.and_then(|claim| claim.caption.as_deref())
    {
        let parts = caption::split(text);
        lead.caption = parts.text.filter(|text| is_caption(text)).map(|text| (origin, text));
        lead.credit = lead.credit.or(parts.credit.map(|credit| (origin, credit)));
    }
    Some(lead)
}

/// The pictures that a reader sees in or before the article, and their sources.
fn shown(page: &Page<'_>, measure: &Measure, container: Option<NodeId>) -> Vec<(NodeId, String)> {
    let end = container.map_or(page.end(page.root()), |container| page.end(container));
    let mut found: Vec<(NodeId, String, bool)> = Vec::new();
    let mut skip_to = NodeId(0);
    for id in page.inside(page.root()) {
        if id >= end || found.len() >= 60 {
            break;
        }
        if id < skip_to {
            continue;
        }
        match page.name(id) {
            Some("head" | "header" | "nav" | "footer" | "script" | "style")
                if !page.inside(id).any(|inner| page.is(inner, "h1")) =>
            {
                skip_to = page.end(id)
            }
            Some("img" | "amp-img") => {
                let Some(src) = source(page, id) else { continue };
                let size = |name| {
                    page.written(id, name)
                        .and_then(|value| value.trim_end_matches("px").parse::<u32>().ok())
                };
                let is_small = size("width").is_some_and(|width| width < 120)
                    || size("height").is_some_and(|height| height < 80);
                let in_article = container.is_some_and(|container| page.holds(container, id));
                let in_figure = page.ancestors(id).take(4).any(|above| {
                    page.is(above, "figure")
                        || called(
                            page,
                            above,
                            &[
                                "photo",
                                "figure",
                                "lead-img",
                                "leadimage",
                                "main-img",
                                "mainimage",
                                "hero",
                                "featured",
                                "article-image",
                                "article_image",
                                "img_wrap",
                                "imgwrap",
                            ],
                            &["img", "image", "pic"],
                        )
                });
                if !is_small && !is_icon(&src) && (in_article || in_figure) {
                    found.push((id, src, in_article));
                }
            }
            Some(_) if measure.is_foreign(id) => skip_to = page.end(id),
            Some(_) | None => {}
        }
    }
    // Pictures before the article are its own only where they stand near.
    found.into_iter().map(|(id, src, _)| (id, src)).collect()
}

fn source(page: &Page<'_>, id: NodeId) -> Option<String> {
    let lazy = ["data-src", "data-original", "data-lazy-src", "data-lazy", "data-url"];
    let set = || {
        ["srcset", "data-srcset"].iter().find_map(|name| page.attribute(id, name)).and_then(|set| {
            set.split(',')
                .next_back()
                .and_then(|last| last.split_whitespace().next().map(str::to_owned))
        })
    };
    let plain = page
        .attribute(id, "src")
        .map(|src| src.trim().to_owned())
        .filter(|src| !src.is_empty() && !src.starts_with("data:") && !is_icon(src));
    lazy.iter()
        .find_map(|name| page.attribute(id, name))
        .map(|src| src.trim().to_owned())
        .filter(|src| !src.is_empty())
        .or(plain)
        .or_else(set)
}

/// Whether an address is that of an icon or a pixel.
fn is_icon(src: &str) -> bool {
    let lower = src.to_ascii_lowercase();
    [
        "spacer",
        "blank.",
        "pixel",
        "/icon",
        "icon_",
        "icon-",
        "btn_",
        "button",
        "sprite",
        "loading",
        "avatar",
        "profile",
        "emoji",
        "1x1",
        "badge",
        "/logo",
        "logo.",
        "logo_",
        "logo-",
        "bullet",
        "transparent",
        ".svg",
        "placeholder",
        "byline",
        "reporter",
        "banner",
        "/ad/",
        "/ads/",
        "adserver",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// Whether an address is that of the picture that a site uses where it has none.
fn is_placeholder(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url).to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    [
        "default",
        "noimage",
        "no_image",
        "no-image",
        "placeholder",
        "ogimage",
        "og_image",
        "og-image",
        "og-default",
        "sns_default",
        "share_default",
        "sitelogo",
        "favicon",
        "blank",
        "dummy",
        "spacer",
    ]
    .iter()
    .any(|word| name.contains(word))
        || name.starts_with("logo")
        || name.contains("_logo")
        || name.contains("-logo")
        || name.contains("logo_")
        || name.contains("logo-")
        || name.contains("logo.")
        || name.starts_with("og.")
}

fn is_file_name(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    !text.contains(' ')
        && [".jpg", ".jpeg", ".png", ".webp", ".gif"].iter().any(|end| lower.ends_with(end))
        || matches!(
            lower.as_str(),
            "image"
                | "photo"
                | "이미지"
                | "사진"
                | "기사 이미지"
                | "画像"
                | "写真"
                | "이미지 크게 보기"
        )
}

/// Whether two addresses are of one picture: in other sizes, from another host of the outlet.
fn is_same_picture(left: &str, right: &str) -> bool {
    left == right || {
        let (left, right) = (stem(left), stem(right));
        left.len() > 4 && left == right
    }
}

/// The name of a file without its ending and without what says its size.
fn stem(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let name = name.rsplit_once('.').map_or(name, |(name, _)| name).to_ascii_lowercase();
    let parts: Vec<&str> = name
        .split(['-', '_', '.'])
        .filter(|part| {
            let is_size = part.split('x').count() == 2
                && part
                    .split('x')
                    .all(|side| !side.is_empty() && side.bytes().all(|byte| byte.is_ascii_digit()));
            let is_width =
                part.strip_prefix('w').or(part.strip_suffix("px")).is_some_and(|width| {
                    !width.is_empty() && width.bytes().all(|byte| byte.is_ascii_digit())
                });
            !is_size
                && !is_width
                && !matches!(
                    *part,
                    "large"
                        | "small"
                        | "medium"
                        | "thumb"
                        | "full"
                        | "og"
                        | "crop"
                        | "scaled"
                        | "l"
                        | "m"
                        | "s"
                        | "t"
                        | "p"
                        | "sq"
                        | "wide"
                )
        })
        .collect();
    parts.join("-")
}

/// What stands under a picture: in its figure, in a neighbour called a caption, in the next row of its table, or in the next paragraph if that
/// reads like one. With the texts as they stand there.
fn under(page: &Page<'_>, container: Option<NodeId>, picture: NodeId) -> (Caption, Vec<String>) {
    const CREDITS: [&str; 14] = [
        "credit",
        "byline",
        "photog",
        "copyright",
        "photographer",
        "img-source",
        "image-source",
        "photo-source",
        "photo-by",
        "photoby",
        "attribution",
        "img_source",
        "photo_source",
        "provider",
    ];
    let is_caption = |id: NodeId| {
        page.name(id).is_some_and(|name| {
            name == "figcaption"
                || name == "caption"
                || !matches!(name, "img" | "a" | "body" | "article")
                    && called(page, id, &CAPTION_NAMES, &["cap", "captxt", "desc"])
        })
    };
    let is_credit = |id: NodeId| {
        page.name(id).is_some_and(|name| {
            matches!(name, "cite")
                || called(page, id, &CREDITS, &["source", "by", "copy", "author", "cr"])
        }) || page.has_word(id, "itemprop", "creditText")
            || page.has_word(id, "itemprop", "copyrightHolder")
    };
    let limit = |above: NodeId| {
        container.is_none_or(|container| {
            above >= container || !page.holds(above, container) || page.end(above).0 - above.0 < 60
        })
    };
    for above in page.ancestors(picture).take(5).take_while(|above| {
        !page.name(*above).is_some_and(|name| matches!(name, "body" | "html" | "article" | "main"))
            && limit(*above)
    }) {
        let pictures = page
            .inside(above)
            .filter(|id| page.name(*id).is_some_and(|name| matches!(name, "img" | "amp-img")))
            .take(4)
            .count();
        let Some(text) = page
            .inside(above)
            .find(|id| *id > picture && is_caption(*id) && !is_credit(*id))
            .or_else(|| page.inside(above).find(|id| is_caption(*id) && !page.holds(*id, picture)))
        else {
            // A figure without a named caption: all of its text is one.
            if page.is(above, "figure") {
                let parts = parts(page, above, &is_credit);
                return parts;
            }
            if pictures > 1 {
                break;
            }
            continue;
        };
        let (mut found, mut texts) = parts(page, text, &is_credit);
        if found.credit.is_none()
            && let Some(credit) = page
                .inside(above)
                .find(|id| is_credit(*id) && !page.holds(text, *id) && !page.holds(*id, picture))
        {
            let credit = page.text(credit);
            found.credit = caption::bare_credit(&credit).or_else(|| caption::split(&credit).credit);
            texts.push(credit);
        }
        return (found, texts);
    }
    // Plain paragraphs and cells behind the picture.
    let mut near = page.ancestors(picture).take_while(|above| {
        container.is_none_or(|container| *above != container) && !page.is(*above, "body")
    });
    let table = near
        .find(|above| page.is(*above, "table"))
        .filter(|table| page.end(*table).0 - table.0 < 60);
    if let Some(table) = table {
        let (found, texts) = parts(page, table, &is_credit);
        if found.text.is_some() || found.credit.is_some() {
            return (found, texts);
        }
    }
    match next_line(page, picture) {
        Some(line) if super::boilerplate::line(&line) == super::boilerplate::Line::Caption => {
            (caption::split(&line), vec![line])
        }
        Some(_) | None => (Caption::default(), Vec::new()),
    }
}

/// The text of an element, with what is called a credit in it kept apart.
fn parts(
    page: &Page<'_>,
    id: NodeId,
    is_credit: &impl Fn(NodeId) -> bool,
) -> (Caption, Vec<String>) {
    let text = page.text_without(id, |inner| is_credit(inner) || page.is(inner, "button"));
    let whole = page.text(id);
    let mut found = caption::split(&text);
    if let Some(credit) = page.inside(id).find(|inner| is_credit(*inner)) {
        let credit = page.text(credit);
        if let Some(credit) =
            caption::split(&credit).credit.or_else(|| caption::bare_credit(&credit))
        {
            found.credit = Some(credit);
        }
    } else if text.is_empty() && is_credit(id) {
        found = Caption { text: None, credit: caption::bare_credit(&whole) };
    }
    (found, if text == whole { vec![whole] } else { vec![whole, text] })
}

/// The first line of text behind a picture, if it stands near.
fn next_line(page: &Page<'_>, picture: NodeId) -> Option<String> {
    let mut at = page.end(picture);
    let mut line = String::new();
    let mut block = None;
    for _ in 0..40 {
        match page.name(at) {
            None => {
                let text = page.raw(at);
                if !text.trim().is_empty() {
                    let this = page.block_of(at);
                    if block.is_some_and(|block| block != this) {
                        break;
                    }
                    block = Some(this);
                    line.push_str(&super::super::sanitise::decode_entities(text));
                }
            }
            Some("br" | "img" | "amp-img" | "h2" | "h3") if !line.is_empty() => break,
            Some("img" | "amp-img" | "iframe" | "video") => return None,
            Some(name) if is_silent(name) => {
                at = page.end(at);
                continue;
            }
            Some(_) => {}
        }
        at = NodeId(at.0 + 1);
        if at >= page.end(page.root()) {
            break;
        }
    }
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty() && words::weight(&line) < 600).then_some(line)
}
