//! The one address of an article, and those of others of its outlet.

use url::Url;

use super::body::{Body, Why};
use super::dom::{NodeId, Page};
use super::segment::{Measure, called};
use super::words;
use crate::model::article::{Origin, RelatedLink};
use crate::model::text::Headline;
use crate::model::url::WebUrl;

/// How many related articles are kept.
const MANY: usize = 20;

/// The address of the article, and where it is from. `claims` are believed in their order, but no home page and no broken address is.
pub(super) fn canonical(
    claims: &[(Origin, String)],
    base: Option<&Url>,
) -> Option<(WebUrl, Origin, Option<&'static str>)> {
    let here = base.and_then(|base| WebUrl::parse(base.as_str()));
    let is_home = |url: &WebUrl| {
        Url::parse(url.as_str()).is_ok_and(|url| {
            let path = url.path().trim_matches('/').to_ascii_lowercase();
            url.query().is_none()
                && matches!(
                    path.as_str(),
                    "" | "index.html"
                        | "index.htm"
                        | "index.php"
                        | "index.do"
                        | "main"
                        | "home"
                        | "ko"
                        | "en"
                        | "ja"
                        | "undefined"
                        | "null"
                        | "404"
                )
        })
    };
    let here_is_home = here.as_ref().is_some_and(is_home);
    let mut passed = false;
    for (origin, text) in claims {
        let url =
            WebUrl::join(base, text.trim()).map(|url| without_fragment(&url.without_tracking()));
        match url {
            Some(url)
                if (!is_home(&url) || here_is_home)
                    && !text.contains("undefined")
                    && !text.contains("{{") =>
            {
                let rule = passed.then_some("an address that leads to no article was passed over");
                return Some((url, *origin, rule));
            }
            Some(_) | None => passed = true,
        }
    }
    let url = base.and_then(own)?;
    Some((url, Origin::Address, None))
}

fn without_fragment(url: &WebUrl) -> WebUrl {
    match url.as_str().split_once('#') {
        Some((page, fragment)) if !fragment.starts_with('!') => {
            WebUrl::parse(page).unwrap_or_else(|| url.clone())
        }
        Some(_) | None => url.clone(),
    }
}

/// The address of a page that names no other, without what only says how it is shown: printed, as AMP, for a telephone.
fn own(base: &Url) -> Option<WebUrl> {
    let mut url = base.clone();
    url.set_fragment(None);
    let is_view = |name: &str, value: &str| {
        matches!(
            (name, value),
            (
                "amp"
                    | "print"
                    | "printable"
                    | "outputType"
                    | "output"
                    | "view"
                    | "mode"
                    | "format"
                    | "mobile"
                    | "m"
                    | "device",
                "" | "1"
                    | "true"
                    | "yes"
                    | "y"
                    | "amp"
                    | "print"
                    | "printable"
                    | "mobile"
                    | "pc"
                    | "smartphone"
            )
        )
    };
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, value)| !is_view(name, value))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    if kept.len() < url.query_pairs().count() {
        if kept.is_empty() {
            url.set_query(None);
        } else {
            url.query_pairs_mut().clear().extend_pairs(kept);
        }
    }
    let path = url.path().to_owned();
    for end in ["/amp/", "/amp", ".amp", "/print", "/print/"] {
        if let Some(path) = path.strip_suffix(end)
            && path.len() > 1
        {
            url.set_path(path);
            break;
        }
    }
    if let Some(rest) = path.strip_prefix("/amp/")
        && rest.len() > 1
    {
        url.set_path(&format!("/{rest}"));
    }
    WebUrl::parse(url.as_str()).map(|url| url.without_tracking())
}

/// Other articles of the outlet that belong to this one: lists that say so, and lines inside the text that lead there.
pub(super) fn related(
    page: &Page<'_>,
    measure: &Measure,
    body: &Body,
    stated: &[(String, String)],
    base: Option<&Url>,
    own: &[&WebUrl],
) -> Vec<RelatedLink> {
    let mut found: Vec<RelatedLink> = Vec::new();
    let Some(home) =
        base.and_then(Url::host_str).map(site).or_else(|| own.first().map(|url| site(url.host())))
    else {
        return found;
    };
    let mut offer = |href: &str, title: &str| {
        let Some(url) =
            WebUrl::join(base, href).map(|url| without_fragment(&url.without_tracking()))
        else {
            return;
        };
        let title = title
            .trim()
            .trim_start_matches(['▶', '▷', '☞', '·', '•', '-', '▲', '→', '■', '◆'])
            .trim();
        let is_own = own.iter().any(|own| own.canonical() == url.canonical());
        let is_page = Url::parse(url.as_str()).is_ok_and(|url| url.path().len() > 1);
        if is_own
            || !is_page
            || site(url.host()) != home
            || words::weight(title) < 14
            || words::is_heading(title, &words::OTHERS)
            || words::is_heading(title, &words::RELATED)
        {
            return;
        }
        if let Some(title) = Headline::new(title)
            && found.len() < MANY
            && !found.iter().any(|known| known.url.canonical() == url.canonical())
        {
            found.push(RelatedLink { url, title });
        }
    };
    for (href, title) in stated {
        offer(href, title);
    }
    // Links inside the text that were left out of it.
    for left in body.left_out.iter().filter(|left| left.why == Why::Related) {
        let end = page.end(left.block.element);
        let links =
            page.inside(left.block.element).filter(|id| page.is(*id, "a") && *id < end).take(MANY);
        for link in links {
            let title = page.text(link);
            offer(&page.attribute(link, "href").unwrap_or_default(), &title);
        }
        if let Some(link) = left.block.link {
            offer(&page.attribute(link, "href").unwrap_or_default(), &page.text(link));
        }
    }
    for list in lists(page, measure) {
        for link in page.inside(list).filter(|id| page.is(*id, "a")).take(60) {
            let title = link_title(page, link);
            offer(&page.attribute(link, "href").unwrap_or_default(), &title);
        }
    }
    found
}

