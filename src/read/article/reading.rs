//! Claims and document → `Article`: each field by its rule, with where it comes from and what else is said of it.

use url::Url;

use super::body::{self, Body, Why};
use super::claims::{self, Author, Claims};
use super::dom::{self, Page};
use super::segment::{self, Block, Measure};
use super::when::{self, Moment};
use super::{
    ArticleOptions, address, boilerplate, byline, crumbs, json_ld, links, meta, microdata, picture,
    shown, title, wall, words,
};
use crate::model::article::{
    Article, ArticleEvidence, ArticleField, ArticleText, Dateline, Dissent, Origin, Wall,
};
use crate::model::entry::Image;
use crate::model::lang::Lang;
use crate::model::text::{Headline, PlainText};
use crate::model::url::WebUrl;

/// How long a summary is that is made of the text, in bytes.
const SUMMARY_BYTES: usize = 600;
/// How many contradictions of a field are kept.
const DISSENTS: usize = 6;

/// A page being read.
pub(super) struct Reading<'r, 'a> {
    page: &'r Page<'a>,
    options: &'r ArticleOptions<'r>,
    measure: Measure,
    claims: Claims,
    /// Those of the whole page.
    blocks: Vec<Block>,
    /// What relative addresses are relative to.
    base: Option<Url>,
    article: Article,
}

impl<'r, 'a> Reading<'r, 'a> {
    pub(super) fn new(page: &'r Page<'a>, options: &'r ArticleOptions<'r>) -> Self {
        let base = page
            .elements("base")
            .find_map(|id| page.attribute(id, "href"))
            .and_then(|href| match options.url {
                Some(url) => url.join(href.trim()).ok(),
                None => Url::parse(href.trim()).ok(),
            })
            .filter(|base| matches!(base.scheme(), "http" | "https"))
            .or_else(|| options.url.cloned());
        let mut claims = Claims::default();
        json_ld::gather(page, options.url.map(Url::as_str), &mut claims);
        meta::gather(page, &mut claims);
        microdata::gather(page, &mut claims);
        let measure = Measure::new(page);
        let root = page.elements("body").next().unwrap_or(page.root());
        let blocks = segment::blocks(page, root, |id| page.is(id, "button"));
        Reading { page, options, measure, claims, blocks, base, article: Article::default() }
    }

    pub(super) fn article(mut self) -> Article {
        self.article.url = self.options.url.and_then(|url| WebUrl::parse(url.as_str()));
        self.robots();
        let outlets = self.outlets();
        self.canonical();
        let container = body::container(self.page, &self.measure);
        let title = self.title(container, &outlets);
        let captions = self.image(container, &title, &outlets);
        let body = container
            .map(|container| body::read(self.page, &self.measure, container, &title, &captions))
            .unwrap_or_default();
        self.language(&body);
        self.dateline(&body);
        self.authors(&body, &outlets);
        self.sections(&title, &outlets);
        self.times();
        self.tags(&outlets);
        self.related(&body);
        self.text(body);
        self.summary();
        self.article.evidence.sort_by_key(|evidence| evidence.field);
        self.article
    }

    /// Notes where a value comes from, and what else is said of it.
    fn note(
        &mut self,
        field: ArticleField,
        origin: Origin,
        rule: Option<&'static str>,
        also: impl IntoIterator<Item = (Origin, String)>,
    ) {
        let mut kept: Vec<Dissent> = Vec::new();
        for (origin, value) in also {
            let value = address::without(&value[..value.floor_char_boundary(500)]);
            if let Some(value) = PlainText::new(&value)
                && kept.len() < DISSENTS
                && !kept.iter().any(|known| known.value == value)
            {
                kept.push(Dissent { origin, value });
            }
        }
        self.article.evidence.push(ArticleEvidence { field, origin, rule, also: kept });
    }

    fn robots(&mut self) {
        let header = self.options.robots.map(meta::robots).unwrap_or_default();
        self.article.robots = self.claims.robots.and(header);
    }

