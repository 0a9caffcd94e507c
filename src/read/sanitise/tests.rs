use super::*;

fn base() -> url::Url {
    url::Url::parse("https://feed.example/a/").unwrap()
}

#[track_caller]
fn check(html: &str, want: &str) {
    assert_eq!(sanitise(html, Some(&base())).as_str(), want, "{html:?}");
}

#[test]
fn ordinary_html_survives() {
    for html in [
        "plain text, \"quoted\" – 'so'",
        "<p>Hello <b>bold</b> <i>it</i> <a href=\"https://ok.example/a?b=1&amp;c=2\">link</a></p><ul><li>1</li></ul>",
        "<blockquote>q</blockquote><pre><code>x &lt; y</code></pre><img src=\"https://ok.example/i.png\" alt=\"i\">",
        "<table><tr><td>c</td></tr></table><h2>h</h2><figure><figcaption>f</figcaption></figure>",
        "<table><caption>t</caption><colgroup><col span=\"2\"></colgroup><thead><tr><th scope=\"col\">h</th></tr></thead><tbody><tr><td colspan=\"2\"><table><tr><td>in</td></tr></table></td></tr></tbody></table>",
        "<dl><dt>a</dt><dd>b</dd></dl><ol start=\"3\" type=\"a\"><li value=\"5\">x<ul><li>y</li></ul></li></ol>",
        "<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby><details open=\"\"><summary>s</summary>t</details>",
        "<video controls=\"\" poster=\"https://ok.example/p.png\"><source src=\"https://ok.example/v.mp4\" type=\"video/mp4\"></video>",
        "<picture><source srcset=\"https://ok.example/a.png 1x, https://ok.example/b.png 2x\"><img src=\"https://ok.example/a.png\"></picture>",
        "<p lang=\"ko\" dir=\"ltr\" title=\"t\">한국어 日本語 😀</p><br><hr>",
        "<a href=\"mailto:desk@example.org\">mail</a>",
    ] {
        check(html, html);
    }
}

