//! Somebody reads the pages in a real browser: every page at three widths, in the light and in the dark, without script, by keyboard, in three
//! languages; nothing is asked of another site, nothing moves while it loads, and axe-core finds nothing serious.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/browser.rs"]
mod driver;
#[cfg(test)]
mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use driver::{Browser, Scheme, axe};
use serde_json::Value;
use support::desk::{Desk, Service};
use support::origin::{Answer, Origin};
use support::until;

/// 30 October 2025, 19:20 in Seoul: all that the sample newsroom has is published.
const NOW: &str = "2025-10-30T10:20:00Z";
/// What the first visit of a page may cost, with all it loads.
const FIRST_LOAD_BYTES: u64 = 100_000;

struct Newsroom {
    origin: Origin,
    desk: Desk,
    service: Service,
}

/// The outlets of `tidings demo`, with all they will have published, served as another site.
fn newsroom() -> Newsroom {
    let origin = Origin::start();
    let base = origin.url("");
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    let sample = |name: &str| {
        let text = std::fs::read_to_string(samples.join(name)).unwrap();
        // A line that begins with these says from when the demo publishes what follows.
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("%%"));
        lines.collect::<Vec<_>>().join("\n").replace("{origin}", &base)
    };
    for (path, name, media_type) in [
        ("/harbour.example/feed.atom", "harbour.atom", "application/atom+xml"),
        ("/courier.example/rss.xml", "courier.xml", "application/rss+xml"),
        ("/meridian.example/feed.json", "meridian.json", "application/feed+json"),
        ("/solbaram.example/rss.rdf", "solbaram.rdf", "application/rdf+xml"),
        ("/mulgyeol.example/rss.xml", "mulgyeol.xml", "application/rss+xml"),
        ("/todai.example/feed.atom", "todai.atom", "application/atom+xml"),
        ("/shiomi.example/index.rdf", "shiomi.rdf", "application/rdf+xml"),
        ("/straits.example/rss.xml", "straits.html", "text/html"),
    ] {
        origin.set(path, Answer::document(media_type, sample(name)));
    }
    let config = sample("feeds.toml")
        .replace("{base}", "http://127.0.0.1/")
        .replace("base_url = \"http://127.0.0.1/\"\n", "")
        .replace("{listen}", "127.0.0.1:0")
        .replace("outlet_pictures = true", "outlet_pictures = false")
        .replace("= \"4s\"", "= \"1h\"");
    let desk = Desk::new(&config);
    let said = desk.run_at(Some(NOW), &["once"]);
    // One of the outlets is broken on purpose.
    assert!(said.code <= 1, "{said:?}");
    let service = desk.serve_at(Some(NOW));
    Newsroom { origin, desk, service }
}

impl Newsroom {
    /// The ids of stories, the one that most outlets tell of first.
    fn stories(&self) -> Vec<String> {
        let feed = self.desk.json_feed("desk");
        let mut stories: Vec<(usize, String)> = feed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| {
                let id = item["id"].as_str().unwrap().trim_start_matches("urn:uuid:").to_owned();
                (item["content_html"].as_str().unwrap().matches("<li>").count(), id)
            })
            .collect();
        stories.sort_by_key(|(told, _)| std::cmp::Reverse(*told));
        stories.into_iter().map(|(_, id)| id).collect()
    }

    /// Every kind of page there is, with a name for its pictures.
    fn pages(&self) -> Vec<(&'static str, String)> {
        let stories = self.stories();
        let wanted = [
            ("front", String::new()),
            ("story", format!("story/{}", stories[0])),
            ("story-alone", format!("story/{}", stories[stories.len() - 1])),
            ("topic", "topics/korea-japan".to_owned()),
            ("try", "topics/korea-japan?rule=%ED%95%9C%EC%9D%BC+OR+summit&days=14".to_owned()),
            ("try-wrong", "topics/korea-japan?rule=summit+AND+%28&days=14".to_owned()),
            ("sources", "sources".to_owned()),
            ("rejects", "rejects".to_owned()),
            ("feeds", "feeds".to_owned()),
            ("status", "status".to_owned()),
            ("search", "search?q=%ED%95%9C%EC%9D%BC".to_owned()),
            ("search-none", "search?q=zzzzzz".to_owned()),
            ("feed", "feeds/desk.html".to_owned()),
            ("nothing", "nothing/here".to_owned()),
        ];
        let there = |(name, path): &(&str, String)| {
            let (status, _, _) = self.service.get(&format!("/{path}"), &[]);
            *name == "nothing" || status != 404
        };
        wanted.into_iter().filter(there).collect()
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.service.base())
    }
}

