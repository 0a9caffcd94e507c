//! Article pages a second, against `dom_smoothie` (a port of Readability) on the same pages, as ratios of one run: `cargo bench --bench articles`.
//!
//! `dom_smoothie` finds headline, byline and body; the reader also finds sections, picture with caption and credit, times in their zone, related articles,
//! walls and evidence. The pages are the fixtures of `tests/articles` that are UTF-8, alone and with thirty times the furniture around them, as real pages have.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a bench prints its figures and stops at the first wrong answer"
)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use tidings::read::article::{self, ArticleOptions};
use url::Url;

fn main() {
    let pages = pages();
    let heavy: Vec<String> = pages.iter().map(|page| with_furniture(page)).collect();
    println!(
        "{:<28} {:>9} {:>9} {:>13}   reader ÷ dom_smoothie",
        "pages/s", "mean KB", "reader", "dom_smoothie"
    );
    for (name, pages) in [("fixtures", &pages), ("with furniture", &heavy)] {
        let bytes: usize = pages.iter().map(String::len).sum();
        let url = Url::parse("https://news.example/a/1").expect("an address");
        let options = ArticleOptions { url: Some(&url), ..ArticleOptions::default() };
        let speed = |work: &dyn Fn(&str)| {
            pages.len() as f64 / best(|| pages.iter().for_each(|page| work(page))).as_secs_f64()
        };
        let ours = speed(&|page| {
            black_box(article::read(page.as_bytes(), &options).expect("a page"));
        });
        let theirs = speed(&|page| {
            if let Ok(mut reader) = dom_smoothie::Readability::new(page, Some(url.as_str()), None) {
                let _ = black_box(reader.parse());
            }
        });
        println!(
            "{name:<28} {:>9.1} {ours:>9.0} {theirs:>13.0}   {:.2}",
            bytes as f64 / 1e3 / pages.len() as f64,
            ours / theirs
        );
    }
}

fn pages() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/articles");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("the fixtures")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "html"))
        .collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

/// A page with menus, scripts and lists of other articles around it.
fn with_furniture(page: &str) -> String {
    let menu = "<nav><ul><li class='menu-item menu-item-1'><a href='/section/one'>Section one</a></li><li><a href='/section/two'>Section two</a></li></ul></nav>"
        .repeat(60);
    let script = format!("<script>window.state={{\"a\":\"{}\"}};</script>", "x<y ".repeat(8_000));
    let list = "<div class='card card--small'><a href='/a/2' class='card__link'><img src='/i/2.jpg' alt=''><h3 class='card__title'>Another headline of some length here</h3></a><span class='card__date'>Oct 29, 2025</span></div>"
        .repeat(120);
    match page.rfind("</body>") {
        Some(at) => format!(
            "{}{script}<aside class='sidebar'>{list}</aside><footer>{menu}</footer>{}",
            &page[..at],
            &page[at..]
        ),
        None => {
            format!("{page}{script}<aside class='sidebar'>{list}</aside><footer>{menu}</footer>")
        }
    }
}

/// The best time of several runs.
fn best(work: impl Fn()) -> Duration {
    let quick = std::env::var_os("TIDINGS_BENCH_QUICK").is_some();
    let runs = if quick { 1 } else { 7 };
    (0..runs)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed()
        })
        .min()
        .unwrap_or_default()
}
