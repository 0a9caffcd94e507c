//! Attached media: its type, and Media RSS in words that both XML formats share.

use crate::model::entry::{Enclosure, Image};
use crate::model::url::WebUrl;

/// The namespace of Media RSS 1.5.1.
pub(super) const NAMESPACE: &str = "http://search.yahoo.com/mrss/";

/// The media type as stated if it is shaped like one (RFC 6838 §4.2), else by the end of the address.
pub(super) fn media_type(enclosure: &Enclosure) -> &str {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    let stated = enclosure.media_type.as_deref().unwrap_or_default();
    let stated = stated.split(';').next().unwrap_or_default().trim();
    match stated.split_once('/') {
        Some((kind, name)) if is_name(kind) && is_name(name) => stated,
        _ => by_address(&enclosure.url),
    }
}

/// The media type that the end of an address suggests; `application/octet-stream` if none, for RSS and JSON Feed want one.
fn by_address(url: &WebUrl) -> &'static str {
    let path = url.as_str().split(['?', '#']).next().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    const TYPES: [(&str, &str); 16] = [
        ("jpg", "image/jpeg"),
        ("jpeg", "image/jpeg"),
        ("png", "image/png"),
        ("gif", "image/gif"),
        ("webp", "image/webp"),
        ("avif", "image/avif"),
        ("mp3", "audio/mpeg"),
        ("m4a", "audio/mp4"),
        ("aac", "audio/aac"),
        ("ogg", "audio/ogg"),
        ("opus", "audio/ogg"),
        ("wav", "audio/wav"),
        ("mp4", "video/mp4"),
        ("m4v", "video/mp4"),
        ("webm", "video/webm"),
        ("pdf", "application/pdf"),
    ];
    let known = TYPES.iter().find(|(name, _)| ending.eq_ignore_ascii_case(name));
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}

/// One element of Media RSS: qualified name, attributes, text, children.
pub(super) struct Element {
    pub(super) name: &'static str,
    pub(super) attributes: Vec<(&'static str, String)>,
    pub(super) text: Option<String>,
    pub(super) children: Vec<Element>,
}

/// The picture with what it shows and who made it (`media:content` with `media:description` and `media:credit`), and as thumbnail for readers
/// that know only that.
pub(super) fn picture(image: &Image) -> [Element; 2] {
    let child = |name, attributes, text: &str| Element {
        name,
        attributes,
        text: Some(super::text::plain(text).into_owned()),
        children: Vec::new(),
    };
    let caption = image
        .caption
        .as_ref()
        .map(|text| child("media:description", vec![("type", "plain".to_owned())], text.as_str()));
    let credit = image.credit.as_ref().map(|text| child("media:credit", Vec::new(), text.as_str()));
    let url = || ("url", image.url.as_str().to_owned());
    [
        Element {
            name: "media:content",
            attributes: vec![url(), ("medium", "image".to_owned())],
            text: empty_if(caption.is_none() && credit.is_none()),
            children: caption.into_iter().chain(credit).collect(),
        },
        Element {
            name: "media:thumbnail",
            attributes: vec![url()],
            text: empty_if(true),
            children: Vec::new(),
        },
    ]
}

/// Attached media as `media:content`.
pub(super) fn attached(enclosure: &Enclosure) -> Element {
    let length = enclosure.length_bytes.map(|length| ("fileSize", length.to_string()));
    let url = ("url", enclosure.url.as_str().to_owned());
    let kind = ("type", media_type(enclosure).to_owned());
    Element {
        name: "media:content",
        attributes: [url, kind].into_iter().chain(length).collect(),
        text: empty_if(true),
        children: Vec::new(),
    }
}

/// The text of an element that may have none: the writers break the line inside an element without text and children.
fn empty_if(is_empty: bool) -> Option<String> {
    is_empty.then(String::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_stated_or_guessed() {
        let check = |stated: Option<&str>, url: &str, want: &str| {
            let enclosure = Enclosure {
                url: WebUrl::parse(url).unwrap(),
                media_type: stated.map(str::to_owned),
                length_bytes: None,
            };
            assert_eq!(media_type(&enclosure), want);
        };
        check(Some("audio/mpeg"), "https://a.example/x.png", "audio/mpeg");
        check(Some("audio/mpeg; codecs=mp3"), "https://a.example/", "audio/mpeg");
        check(Some("audio"), "https://a.example/x.MP3?y=.png", "audio/mpeg");
        check(Some("<b>/\"x"), "https://a.example/x", "application/octet-stream");
        check(None, "https://a.example/mp3", "application/octet-stream");
    }
}