    /// The names of the outlet: what pages call themselves, and the host.
    fn outlets(&mut self) -> Vec<String> {
        let stated = self.claims.outlets.clone();
        let mut names: Vec<String> =
            stated.iter().map(|(_, name)| address::without(name)).collect();
        names.retain(|name| !name.is_empty() && name.chars().count() < 60);
        if let Some((origin, name)) = stated.iter().find(|(_, name)| name.chars().count() < 60) {
            self.article.outlet = PlainText::new(name);
            if self.article.outlet.is_some() {
                let also = stated
                    .iter()
                    .filter(|(_, other)| !words::same(other, name))
                    .cloned()
                    .collect::<Vec<_>>();
                self.note(ArticleField::Outlet, *origin, None, also);
            }
        }
        names.extend(self.options.outlet.map(str::to_owned));
        names.extend(shown::owners(self.page, &self.blocks));
        if let Some(host) = self.base.as_ref().and_then(Url::host_str) {
            names.push(host.to_owned());
            names.push(links::site(host));
            names.extend(
                links::site(host)
                    .split('.')
                    .next()
                    .filter(|label| label.len() > 3)
                    .map(str::to_owned),
            );
        }
        names
    }

    fn canonical(&mut self) {
        let claims = std::mem::take(&mut self.claims.canonical);
        if let Some((url, origin, rule)) = links::canonical(&claims, self.base.as_ref()) {
            let also: Vec<(Origin, String)> = claims
                .into_iter()
                .filter(|(_, other)| {
                    WebUrl::join(self.base.as_ref(), other)
                        .is_none_or(|other| other.canonical() != url.canonical())
                })
                .collect();
            self.note(ArticleField::Canonical, origin, rule, also);
            self.article.canonical = Some(url);
        }
    }

    fn title(&mut self, container: Option<dom::NodeId>, outlets: &[String]) -> String {
        let chosen =
            title::choose(self.page, &self.measure, container, &self.claims.titles, outlets);
        let Some(chosen) = chosen else { return String::new() };
        let text = address::without(&chosen.text);
        let also: Vec<(Origin, String)> = self
            .claims
            .titles
            .iter()
            .filter(|(_, other)| !words::same(&title::without_site(other, outlets), &text))
            .cloned()
            .collect();
        self.article.title = Headline::new(&text);
        if self.article.title.is_some() {
            self.note(ArticleField::Title, chosen.origin, chosen.rule, also);
        }
        text
    }

    /// Chooses the picture; gives the texts that stand under it.
    fn image(
        &mut self,
        container: Option<dom::NodeId>,
        title: &str,
        outlets: &[String],
    ) -> Vec<String> {
        let lead = picture::choose(
            self.page,
            &self.measure,
            container,
            &self.claims.pictures,
            self.base.as_ref(),
            title,
            outlets,
        );
        let Some(lead) = lead else { return Vec::new() };
        let also: Vec<(Origin, String)> = self
            .claims
            .pictures
            .iter()
            .filter(|(_, other)| {
                WebUrl::join(self.base.as_ref(), &other.url).is_some_and(|other| other != lead.url)
            })
            .map(|(origin, picture)| (*origin, picture.url.clone()))
            .collect();
        self.note(ArticleField::Image, lead.origin, None, also);
        let text = |value: &Option<(Origin, String)>| {
            value.as_ref().and_then(|(_, text)| PlainText::new(&address::without(text)))
        };
        let (caption, credit) = (text(&lead.caption), text(&lead.credit));
        if let (Some((origin, _)), Some(_)) = (&lead.caption, &caption) {
            self.note(ArticleField::Caption, *origin, None, []);
        }
        if let (Some((origin, _)), Some(_)) = (&lead.credit, &credit) {
            self.note(ArticleField::Credit, *origin, None, []);
        }
        self.article.image = Some(Image { url: lead.url, caption, credit });
        let mut texts = lead.texts;
        texts.extend(lead.caption.map(|(_, text)| text));
        texts
    }

