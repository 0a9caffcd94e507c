//! Adding and removing sources in the text of a configuration: comments, order and layout stay as they are.
//!
//! The text is parsed for the places of its tables only; what is added or removed are whole lines of it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, Table};

use super::address;
use super::problem::nearest;
use crate::model::lang::Lang;
use crate::model::source::{SourceAddress, SourceKey, SourceKind};

/// A source to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSource {
    /// Its address.
    pub address: SourceAddress,
    /// Its key; made from the address if there is none, or if it is taken.
    pub key: Option<SourceKey>,
    /// Its name for people.
    pub name: Option<String>,
    /// Its language.
    pub language: Option<Lang>,
    /// What is there.
    pub kind: SourceKind,
}

/// Why an edit was not made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The text is not TOML.
    #[error("the configuration cannot be read: {message}")]
    Syntax {
        /// What the parser says, with line and column.
        message: String,
    },
    /// The sources are written as one value.
    #[error(
        "the sources are written as one list `source = […]`, which is not edited; write a `[[source]]` for each"
    )]
    InlineSources,
    /// The source is there already.
    #[error("{address} is there already: the source `{key}`{}", if *.same_spelling { "" } else { ", under another spelling" })]
    Already {
        /// What was to be added.
        address: String,
        /// The source that is there.
        key: String,
        /// Whether its address is spelt the same.
        same_spelling: bool,
    },
    /// There is no such source.
    #[error("there is no source `{key}`{}", .near.as_ref().map_or(String::new(), |near| format!("; did you mean `{near}`?")))]
    Unknown {
        /// What was asked for.
        key: String,
        /// The key most like it.
        near: Option<String>,
    },
    /// The edit would break the file; the file stays as it was.
    #[error("the edit would break the configuration, and was not made: {message}")]
    Broken {
        /// What would be wrong.
        message: String,
    },
    /// A file could not be written.
    #[error("cannot {action} {}", .path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
}

/// A text with sources added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The new text.
    pub text: String,
    /// The keys of the added sources, in order.
    pub keys: Vec<SourceKey>,
}

/// The sources that a text lists, as far as they can be told by key and address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// For each address, as all its spellings have it in common, the key of its source and the address as written.
    by_address: HashMap<String, (String, String)>,
    keys: HashSet<String>,
}

impl Listed {
    /// The sources of a text that may be otherwise wrong; relative paths start from `base`.
    pub fn of(text: &str, base: &Path) -> Result<Listed, EditError> {
        let document = parse(text)?;
        Ok(Listed::from(&tables(&document, base)?))
    }

    fn from(sources: &[Listing]) -> Listed {
        let mut listed = Listed::default();
        for source in sources {
            if let Some(key) = &source.key {
                listed.keys.insert(key.clone());
            }
            if let Some((identity, written)) = &source.address {
                let key = source.key.clone().unwrap_or_default();
                listed.by_address.entry(identity.clone()).or_insert((key, written.clone()));
            }
        }
        listed
    }

    /// Takes a source in, unless its address is there already; gives it a key that is free.
    pub fn take(&mut self, source: &NewSource) -> Result<SourceKey, EditError> {
        let identity = address::identity(&source.address);
        let written = source.address.to_string();
        if let Some((key, known)) = self.by_address.get(&identity) {
            return Err(EditError::Already {
                same_spelling: *known == written,
                address: written,
                key: key.clone(),
            });
        }
        let wanted = source.key.clone().filter(|key| !self.keys.contains(key.as_str()));
        let key =
            wanted.or_else(|| address::default_key(&source.address, |key| self.keys.contains(key)));
        let key = key.ok_or_else(|| EditError::Broken {
            message: format!("there is no key left for {written}"),
        })?;
        self.keys.insert(key.as_str().to_owned());
        self.by_address.insert(identity, (key.as_str().to_owned(), written));
        Ok(key)
    }
}

