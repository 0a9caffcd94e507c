//! A page that only says something: an address that leads nowhere, a moment of trouble.

use askama::Template;

use super::{Desk, Frame, Visit, rendered};

/// What a page says when it has nothing to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// The address leads nowhere.
    Nothing,
    /// No feed has this name.
    NoFeed,
    /// No story has this id.
    NoStory,
    /// No topic has this name.
    NoTopic,
    /// The page is for the curator.
    Closed,
    /// Too many wrong tokens came from there.
    TooMany,
    /// The address does not answer that method.
    Otherwise,
    /// Nothing was published yet.
    Starting,
    /// The page took too long.
    Busy,
    /// The page failed.
    Trouble,
    /// A form was not done, for this reason.
    NotDone(&'a str),
    /// A form comes from another site.
    AnotherSite,
    /// The page of a form is too old.
    TooOld,
    /// What was sent is no form.
    NoForm,
    /// A form is too long.
    TooLong,
    /// A form did not arrive in time.
    TooSlow,
    /// A form lacks something.
    Incomplete,
    /// A form will be done.
    TakenIn,
}

/// Renders a message with the ways on: the front page, the sources, the feeds. `root` is the way to the site's root.
pub fn message(desk: &Desk, visit: &Visit, root: &str, message: Message<'_>) -> String {
    let told = visit.tongue.words().messages.of(message);
    let text = match message {
        Message::NotDone(reason) => reason,
        Message::Nothing
        | Message::NoFeed
        | Message::NoStory
        | Message::NoTopic
        | Message::Closed
        | Message::TooMany
        | Message::Otherwise
        | Message::Starting
        | Message::Busy
        | Message::Trouble
        | Message::AnotherSite
        | Message::TooOld
        | Message::NoForm
        | Message::TooLong
        | Message::TooSlow
        | Message::Incomplete
        | Message::TakenIn => told.text,
    };
    rendered(&Page {
        frame: Frame::new(desk, visit, root, Some(told.title)),
        title: told.title,
        text,
    })
}

#[derive(Template)]
#[template(path = "message.html", whitespace = "minimize")]
struct Page<'a> {
    frame: Frame<'a>,
    title: &'a str,
    text: &'a str,
}