    fn language(&mut self, body: &Body) {
        let stated: Vec<(Origin, Lang)> = self
            .claims
            .languages
            .iter()
            .filter_map(|(origin, text)| {
                Some((*origin, Lang::parse(text.split([',', ';']).next()?)?))
            })
            .collect();
        let sample: String = match body.paragraphs.is_empty() {
            false => body.paragraphs.iter().take(12).flat_map(|text| text.chars()).collect(),
            true => self
                .article
                .title
                .as_ref()
                .map(|title| title.as_str().to_owned())
                .unwrap_or_default(),
        };
        let seen = script_language(&sample);
        let fits = |lang: &Lang| match seen {
            Some(seen @ ("ko" | "ja")) => lang.primary() == seen,
            // Latin letters are not Korean's or Japanese's.
            Some(_) => !matches!(lang.primary(), "ko" | "ja" | "zh"),
            None => true,
        };
        let chosen = stated.iter().find(|(_, lang)| fits(lang)).cloned();
        let (origin, language, rule) = match (chosen, stated.first(), seen) {
            (Some((origin, language)), Some((_, first)), _) => {
                let rule = (language.primary() != first.primary())
                    .then_some("the letters of the text contradict what is stated first");
                (origin, Some(language), rule)
            }
            (None, Some(_), Some(seen)) => (
                Origin::Text,
                Lang::parse(seen),
                Some("the letters of the text contradict what is stated"),
            ),
            (_, None, Some(seen)) => (Origin::Text, Lang::parse(seen), None),
            (Some(_), None, None) | (None, _, None) => return,
        };
        let Some(language) = language else { return };
        let also: Vec<(Origin, String)> = stated
            .into_iter()
            .filter(|(_, other)| !other.same_language(&language))
            .map(|(origin, other)| (origin, other.as_str().to_owned()))
            .collect();
        self.note(ArticleField::Language, origin, rule, also);
        self.article.language = Some(language);
    }

    fn dateline(&mut self, body: &Body) {
        let found =
            body.paragraphs.iter().take(3).find_map(|text| byline::dateline(text)).or_else(|| {
                body.left_out
                    .iter()
                    .filter(|left| left.why == Why::Byline)
                    .find_map(|left| byline::dateline(&left.block.text))
            });
        let Some(found) = found else { return };
        if let Some(place) = PlainText::new(&found.place) {
            self.article.dateline =
                Some(Dateline { place, date: found.date.as_deref().and_then(PlainText::new) });
            self.note(ArticleField::Dateline, Origin::Text, None, []);
        }
        if !found.authors.is_empty() {
            let authors = found
                .authors
                .into_iter()
                .map(|name| Author { name, is_organisation: false })
                .collect();
            claims::claim_list(&mut self.claims.authors, Origin::Text, authors);
        }
    }