/// Adds sources after the last one; all of them or, on an error, none.
///
/// # Errors
/// If the text is not TOML, or one of them is there already, also under another spelling of its address.
pub fn add(text: &str, base: &Path, sources: &[NewSource]) -> Result<Edited, EditError> {
    let (mark, body) = split_mark(text);
    let document = parse(body)?;
    let listings = tables(&document, base)?;
    let mut listed = Listed::from(&listings);
    let keys =
        sources.iter().map(|source| listed.take(source)).collect::<Result<Vec<SourceKey>, _>>()?;
    let newline = if body.contains("\r\n") { "\r\n" } else { "\n" };
    let last = listings.iter().flat_map(|listing| &listing.blocks).max_by_key(|block| block.start);
    let at = last.map_or(body.len(), |block| end_of_block(body, block));
    let width = listings.last().map_or(0, |listing| listing.key_width);
    let (before, after) = body.split_at(at);
    let mut out = String::with_capacity(text.len() + sources.len() * 120);
    out.push_str(mark);
    out.push_str(before);
    if !before.is_empty() && !before.ends_with('\n') {
        out.push_str(newline);
    }
    for (source, key) in sources.iter().zip(&keys) {
        if !out[mark.len()..].is_empty() {
            out.push_str(newline);
        }
        push_source(&mut out, source, key, width, newline);
    }
    if !after.is_empty() && !after.starts_with(['\r', '\n']) {
        out.push_str(newline);
    }
    out.push_str(after);
    check(&out[mark.len()..])?;
    Ok(Edited { text: out, keys })
}

/// Removes a source by its key, with the comment directly above it; comments set apart by an empty line stay.
///
/// # Errors
/// If the text is not TOML or has no such source.
pub fn remove(text: &str, base: &Path, key: &str) -> Result<String, EditError> {
    let (mark, body) = split_mark(text);
    let document = parse(body)?;
    let listings = tables(&document, base)?;
    let found = listings.iter().find(|listing| listing.key.as_deref() == Some(key));
    let Some(listing) = found else { return Err(unknown(key, &listings)) };
    let mut out = String::with_capacity(text.len());
    out.push_str(mark);
    let mut from = 0;
    for block in &listing.blocks {
        let cut = block_with_comments(body, block);
        out.push_str(&body[from..cut.start.max(from)]);
        from = cut.end;
    }
    out.push_str(&body[from..]);
    check(&out[mark.len()..])?;
    Ok(out)
}

/// Pauses a source by its key, or lets it go on: writes `paused = true` below its address, or takes that line out. Says the text as it is where it holds
/// already.
///
/// # Errors
/// If the text is not TOML or has no such source.
pub fn set_paused(text: &str, base: &Path, key: &str, paused: bool) -> Result<String, EditError> {
    let (mark, body) = split_mark(text);
    let document = parse(body)?;
    let listings = tables(&document, base)?;
    let Some(place) = listings.iter().position(|listing| listing.key.as_deref() == Some(key))
    else {
        return Err(unknown(key, &listings));
    };
    let table = match document.get("source") {
        Some(Item::ArrayOfTables(array)) => array.get(place),
        Some(Item::None | Item::Value(_) | Item::Table(_)) | None => None,
    };
    let Some(table) = table else { return Err(unknown(key, &listings)) };
    let line_of = |at: usize| {
        let from = body[..at].rfind('\n').map_or(0, |end| end + 1);
        let to = body[at..].find('\n').map_or(body.len(), |end| at + end + 1);
        from..to
    };
    let span = |key: &str| table.key(key).and_then(toml_edit::Key::span);
    let mut out = body.to_owned();
    if let (Some(span), Some(value)) = (span("paused"), table.get("paused")) {
        if value.as_bool() == Some(paused) {
            return Ok(text.to_owned());
        }
        match value.span().filter(|_| paused) {
            Some(value) => out.replace_range(value, "true"),
            None => out.replace_range(line_of(span.start), ""),
        }
    } else if paused {
        let newline = if body.contains("\r\n") { "\r\n" } else { "\n" };
        let url = span("url").map_or(0, |span| span.start);
        let line = line_of(table.get("url").and_then(Item::span).map_or(url, |value| value.end));
        let name = body[line.clone()].find('=').filter(|_| url >= line.start);
        // As wide as the line above, where that is `url = …`.
        let width = name.map_or(0, |equals| body[line.start..line.start + equals].chars().count());
        let indent: String =
            body[line.start..].chars().take_while(|letter| *letter == ' ').collect();
        let name = format!("{indent}paused");
        let name = format!("{name:<width$}", width = width.saturating_sub(1));
        let end = if body[..line.end].ends_with('\n') { "" } else { newline };
        out.insert_str(line.end, &format!("{end}{name} = true{newline}"));
    }
    check(&out)?;
    Ok(format!("{mark}{out}"))
}

