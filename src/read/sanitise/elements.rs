//! The elements and attributes that may be shown: the allow-list.

/// What an element is to the structure around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Runs in a line of text: `b`, `span`.
    Phrase,
    /// `a`, which must not stand in itself.
    Link,
    /// A block that may stand in a block: `div`, `ul`.
    Block,
    /// `div` and `address`, through which a list item closes the one before it.
    OpenBlock,
    Heading,
    Paragraph,
    ListItem,
    /// `dt` and `dd`.
    Term,
    /// `rt` and `rp`.
    RubyPart,
    Ruby,
    /// `audio`, `video` and `picture`, the only homes of `source`.
    Media,
    Table,
    Caption,
    ColumnGroup,
    RowGroup,
    Row,
    Cell,
    /// An element without content that stands in text: `br`, `img`.
    Void,
    /// `hr`, which stands between paragraphs.
    Rule,
    Column,
    Source,
}

impl Place {
    /// Whether it has no content and no end tag.
    pub(super) fn is_void(self) -> bool {
        matches!(self, Place::Void | Place::Rule | Place::Column | Place::Source)
    }

    /// Whether it stands only in a table.
    pub(super) fn is_table_part(self) -> bool {
        matches!(
            self,
            Place::Caption
                | Place::ColumnGroup
                | Place::Column
                | Place::RowGroup
                | Place::Row
                | Place::Cell
        )
    }

    /// Whether tags in it do not reach what stands around it.
    pub(super) fn is_wall(self) -> bool {
        matches!(self, Place::Table | Place::Cell | Place::Caption)
    }

    /// Whether the end of what it stands in ends it too.
    pub(super) fn may_lack_end(self) -> bool {
        matches!(self, Place::Paragraph | Place::ListItem | Place::Term | Place::RubyPart)
    }

    /// Whether a list item in it ends the item it stands in.
    pub(super) fn is_passed_by_items(self) -> bool {
        matches!(
            self,
            Place::Phrase
                | Place::Link
                | Place::Ruby
                | Place::RubyPart
                | Place::Media
                | Place::Paragraph
                | Place::OpenBlock
        )
    }
}