    fn authors(&mut self, body: &Body, outlets: &[String]) {
        let shown = shown::bylines(self.page, &self.measure, &self.blocks, body);
        let list = |names: Vec<String>| {
            names.into_iter().map(|name| Author { name, is_organisation: false }).collect()
        };
        // A byline of the page stands before what the text says of itself.
        let place = self.claims.authors.iter().position(|(origin, _)| *origin == Origin::Text);
        if !shown.is_empty() {
            self.claims.authors.insert(
                place.unwrap_or(self.claims.authors.len()),
                (Origin::Document, list(shown)),
            );
        }
        let mut persons: Vec<(Origin, Vec<String>)> = Vec::new();
        let mut others: Vec<(Origin, Vec<String>)> = Vec::new();
        for (origin, authors) in &self.claims.authors {
            let (mut people, mut rest) = (Vec::new(), Vec::new());
            for author in authors {
                // In a dateline the outlet is called by the beginning of its name.
                let is_outlet = outlets.iter().any(|outlet| {
                    words::same(outlet, &author.name)
                        || *origin == Origin::Text && outlet.starts_with(author.name.as_str())
                });
                if byline::is_nobody(&author.name) {
                    continue;
                }
                if is_outlet || author.is_organisation || byline::is_agency(&author.name) {
                    let name = address::without(&author.name);
                    if !name.is_empty() && !is_outlet {
                        rest.push(name);
                    }
                    continue;
                }
                for name in byline::names(&author.name) {
                    let is_outlet = outlets.iter().any(|outlet| words::same(outlet, &name));
                    if !is_outlet
                        && !byline::is_nobody(&name)
                        && !people.iter().any(|known: &String| words::same(known, &name))
                    {
                        people.push(name);
                    }
                }
            }
            if !people.is_empty() {
                persons.push((*origin, people));
            }
            if !rest.is_empty() {
                others.push((*origin, rest));
            }
        }
        let Some((mut origin, mut names)) = persons.first().or(others.first()).cloned() else {
            return;
        };
        let mut rule = None;
        if persons.is_empty() {
            rule = Some("no person is named");
        } else if let Some((other, more)) = persons.iter().find(|(_, more)| {
            more.len() > names.len()
                && names.iter().all(|name| more.iter().any(|other| words::same(name, other)))
        }) {
            (origin, names) = (*other, more.clone());
            rule = Some("another place names all of these and more");
        } else if others.first().is_some_and(|(other, _)| *other < origin) {
            rule = Some("a person is believed before an organisation");
        }
        let also: Vec<(Origin, String)> = persons
            .iter()
            .chain(&others)
            .filter(|(_, other)| {
                other.len() != names.len()
                    || !other.iter().zip(&names).all(|(one, two)| words::same(one, two))
            })
            .map(|(origin, names)| (*origin, names.join(", ")))
            .collect();
        self.article.authors =
            names.iter().take(12).filter_map(|name| PlainText::new(name)).collect();
        self.note(ArticleField::Authors, origin, rule, also);
    }

    fn sections(&mut self, title: &str, outlets: &[String]) {
        let mut paths: Vec<(Origin, Vec<String>)> = self.claims.crumbs.clone();
        paths.extend(
            crumbs::paths(self.page, &self.blocks).into_iter().map(|path| (Origin::Document, path)),
        );
        let clean = |(origin, parts): (Origin, Vec<String>)| {
            let sections = crumbs::sections(&parts, title, outlets);
            (!sections.is_empty()).then_some((origin, sections))
        };
        let paths: Vec<(Origin, Vec<String>)> = paths.into_iter().filter_map(clean).collect();
        let single: Vec<(Origin, Vec<String>)> =
            self.claims.sections.clone().into_iter().filter_map(clean).collect();
        let shown = || {
            let found = shown::section_label(self.page, &self.measure)?;
            clean((Origin::Document, found))
        };
        let first = paths.first().or(single.first()).cloned().or_else(shown);
        let Some((origin, sections)) = first else { return };
        let also: Vec<(Origin, String)> = paths
            .iter()
            .chain(&single)
            .filter(|(_, other)| *other != sections)
            .map(|(origin, other)| (*origin, other.join(" > ")))
            .collect();
        let rule = (paths.is_empty())
            .then_some("no path is shown, so the section counts")
            .filter(|_| single.len() > 1);
        self.article.sections = sections
            .iter()
            .filter_map(|section| PlainText::new(&address::without(section)))
            .collect();
        self.note(ArticleField::Sections, origin, rule, also);
    }