fn unknown(key: &str, listings: &[Listing]) -> EditError {
    let keys = listings.iter().filter_map(|listing| listing.key.as_deref());
    EditError::Unknown { key: key.to_owned(), near: nearest(key, keys).map(str::to_owned) }
}

/// The directory that relative paths of a configuration start from, absolute.
pub fn base_of(config: &Path) -> PathBuf {
    let absolute = std::path::absolute(config).unwrap_or_else(|_| config.to_owned());
    absolute.parent().unwrap_or(Path::new("/")).to_owned()
}

/// Replaces a file in one step: a reader sees the old text or the new one, whole; a link stays a link, and its rights stay.
pub fn write(path: &Path, text: &str) -> Result<(), EditError> {
    let failed = |action: &'static str, path: &Path| {
        let path = path.to_owned();
        move |reason| EditError::File { action, path, reason }
    };
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    let dir = parent.unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".feeds-")
        .tempfile_in(dir)
        .map_err(failed("write a file in", dir))?;
    file.write_all(text.as_bytes()).map_err(failed("write", file.path()))?;
    let rights = match std::fs::metadata(&target) {
        Ok(metadata) => Some(metadata.permissions()),
        Err(_) => new_file_rights(),
    };
    if let Some(rights) = rights {
        std::fs::set_permissions(file.path(), rights)
            .map_err(failed("set the rights of", file.path()))?;
    }
    file.as_file().sync_all().map_err(failed("write", file.path()))?;
    file.persist(&target).map_err(|error| failed("replace", &target)(error.error))?;
    // The name lasts once the directory does; where directories cannot be synced, nothing better can be done.
    let _ = std::fs::File::open(dir).and_then(|dir| dir.sync_all());
    Ok(())
}

/// A temporary file is readable by its owner only; a configuration is an ordinary file.
#[cfg(unix)]
fn new_file_rights() -> Option<std::fs::Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn new_file_rights() -> Option<std::fs::Permissions> {
    None
}

/// A `[[source]]` of the text.
struct Listing {
    key: Option<String>,
    /// The address as all its spellings have it in common, and as written.
    address: Option<(String, String)>,
    /// Its tables, from a header up to the next header or the end; sub-tables are apart if another table stands between.
    blocks: Vec<Range<usize>>,
    /// The column of the equals sign after `url`, in characters.
    key_width: usize,
}

fn parse(text: &str) -> Result<Document<&str>, EditError> {
    Document::parse(text).map_err(|error| {
        let at =
            error.span().map_or(0, |span| text.floor_char_boundary(span.start.min(text.len())));
        let line = text[..at].matches('\n').count() + 1;
        EditError::Syntax { message: format!("line {line}: {}", error.message()) }
    })
}

/// The text after an edit must still be TOML.
fn check(text: &str) -> Result<(), EditError> {
    match parse(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(EditError::Broken { message: error.to_string() }),
    }
}

/// The byte order mark, if there is one, and the rest.
fn split_mark(text: &str) -> (&str, &str) {
    text.split_at(if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 })
}

