//! The bundled documents: what each outlet serves, and when.
//!
//! A document is stored as it is served, but for three things: `{origin}` stands for the address of the demo's own server, the text is UTF-8 and
//! encoded when it is served, and lines that begin with `%%` cut it into blocks that appear after so many seconds: `%% 12 what to watch`. What is
//! above the first such line and below `%% end` is always there.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use encoding_rs::{EUC_KR, Encoding, SHIFT_JIS, UTF_8};

use crate::model::edition::Artifact;

/// Where things are in this run of the demo.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// The server of the outlets, without a slash at its end.
    pub(super) origin: String,
    /// Where the newsroom listens.
    pub(super) listen: SocketAddr,
}

impl Places {
    /// The address of the front page.
    pub(super) fn base(&self) -> String {
        format!("http://{}/", self.listen)
    }
}

/// An outlet of our own invention, and the one document it serves.
#[derive(Debug)]
pub(super) struct Outlet {
    /// Its host, which is the first part of its paths here.
    host: &'static str,
    name: &'static str,
    /// The file of its feed.
    file: &'static str,
    media_type: &'static str,
    encoding: &'static Encoding,
    /// What stands between two blocks.
    between: &'static str,
    text: &'static str,
}

/// All outlets.
pub(super) const OUTLETS: &[Outlet] = &[
    Outlet {
        host: "harbour.example",
        name: "Harbour Wire",
        file: "feed.atom",
        media_type: "application/atom+xml",
        encoding: UTF_8,
        between: "",
        text: include_str!("../../../assets/demo/harbour.atom"),
    },
    Outlet {
        host: "courier.example",
        name: "Peninsula Courier",
        file: "rss.xml",
        media_type: "application/rss+xml; charset=utf-8",
        encoding: UTF_8,
        between: "",
        text: include_str!("../../../assets/demo/courier.xml"),
    },
    Outlet {
        host: "meridian.example",
        name: "The Meridian Post",
        file: "feed.json",
        media_type: "application/feed+json",
        encoding: UTF_8,
        between: ",\n",
        text: include_str!("../../../assets/demo/meridian.json"),
    },
    Outlet {
        host: "solbaram.example",
        name: "솔바람통신",
        file: "rss.rdf",
        media_type: "text/xml",
        encoding: EUC_KR,
        between: "",
        text: include_str!("../../../assets/demo/solbaram.rdf"),
    },
    Outlet {
        host: "mulgyeol.example",
        name: "물결일보",
        file: "rss.xml",
        media_type: "text/xml; charset=UTF-8",
        encoding: UTF_8,
        between: "",
        text: include_str!("../../../assets/demo/mulgyeol.xml"),
    },
    Outlet {
        host: "todai.example",
        name: "灯台通信",
        file: "feed.atom",
        media_type: "application/atom+xml; charset=utf-8",
        encoding: UTF_8,
        between: "",
        text: include_str!("../../../assets/demo/todai.atom"),
    },
    Outlet {
        host: "shiomi.example",
        name: "潮見新聞",
        file: "index.rdf",
        media_type: "application/rdf+xml",
        encoding: SHIFT_JIS,
        between: "",
        text: include_str!("../../../assets/demo/shiomi.rdf"),
    },
    // The broken one: a web page where a feed was.
    Outlet {
        host: "straits.example",
        name: "The Straits Bulletin",
        file: "rss.xml",
        media_type: "text/html; charset=utf-8",
        encoding: UTF_8,
        between: "",
        text: include_str!("../../../assets/demo/straits.html"),
    },
];

impl Outlet {
    /// The path of its feed.
    pub(super) fn path(&self) -> String {
        format!("/{}/{}", self.host, self.file)
    }

    /// What it serves after so long.
    pub(super) fn document(&self, places: &Places, after: Duration) -> Artifact {
        let Parts { head, blocks, tail } = parts(self.text);
        let there: Vec<&str> = blocks
            .iter()
            .filter(|block| block.after <= after)
            .map(|block| block.text.trim_end())
            .collect();
        let text = format!("{head}{}\n{tail}", there.join(self.between));
        let text = text.replace("{origin}", &places.origin);
        let (bytes, _, _) = self.encoding.encode(&text);
        Artifact::new(self.file.to_owned(), self.media_type, bytes.into_owned(), None)
    }

    /// The paths of the pages that its document links to.
    fn pages(&self) -> impl Iterator<Item = &'static str> {
        let links = self.text.split("{origin}").skip(1);
        links.filter_map(|rest| rest.split(['"', '<', '?']).next())
    }
}

/// A document, cut.
struct Parts<'a> {
    head: &'a str,
    blocks: Vec<Block<'a>>,
    tail: &'a str,
}

/// A part of a document that appears later, or at once (after 0 s).
struct Block<'a> {
    after: Duration,
    note: &'a str,
    text: &'a str,
}