    fn times(&mut self) {
        let language = self.article.language.as_ref().map(|language| language.primary().to_owned());
        let host = self.base.as_ref().and_then(Url::host_str);
        let zone = when::zone(self.options.zone, language.as_deref(), host);
        let read = |claims: &[(Origin, String)]| -> Vec<Moment> {
            claims.iter().filter_map(|(origin, text)| when::moment(*origin, text, zone)).collect()
        };
        let (mut published, mut modified) =
            (read(&self.claims.published), read(&self.claims.modified));
        let (first, last) = when::shown(self.page, &self.blocks, zone);
        published.extend(first);
        modified.extend(last);
        if let Some(url) = self.options.url {
            published.extend(when::in_address(url.path(), zone));
        }
        let also = |moments: &[Moment], chosen: &Moment| -> Vec<(Origin, String)> {
            moments
                .iter()
                .filter(|other| other.at != chosen.at && other.origin != Origin::Address)
                .map(|other| (other.origin, other.text.clone()))
                .collect()
        };
        // A page that says one time only says when it was published, whatever it calls that.
        if published.iter().all(|moment| moment.origin == Origin::Address)
            && let [one] = modified.as_slice()
        {
            published = vec![one.clone()];
            modified.clear();
        }
        if let Some((chosen, rule)) = when::choose(&published, zone) {
            self.article.published = Some(chosen.at);
            self.note(ArticleField::Published, chosen.origin, rule, also(&published, &chosen));
        }
        if let Some((chosen, rule)) = when::choose(&modified, zone) {
            // A change before the publication is a mistake of one of the two.
            if self.article.published.is_none_or(|published| chosen.at >= published) {
                self.article.modified = Some(chosen.at);
                self.note(ArticleField::Modified, chosen.origin, rule, also(&modified, &chosen));
            } else if self.article.published.is_none() {
                self.article.published = Some(chosen.at);
            }
        }
    }

    fn tags(&mut self, outlets: &[String]) {
        let mut claims = self.claims.tags.clone();
        let shown: Vec<String> = self
            .page
            .elements("a")
            .filter(|id| {
                self.page.has_word(*id, "rel", "tag") && !self.page.has_word(*id, "rel", "category")
                    || self.page.ancestors(*id).take(4).any(|above| {
                        segment::called(
                            self.page,
                            above,
                            &[
                                "taglist",
                                "tag-list",
                                "tag_list",
                                "hashtag",
                                "article-tags",
                                "article_tags",
                                "post-tags",
                                "tagcloud",
                                "keyword",
                            ],
                            &["tags", "tag"],
                        )
                    })
            })
            .take(40)
            .map(|id| self.page.text(id).trim_start_matches('#').trim().to_owned())
            .filter(|tag| !tag.is_empty() && tag.chars().count() < 50)
            .collect();
        claims::claim_list(&mut claims, Origin::Document, shown);
        let clean = |tags: &[String]| -> Vec<PlainText> {
            let mut out: Vec<PlainText> = Vec::new();
            for tag in tags.iter().map(|tag| address::without(tag)) {
                let is_outlet = outlets.iter().any(|outlet| words::same(outlet, &tag));
                if !is_outlet
                    && tag.chars().count() < 60
                    && let Some(tag) = PlainText::new(&tag)
                    && !out.iter().any(|known| words::same(known.as_str(), tag.as_str()))
                    && out.len() < 40
                {
                    out.push(tag);
                }
            }
            out
        };
        let found = claims
            .iter()
            .map(|(origin, tags)| (*origin, clean(tags)))
            .find(|(_, tags)| !tags.is_empty());
        let Some((origin, tags)) = found else { return };
        let also: Vec<(Origin, String)> = claims
            .iter()
            .filter(|(other, _)| *other != origin)
            .map(|(origin, tags)| (*origin, tags.join(", ")))
            .collect();
        self.article.tags = tags;
        self.note(ArticleField::Tags, origin, None, also);
    }

    fn related(&mut self, body: &Body) {
        let own: Vec<&WebUrl> = self.article.canonical.iter().chain(&self.article.url).collect();
        let related = links::related(
            self.page,
            &self.measure,
            body,
            &self.claims.related,
            self.base.as_ref(),
            &own,
        );
        if !related.is_empty() {
            self.article.related = related;
            self.note(ArticleField::Related, Origin::Document, None, []);
        }
    }

