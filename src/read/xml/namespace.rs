//! The namespaces that feeds use, known by their URIs; by their usual prefixes only where a document forgot to declare them.

/// A namespace. Those that mean the same to a reader share a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::read) enum Ns {
    /// No namespace: RSS 0.91 to 2.0.
    None,
    /// RSS 1.0, 0.90, and the URIs that RSS 2.0 documents put on themselves.
    Rss,
    /// RDF syntax.
    Rdf,
    /// Atom 1.0 (RFC 4287).
    Atom,
    /// Atom 0.3.
    Atom03,
    /// RSS content module.
    Content,
    /// Dublin Core elements.
    Dc,
    /// Dublin Core terms.
    DcTerms,
    /// Media RSS.
    Media,
    /// Apple podcasts.
    Itunes,
    /// RSS syndication module.
    Syndication,
    /// FeedBurner.
    Feedburner,
    /// XHTML.
    Xhtml,
    /// The prefix `xml` itself.
    Xml,
    /// Another namespace.
    Other,
}

impl Ns {
    /// The namespace of that URI. Case, `http` or `https`, and a closing `/` or `#` make no difference: documents disagree on them.
    pub(super) fn of_uri(uri: &str) -> Ns {
        let uri = uri.trim();
        // The longest known URI is shorter; so a huge one costs nothing.
        if uri.len() > 80 {
            return Ns::Other;
        }
        let uri = uri.to_ascii_lowercase();
        let uri =
            uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://")).unwrap_or(&uri);
        match uri.trim_end_matches(['/', '#']) {
            "" => Ns::None,
            "purl.org/rss/1.0"
            | "my.netscape.com/rdf/simple/0.9"
            | "channel.netscape.com/rdf/simple/0.9"
            | "my.netscape.com/publish/formats/rss-0.91.dtd"
            | "purl.org/net/rss1.1"
            | "backend.userland.com/rss"
            | "backend.userland.com/rss2"
            | "backend.userland.com/rss091"
            | "backend.userland.com/rss092"
            | "backend.userland.com/rss20"
            | "blogs.law.harvard.edu/tech/rss"
            | "cyber.law.harvard.edu/rss"
            | "www.rssboard.org/rss-specification"
            | "feeds.archive.org/validator" => Ns::Rss,
            "www.w3.org/1999/02/22-rdf-syntax-ns" => Ns::Rdf,
            "www.w3.org/2005/atom" => Ns::Atom,
            "purl.org/atom/ns"
            | "purl.org/atom/0.3"
            | "example.com/newformat"
            | "purl.org/atom/1.0" => Ns::Atom03,
            "purl.org/rss/1.0/modules/content" => Ns::Content,
            "purl.org/dc/elements/1.1"
            | "purl.org/dc/elements/1.0"
            | "purl.org/dc/1.1"
            | "purl.org/rss/1.0/modules/dc" => Ns::Dc,
            "purl.org/dc/terms" | "purl.org/rss/1.0/modules/dcterms" => Ns::DcTerms,
            "search.yahoo.com/mrss"
            | "video.search.yahoo.com/mrss"
            | "www.rssboard.org/media-rss"
            | "tools.search.yahoo.com/mrss" => Ns::Media,
            "www.itunes.com/dtds/podcast-1.0.dtd"
            | "www.itunes.com/dtds/podcast-1.0"
            | "example.com/dtds/podcast-1.0.dtd" => Ns::Itunes,
            "purl.org/rss/1.0/modules/syndication" => Ns::Syndication,
            "rssnamespace.org/feedburner/ext/1.0" => Ns::Feedburner,
            "www.w3.org/1999/xhtml" => Ns::Xhtml,
            "www.w3.org/xml/1998/namespace" => Ns::Xml,
            _ => Ns::Other,
        }
    }

    /// The namespace that an undeclared prefix almost always means.
    pub(super) fn of_usual_prefix(prefix: &str) -> Ns {
        match prefix {
            "rss" | "rss1" | "rss10" => Ns::Rss,
            "rdf" => Ns::Rdf,
            "atom" | "atom10" | "a10" => Ns::Atom,
            "atom03" => Ns::Atom03,
            "content" => Ns::Content,
            "dc" => Ns::Dc,
            "dcterms" | "dct" => Ns::DcTerms,
            "media" => Ns::Media,
            "itunes" => Ns::Itunes,
            "sy" => Ns::Syndication,
            "feedburner" => Ns::Feedburner,
            "xhtml" | "html" => Ns::Xhtml,
            "xml" => Ns::Xml,
            _ => Ns::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_name_namespaces() {
        let check = |uri: &str, want: Ns| assert_eq!(Ns::of_uri(uri), want, "{uri}");
        check("http://www.w3.org/2005/Atom", Ns::Atom);
        check("https://www.w3.org/2005/Atom/", Ns::Atom);
        check("http://search.yahoo.com/mrss", Ns::Media);
        check("http://search.yahoo.com/mrss/", Ns::Media);
        check("http://www.itunes.com/DTDs/PodCast-1.0.dtd", Ns::Itunes);
        check("http://www.w3.org/1999/02/22-rdf-syntax-ns#", Ns::Rdf);
        check(" ", Ns::None);
        check("urn:evil", Ns::Other);
        check(&"x".repeat(10_000), Ns::Other);
    }
}
