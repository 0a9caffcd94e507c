//! JSON as templates write it → values: wrapped in comments or CDATA, escaped as HTML, with comments, trailing commas, line breaks and bare
//! quotation marks inside strings, cut off before its end.

use serde_json::Value;

use super::super::super::sanitise::decode_entities;

/// The values of a script; none if nothing can be made of it.
pub(super) fn read(script: &str) -> Vec<Value> {
    let bare = unwrapped(script);
    if let Some(values) = values(bare) {
        return values;
    }
    if bare.contains("&quot;") || bare.contains("&#34;") || bare.contains("&#x22;") {
        let decoded = decode_entities(bare);
        if let Some(values) = values(&decoded) {
            return values;
        }
        return values(&repaired(&decoded)).unwrap_or_default();
    }
    values(&repaired(bare)).unwrap_or_default()
}

/// The documents of a text, one after another; `None` if any of it is no JSON.
fn values(text: &str) -> Option<Vec<Value>> {
    let values: Result<Vec<Value>, _> =
        serde_json::Deserializer::from_str(text).into_iter::<Value>().collect();
    values.ok().filter(|values| !values.is_empty())
}

/// The script without what hides it from old browsers and XML parsers.
fn unwrapped(script: &str) -> &str {
    let mut text = script.trim().trim_start_matches('\u{feff}');
    loop {
        let before = text.len();
        for start in
            ["<!--", "//<![CDATA[", "// <![CDATA[", "/*<![CDATA[*/", "/* <![CDATA[ */", "<![CDATA["]
        {
            text = text.strip_prefix(start).unwrap_or(text).trim_start();
        }
        for end in ["-->", "//", "//]]>", "// ]]>", "/*]]>*/", "/* ]]> */", "]]>", ";"] {
            text = text.strip_suffix(end).unwrap_or(text).trim_end();
        }
        if text.len() == before {
            return text;
        }
    }
}

/// The text with what is no JSON put right as far as it can be told what was meant, in one pass.
fn repaired(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut open: Vec<char> = Vec::new();
    let mut in_string = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let rest = &text[at + character.len_utf8()..];
        if in_string {
            match character {
                '\\' => match characters.next() {
                    Some((_, escaped @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't'))) => {
                        out.push('\\');
                        out.push(escaped);
                    }
                    Some((at, 'u')) if is_escape(&text[at + 1..]) => out.push_str("\\u"),
                    Some((_, other)) => push_in_string(&mut out, other),
                    None => {}
                },
                '"' if ends_string(rest, open.last().copied(), &out) => {
                    out.push('"');
                    in_string = false;
                    if rest.trim_start().starts_with('"') {
                        out.push(',');
                    }
                }
                '"' => out.push_str("\\\""),
                other => push_in_string(&mut out, other),
            }
            continue;
        }
        match character {
            '"' => {
                in_string = true;
                out.push('"');
            }
            '/' if rest.starts_with('/') => {
                while characters.next_if(|(_, next)| *next != '\n').is_some() {}
            }
            '/' if rest.starts_with('*') => {
                let mut before = ' ';
                let _ = characters.next();
                for (_, next) in characters.by_ref() {
                    if before == '*' && next == '/' {
                        break;
                    }
                    before = next;
                }
            }
            '{' | '[' => {
                open.push(if character == '{' { '}' } else { ']' });
                out.push(character);
            }
            '}' | ']' => {
                // A bracket that nothing opened is left out; those forgotten inside are closed.
                let Some(place) = open.iter().rposition(|close| *close == character) else {
                    continue;
                };
                cut_comma(&mut out);
                for close in open.drain(place..).rev() {
                    out.push(close);
                }
            }
            ',' => {
                if !out.trim_end().ends_with([',', '[', '{', ':']) {
                    out.push(',');
                }
            }
            ';' => {}
            // `undefined`, `NaN`, and templates that left a value out.
            letter if letter.is_alphabetic() => {
                let mut word = String::from(letter);
                while let Some((_, next)) = characters.next_if(|(_, next)| next.is_alphanumeric()) {
                    word.push(next);
                }
                out.push_str(match word.as_str() {
                    "true" | "True" => "true",
                    "false" | "False" => "false",
                    _ => "null",
                });
            }
            other => out.push(other),
        }
    }
    if in_string {
        out.push('"');
    }
    cut_comma(&mut out);
    if out.trim_end().ends_with(':') {
        out.push_str("null");
    }
    for close in open.into_iter().rev() {
        out.push(close);
    }
    out
}