#[test]
fn odd_spellings_come_out_plain() {
    for (html, want) in [
        // Taken at their word, unless they are ended all the same.
        ("a<iframe src='x'/> b<iframe></iframe> c", "a b c"),
        ("a<iframe src=x /> b", "a b"),
        ("a<script src='x'/> b</script> c", "a c"),
        ("<b>a<i>b</b><iframe/>c</i>", "<b>a<i>b</i></b>c"),
        ("a<iframe src='x'> b", "a"),
        ("<P CLASS=x>A<BR/>B", "<p>A<br>B</p>"),
        ("<p>a<p>b<ul><li>1<li>2</ul>", "<p>a</p><p>b</p><ul><li>1</li><li>2</li></ul>"),
        (
            "<img src='b.png' width=10px height=\"50%\" alt=a>",
            "<img src=\"https://feed.example/a/b.png\" width=\"10\" height=\"50%\" alt=\"a\">",
        ),
        ("<a href=//cdn.example/x>y</a>", "<a href=\"https://cdn.example/x\">y</a>"),
        ("<a name=top>y</a>", "y"),
        ("<a href=''>y</a>", "y"),
        ("<font color=red>y</font><o:p>z</o:p>", "yz"),
        (
            "a & b &amp; c &copy; &eacute &#8217; &hellip; < 3 > 2 &bogus;",
            "a &amp; b &amp; c © é ’ … &lt; 3 &gt; 2 &amp;bogus;",
        ),
        (
            "<a href='?a=1&copy=2&amp;b=3'>x</a>",
            "<a href=\"https://feed.example/a/?a=1&amp;copy=2&amp;b=3\">x</a>",
        ),
        ("<pre>\n\n x</pre>", "<pre> x</pre>"),
        ("<pre>\u{202e}\n\n x</pre>", "<pre> x</pre>"),
        ("<pre>\u{1}\n<!-- -->\nx\ny</pre>", "<pre>x\ny</pre>"),
        ("<!-- more --><p>x<!--></p>-->", "<p>x</p>--&gt;"),
        (
            "a\0b\u{1b}[31mc\u{85}d\u{fffe}e\u{fdd0}f\u{1fffe}g\u{202e}h\r\ni\rj",
            "ab[31mcdefgh\ni\nj",
        ),
        (
            "&#0;&#x1b;&#xfffe;&#x80;&#xd800;&#x110000;&#99999999999;&#;&#x;",
            "\u{fffd}€\u{fffd}\u{fffd}\u{fffd}&amp;#;&amp;#x;",
        ),
        ("<img src=https://t.example/p.gif width=1 height=1>x", "x"),
        (
            "<img data-src=\"/l.png\" src=\"data:image/gif;base64,R0lG\">",
            "<img src=\"https://feed.example/l.png\">",
        ),
        ("x</p>y</br>z</img>", "x<p></p>y<br>z"),
        ("<b><p>a</b>b</p>", "<b></b><p><b>a</b>b</p>"),
        ("<table>text<tr><td>c</table>", "text<table><tbody><tr><td>c</td></tr></tbody></table>"),
        (
            "<a href=x>a<a href=y>b</a>",
            "<a href=\"https://feed.example/a/x\">a</a><a href=\"https://feed.example/a/y\">b</a>",
        ),
        ("<p><div>x</div></p>", "<p></p><div>x</div><p></p>"),
        ("<button>press</button><object>o</object><form><p>f</form>", "presso<p>f</p>"),
        (
            "<style>p{}</style><script>if (a < b) x()</script><iframe src=x></iframe><noscript><img src=x></noscript>y",
            "y",
        ),
        ("<svg><a href=x>t</a></svg><math>m</math><select><option>o</select>y", "y"),
        ("<a href=\"https://user:pw@h.example/\">x</a>", "<a href=\"https://h.example/\">x</a>"),
        ("<a href=\"java&#x09;script:x\">x</a><a href=\"data:,x\">y</a>", "xy"),
        ("<p title='\"<b>&quot;'>x", "<p title=\"&quot;&lt;b&gt;&quot;\">x</p>"),
        (
            "<img srcset=\"x.png 1x, javascript:pwn() 2x, https://h.example/y.png 300w\">",
            "<img srcset=\"https://feed.example/a/x.png 1x, https://h.example/y.png 300w\">",
        ),
        ("text <a href=\"cut", "text "),
        ("<plaintext><b>x", "&lt;b&gt;x"),
        ("<![CDATA[x]]>y<?php z ?>w</ >v", "ywv"),
    ] {
        check(html, want);
    }
}

#[test]
fn without_a_base_there_is_nothing_relative() {
    assert_eq!(sanitise("<a href=x>y</a><img src=/z>", None).as_str(), "y");
}

#[test]
fn plain_text_is_what_one_reads() {
    for (html, want) in [
        ("a &lt; b &amp;amp; c", "a < b &amp; c"),
        ("<p>one</p><p>two<br>three</p> four<b>ty</b>", "one two three fourty"),
        (" \u{a0} x \u{3000}\n y ", "x y"),
        ("<script>no</script>yes<style>no</style><!-- no -->", "yes"),
        ("<div>한국</div><div>日本</div>", "한국 日本"),
        ("a<b>b</b>c&nbsp;d", "abc d"),
        ("", ""),
        ("<", "<"),
        ("1 < 2", "1 < 2"),
        ("AT&T", "AT&T"),
    ] {
        assert_eq!(plain_text(html, 1000), want, "{html:?}");
    }
    assert_eq!(plain_text("가나다 라", 7), "가나");
    assert_eq!(plain_text("<b>a b</b> c", 3), "a b");
    assert_eq!(plain_text("abc def", 4), "abc");
}

/// The payloads of a JSON-lines file of the shared corpus, or nothing where it is absent.
fn payloads(name: &str) -> Vec<String> {
    let shared = std::env::var_os("TIDINGS_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        std::path::PathBuf::from,
    );
    let Ok(lines) = std::fs::read_to_string(shared.join(name)) else {
        eprintln!("skipped: no {name} in {}", shared.display());
        return Vec::new();
    };
    let payload = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        value["payload"].as_str().map(str::to_owned)
    };
    lines.lines().filter_map(payload).collect()
}

