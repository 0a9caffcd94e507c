//! The HTML edition, as a browser parses it.

use scraper::{Html, Selector};
use tidings::render::{Format, render};

use crate::sample;

#[test]
fn the_page_is_text_and_links() {
    for edition in [sample::full(), sample::hostile()] {
        let page = render(&edition, Format::Html, &sample::options());
        let page = Html::parse_document(std::str::from_utf8(&page).unwrap());
        assert!(page.errors.is_empty(), "{:?}", page.errors);
        let select = |selector: &str| Selector::parse(selector).unwrap();
        let foreign = "script, img, svg, math, iframe, object, embed, form, base, [onload], [onerror], [style]";
        assert_eq!(page.select(&select(foreign)).count(), 0);
        let texts = |selector: &str| -> Vec<String> {
            page.select(&select(selector)).map(|element| element.text().collect()).collect()
        };
        assert_eq!(texts("h1"), [edition.title.as_str()]);
        assert_eq!(texts("title"), [edition.title.as_str()]);
        let headlines: Vec<&str> = edition
            .items
            .iter()
            .map(|item| {
                item.headline.as_ref().map_or(item.outlet.name.as_str(), |line| line.as_str())
            })
            .collect();
        assert_eq!(texts("article h3"), headlines);
        let headings: Vec<_> = page.select(&select("article h3 > *")).collect();
        for (heading, item) in headings.iter().zip(&edition.items) {
            assert_eq!(heading.attr("href"), item.link.as_ref().map(|link| link.as_str()));
            assert_eq!(
                heading.attr("lang"),
                Some(item.language.as_ref().map_or("", |tag| tag.as_str()))
            );
        }
        // Relative, so that the page works wherever its folder is.
        let formats: Vec<_> = page.select(&select("link[rel=alternate]")).collect();
        let formats: Vec<_> = formats.iter().filter_map(|link| link.attr("href")).collect();
        assert_eq!(formats, ["diplomacy.rss", "diplomacy.atom", "diplomacy.json"]);
    }
}

#[test]
fn the_page_offers_only_what_is_there() {
    let options = tidings::render::RenderOptions {
        formats_available: vec![Format::Html, Format::Atom],
        ..sample::options()
    };
    let page = String::from_utf8(render(&sample::full(), Format::Html, &options)).unwrap();
    assert!(page.contains("diplomacy.atom") && !page.contains("diplomacy.rss"));
    let rss = String::from_utf8(render(&sample::full(), Format::Rss, &options)).unwrap();
    assert!(rss.contains("diplomacy.atom") && !rss.contains("diplomacy.json"));
}