/// The sources of a document, in its order.
fn tables(document: &Document<&str>, base: &Path) -> Result<Vec<Listing>, EditError> {
    let array = match document.get("source") {
        None => return Ok(Vec::new()),
        Some(Item::ArrayOfTables(array)) => array,
        Some(Item::None | Item::Value(_) | Item::Table(_)) => return Err(EditError::InlineSources),
    };
    let mut headers = BTreeSet::new();
    collect_headers(document.as_table(), &mut headers);
    let end = document.raw().len();
    let mut listings: Vec<Listing> = array
        .iter()
        .map(|table| {
            let mut own = BTreeSet::new();
            own.extend(table.span().map(|span| span.start));
            collect_headers(table, &mut own);
            let blocks = own
                .into_iter()
                .map(|start| start..headers.range(start + 1..).next().copied().unwrap_or(end))
                .collect();
            let text = |key: &str| table.get(key).and_then(Item::as_str).map(str::to_owned);
            let address = text("url")
                .and_then(|url| address::parse(&url, base).ok())
                .map(|address| (address::identity(&address), address.to_string()));
            Listing {
                key: text("key"),
                address,
                blocks,
                key_width: key_width(document.raw(), table),
            }
        })
        .collect();
    // A source without a key has the one that checking would give it.
    let mut taken: HashSet<String> =
        listings.iter().filter_map(|listing| listing.key.clone()).collect();
    for (listing, table) in listings.iter_mut().zip(array) {
        if listing.key.is_none()
            && let Some(url) = table.get("url").and_then(Item::as_str)
            && let Ok(address) = address::parse(url, base)
            && let Some(key) = address::default_key(&address, |key| taken.contains(key))
        {
            taken.insert(key.as_str().to_owned());
            listing.key = Some(key.as_str().to_owned());
        }
    }
    Ok(listings)
}

/// The places of the headers of all tables in a table.
fn collect_headers(table: &Table, headers: &mut BTreeSet<usize>) {
    for (_, item) in table {
        match item {
            Item::Table(table) => {
                // A dotted key makes a table without a header.
                if !table.is_dotted() && !table.is_implicit() {
                    headers.extend(table.span().map(|span| span.start));
                }
                collect_headers(table, headers);
            }
            Item::ArrayOfTables(array) => {
                for table in array {
                    headers.extend(table.span().map(|span| span.start));
                    collect_headers(table, headers);
                }
            }
            Item::None | Item::Value(_) => {}
        }
    }
}

/// Where the equals sign stands after the `url` of a source, in characters.
fn key_width(text: &str, table: &Table) -> usize {
    let span = table.key("url").and_then(toml_edit::Key::span);
    let rest = span.and_then(|span| text.get(span.start..)).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    line.find('=').map_or(0, |equals| line[..equals].chars().count().saturating_sub(1).min(40))
}

/// The end of what belongs to a block: its last line that is neither empty nor a comment, and comments that follow it at once and are not
/// those of the next table.
fn end_of_block(text: &str, block: &Range<usize>) -> usize {
    let mut at = block.start;
    let mut end = block.start;
    let mut comments_to = None;
    let mut in_string = None;
    for line in text[block.clone()].split_inclusive('\n') {
        at += line.len();
        let trimmed = line.trim();
        let was_in_string = in_string.is_some();
        in_string = string_after(line, in_string);
        if was_in_string || !(trimmed.is_empty() || trimmed.starts_with('#')) {
            end = at;
            comments_to = Some(at);
        } else if trimmed.is_empty() {
            end = end.max(comments_to.unwrap_or(end));
            comments_to = None;
        } else if comments_to.is_some() {
            comments_to = Some(at);
        }
    }
    // At the end of the text no other table can claim the comments.
    match comments_to {
        Some(to) if block.end == text.len() => to,
        _ => end,
    }
}