/// What the browser asked other sites for, or asked ours for and got more of than a first visit may cost.
fn excesses(browser: &Browser, base: &str) -> Vec<String> {
    let requests = browser.requests();
    let mut wrong: Vec<String> = requests
        .iter()
        .filter(|sent| !sent.url.starts_with(base))
        .map(|sent| format!("asks {}", sent.url))
        .collect();
    let bytes: u64 = requests.iter().map(|sent| sent.bytes).sum();
    if requests.is_empty() || bytes == 0 || bytes > FIRST_LOAD_BYTES {
        wrong.push(format!("{} requests load {bytes} bytes: {requests:?}", requests.len()));
    }
    wrong
}

/// How far things moved while the page loaded.
const SHIFT: &str = "
const observer = new PerformanceObserver(() => {});
observer.observe({ type: 'layout-shift', buffered: true });
const seen = [];
const later = new PerformanceObserver(list => seen.push(...list.getEntries()));
later.observe({ type: 'layout-shift', buffered: true });
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
  seen.push(...later.takeRecords());
  done(seen.reduce((sum, entry) => sum + entry.value, 0));
}, 0)));";

/// What is wider than the window, in words; empty if nothing is.
const OVERFLOW: &str = "
const wide = document.documentElement.scrollWidth - window.innerWidth;
if (wide <= 0) return '';
const inside = element => {
  for (let up = element.parentElement; up && up !== document.body; up = up.parentElement)
    if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(up).overflowX)) return true;
  return false;
};
const out = [...document.body.querySelectorAll('*')].filter(element =>
  element.getBoundingClientRect().right > window.innerWidth + 1 && !inside(element));
return `${wide} px: ` + out.slice(0, 5).map(element => element.outerHTML.slice(0, 120)).join(' | ');";

