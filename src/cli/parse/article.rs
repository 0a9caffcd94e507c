//! `tidings parse --article`: the page of one article to the JSON of `docs/articles.md`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::{CliError, Outcome, output};
use super::Request;
use crate::model::article::{Article, ArticleEvidence, Robots};
use crate::model::text::PlainText;
use crate::read::article::{self, ArticleOptions};

/// Reads the page and prints it.
///
/// # Errors
/// If the document is no web page.
pub(super) fn print(bytes: &[u8], request: &Request<'_>) -> Result<Outcome, CliError> {
    let url = request.base();
    let options = ArticleOptions {
        content_type: Some(request.content_type).filter(|content_type| !content_type.is_empty()),
        url: url.as_ref(),
        zone: request.zone.parse().ok(),
        ..ArticleOptions::default()
    };
    let article =
        article::read(bytes, &options).map_err(|error| CliError::Failed(error.to_string()))?;
    output::json(&ArticleJson::from(&article))?;
    Ok(Outcome::Done)
}

#[derive(Serialize)]
struct ArticleJson {
    url: Option<String>,
    canonical: Option<String>,
    title: Option<String>,
    sections: Vec<String>,
    authors: Vec<String>,
    published: Option<String>,
    modified: Option<String>,
    language: Option<String>,
    image: Option<ImageJson>,
    related: Vec<RelatedJson>,
    tags: Vec<String>,
    summary: Option<String>,
    text: Option<String>,
    walled: Option<&'static str>,
    evidence: BTreeMap<&'static str, EvidenceJson>,
}

#[derive(Serialize)]
struct ImageJson {
    url: String,
    caption: Option<String>,
    credit: Option<String>,
}

#[derive(Serialize)]
struct RelatedJson {
    url: String,
    title: String,
}

/// Why a field holds what it holds; `dateline` and `robots` are told here only, as they are no fields of their own.
#[derive(Serialize, Default)]
struct EvidenceJson {
    from: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<DissentJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

#[derive(Serialize)]
struct DissentJson {
    from: &'static str,
    value: String,
}

impl From<&ArticleEvidence> for EvidenceJson {
    fn from(evidence: &ArticleEvidence) -> EvidenceJson {
        EvidenceJson {
            from: evidence.origin.name(),
            rule: evidence.rule,
            also: evidence
                .also
                .iter()
                .map(|dissent| DissentJson {
                    from: dissent.origin.name(),
                    value: dissent.value.as_str().to_owned(),
                })
                .collect(),
            value: None,
        }
    }
}

impl From<&Article> for ArticleJson {
    fn from(article: &Article) -> ArticleJson {
        let texts = |list: &[PlainText]| list.iter().map(|text| text.as_str().to_owned()).collect();
        let text = |value: &Option<PlainText>| value.as_ref().map(|text| text.as_str().to_owned());
        let mut evidence: BTreeMap<&'static str, EvidenceJson> = article
            .evidence
            .iter()
            .map(|evidence| (evidence.field.name(), EvidenceJson::from(evidence)))
            .collect();
        if let (Some(dateline), Some(evidence)) = (&article.dateline, evidence.get_mut("dateline"))
        {
            evidence.value = Some(match &dateline.date {
                Some(date) => format!("{}, {date}", dateline.place),
                None => dateline.place.as_str().to_owned(),
            });
        }
        if let (Some(outlet), Some(evidence)) = (&article.outlet, evidence.get_mut("outlet")) {
            evidence.value = Some(outlet.as_str().to_owned());
        }
        if let Some(value) = robots(article.robots) {
            let said = EvidenceJson { from: "meta", value: Some(value), ..EvidenceJson::default() };
            evidence.insert("robots", said);
        }
        ArticleJson {
            url: article.url.as_ref().map(|url| url.as_str().to_owned()),
            canonical: article.canonical.as_ref().map(|url| url.as_str().to_owned()),
            title: article.title.as_ref().map(|title| title.as_str().to_owned()),
            sections: texts(&article.sections),
            authors: texts(&article.authors),
            published: article.published.map(|at| at.to_rfc3339()),
            modified: article.modified.map(|at| at.to_rfc3339()),
            language: article.language.as_ref().map(|language| language.as_str().to_owned()),
            image: article.image.as_ref().map(|image| ImageJson {
                url: image.url.as_str().to_owned(),
                caption: text(&image.caption),
                credit: text(&image.credit),
            }),
            related: article
                .related
                .iter()
                .map(|link| RelatedJson {
                    url: link.url.as_str().to_owned(),
                    title: link.title.as_str().to_owned(),
                })
                .collect(),
            tags: texts(&article.tags),
            summary: text(&article.summary),
            text: article.text.as_ref().map(|text| text.as_str().to_owned()),
            walled: article.wall.map(|wall| wall.name()),
            evidence,
        }
    }
}

/// The rules for robots in their own words; `None` if there are none.
fn robots(robots: Robots) -> Option<String> {
    let rules = [
        (robots.noindex, "noindex"),
        (robots.noarchive, "noarchive"),
        (robots.nosnippet, "nosnippet"),
    ];
    let rules: Vec<&str> =
        rules.iter().filter(|(is_set, _)| *is_set).map(|(_, name)| *name).collect();
    (!rules.is_empty()).then(|| rules.join(", "))
}
