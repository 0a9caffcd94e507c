//! `robots.txt` (RFC 9309): whether a program of our name may fetch a path, and where the sitemaps are.

use url::Url;

/// How much of the file is read, in bytes (RFC 9309 §2.5: at least 500 KiB).
const FILE_BYTES: usize = 512 * 1024;
/// How many rules are kept.
const RULES: usize = 5_000;
/// How many sitemaps are kept.
const SITEMAPS: usize = 50;

/// The rules of one site for one program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Robots {
    rules: Vec<Rule>,
    /// The addresses after `Sitemap:`, as written.
    pub sitemaps: Vec<Url>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    pattern: Vec<u8>,
    allows: bool,
}

impl Robots {
    /// The rules for the program whose product token is `agent` (RFC 9309 §2.2.1): those of the groups that name it, else those for all. Relative
    /// addresses of sitemaps are relative to `base`.
    pub fn read(bytes: &[u8], agent: &str, base: Option<&Url>) -> Robots {
        let bytes = &bytes[..bytes.len().min(FILE_BYTES)];
        let text = String::from_utf8_lossy(bytes);
        let (mut own, mut all) = (Vec::new(), Vec::new());
        let mut names_us = false;
        let (mut is_own, mut is_all, mut in_rules) = (false, false, true);
        let mut sitemaps = Vec::new();
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            let allows = match key.trim().to_ascii_lowercase().as_str() {
                "user-agent" => {
                    if in_rules {
                        (is_own, is_all, in_rules) = (false, false, false);
                    }
                    // What follows the product token is a version.
                    let token = value.split(['/', ' ']).next().unwrap_or_default();
                    is_own |= token.eq_ignore_ascii_case(agent);
                    is_all |= token == "*";
                    names_us |= is_own;
                    continue;
                }
                "sitemap" => {
                    let url = match base {
                        Some(base) => base.join(value).ok(),
                        None => Url::parse(value).ok(),
                    };
                    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
                    sitemaps.extend(url.filter(|_| sitemaps.len() < SITEMAPS));
                    continue;
                }
                "allow" => true,
                "disallow" => false,
                _ => continue,
            };
            in_rules = true;
            if value.is_empty() || own.len() + all.len() >= RULES {
                continue;
            }
            let rule = Rule { pattern: normal(value.as_bytes()), allows };
            if is_own {
                own.push(rule);
            } else if is_all {
                all.push(rule);
            }
        }
        Robots { rules: if names_us { own } else { all }, sitemaps }
    }

    /// Whether an address may be fetched: the longest rule that fits decides, `allow` where two are equally long (§2.2.2).
    pub fn allows(&self, url: &Url) -> bool {
        let mut path = url.path().to_owned();
        if let Some(query) = url.query() {
            path.push('?');
            path.push_str(query);
        }
        if path == "/robots.txt" {
            return true;
        }
        let path = normal(path.as_bytes());
        let best = self
            .rules
            .iter()
            .filter(|rule| fits(&rule.pattern, &path))
            .max_by_key(|rule| (rule.pattern.len(), rule.allows));
        best.is_none_or(|rule| rule.allows)
    }
}

/// A path whose escapes are all written the same way.
fn normal(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(byte) = path.get(at) {
        if *byte == b'%' && path.len() >= at + 3 {
            out.extend(path[at..at + 3].to_ascii_uppercase());
            at += 3;
            continue;
        }
        if byte.is_ascii_graphic() {
            out.push(*byte);
        } else {
            out.extend(percent_encoding::percent_encode_byte(*byte).bytes());
        }
        at += 1;
    }
    out
}

/// Whether a pattern with `*` and a final `$` fits the beginning of a path. Takes time linear in the path for each star: of two places where a piece
/// fits the first is as good as any.
fn fits(pattern: &[u8], path: &[u8]) -> bool {
    let (pattern, to_end) = match pattern.strip_suffix(b"$") {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut pieces = pattern.split(|byte| *byte == b'*');
    let Some(mut rest) = pieces.next().and_then(|first| path.strip_prefix(first)) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return !to_end || rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if to_end && pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        if piece.is_empty() {
            continue;
        }
        match memchr::memmem::find(rest, piece) {
            Some(found) => rest = &rest[found + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, allowed: &[&str], refused: &[&str]) {
        let robots = Robots::read(file.as_bytes(), "tidings", None);
        let url = |path: &str| Url::parse("https://a.example").unwrap().join(path).unwrap();
        for path in allowed {
            assert!(robots.allows(&url(path)), "{path} of\n{file}");
        }
        for path in refused {
            assert!(!robots.allows(&url(path)), "{path} of\n{file}");
        }
    }

    #[test]
    fn the_longest_rule_decides() {
        check(
            "User-agent: *\nDisallow: /news/\nAllow: /news/list\nDisallow: /*.pdf$\nDisallow: /a*/b",
            &["/", "/news", "/news/list.html", "/x.pdf?y"],
            &["/news/1", "/x.pdf", "/axx/b/c"],
        );
    }

    #[test]
    fn a_group_of_our_own_beats_the_one_for_all() {
        let file = "User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: Tidings/1.0\nDisallow: /private # no\n";
        check(file, &["/", "/news"], &["/private/x"]);
        check("User-agent: other\nDisallow: /", &["/x"], &[]);
        check("User-agent: tidings\nDisallow:\nUser-agent: *\nDisallow: /", &["/x"], &[]);
    }

    #[test]
    fn odd_files_are_read_as_far_as_they_go() {
        check("", &["/x"], &[]);
        check("<html>Disallow: /</html>", &["/x"], &[]);
        check("\u{feff}USER-AGENT:*\r\nDISALLOW:/가\r\n", &["/x"], &["/%ea%b0%80/1"]);
        check(&format!("User-agent: *\nDisallow: /{}", "*a".repeat(200)), &["/x"], &[]);
        let robots = Robots::read(
            b"Sitemap: /news.xml\nsitemap: https://b.example/s.xml\nSitemap: ftp://x/",
            "tidings",
            Url::parse("https://a.example/robots.txt").ok().as_ref(),
        );
        let urls: Vec<&str> = robots.sitemaps.iter().map(Url::as_str).collect();
        assert_eq!(urls, ["https://a.example/news.xml", "https://b.example/s.xml"]);
    }
}