#[test]
fn every_page_is_fit_to_be_read() {
    let Some(browser) = Browser::start("en") else { return };
    let axe = axe();
    let newsroom = newsroom();
    let base = newsroom.service.base();
    let mut wrong = Vec::new();
    for (name, path) in newsroom.pages() {
        for width in [360, 1024, 1920] {
            for scheme in [Scheme::Light, Scheme::Dark] {
                let place = format!("{name}-{width}-{}", scheme.name());
                browser.look(width, scheme);
                browser.devtools("Network.clearBrowserCache", serde_json::json!({}));
                browser.requests();
                browser.go(&newsroom.address(&path));
                let mut found = excesses(&browser, &base);
                let shift = browser.eval_async(SHIFT);
                // A score (Layout Instability §4.2): a tenth counts as good, a thousandth is a line that half a pixel of rounding has moved.
                if shift.as_f64().is_none_or(|score| score > 0.001) {
                    found.push(format!("moves by {shift}"));
                }
                let overflow = browser.eval(OVERFLOW);
                if overflow != "" {
                    found.push(format!("overflows by {overflow}"));
                }
                browser.screenshot(&place);
                // What it judges depends on the colours and on what a narrow window makes of the page.
                if let Some(axe) = axe.as_ref().filter(|_| width != 1024) {
                    found.extend(findings(&browser, axe));
                }
                wrong.extend(found.into_iter().map(|words| format!("{place}: {words}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
    // Not one of them asked the outlets for anything.
    let by_browser = newsroom.origin.asked().into_iter().filter(|asked| {
        let agent = asked.headers.get("user-agent").and_then(|agent| agent.to_str().ok());
        agent.is_some_and(|agent| agent.contains("Chrome"))
    });
    assert_eq!(by_browser.map(|asked| asked.path).collect::<Vec<_>>(), Vec::<String>::new());
    newsroom.service.stop();
}

/// What axe-core finds that is serious or worse, by the rules of WCAG 2.2 AA and good practice.
fn findings(browser: &Browser, axe: &str) -> Vec<String> {
    browser.eval(axe);
    let found = browser.eval_async(
        "axe.run(document, { resultTypes: ['violations'] }).then(results => done(results.violations\
         .filter(violation => ['serious', 'critical'].includes(violation.impact))\
         .map(violation => `${violation.id}: ${violation.help}: ${violation.nodes.slice(0, 3).map(node => node.html.slice(0, 160) + ' ' + (node.any[0] || node.all[0] || node.none[0] || {}).message).join(' | ')}`)),\
         error => done([String(error)]))",
    );
    let found = found.as_array().cloned().unwrap_or_else(|| vec![found]);
    found
        .into_iter()
        .map(|words| words.as_str().unwrap_or("axe-core says nothing").to_owned())
        .collect()
}

/// How often the focus stays within a field of a date: from its first part to the second, to the third and to its calendar.
const DATE_STOPS: usize = 3;

/// What can be reached by the keyboard, each with a number, and whether it shows where the focus is.
const CONTROLS: &str = "
// What lies in a closed <details> has boxes, and is not there.
const shown = element => element.checkVisibility({ visibilityProperty: true });
const controls = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex=\"0\"]')]
  .filter(element => shown(element) && !element.disabled);
controls.forEach((element, number) => element.dataset.control = number);
const look = element => { const style = getComputedStyle(element); return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow, style.backgroundColor, style.textDecorationLine, style.borderColor].join(' '); };
window.looks = controls.map(look);
document.activeElement.blur();
window.scrollTo(0, 0);
return controls.map(element => element.outerHTML.slice(0, 140));";

/// The control that has the focus: its number, whether it looks otherwise than without, and whether it is in sight.
const FOCUSED: &str = "
// A page glides to what has the focus: it is looked at with each picture that is drawn, until it is in sight or two seconds are over.
const begun = performance.now();
const look_again = () => {
  const found = focused();
  if (!found || found.seen || performance.now() - begun > 2000) done(found);
  else requestAnimationFrame(look_again);
};
requestAnimationFrame(look_again);
function focused() {
const element = document.activeElement;
if (!element || element.dataset.control === undefined) return null;
const number = Number(element.dataset.control);
const style = getComputedStyle(element);
const look = [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow, style.backgroundColor, style.textDecorationLine, style.borderColor].join(' ');
const box = element.getBoundingClientRect();
return { number, marked: look !== window.looks[number], seen: box.bottom > 0 && box.top < window.innerHeight && box.width > 0 };
}";

#[test]
fn the_keyboard_reaches_everything() {
    let Some(browser) = Browser::start("en") else { return };
    let newsroom = newsroom();
    let mut wrong = Vec::new();
    for (name, path) in newsroom.pages() {
        for width in [360, 1024] {
            browser.look(width, Scheme::Light);
            browser.go(&newsroom.address(&path));
            let controls = browser.eval(CONTROLS);
            let controls: Vec<&str> = controls
                .as_array()
                .unwrap()
                .iter()
                .map(|control| control.as_str().unwrap())
                .collect();
            assert!(!controls.is_empty(), "{path} leads nowhere");
            let is_date = |control: &str| control.contains("type=\"date\"");
            let dates = controls.iter().filter(|control| is_date(control)).count();
            let mut reached: Vec<u64> = Vec::new();
            let mut stays = 0;
            // Once around, and the browser's own places between the last and the first.
            for _ in 0..controls.len() + 3 + DATE_STOPS * dates {
                browser.key("Tab", 9);
                let focused = browser.eval_async(FOCUSED);
                let Some(number) = focused["number"].as_u64() else { continue };
                if reached.last() == Some(&number)
                    && is_date(controls[number as usize])
                    && stays < DATE_STOPS
                {
                    stays += 1;
                    continue;
                }
                stays = 0;
                if reached.contains(&number) {
                    break;
                }
                reached.push(number);
                for (fact, words) in
                    [("marked", "shows no focus"), ("seen", "is out of sight when focused")]
                {
                    if focused[fact] != true {
                        wrong.push(format!(
                            "{name} {width}: {words}: {}",
                            controls[number as usize]
                        ));
                    }
                }
            }
            if !reached.is_sorted() {
                wrong.push(format!(
                    "{name} {width}: the order of focus is not that of reading: {reached:?}"
                ));
            }
            for (number, control) in controls.iter().enumerate() {
                if !reached.contains(&(number as u64)) {
                    wrong.push(format!("{name} {width}: not reached: {control}"));
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
    newsroom.service.stop();
}

#[test]
fn all_of_it_works_without_script() {
    let Some(browser) = Browser::start("en") else { return };
    let newsroom = newsroom();
    let base = newsroom.service.base();
    browser.look(1024, Scheme::Light);
    browser.set_scripts(false);
    // Every page is whole.
    for (name, path) in newsroom.pages() {
        browser.go(&newsroom.address(&path));
        let page = browser.eval("return [document.querySelectorAll('h1').length, document.querySelectorAll('script, noscript').length, document.title, document.documentElement.lang]");
        assert_eq!((&page[0], &page[1]), (&Value::from(1), &Value::from(0)), "{name}");
        assert!(page[2] != "" && page[3] == "en", "{name} {page}");
    }
    // From the front page to a story by a link.
    browser.go(&base);
    let story = newsroom.stories().remove(0);
    browser.press(&format!("a[href*='story/{story}']"));
    assert!(browser.url().contains(&format!("story/{story}")), "{}", browser.url());

    // The buttons: hidden, and taken back.
    let has = |text: &str| {
        browser.eval("return document.body.innerText").as_str().unwrap().contains(text)
    };
    let pressed = |verb: &str| {
        browser.press(&format!("form[action$='{story}/{verb}'] button"));
        assert!(browser.url().ends_with(&format!("story/{story}")), "{}", browser.url());
        let undo =
            format!("return document.querySelectorAll(\"form[action$='{story}/undo']\").length");
        browser.eval(&undo)
    };
    assert_eq!(pressed("hide"), 1);
    until("the feed follows", Duration::from_secs(20), || {
        (!newsroom.desk.read("public/desk.json").contains(&story)).then_some(())
    });
    assert_eq!(pressed("undo"), 0);
    until("the feed follows back", Duration::from_secs(20), || {
        newsroom.desk.read("public/desk.json").contains(&story).then_some(())
    });

    // A rule is tried by the form of a topic's page.
    browser.go(&newsroom.address("topics/korea-japan"));
    browser.eval("document.querySelector('textarea[name=rule]').value = ''");
    browser.write("textarea[name=rule]", "한일 OR volleyball");
    browser.press("form:has(textarea[name=rule]) button");
    assert!(browser.url().contains("rule="), "{}", browser.url());
    let marked = browser.eval(
        "return [...document.querySelectorAll('mark')].map(mark => mark.textContent.toLowerCase())",
    );
    let marked: BTreeSet<&str> =
        marked.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(marked.contains("volleyball"), "{marked:?}");

    // Search, where there is one: two letters of Korean are enough.
    browser.go(&base);
    if browser.eval("return document.querySelectorAll('form[action$=search] input[name=q]').length")
        != 0
    {
        browser.write("form[action$=search] input[name=q]", "한일");
        browser.press("form[action$=search] button");
        assert!(browser.url().contains("q="), "{}", browser.url());
        assert!(has("한일"));
    }

    // The interface's language, where it can be switched, stays switched.
    browser.go(&base);
    if browser.eval("return document.querySelectorAll('a[href*=\"lang=ko\"]').length") != 0 {
        let language = || browser.eval("return document.documentElement.lang");
        browser.press("a[href*='lang=ko']");
        assert_eq!(language(), "ko");
        browser.go(&newsroom.address("sources"));
        assert_eq!(language(), "ko");
        browser.press("a[href*='lang=ja']");
        assert_eq!(language(), "ja");
        browser.press("a[href*='lang=en']");
        assert_eq!(language(), "en");
    }
    newsroom.service.stop();
}

#[test]
fn the_interface_speaks_the_readers_language() {
    let newsroom = newsroom();
    for languages in ["ko,en", "ja,en"] {
        let Some(browser) = Browser::start(languages) else { return };
        browser.look(1024, Scheme::Light);
        browser.go(&newsroom.service.base());
        // Pages that have one language only have no switch to others.
        if browser.eval("return document.querySelectorAll('a[href*=\"lang=\"]').length") == 0 {
            continue;
        }
        assert_eq!(browser.eval("return document.documentElement.lang"), languages[..2]);
        for (name, path) in newsroom.pages() {
            browser.go(&newsroom.address(&path));
            let language = browser.eval("return document.documentElement.lang");
            // The published page of a feed is a document for everybody.
            if name != "feed" {
                assert_eq!(language, languages[..2], "{name}");
            }
            browser.screenshot(&format!("{name}-1024-{}", &languages[..2]));
            let overflow = browser.eval(OVERFLOW);
            assert_eq!(overflow, "", "{name}");
        }
    }
    newsroom.service.stop();
}