fn parts(text: &str) -> Parts<'_> {
    let mut pieces = text.split("%% ");
    let mut parts = Parts { head: pieces.next().unwrap_or_default(), blocks: Vec::new(), tail: "" };
    for piece in pieces {
        let (line, text) = piece.split_once('\n').unwrap_or((piece, ""));
        let (mark, note) = line.split_once(' ').unwrap_or((line, ""));
        match mark.parse() {
            Ok(seconds) => {
                parts.blocks.push(Block { after: Duration::from_secs(seconds), note, text })
            }
            // `end`
            Err(_) => parts.tail = text,
        }
    }
    parts
}

/// Something that is published later.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    /// How long after the start.
    pub(super) after: Duration,
    /// What to watch.
    pub(super) note: &'static str,
}

/// All that is published later, in order of time.
pub(super) fn arrivals() -> Vec<Arrival> {
    let blocks = OUTLETS.iter().flat_map(|outlet| parts(outlet.text).blocks);
    let mut arrivals: Vec<Arrival> = blocks
        .filter(|block| !block.after.is_zero())
        .map(|Block { after, note, .. }| Arrival { after, note })
        .collect();
    arrivals.sort_by_key(|arrival| arrival.after);
    arrivals
}

/// What never changes: the pages behind the headlines, and the picture.
pub(super) fn still(places: &Places) -> BTreeMap<String, Artifact> {
    let mut documents = BTreeMap::new();
    for outlet in OUTLETS {
        for path in outlet.pages() {
            let page = include_str!("../../../assets/demo/article.html")
                .replace("{outlet}", outlet.name)
                .replace("{base}", &places.base());
            let page =
                Artifact::new("page".to_owned(), "text/html; charset=utf-8", page.into(), None);
            documents.entry(path.to_owned()).or_insert(page);
        }
    }
    let picture = include_bytes!("../../../assets/demo/gyeongju.jpg");
    documents.insert(
        "/harbour.example/pictures/gyeongju.jpg".to_owned(),
        Artifact::new("gyeongju.jpg".to_owned(), "image/jpeg", picture.to_vec(), None),
    );
    documents
}

/// The demo's `feeds.toml`.
pub(super) fn configuration(places: &Places) -> String {
    include_str!("../../../assets/demo/feeds.toml")
        .replace("{origin}", &places.origin)
        .replace("{listen}", &places.listen.to_string())
        .replace("{base}", &places.base())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;
    use crate::read::{self, ReadError, ReadOptions};

    fn places() -> Places {
        Places {
            origin: "http://127.0.0.1:9".to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8484)),
        }
    }

    #[test]
    fn every_document_reads_cleanly_and_grows() {
        let places = places();
        let mut last = Duration::ZERO;
        for outlet in OUTLETS {
            let read = |after: Duration| {
                let document = outlet.document(&places, after);
                let options =
                    ReadOptions { content_type: Some(outlet.media_type), ..ReadOptions::default() };
                read::read(&document.bytes, &options)
            };
            if outlet.host == "straits.example" {
                assert!(matches!(read(Duration::ZERO), Err(ReadError::WebPage)));
                continue;
            }
            let mut before = 0;
            let blocks = parts(outlet.text).blocks;
            for block in blocks.iter().rev() {
                let feed = read(block.after).unwrap();
                assert_eq!(feed.title.as_ref().map(|title| title.as_str()), Some(outlet.name));
                assert!(feed.entries.len() > before, "{} {:?}", outlet.name, block.after);
                before = feed.entries.len();
                let now = Timestamp::from_unix(super::super::START) + block.after;
                for entry in &feed.entries {
                    let title = entry.title.as_ref().unwrap().as_str();
                    assert!(!title.contains(['\u{fffd}', '{']), "{title}");
                    let link = entry.link.as_ref().unwrap().as_str();
                    assert!(link.starts_with(&places.origin), "{link}");
                    assert!(entry.published.unwrap() <= now, "{title} is of the future");
                    assert!(entry.summary.is_some() || entry.content.is_some(), "{title}");
                }
                last = last.max(block.after);
            }
        }
        assert_eq!(arrivals().last().map(|arrival| arrival.after), Some(last));
        assert!(arrivals().iter().all(|arrival| !arrival.note.is_empty()));
    }

    #[test]
    fn old_encodings_are_really_served() {
        let bytes = |host: &str| {
            let outlet = OUTLETS.iter().find(|outlet| outlet.host == host).unwrap();
            outlet.document(&places(), Duration::ZERO).bytes
        };
        for host in ["solbaram.example", "shiomi.example"] {
            assert!(std::str::from_utf8(&bytes(host)).is_err(), "{host}");
        }
    }

    #[test]
    fn every_headline_leads_to_a_page() {
        let pages = still(&places());
        for path in [
            "/courier.example/",
            "/harbour.example/politics/lee-to-host-xi",
            "/todai.example/news/5121",
        ] {
            assert!(pages.contains_key(path), "{path}");
        }
        assert_eq!(pages["/harbour.example/pictures/gyeongju.jpg"].media_type, "image/jpeg");
    }
}