    fn text(&mut self, body: Body) {
        let stated = self.claims.bodies.iter().max_by_key(|(_, text)| text.len()).cloned();
        let shown = wall::shown(&body.paragraphs);
        let wall = wall::wall(self.page, &self.measure, &self.blocks, shown, self.claims.is_free);
        let said = stated.as_ref().map_or(0, |(_, text)| words::weight(text));
        // What the page states whole for machines is the text where scripts would have to fetch it.
        let is_whole = said > 400 && shown * 10 < said * 6 && self.claims.is_free != Some(false);
        if let (Some((origin, text)), true) =
            (&stated, is_whole && matches!(wall, None | Some(Wall::Script)))
        {
            let paragraphs: Vec<String> = stated_paragraphs(text);
            self.article.text = ArticleText::new(paragraphs.iter().map(String::as_str));
            self.note(
                ArticleField::Text,
                *origin,
                Some("the document shows less than is stated"),
                [],
            );
            return;
        }
        if let Some(wall) = wall {
            self.article.wall = Some(wall);
            if wall == Wall::Challenge {
                // What it says is not the article's.
                self.article.title = None;
                self.claims.summaries.clear();
                self.article.evidence.retain(|evidence| evidence.field != ArticleField::Title);
            }
            self.note(ArticleField::Wall, Origin::Document, None, []);
            return;
        }
        self.article.text = ArticleText::new(body.paragraphs.iter().map(String::as_str));
        if self.article.text.is_some() {
            self.note(ArticleField::Text, Origin::Document, None, []);
        }
    }

    fn summary(&mut self) {
        let stated: Vec<(Origin, String)> = self
            .claims
            .summaries
            .iter()
            .map(|(origin, text)| {
                (*origin, address::without(&super::super::sanitise::decode_entities(text)))
            })
            .filter(|(_, text)| words::weight(text) > 20)
            .collect();
        if let Some((origin, text)) = stated.first() {
            self.article.summary = PlainText::new(text);
            let also: Vec<(Origin, String)> = stated
                .iter()
                .skip(1)
                .filter(|(_, other)| !words::same(other, text))
                .cloned()
                .collect();
            self.note(ArticleField::Summary, *origin, None, also);
            return;
        }
        let Some(first) = self
            .article
            .text
            .as_ref()
            .and_then(|text| text.paragraphs().find(|text| words::weight(text) > 60))
        else {
            return;
        };
        let mut summary = first.to_owned();
        if summary.len() > SUMMARY_BYTES {
            summary.truncate(summary.floor_char_boundary(SUMMARY_BYTES));
            let end = summary.rfind(['.', '。', ' ']).unwrap_or(summary.len());
            summary.truncate(end);
            summary.push('…');
        }
        self.article.summary = PlainText::new(&summary);
        self.note(ArticleField::Summary, Origin::Text, None, []);
    }
}

/// The language that the letters of a text are of: Korean and Japanese surely, English for Latin letters with its commonest words.
fn script_language(text: &str) -> Option<&'static str> {
    let (mut hangul, mut kana, mut latin, mut han) = (0, 0, 0, 0);
    for character in text.chars().take(4_000) {
        match character {
            '\u{ac00}'..='\u{d7a3}' => hangul += 1,
            '\u{3041}'..='\u{30ff}' => kana += 1,
            '\u{4e00}'..='\u{9fff}' => han += 1,
            'a'..='z' | 'A'..='Z' => latin += 1,
            _ => {}
        }
    }
    let all = hangul + kana + latin + han;
    if all < 8 {
        None
    } else if hangul * 3 > all {
        Some("ko")
    } else if kana * 8 > all && kana + han > latin {
        Some("ja")
    } else if latin * 2 > all {
        let common = [" the ", " of ", " and ", " to ", " in "]
            .iter()
            .filter(|word| text.contains(**word))
            .count();
        (common >= 3).then_some("en")
    } else {
        None
    }
}

/// The paragraphs of a text that is stated whole.
fn stated_paragraphs(text: &str) -> Vec<String> {
    if text.contains("<p") || text.contains("<br") || text.contains("&lt;p") {
        let html = super::super::sanitise::decode_entities(text);
        let page = Page::new(&html);
        return segment::blocks(&page, page.root(), |_| false)
            .into_iter()
            .map(|block| address::without(&block.text))
            .collect();
    }
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && boilerplate::line(line) == boilerplate::Line::Text)
        .map(|line| address::without(&super::super::sanitise::decode_entities(line)))
        .collect()
}
