use super::*;

/// The elements and texts of a document, in one line: `a(text b())`.
fn outline(text: &str) -> String {
    fn children(xml: &mut Xml<'_>, out: &mut String) {
        let mut run = String::new();
        while let Some(tag) = xml.child_with_text(&mut run) {
            out.push_str(run.trim());
            run.clear();
            out.push_str(&tag.local);
            out.push('(');
            children(xml, out);
            out.push(')');
        }
        out.push_str(run.trim());
    }
    let mut xml = Xml::new(text, None);
    let mut out = String::new();
    if let Some(root) = xml.root(|_| RootChoice::Take) {
        out.push_str(&root.local);
        out.push('(');
        children(&mut xml, &mut out);
        out.push(')');
    }
    if xml.truncated() {
        out.push_str(" cut");
    }
    out
}

#[test]
fn broken_markup_is_read_as_it_was_meant() {
    let check = |text: &str, want: &str| assert_eq!(outline(text), want, "{text}");
    check("<a><b>x</b><c/></a>", "a(b(x)c())");
    check("<a><b>x</a><d/>", "a(b(x))");
    check("<a><b>x</c></b></a>", "a(b(x))");
    check("<a>1 < 2 <= 3 <> &amp; <속보></a>", "a(1 < 2 <= 3 <> & <속보>)");
    check("<a><![CDATA[<b>]]>x<!-- <c> --></a>", "a(<b>x)");
    check("<!DOCTYPE a [<!ENTITY x '<b>'><!-- ' ]> -->]><a>&x;</a>", "a(&x;)");
    check("<a><B>x</b></A>", "a(b(x))");
    check("<a>x<br>y<img src='z'>w<br></br><hr/></a>", "a(xbr()yimg()wbr()hr())");
    check("<a><p>x<p>y<ul><li>1<li>2</ul></a>", "a(p(x)p(yul(li(1)li(2))))");
    check("<a><b", "a() cut");
    check("<a><b>x</b", "a(b(x)) cut");
    check("<a><![CDATA[x", "a() cut");
    check("<a><!-- x", "a() cut");
    check("<a><?x ><b/></a>", "a(b())");
    check("", "");
}

#[test]
fn attributes_are_read_however_they_are_quoted() {
    let check = |text: &str, want: Option<&str>| {
        let tag = Xml::new(text, None).root(|_| RootChoice::Take).unwrap();
        assert_eq!(tag.attribute("href").as_deref(), want, "{text}");
    };
    check("<a href=\"x &amp; y\">", Some("x & y"));
    check("<a x='>' href = 'x' />", Some("x"));
    check("<a href=x>", Some("x"));
    check("<a xlink:HREF='x'>", Some("x"));
    check("<a href=' '>", None);
    check("<a href>", None);
    check("<a href='x><b href='y'>", Some("x"));
    check("<a xmlns:href='urn:x'>", None);
}

#[test]
fn declarations_hold_inside_their_element() {
    let mut xml = Xml::new(
        "<r xmlns:d='http://purl.org/dc/elements/1.1/'><a xmlns:d='urn:x'><d:b/></a><d:c/><dc:e/><f:g/></r>",
        None,
    );
    let mut found = Vec::new();
    while let Some(tag) = xml.root(|_| RootChoice::Take).or_else(|| xml.child()) {
        found.push((tag.local.into_owned(), tag.ns));
    }
    let want = [
        ("r", Ns::None),
        ("a", Ns::None),
        ("b", Ns::Other),
        ("c", Ns::Dc),
        ("e", Ns::Dc),
        ("g", Ns::Other),
    ];
    assert_eq!(found, want.map(|(name, ns)| (name.to_owned(), ns)));
    assert_eq!(xml.repairs().undeclared, 2);
}

#[test]
fn a_base_that_is_not_of_the_web_is_none() {
    let document = Url::parse("https://news.example/a/b").unwrap();
    let mut xml = Xml::new("<a xml:base='c/'><b xml:base='javascript:x'/></a>", Some(&document));
    let _ = xml.root(|_| RootChoice::Take);
    let _ = xml.child();
    assert_eq!(xml.base().map(Url::as_str), Some("https://news.example/a/c/"));
}

#[test]
fn depth_and_width_are_bounded() {
    let mut xml = Xml::new("", None);
    let deep = "<a>".repeat(1_000_000);
    xml.text = &deep;
    let _ = xml.root(|_| RootChoice::Take);
    xml.skip();
    assert!(xml.too_deep());
    // Each of these would take minutes if the work grew with the square of the length.
    for text in ["<a b='", "<a b=\"", "<?", "<!DOCTYPE [", "<![CDATA[", "</a", "<a xmlns:b='c' "] {
        outline(&format!("<r>{}", text.repeat(100_000)));
    }
    let wide: String =
        (0..100_000).map(|number| format!(" xmlns:a{number}='b' c{number}='d'")).collect();
    assert_eq!(outline(&format!("<r{wide}>x</r>")), "r(x)");
}
