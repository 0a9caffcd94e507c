//! What a web page that stands where a feed was tells of its site.

use crate::model::text::{is_bidi_control, is_forbidden};

/// So much of a page is looked at, in bytes: registrars' pages say in their head what they are.
const LOOKED_AT: usize = 256 * 1024;
/// A page with more text than this, in characters, has something of its own to say, and may well speak of domains for sale.
const OWN_TEXT: usize = 3_000;

/// What a page tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageSigns {
    /// Its title, if it has one; at most 120 characters.
    pub title: Option<String>,
    /// The sign by which its domain is parked, if it is.
    pub parked: Option<String>,
}

/// Hosts of registrars and traders whose pages stand on domains that are for sale; in frames, scripts and addresses.
const TRADERS: [&str; 36] = [
    "sedoparking.com",
    "sedo.com/search",
    "img.sedoparking",
    "parkingcrew.net",
    "bodis.com",
    "dan.com/buy-domain",
    "cdn.dan.com",
    "afternic.com/forsale",
    "hugedomains.com",
    "domainmarket.com",
    "buydomains.com",
    "undeveloped.com",
    "uniregistry.com",
    "domainnameshop.com/parked",
    "above.com/marketplace",
    "d1lxhc4jvstzrp.cloudfront.net",
    "parklogic.com",
    "skenzo.com",
    "voodoo.com/park",
    "ztomy.com",
    "parkingpage.namecheap.com",
    "parkeddomain",
    "parked-domain",
    "domainparking",
    "domain-parking",
    "parking-lander",
    "/adsense/domains/",
    "google.com/afs/ads",
    "window.park=",
    "secureserver.net/parkedpage",
    "godaddy.com/domainsearch",
    "img1.wsimg.com/parking-lander",
    "parking.reg.ru",
    "onamae.com/parking",
    "gabia.com/parking",
    "whoisdomain.kr",
];

/// What such pages say, in the languages of our sources; in lower case.
const PHRASES: [&str; 47] = [
    "domain is for sale",
    "domain for sale",
    "domain may be for sale",
    "domain name is for sale",
    "domain name may be for sale",
    "domain is available for purchase",
    "domain is available for sale",
    "buy this domain",
    "purchase this domain",
    "get this domain",
    "make an offer on this domain",
    "inquire about this domain",
    "interested in this domain",
    "own this domain today",
    "domain is parked",
    "domain has been parked",
    "parked free",
    "parked domain",
    "this domain is registered at",
    "this domain has expired",
    "this domain name has expired",
    "domain has expired and",
    "domain is pending renewal",
    "domain expired",
    "renew your domain",
    "도메인을 판매",
    "도메인 판매",
    "도메인은 판매",
    "도메인 매매",
    "도메인이 만료",
    "도메인 기간이 만료",
    "파킹된 도메인",
    "도메인 파킹",
    "ドメインは売り出し中",
    "ドメインを購入",
    "ドメイン販売",
    "ドメインパーキング",
    "ドメインの有効期限",
    "このドメインは",
    "域名出售",
    "此域名",
    "该域名",
    "domain steht zum verkauf",
    "domain kaufen",
    "domaine est à vendre",
    "dominio está en venta",
    "домен продается",
];

/// Reads the signs of a page. `asked` is the host that was asked, `host` and `path` are where its answer came from.
pub fn signs(html: &str, asked: Option<&str>, host: Option<&str>, path: &str) -> PageSigns {
    let html = html.get(..html.floor_char_boundary(LOOKED_AT)).unwrap_or(html);
    let lower = html.to_lowercase();
    PageSigns { title: title(html, &lower), parked: parked(&lower, asked, host, path) }
}

fn parked(lower: &str, asked: Option<&str>, host: Option<&str>, path: &str) -> Option<String> {
    if let Some(trader) = TRADERS.iter().find(|trader| lower.contains(*trader)) {
        return Some(format!("its page is one of `{trader}`"));
    }
    let landed = host.unwrap_or_default();
    if TRADERS.iter().any(|trader| *trader == landed.trim_start_matches("www.")) {
        return Some(format!("it leads to {landed}"));
    }
    let text = visible(lower);
    let is_short = text.chars().nth(OWN_TEXT).is_none();
    if is_short && let Some(phrase) = PHRASES.iter().find(|phrase| text.contains(*phrase)) {
        return Some(format!("its page says “{phrase}”"));
    }
    // The feed's own path is lost on the way to another site: whatever is asked for leads there.
    let elsewhere = asked.is_some_and(|asked| site(asked) != site(landed)) && !landed.is_empty();
    (elsewhere && matches!(path, "" | "/" | "/lander"))
        .then(|| format!("its addresses lead to the front page of {landed}"))
}