/// Which multi-line string, if any, is open after a line.
fn string_after(line: &str, open: Option<&'static str>) -> Option<&'static str> {
    let mut open = open;
    let mut rest = line;
    loop {
        match open {
            Some(quote) => match rest.find(quote) {
                Some(at) => {
                    rest = &rest[at + 3..];
                    open = None;
                }
                None => return open,
            },
            None => {
                let next = ["\"\"\"", "'''"]
                    .into_iter()
                    .filter_map(|quote| rest.find(quote).map(|at| (at, quote)))
                    .min();
                match next {
                    Some((at, quote)) if !rest[..at].contains('#') => {
                        rest = &rest[at + 3..];
                        open = Some(quote);
                    }
                    _ => return None,
                }
            }
        }
    }
}

/// A block from the comment directly above its header to its end, with the empty lines that would be left over.
fn block_with_comments(text: &str, block: &Range<usize>) -> Range<usize> {
    let mut start = text[..block.start].rfind('\n').map_or(0, |newline| newline + 1);
    while start > 0 {
        let above = text[..start - 1].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[above..start].trim();
        // The first line may name the schema.
        if !line.starts_with('#') || line.starts_with("#:") {
            break;
        }
        start = above;
    }
    let mut end = end_of_block(text, block);
    let is_empty_line = |from: usize| {
        let line = text[from..].split_inclusive('\n').next().unwrap_or_default();
        (from < text.len() && line.trim().is_empty()).then_some(from + line.len())
    };
    let at_top = text[..start].trim().is_empty();
    let after_gap = text[..start].ends_with("\n\n") || text[..start].ends_with("\n\r\n") || at_top;
    if after_gap {
        while let Some(next) = is_empty_line(end) {
            end = next;
        }
        // Nothing follows: the gap before goes instead.
        if end == text.len() {
            let kept = text[..start].trim_end().len();
            let line_end = text[kept..].find('\n').map_or(0, |newline| newline + 1);
            start = if kept == 0 { 0 } else { kept + line_end };
        }
    }
    start..end
}

/// Writes a source as its own table, its equals signs where those of the others stand.
fn push_source(out: &mut String, source: &NewSource, key: &SourceKey, width: usize, newline: &str) {
    let url = match &source.address {
        SourceAddress::Web(url) => url.as_str().to_owned(),
        SourceAddress::File(path) => url::Url::from_file_path(path)
            .map_or_else(|()| format!("file:{}", path.display()), String::from),
    };
    let language = source.language.as_ref().map(Lang::as_str);
    let kind = match &source.kind {
        SourceKind::Feed => None,
        SourceKind::Page(_) => Some("page"),
        SourceKind::Sitemap => Some("sitemap"),
    };
    let mut lines = vec![
        ("url", Some(url.as_str())),
        ("key", Some(key.as_str())),
        ("name", source.name.as_deref()),
        ("language", language),
        ("kind", kind),
    ];
    if let SourceKind::Page(selectors) = &source.kind {
        lines.extend(selectors.stated().map(|(key, selector)| (key, Some(selector))));
    }
    out.push_str("[[source]]");
    out.push_str(newline);
    for (name, value) in lines {
        let Some(value) = value else { continue };
        out.push_str(name);
        out.extend(std::iter::repeat_n(' ', width.saturating_sub(name.len())));
        out.push_str(" = ");
        out.push_str(toml_edit::Value::from(value).to_string().trim());
        out.push_str(newline);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "/desk";

    fn source(url: &str) -> NewSource {
        let address = address::parse(url, Path::new(BASE)).unwrap();
        NewSource { address, key: None, name: None, language: None, kind: SourceKind::Feed }
    }

    fn added(text: &str, url: &str) -> String {
        add(text, Path::new(BASE), &[source(url)]).unwrap().text
    }

    const DESK: &str = "\
#:schema ./feeds.schema.json
# The desk.

[fetch]
every = \"15m\" # often

# ---- Korea ----

# Yonhap, in English
[[source]]
url      = \"https://en.example.kr/rss\"
key      = \"yonhap-en\"
# schedule = \"@hourly\"

# Hani
[[source]]
url = \"https://hani.example.kr/rss/\" # trailing
topics = [
  \"a\", # one

  \"b\",
]

# ---- Topics ----
[topic.a]
any = [\"x\"]
[topic.b]
any = [\"y\"]
";

    #[test]
    fn a_source_is_added_after_the_last_one() {
        let text = added(DESK, "https://new.example/feed");
        let want = DESK.replace(
            "  \"b\",\n]\n",
            "  \"b\",\n]\n\n[[source]]\nurl = \"https://new.example/feed\"\nkey = \"new.example\"\n",
        );
        assert_eq!(text, want);
    }

    #[test]
    fn the_layout_of_the_others_is_taken_up() {
        let desk = "[[source]]\r\nurl      = \"https://a.example/\"\r\n";
        let mut new = source("https://b.example/");
        new.name = Some("B \"quoted\"".to_owned());
        new.language = Lang::parse("ko");
        let text = add(desk, Path::new(BASE), &[new]).unwrap().text;
        let want = format!(
            "{desk}\r\n[[source]]\r\nurl      = \"https://b.example/\"\r\nkey      = \"b.example\"\r\nname     = 'B \"quoted\"'\r\nlanguage = \"ko\"\r\n"
        );
        assert_eq!(text, want);
    }

    #[test]
    fn there_may_be_no_source_yet() {
        let block = "[[source]]\nurl = \"https://a.example/\"\nkey = \"a.example\"\n";
        assert_eq!(added("", "https://a.example/"), block);
        assert_eq!(added("\u{feff}", "https://a.example/"), format!("\u{feff}{block}"));
        assert_eq!(
            added("[fetch]\n# none", "https://a.example/"),
            format!("[fetch]\n# none\n\n{block}")
        );
    }

    #[test]
    fn what_is_there_already_is_refused() {
        for url in [
            "https://en.example.kr/rss",
            "http://www.en.example.kr/rss/",
            "https://EN.example.kr:443/rss?utm_source=x#top",
        ] {
            let error = add(DESK, Path::new(BASE), &[source(url)]).unwrap_err();
            let EditError::Already { key, same_spelling, .. } = error else { panic!("{error}") };
            assert_eq!(
                (key.as_str(), same_spelling),
                ("yonhap-en", url == "https://en.example.kr/rss")
            );
        }
        let twice = [source("https://new.example/a"), source("http://new.example/a/")];
        assert!(matches!(add(DESK, Path::new(BASE), &twice), Err(EditError::Already { .. })));
    }

    #[test]
    fn keys_are_free_ones() {
        let desk = added(DESK, "https://new.example/a");
        let edited = add(&desk, Path::new(BASE), &[source("https://new.example/b")]).unwrap();
        assert_eq!(edited.keys[0].as_str(), "new.example-b");
    }

    #[test]
    fn adding_and_removing_gives_the_text_back() {
        for desk in [
            DESK,
            "",
            "[[source]]\nurl = \"https://z.example/\"\n",
            "# c\n",
            "[fetch]\r\nevery = \"1h\"\r\n",
        ] {
            let text = added(desk, "https://new.example/feed");
            assert_eq!(remove(&text, Path::new(BASE), "new.example").unwrap(), desk);
        }
    }

    #[test]
    fn a_source_goes_with_its_own_comments_only() {
        let text = remove(DESK, Path::new(BASE), "yonhap-en").unwrap();
        let own = "# Yonhap, in English\n[[source]]\nurl      = \"https://en.example.kr/rss\"\nkey      = \"yonhap-en\"\n# schedule = \"@hourly\"\n\n";
        assert_eq!(text, DESK.replace(own, ""));
        let text = remove(DESK, Path::new(BASE), "hani.example.kr").unwrap();
        assert!(
            text.contains("# schedule = \"@hourly\"\n\n# ---- Topics ----\n[topic.a]"),
            "{text}"
        );
    }

    #[test]
    fn sub_tables_go_with_their_source() {
        let desk = "[[source]]\nurl = \"https://a.example/\"\n[source.headers]\nX = \"1\"\n[fetch]\nevery = \"1h\"\n[[source]]\nurl = \"https://b.example/\"\n[stories]\n[source.headers]\nX = \"2\"\n[store]\n";
        assert_eq!(
            remove(desk, Path::new(BASE), "a.example").unwrap(),
            "[fetch]\nevery = \"1h\"\n[[source]]\nurl = \"https://b.example/\"\n[stories]\n[source.headers]\nX = \"2\"\n[store]\n"
        );
        let text = remove(desk, Path::new(BASE), "b.example").unwrap();
        assert!(text.ends_with("[fetch]\nevery = \"1h\"\n[stories]\n[store]\n"), "{text}");
    }

    #[test]
    fn text_in_strings_is_no_header() {
        let desk = "[[source]]\nurl = \"https://a.example/\"\nname = \"\"\"\n[[source]]\n# not a comment\n\n\"\"\"\n[topic.t]\nany = [\"x\"]\n";
        let text = added(desk, "https://b.example/");
        let new = "\n[[source]]\nurl = \"https://b.example/\"\nkey = \"b.example\"\n\n";
        assert_eq!(text, desk.replace("[topic.t]", &format!("{new}[topic.t]")));
        assert_eq!(
            remove(desk, Path::new(BASE), "a.example").unwrap(),
            "[topic.t]\nany = [\"x\"]\n"
        );
    }

    #[test]
    fn what_cannot_be_edited_stays() {
        let unknown = remove(DESK, Path::new(BASE), "yonhapen").unwrap_err();
        assert_eq!(unknown.to_string(), "there is no source `yonhapen`; did you mean `yonhap-en`?");
        let new = [source("https://a.example/")];
        assert!(matches!(add("x = [", Path::new(BASE), &new), Err(EditError::Syntax { .. })));
        let inline = "source = [{ url = \"https://b.example/\" }]\n";
        assert!(matches!(add(inline, Path::new(BASE), &new), Err(EditError::InlineSources)));
    }

    #[test]
    fn a_file_is_replaced_in_one_step() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("feeds.toml");
        write(&path, "a").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            let link = dir.path().join("link.toml");
            std::os::unix::fs::symlink(&path, &link).unwrap();
            write(&link, "b").unwrap();
            assert!(link.is_symlink());
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_source_is_paused_in_a_line_of_its_own() {
        let check = |before: &str, after: &str| {
            let edited =
                |text: &str, paused| set_paused(text, Path::new("/x"), "a", paused).unwrap();
            assert_eq!(edited(before, true), after);
            assert_eq!(edited(after, true), after);
            let resumed = edited(after, false);
            assert_eq!(edited(&resumed, false), resumed);
            assert!(!resumed.contains("true"), "{resumed}");
        };
        check(
            "[[source]]\nkey = \"a\"\nurl = \"https://a.example/\" # here\n# next\n[[source]]\nurl = \"https://b.example/\"\n",
            "[[source]]\nkey = \"a\"\nurl = \"https://a.example/\" # here\npaused = true\n# next\n[[source]]\nurl = \"https://b.example/\"\n",
        );
        check(
            "\u{feff}[[source]]\r\nkey      = \"a\"\r\nurl      = \"https://a.example/\"\r\nname     = \"A\"\r\n",
            "\u{feff}[[source]]\r\nkey      = \"a\"\r\nurl      = \"https://a.example/\"\r\npaused   = true\r\nname     = \"A\"\r\n",
        );
        check(
            "[[source]]\nkey = \"a\"\npaused = false # for now\nurl = \"https://a.example/\"",
            "[[source]]\nkey = \"a\"\npaused = true # for now\nurl = \"https://a.example/\"",
        );
        check(
            "[[source]]\nkey = \"a\"\nurl = \"https://a.example/\"",
            "[[source]]\nkey = \"a\"\nurl = \"https://a.example/\"\npaused = true\n",
        );
        assert!(
            set_paused("[[source]]\nurl = \"https://a.example/\"\n", Path::new("/x"), "aa", true)
                .is_err()
        );
    }
}