/// Asserts that a fragment holds only what the allow-list has, properly nested, and that writing it anew changes nothing.
#[track_caller]
fn assert_safe(html: &str, origin: &str) {
    assert_eq!(
        rebuild(html, None, Crossing::Refuse).as_deref(),
        Some(html),
        "not stable: {origin:?}"
    );
    let mut tokens = Tokens::new(html);
    while let Some(token) = tokens.next() {
        let Token::Start(name) = token else { continue };
        assert!(
            matches!(elements::element(name), Element::Shown(shown, _) if shown == name),
            "<{name}> from {origin:?}"
        );
        for attribute in tokens.attributes() {
            let shown = elements::attribute(name, attribute.name);
            assert!(
                shown.is_some_and(|(shown, _)| shown == attribute.name),
                "{} from {origin:?}",
                attribute.name
            );
            if matches!(attribute.name, "href" | "src" | "poster" | "cite") {
                let value = decode_entities(attribute.value);
                assert!(
                    crate::model::url::WebUrl::parse(&value)
                        .is_some_and(|url| url.as_str() == value)
                        || value.starts_with("mailto:"),
                    "{value} from {origin:?}"
                );
            }
        }
    }
}

#[test]
fn no_payload_gets_through() {
    for name in ["hostile/xss/payloads.jsonl", "hostile/third_party/dompurify.jsonl"] {
        for payload in payloads(name) {
            for html in [
                payload.clone(),
                format!("<p>{payload}</p>"),
                format!("<table><tr>{payload}"),
                format!("<b><i>{payload}</b>"),
            ] {
                assert_safe(sanitise(&html, Some(&base())).as_str(), &html);
            }
        }
    }
}

#[test]
fn depth_and_size_cost_nothing() {
    for html in [
        "<b><div>".repeat(500_000),
        "<div>".repeat(100_000),
        "<a><b><p></a>".repeat(50_000),
        "<p><b id=1></p>".repeat(50_000),
        "<table><tr><td>".repeat(20_000),
        "<table>".repeat(50_000),
        "<ul><li>".repeat(50_000),
        "<a href=x>".repeat(100_000),
        "<svg>".repeat(100_000),
        "<!--".repeat(100_000),
        "<script".repeat(100_000),
        "<script>".repeat(100_000),
        "</".repeat(100_000),
        "&".repeat(1_000_000),
        "&CounterClockwise".repeat(50_000),
        "<".repeat(1_000_000),
        "<a '".repeat(100_000),
        format!("<p{}>x", (0..100_000).map(|n| format!(" a{n}=1")).collect::<String>()),
        format!("<img srcset=\"{}\">", "x 1x,".repeat(100_000)),
    ] {
        let safe = sanitise(&html, Some(&base()));
        assert_safe(safe.as_str(), &html[..40]);
        plain_text(&html, 100_000);
    }
}

/// A browser opens formatting anew in each block that follows the one it was left open in, so a little text may make a large tree.
#[test]
fn formatting_left_open_does_not_multiply() {
    let open: String = (0..95).map(|number| format!("<b title={number}>")).collect();
    let html = format!("<div>{open}</div>{}", "<p>x</p>".repeat(20_000));
    let safe = sanitise(&html, None);
    assert!(safe.as_str().len() < 20 * html.len());
    assert_safe(safe.as_str(), "formatting left open");
}

#[test]
fn broken_html_has_a_budget() {
    let crossed = "<b>a<i>b</b>c</i>";
    let mut effort = Effort::of_a_document();
    let made = sanitise_within(crossed, None, &mut effort);
    assert_eq!(made.as_str(), "<b>a<i>b</i></b><i>c</i>", "as a browser has it");
    let large = crossed.repeat(50_000);
    for _ in 0..6 {
        assert_safe(sanitise_within(&large, None, &mut effort).as_str(), "crossing tags");
    }
    assert!(effort.is_spent());
    let made = sanitise_within(crossed, None, &mut effort);
    assert_eq!(made.as_str(), "<b>a<i>b</i></b>c", "all of the text, as far as it nests");
}

#[test]
fn a_fragment_of_nothing_but_tags_ends_early() {
    for tags in ["<b><p></a><a>", "<br>", "<p>x</p>", "<i></i>"] {
        let safe = sanitise(&tags.repeat(50_000), None);
        assert!(safe.as_str().matches('<').count() <= 20_000 + 96, "{tags}");
        assert_safe(safe.as_str(), tags);
    }
}