/// The last two labels of a host: enough to tell another site from another host of the same.
fn site(host: &str) -> &str {
    let mut dots = host.rmatch_indices('.').skip(1);
    dots.next().map_or(host, |(at, _)| host.get(at + 1..).unwrap_or(host))
}

/// The text of a page between its tags, without scripts and styles, in one line.
fn visible(lower: &str) -> String {
    let mut text = String::new();
    let mut rest = lower;
    while let Some(open) = rest.find('<') {
        push_words(&mut text, rest.get(..open).unwrap_or_default());
        rest = rest.get(open..).unwrap_or_default();
        let skipped = ["script", "style", "noscript"].iter().find_map(|name| {
            let inside = rest.strip_prefix('<')?.strip_prefix(name)?;
            let end = inside.find(&format!("</{name}"))?;
            inside.get(end..)
        });
        rest = skipped.unwrap_or(rest);
        let after = rest.find('>').map_or(rest.len(), |close| close + 1);
        rest = rest.get(after..).unwrap_or_default();
    }
    push_words(&mut text, rest);
    text
}

fn push_words(text: &mut String, part: &str) {
    for word in part.replace("&nbsp;", " ").split_whitespace() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
}

/// The title of a page, one line without markup.
fn title(html: &str, lower: &str) -> Option<String> {
    let open = lower.find("<title")?;
    let begin = open + lower.get(open..)?.find('>')? + 1;
    let end = begin + lower.get(begin..)?.find("</title")?;
    // Lowering may change lengths, as of `İ`; then the lower text has to do.
    let text =
        if html.len() == lower.len() { html.get(begin..end)? } else { lower.get(begin..end)? };
    let clean: String = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|letter| !is_forbidden(*letter) && !is_bidi_control(*letter))
        .take(120)
        .collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, want: Option<&str>) {
        let own = Some("news.example");
        assert_eq!(signs(html, own, own, "/rss.xml").parked.as_deref(), want, "{html}");
    }

    #[test]
    fn parked_domains_are_known_by_frames_and_words() {
        check(
            "<html><frameset><frame src='https://ww1.example/?SEDOPARKING.com=1'></frameset></html>",
            Some("its page is one of `sedoparking.com`"),
        );
        check(
            "<html><script src=\"//www.google.com/adsense/domains/caf.js\"></script></html>",
            Some("its page is one of `/adsense/domains/`"),
        );
        check(
            "<h1>news.example</h1><p>This <b>domain</b>\n is for sale!</p>",
            Some("its page says “domain is for sale”"),
        );
        check("<p>이 도메인을 판매합니다", Some("its page says “도메인을 판매”"));
        check("<p>このドメインは現在使われていません", Some("its page says “このドメインは”"));
    }

    #[test]
    fn pages_with_something_to_say_are_not_parked() {
        check("<title>404 Not found</title><p>The page you look for is gone.", None);
        check("<script>var x = 'buy this domain';</script><p>Please sign in", None);
        let long =
            format!("<p>{}</p><p>How to buy this domain</p>", "News of the day. ".repeat(300));
        check(&long, None);
        check("", None);
        check("<", None);
        check("<script", None);
    }

    #[test]
    fn a_site_that_leads_elsewhere_whatever_is_asked() {
        let check = |host: &str, path: &str, want: bool| {
            let found = signs("<p>Welcome", Some("feeds.news.example"), Some(host), path);
            assert_eq!(found.parked.is_some(), want, "{host}{path}: {found:?}");
        };
        check("casino.test", "/", true);
        check("www.hugedomains.com", "/domain_profile.cfm", true);
        check("www.news.example", "/", false);
        check("casino.test", "/feed-has-moved", false);
    }

    #[test]
    fn the_title_is_one_clean_line() {
        let check = |html: &str, want: Option<&str>| {
            assert_eq!(signs(html, None, None, "/").title.as_deref(), want, "{html}");
        };
        check("<TITLE>\n Not  Found\u{202e} </TITLE>", Some("Not Found"));
        check("<title>İ page</title>", Some("i̇ page"));
        check("<title></title>", None);
        check("<title>never ends", None);
    }
}
