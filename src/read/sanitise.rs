//! HTML of feeds → HTML that may be shown, or plain text.

use std::borrow::Cow;

use crate::model::text::SafeHtml;

/// Makes an HTML fragment safe to show. Relative URLs are resolved against `base`, and left out where there is none.
pub fn sanitise(html: &str, base: Option<&url::Url>) -> SafeHtml {
    let relative = match base {
        Some(base) => ammonia::UrlRelative::RewriteWithBase(base.clone()),
        None => ammonia::UrlRelative::Deny,
    };
    SafeHtml::vouched(
        ammonia::Builder::default()
            .url_schemes(["http", "https", "mailto"].into())
            .url_relative(relative)
            .clean(html)
            .to_string(),
    )
}

/// The text of an HTML fragment without markup, at most `limit_bytes` long: entities decoded, white space squeezed.
pub fn plain_text(html: &str, limit_bytes: usize) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        rest = after.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    let decoded = decode_entities(&text);
    let mut line = String::new();
    for word in decoded.split_whitespace() {
        if line.len() + word.len() + 1 > limit_bytes {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Decodes the character references of HTML.
pub fn decode_entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'");
    Cow::Owned(text.replace("&amp;", "&"))
}
