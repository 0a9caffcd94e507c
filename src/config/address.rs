//! Addresses of sources: how they are written, when two are one, and the key that one gives.

use std::path::{Path, PathBuf};

use url::Url;

use super::value::Wrong;
use crate::model::identity::digest;
use crate::model::source::{SourceAddress, SourceKey};
use crate::model::url::{URL_BYTES, WebUrl};

/// Reads the address of a source: `http:`, `https:`, or `file:` with a path that may be relative to `base`.
pub fn parse(text: &str, base: &Path) -> Result<SourceAddress, Wrong> {
    let text = text.trim();
    let wrong = |what: &str, help: String| Err(Wrong { what: what.to_owned(), help });
    if text.is_empty() {
        return wrong("there is no address in it", "write the address of a feed".to_owned());
    }
    if text.len() > URL_BYTES {
        return wrong(
            "this address is longer than 8 KiB",
            "is it the address of a feed?".to_owned(),
        );
    }
    if let Some(path) = text.strip_prefix("file:") {
        return match file_path(path) {
            Some(path) => Ok(SourceAddress::File(base.join(path))),
            None => wrong(
                "this is not the address of a file of this machine",
                "write `file:feeds/example.xml` or `file:///path/example.xml`".to_owned(),
            ),
        };
    }
    let looks_bare = !text.contains("://") && text.contains('.') && !text.contains(' ');
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => match url.host_str() {
            Some(host) if !host.is_empty() => Ok(SourceAddress::Web(url)),
            _ => wrong("this address has no host", "write the whole address".to_owned()),
        },
        Ok(url) if matches!(url.scheme(), "feed" | "rss") => {
            let rest = text.split_once(':').map_or("", |(_, rest)| rest.trim_start_matches('/'));
            let rest = if rest.contains(':') { rest.to_owned() } else { format!("https://{rest}") };
            wrong("this is not a web address", format!("write `{}`", super::problem::shown(&rest)))
        }
        // `example.org:8080/rss` reads as the scheme `example.org`.
        Ok(_) if !looks_bare => wrong(
            "only http, https and file addresses can be polled",
            "write the address of the feed as a browser shows it".to_owned(),
        ),
        _ if looks_bare => wrong(
            "this is not a web address",
            format!("did you mean `https://{}`?", super::problem::shown(text)),
        ),
        _ => wrong(
            "this is not a web address",
            "write the whole address: `https://example.org/rss.xml`".to_owned(),
        ),
    }
}

/// The path of a `file:` address (RFC 8089), or of our relative form `file:feeds/example.xml`.
fn file_path(path: &str) -> Option<PathBuf> {
    if path.is_empty() || path.contains('\0') {
        return None;
    }
    if path.starts_with("//") {
        return Url::parse(&format!("file:{path}")).ok()?.to_file_path().ok();
    }
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8().ok()?;
    (!decoded.contains('\0')).then(|| PathBuf::from(decoded.as_ref()))
}

/// What two spellings of one address have in common.
pub fn identity(address: &SourceAddress) -> String {
    match address {
        SourceAddress::Web(url) => match WebUrl::parse(url.as_str()) {
            Some(url) => url.canonical().as_str().to_owned(),
            None => url.as_str().to_owned(),
        },
        SourceAddress::File(path) => {
            let parts = path.components().filter(|part| *part != std::path::Component::CurDir);
            format!("file:{}", parts.collect::<PathBuf>().display())
        }
    }
}

/// The key of a source that was given none: its host without `www.`; where that is taken the path is added, and where that is taken too a
/// digest of the address.
pub fn default_key(address: &SourceAddress, taken: impl Fn(&str) -> bool) -> Option<SourceKey> {
    let (short, path) = match address {
        SourceAddress::Web(url) => {
            let host = url.host_str().unwrap_or_default();
            (host.strip_prefix("www.").unwrap_or(host).to_owned(), url.path().to_owned())
        }
        SourceAddress::File(path) => {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            (stem.unwrap_or_default(), path.to_string_lossy().into_owned())
        }
    };
    let mark: String = digest(&[identity(address).as_bytes()])
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let short = slug(&short, 60);
    let short = if short.is_empty() { "source".to_owned() } else { short };
    [short.clone(), format!("{short}-{}", slug(&path, 30)), format!("{short}-{mark}")]
        .into_iter()
        .filter(|key| !taken(key))
        .find_map(|key| {
            SourceKey::parse(key.trim_end_matches('-')).filter(|key| !taken(key.as_str()))
        })
}

/// The text as part of a key: letters, digits and dots, hyphens for the rest, at most so many bytes.
fn slug(text: &str, limit_bytes: usize) -> String {
    let mut slug = String::new();
    for character in text.chars() {
        let fits = character.is_alphanumeric() || matches!(character, '.' | '_');
        let next = if fits { character } else { '-' };
        if slug.len() + next.len_utf8() > limit_bytes {
            break;
        }
        if fits || !(slug.is_empty() || slug.ends_with('-')) {
            slug.push(next);
        }
    }
    slug.trim_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<SourceAddress, Wrong> {
        parse(text, Path::new("/desk"))
    }

    #[test]
    fn addresses_are_read_or_explained() {
        let check = |text: &str, want: &str| {
            let got = match parsed(text) {
                Ok(address) => address.to_string(),
                Err(wrong) => wrong.help,
            };
            assert_eq!(got, want, "{text}");
        };
        check(" https://Example.org/rss ", "https://example.org/rss");
        check("file:feeds/a%20b.xml", "file:/desk/feeds/a b.xml");
        check("file:///srv/a.xml", "file:/srv/a.xml");
        check("file:/srv/a.xml", "file:/srv/a.xml");
        check("example.org/rss", "did you mean `https://example.org/rss`?");
        check("example.org:8080/rss", "did you mean `https://example.org:8080/rss`?");
        check("feed://example.org/rss", "write `https://example.org/rss`");
        check("feed:https://example.org/rss", "write `https://example.org/rss`");
        for text in [
            "",
            "javascript:alert(1)",
            "gopher://x/",
            "file:",
            "file://host/x",
            "http://",
            "not an address",
            "data:text/xml,x",
        ] {
            assert!(parsed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn spellings_of_one_address_are_one() {
        let same = |left: &str, right: &str| {
            identity(&parsed(left).unwrap()) == identity(&parsed(right).unwrap())
        };
        assert!(same("http://www.example.org/rss/", "https://example.org/rss"));
        assert!(same("https://example.org/rss?utm_source=x", "https://EXAMPLE.org:443/rss#top"));
        assert!(same("file:./a.xml", "file:a.xml"));
        assert!(!same("https://example.org/rss?id=1", "https://example.org/rss?id=2"));
    }

    #[test]
    fn keys_come_from_the_host() {
        let check = |text: &str, taken: &[&str], want: &str| {
            let key = default_key(&parsed(text).unwrap(), |key| taken.contains(&key)).unwrap();
            assert_eq!(key.as_str(), want, "{text}");
        };
        check("https://www.example.org/rss.xml", &[], "example.org");
        check("https://example.org/ko/rss.xml", &["example.org"], "example.org-ko-rss.xml");
        check("file:feeds/한국.xml", &[], "한국");
        check("http://[::1]:8080/", &[], "1");
        let clash = &["example.org", "example.org-a"];
        let key =
            default_key(&parsed("https://example.org/a?b").unwrap(), |key| clash.contains(&key));
        assert_eq!(key.unwrap().as_str().len(), "example.org-".len() + 8);
    }
}