/// What a link is called: its heading, if it holds one, without times and sections around it.
fn link_title(page: &Page<'_>, link: NodeId) -> String {
    let heading = page.inside(link).find(|id| {
        page.name(*id)
            .is_some_and(|name| matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "strong"))
            || called(page, *id, &["title", "headline", "subject"], &["tit", "ttl"])
    });
    let title = page.text(heading.unwrap_or(link));
    if title.is_empty() {
        page.attribute(link, "title").unwrap_or_default().into_owned()
    } else {
        title
    }
}

/// The elements that hold related articles: called so, or under a heading that says so.
fn lists(page: &Page<'_>, measure: &Measure) -> Vec<NodeId> {
    const STEMS: [&str; 12] = [
        "related",
        "relation",
        "relate-",
        "relate_",
        "relnews",
        "rel-news",
        "rel_news",
        "kanren",
        "readmore",
        "read-more",
        "read_more",
        "see-also",
    ];
    let whole = measure.chars(page, page.root());
    let mut lists: Vec<NodeId> = Vec::new();
    let mut end = NodeId(0);
    for id in page.inside(page.root()) {
        let Some(name) = page.name(id) else { continue };
        if id < end
            || name.is_empty()
            || matches!(name, "html" | "body" | "main" | "article" | "head" | "script")
        {
            continue;
        }
        let may_be_heading = matches!(
            name,
            "h2" | "h3" | "h4" | "h5" | "strong" | "p" | "dt" | "div" | "span" | "b"
        );
        if may_be_heading
            && page.end(id).0 - id.0 < 8
            && words::is_heading(&page.text(id), &words::RELATED)
        {
            // What follows, inside the smallest element that holds links behind the heading.
            let around = page.ancestors(id).take(3).find(|above| {
                (id.0 + 1..page.end(*above).0).take(300).any(|inner| page.is(NodeId(inner), "a"))
            });
            if let Some(around) = around
                && measure.chars(page, around) * 2 < whole
            {
                lists.push(around);
                end = page.end(around);
            }
        } else if called(page, id, &STEMS, &["rel"])
            && measure.chars(page, id) * 2 < whole
            && measure.prose(page, id) < 1_500
        {
            lists.push(id);
            end = page.end(id);
        }
        if lists.len() >= 12 {
            break;
        }
    }
    lists
}

/// The part of a host that is one outlet's: `m.news.example.co.kr` and `www.example.co.kr` are both `example.co.kr`.
pub(super) fn site(host: &str) -> String {
    let labels: Vec<&str> = host.split('.').collect();
    let is_shared = |label: &str| {
        matches!(
            label,
            "co" | "com"
                | "or"
                | "ne"
                | "go"
                | "ac"
                | "org"
                | "net"
                | "gov"
                | "edu"
                | "pe"
                | "re"
                | "ltd"
                | "plc"
        )
    };
    let keep = match labels.as_slice() {
        [.., second, top] if top.len() == 2 && is_shared(second) => 3,
        _ => 2,
    };
    labels.get(labels.len().saturating_sub(keep)..).unwrap_or_default().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(here: &str, claims: &[&str], want: &str) {
        let base = Url::parse(here).unwrap();
        let claims: Vec<(Origin, String)> =
            claims.iter().map(|claim| (Origin::Link, (*claim).to_owned())).collect();
        assert_eq!(canonical(&claims, Some(&base)).unwrap().0.as_str(), want, "{here} {claims:?}");
    }

    #[test]
    fn copies_of_a_page_meet() {
        check(
            "https://m.news.example/amp/1?utm_source=x",
            &["https://www.news.example/a/1"],
            "https://www.news.example/a/1",
        );
        check("https://news.example/a/1", &["/a/1?utm_source=x#top"], "https://news.example/a/1");
        check(
            "https://news.example/a/1",
            &["https://news.example/", "https://news.example/a/one"],
            "https://news.example/a/one",
        );
        check("https://news.example/a/1/amp", &[], "https://news.example/a/1");
        check("https://news.example/a/1?print=true&id=2", &[], "https://news.example/a/1?id=2");
        check(
            "https://news.example/a/1",
            &["javascript:void(0)", "undefined"],
            "https://news.example/a/1",
        );
    }

    #[test]
    fn hosts_of_one_outlet() {
        for (host, want) in [
            ("m.news.example.co.kr", "example.co.kr"),
            ("www.example.com", "example.com"),
            ("example.jp", "example.jp"),
        ] {
            assert_eq!(site(host), want);
        }
    }
}
