//! Documents of our own writing.

/// An item: guid, headline, link, date (RFC 822), summary.
#[derive(Debug, Clone)]
pub struct Item {
    pub guid: String,
    pub title: String,
    pub link: String,
    pub date: String,
    pub summary: String,
}

/// An item of 30 October 2025, at `minute` past six in the morning.
pub fn item(number: usize, title: &str) -> Item {
    Item {
        guid: format!("tag:origin.example,2025:{number}"),
        title: title.to_owned(),
        link: format!("https://origin.example/story/{number}"),
        date: format!("Thu, 30 Oct 2025 06:{:02}:00 +0000", number % 60),
        summary: format!("What is known of story {number}."),
    }
}

/// The title of each item.
pub fn titles(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.title.as_str()).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// An RSS 2.0 document.
pub fn rss(title: &str, items: &[Item]) -> String {
    let mut document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>{}</title><link>https://origin.example/</link><description>d</description>",
        escaped(title)
    );
    for Item { guid, title, link, date, summary } in items {
        document.push_str(&format!(
            "<item><title>{}</title><link>{}</link><guid isPermaLink=\"false\">{}</guid><pubDate>{date}</pubDate><description>{}</description></item>\n",
            escaped(title),
            escaped(link),
            escaped(guid),
            escaped(summary),
        ));
    }
    document.push_str("</channel></rss>");
    document
}