#[test]
fn a_long_base_does_not_make_much_of_little() {
    let base = url::Url::parse(&format!("https://feed.example/{}/", "x".repeat(7000))).unwrap();
    let safe = sanitise(&"<a href=1>a</a>".repeat(50_000), Some(&base));
    assert!(safe.as_str().len() < 3 * 1024 * 1024);
    assert_safe(safe.as_str(), "many links");
}

proptest::proptest! {
    #[test]
    fn no_text_gets_through(html in "\\PC{0,200}") {
        assert_safe(sanitise(&html, Some(&base())).as_str(), &html);
        let line = plain_text(&html, 50);
        assert!(line.len() <= 50);
    }

    #[test]
    fn no_heap_of_tags_gets_through(html in tag_soup()) {
        assert_safe(sanitise(&html, Some(&base())).as_str(), &html);
        plain_text(&html, 1000);
    }

    /// The one-pass way and the tree agree on what the one-pass way accepts.
    #[test]
    fn the_fast_way_writes_what_a_tree_would(html in tag_soup()) {
        if let Some(safe) = rebuild(&html, Some(&base()), Crossing::Refuse) {
            let by_tree = |html: &str| {
                let tree = TREE_SANITISER.clean(html).to_string();
                rebuild(&tree, Some(&base()), Crossing::Mend).unwrap().replace("<tbody>", "").replace("</tbody>", "")
            };
            let safe = safe.replace("<tbody>", "").replace("</tbody>", "");
            assert_eq!(&safe, &by_tree(&safe), "reading it again changes it");
            assert_eq!(&safe, &by_tree(&html), "{html}");
        }
    }
}

fn tag_soup() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::strategy::Strategy as _;
    let pieces = vec![
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<b>",
        "</b>",
        "<i>",
        "</i>",
        "<a href=x>",
        "<a>",
        "</a>",
        "<ul>",
        "</ul>",
        "<li>",
        "</li>",
        "<table>",
        "</table>",
        "<tr>",
        "</tr>",
        "<td>",
        "</td>",
        "<th>",
        "<tbody>",
        "</tbody>",
        "<caption>",
        "</caption>",
        "<colgroup>",
        "</colgroup>",
        "<col>",
        "<h1>",
        "</h1>",
        "<h2>",
        "</h2>",
        "<pre>",
        "</pre>",
        "<br>",
        "</br>",
        "<hr>",
        "<img src=y>",
        "<img>",
        "<dl>",
        "</dl>",
        "<dt>",
        "<dd>",
        "</dd>",
        "<ruby>",
        "</ruby>",
        "<rt>",
        "<rp>",
        "</rt>",
        "<span>",
        "</span>",
        "<address>",
        "</address>",
        "<section>",
        "</section>",
        "<video>",
        "</video>",
        "<source src=z>",
        "<font>",
        "</font>",
        "<blockquote>",
        "</blockquote>",
        "<!-- c -->",
        "text",
        " ",
        "\n",
        "&amp;",
        "&lt;",
        "&notit;",
        "<",
        ">",
        "\"",
        "'",
        "<script>",
        "</script>",
        "<style>",
        "</style>",
        "<svg>",
        "</svg>",
        "<math>",
        "</math>",
        "<form>",
        "</form>",
        "<button>",
        "</button>",
        "<select>",
        "</select>",
        "<option>",
        "<template>",
        "</template>",
        "<title>",
        "</title>",
        "<x-y>",
        "</x-y>",
        "<noscript>",
        "</noscript>",
        "<object>",
        "</object>",
        "<p title=\"",
        "<details>",
        "</details>",
        "<summary>",
        "<center>",
        "</center>",
        "<td><a href=q>",
        "<nobr>",
        "</nobr>",
        "<strike>",
        "<code>",
        "</code>",
        "<q>",
        "</q>",
        "<iframe>",
        "</iframe>",
        "<image src=i>",
    ];
    proptest::collection::vec(proptest::sample::select(pieces), 0..24)
        .prop_map(|pieces| pieces.concat())
}