/// What is done with an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// It is shown, under this name.
    Shown(&'static str, Place),
    /// Its tags are dropped and its content is read on; the tree a browser builds is the same without it.
    Unwrapped,
    /// As [`Element::Unwrapped`], but it changes the tree around it.
    Structural,
    /// It is dropped with its content, which is text up to its end tag.
    Raw(&'static str),
    /// It is dropped with its content, which is markup.
    Foreign(&'static str),
    /// All that follows is text.
    Plaintext,
}

/// Looks up the name of a tag, in any case.
pub(super) fn element(name: &str) -> Element {
    // No name of more letters is shown or dropped with its content.
    let mut buffer = [0_u8; 10];
    let Some(lower) = buffer.get_mut(..name.len()) else { return unknown(name) };
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let shown = |name, place| Element::Shown(name, place);
    match &*lower {
        b"p" => shown("p", Place::Paragraph),
        b"br" => shown("br", Place::Void),
        b"a" => shown("a", Place::Link),
        b"img" | b"image" => shown("img", Place::Void),
        b"wbr" => shown("wbr", Place::Void),
        b"abbr" => shown("abbr", Place::Phrase),
        b"acronym" => shown("acronym", Place::Phrase),
        b"b" => shown("b", Place::Phrase),
        b"bdi" => shown("bdi", Place::Phrase),
        b"bdo" => shown("bdo", Place::Phrase),
        b"cite" => shown("cite", Place::Phrase),
        b"code" => shown("code", Place::Phrase),
        b"del" => shown("del", Place::Phrase),
        b"dfn" => shown("dfn", Place::Phrase),
        b"em" => shown("em", Place::Phrase),
        b"i" => shown("i", Place::Phrase),
        b"ins" => shown("ins", Place::Phrase),
        b"kbd" => shown("kbd", Place::Phrase),
        b"mark" => shown("mark", Place::Phrase),
        b"q" => shown("q", Place::Phrase),
        b"s" => shown("s", Place::Phrase),
        b"samp" => shown("samp", Place::Phrase),
        b"small" => shown("small", Place::Phrase),
        b"span" => shown("span", Place::Phrase),
        b"strike" => shown("strike", Place::Phrase),
        b"strong" => shown("strong", Place::Phrase),
        b"sub" => shown("sub", Place::Phrase),
        b"sup" => shown("sup", Place::Phrase),
        b"time" => shown("time", Place::Phrase),
        b"tt" => shown("tt", Place::Phrase),
        b"u" => shown("u", Place::Phrase),
        b"var" => shown("var", Place::Phrase),
        b"ruby" => shown("ruby", Place::Ruby),
        b"rt" => shown("rt", Place::RubyPart),
        b"rp" => shown("rp", Place::RubyPart),
        b"audio" => shown("audio", Place::Media),
        b"video" => shown("video", Place::Media),
        b"picture" => shown("picture", Place::Media),
        b"source" => shown("source", Place::Source),
        b"div" => shown("div", Place::OpenBlock),
        b"address" => shown("address", Place::OpenBlock),
        b"article" => shown("article", Place::Block),
        b"aside" => shown("aside", Place::Block),
        b"blockquote" => shown("blockquote", Place::Block),
        b"center" => shown("center", Place::Block),
        b"details" => shown("details", Place::Block),
        b"summary" => shown("summary", Place::Block),
        b"dl" => shown("dl", Place::Block),
        b"figure" => shown("figure", Place::Block),
        b"figcaption" => shown("figcaption", Place::Block),
        b"footer" => shown("footer", Place::Block),
        b"header" => shown("header", Place::Block),
        b"main" => shown("main", Place::Block),
        b"nav" => shown("nav", Place::Block),
        b"ol" => shown("ol", Place::Block),
        b"pre" => shown("pre", Place::Block),
        b"section" => shown("section", Place::Block),
        b"ul" => shown("ul", Place::Block),
        b"h1" => shown("h1", Place::Heading),
        b"h2" => shown("h2", Place::Heading),
        b"h3" => shown("h3", Place::Heading),
        b"h4" => shown("h4", Place::Heading),
        b"h5" => shown("h5", Place::Heading),
        b"h6" => shown("h6", Place::Heading),
        b"li" => shown("li", Place::ListItem),
        b"dt" => shown("dt", Place::Term),
        b"dd" => shown("dd", Place::Term),
        b"hr" => shown("hr", Place::Rule),
        b"table" => shown("table", Place::Table),
        b"caption" => shown("caption", Place::Caption),
        b"colgroup" => shown("colgroup", Place::ColumnGroup),
        b"col" => shown("col", Place::Column),
        b"thead" => shown("thead", Place::RowGroup),
        b"tbody" => shown("tbody", Place::RowGroup),
        b"tfoot" => shown("tfoot", Place::RowGroup),
        b"tr" => shown("tr", Place::Row),
        b"td" => shown("td", Place::Cell),
        b"th" => shown("th", Place::Cell),
        b"script" => Element::Raw("script"),
        b"style" => Element::Raw("style"),
        b"iframe" => Element::Raw("iframe"),
        b"noscript" => Element::Raw("noscript"),
        b"noembed" => Element::Raw("noembed"),
        b"noframes" => Element::Raw("noframes"),
        b"title" => Element::Raw("title"),
        b"textarea" => Element::Raw("textarea"),
        b"xmp" => Element::Raw("xmp"),
        b"svg" => Element::Foreign("svg"),
        b"math" => Element::Foreign("math"),
        b"template" => Element::Foreign("template"),
        b"select" => Element::Foreign("select"),
        b"plaintext" => Element::Plaintext,
        _ => unknown(name),
    }
}

fn unknown(name: &str) -> Element {
    // Custom elements, Office's `o:p`, and the few old ones that hang in a line of text without a place of their own in the tree.
    const INERT: [&str; 14] = [
        "font", "big", "label", "blink", "html", "body", "link", "meta", "base", "embed", "input",
        "param", "track", "data",
    ];
    if name.contains(['-', ':']) || INERT.iter().any(|inert| inert.eq_ignore_ascii_case(name)) {
        return Element::Unwrapped;
    }
    Element::Structural
}

/// What an attribute's value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// A page to go to: `http`, `https` or `mailto`.
    Target,
    /// Something to load: `http` or `https`.
    Resource,
    /// Several resources with their widths.
    SourceSet,
    Text,
    /// A number of pixels or per cent.
    Length,
    /// A whole number that may be negative.
    Integer,
    /// A number of columns or rows.
    Span,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Its presence is all it says.
    Flag,
    /// A tag of BCP 47.
    Language,
}

/// The name under which an attribute of an element is shown, and the rule for its value; `None` if it is not.
pub(super) fn attribute(element: &str, name: &str) -> Option<(&'static str, Rule)> {
    let mut buffer = [0_u8; 8];
    let lower = buffer.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    const ANY: &[&str] = &[];
    let (shown, rule, elements): (_, _, &[&str]) = match &*lower {
        b"href" => ("href", Rule::Target, &["a"]),
        b"src" => ("src", Rule::Resource, &["img", "audio", "video", "source"]),
        b"alt" => ("alt", Rule::Text, &["img"]),
        b"title" => ("title", Rule::Text, ANY),
        b"width" => ("width", Rule::Length, &["img", "video"]),
        b"height" => ("height", Rule::Length, &["img", "video"]),
        b"srcset" => ("srcset", Rule::SourceSet, &["img", "source"]),
        b"sizes" => ("sizes", Rule::Text, &["img", "source"]),
        b"loading" => ("loading", Rule::OneOf(&["lazy", "eager"]), &["img"]),
        b"lang" => ("lang", Rule::Language, ANY),
        b"dir" => ("dir", Rule::OneOf(&["ltr", "rtl", "auto"]), ANY),
        b"align" => {
            let sides = Rule::OneOf(&["left", "right", "center", "justify"]);
            (
                "align",
                sides,
                &["p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th", "tr", "img", "table"],
            )
        }
        b"poster" => ("poster", Rule::Resource, &["video"]),
        b"controls" => ("controls", Rule::Flag, &["audio", "video"]),
        b"preload" => ("preload", Rule::OneOf(&["none", "metadata"]), &["audio", "video"]),
        b"type" if element == "ol" => ("type", Rule::OneOf(&["1", "a", "A", "i", "I"]), &["ol"]),
        b"type" => ("type", Rule::Text, &["source"]),
        b"cite" => ("cite", Rule::Resource, &["blockquote", "q", "ins", "del"]),
        b"datetime" => ("datetime", Rule::Text, &["ins", "del", "time"]),
        b"colspan" => ("colspan", Rule::Span, &["td", "th"]),
        b"rowspan" => ("rowspan", Rule::Span, &["td", "th"]),
        b"scope" => ("scope", Rule::OneOf(&["row", "col", "rowgroup", "colgroup"]), &["th"]),
        b"abbr" => ("abbr", Rule::Text, &["th"]),
        b"span" => ("span", Rule::Span, &["col", "colgroup"]),
        b"start" => ("start", Rule::Integer, &["ol"]),
        b"reversed" => ("reversed", Rule::Flag, &["ol"]),
        b"value" => ("value", Rule::Integer, &["li"]),
        b"open" => ("open", Rule::Flag, &["details"]),
        _ => return None,
    };
    (elements.is_empty() || elements.contains(&element)).then_some((shown, rule))
}
