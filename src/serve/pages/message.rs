//! A page that only says something: an address that leads nowhere, a moment of trouble.

use askama::Template;

use super::{Desk, Frame, rendered};

/// What a page says when it has nothing to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// In a few words.
    pub title: &'a str,
    /// In a sentence or two.
    pub text: &'a str,
}

/// Renders a message with the ways on: the front page, the sources, the feeds. `root` is the way to the site's root.
pub fn message(desk: &Desk, root: &str, message: Message<'_>) -> String {
    rendered(&Page { frame: Frame::new(desk, root, Some(message.title)), message })
}

#[derive(Template)]
#[template(path = "message.html", whitespace = "minimize")]
struct Page<'a> {
    frame: Frame<'a>,
    message: Message<'a>,
}