/// Leaves out the comma that the text ends in.
fn cut_comma(out: &mut String) {
    let end = out.trim_end().len();
    if out[..end].ends_with(',') {
        out.truncate(end - 1);
    }
}

fn push_in_string(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        control if (control as u32) < 0x20 => out.push(' '),
        other => out.push(other),
    }
}

fn is_escape(text: &str) -> bool {
    text.len() >= 4 && text.bytes().take(4).all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a quotation mark inside a string ends it: what JSON allows there follows, and it does not read like a quotation.
fn ends_string(rest: &str, container: Option<char>, before: &str) -> bool {
    let rest = rest.trim_start();
    match rest.chars().next() {
        None | Some('}' | ']') => true,
        Some(':') => {
            // A name is followed by a value.
            before.ends_with(|character: char| character.is_alphanumeric() || character == '_')
                && rest[1..].trim_start().starts_with(|next: char| {
                    next.is_ascii_alphanumeric() || matches!(next, '"' | '{' | '[' | '-')
                })
        }
        Some(',') => {
            let next = rest.trim_start_matches(|sign: char| sign == ',' || sign.is_whitespace());
            match container {
                // In an object a name follows; `"He said "no", and left"` has none.
                Some('}') => {
                    next.starts_with(['}', ']', '/'])
                        || next.is_empty()
                        || next.strip_prefix('"').is_some_and(|name| {
                            name.split_once('"').is_some_and(|(name, after)| {
                                name.len() < 60 && after.trim_start().starts_with(':')
                            })
                        })
                }
                _ => next.starts_with(['"', '{', '[', ']', '}', '/']) || next.is_empty(),
            }
        }
        // A forgotten comma before the next name.
        Some('"') => rest[1..].split_once('"').is_some_and(|(name, after)| {
            name.len() < 40 && !name.contains(' ') && after.trim_start().starts_with(':')
        }),
        Some('/') => rest.starts_with("//") || rest.starts_with("/*"),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(script: &str, want: &Value) {
        assert_eq!(read(script), std::slice::from_ref(want), "{script}");
    }

    #[test]
    fn what_is_meant_is_read() {
        let want = json!({"a": "b", "c": ["d"]});
        for script in [
            r#"{"a":"b","c":["d"]}"#,
            r#"<!-- {"a":"b","c":["d"]} -->"#,
            "//<![CDATA[\n{\"a\":\"b\",\"c\":[\"d\"]}\n//]]>",
            "/* <![CDATA[ */{\"a\":\"b\",\"c\":[\"d\"]};/* ]]> */",
            "{&quot;a&quot;:&quot;b&quot;,&quot;c&quot;:[&quot;d&quot;]}",
            r#"{"a":"b","c":["d",],}"#,
            "{\"a\":\"b\", // why\n\"c\":[\"d\"] /* that */}",
            r#"{"a":"b","c":["d"]"#,
            r#"{"a":"b",,"c":["d"]}}"#,
        ] {
            check(script, &want);
        }
        check("{\"a\":\"b\nc\td\"}", &json!({"a": "b\nc\td"}));
        check(
            r#"{"a":"He said "no", and left","b":"c"}"#,
            &json!({"a": "He said \"no\", and left", "b": "c"}),
        );
        check(r#"{"a":"It\'s","b":undefined}"#, &json!({"a": "It's", "b": null}));
        check("{\"a\":\"b\"\n\"c\":\"d\"}", &json!({"a": "b", "c": "d"}));
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        for script in ["", "window.x", "<!-- -->", "{{{", "]]"] {
            assert!(
                read(script)
                    .iter()
                    .all(|value| value.is_null() || value == &json!({}) || value.is_object()),
                "{script}"
            );
        }
    }
}
