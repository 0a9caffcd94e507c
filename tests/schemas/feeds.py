"""Looks at published documents as validators do, and follows the chain of their archives as a reader does.

validate SCHEMAS FILE...   Atom against RELAX NG, JSON Feed against JSON Schema, RSS against the rules of the RSS Advisory Board and of the W3C validator
follow URL                 from a feed to the end of its archives (RFC 5005): a line of JSON for each document, with the entries that feedparser reads
"""

import email.utils
import json
import re
import sys
from urllib.parse import urlsplit


def main(command, *arguments):
    if command == "validate":
        faults = [f"{path}: {fault}" for path in arguments[1:] for fault in validate(arguments[0], path)]
        print("\n".join(faults))
        sys.exit(1 if faults else 0)
    elif command == "follow":
        follow(*arguments)


def validate(schemas, path):
    if path.endswith(".json"):
        import jsonschema

        with open(f"{schemas}/jsonfeed-1.1.json", encoding="utf-8") as file:
            validator = jsonschema.Draft202012Validator(json.load(file))
        with open(path, encoding="utf-8") as file:
            return [error.message for error in validator.iter_errors(json.load(file))]
    if not path.endswith((".atom", ".rss", ".opml")):
        return []
    from lxml import etree

    root = etree.parse(path).getroot()
    if path.endswith(".atom"):
        schema = etree.RelaxNG(etree.parse(f"{schemas}/atom-1.0.rng"))
        return [] if schema.validate(root) else [f"line {error.line}: {error.message}" for error in schema.error_log]
    return list(rss(root)) if path.endswith(".rss") else list(opml(root))


ATOM = "{http://www.w3.org/2005/Atom}"
CHANNEL = "title link description language copyright managingEditor webMaster pubDate lastBuildDate category generator docs cloud ttl image textInput skipHours skipDays item".split()
ITEM = "title link description author category comments enclosure guid pubDate source".split()
ONCE = set(CHANNEL + ITEM) - {"category", "item", "enclosure"}


def rss(root):
    if root.tag != "rss" or root.get("version") != "2.0" or len(root) != 1:
        yield "not <rss version=\"2.0\"> with one channel"
        return
    channel = root[0]
    yield from elements(channel, CHANNEL)
    for name in ("title", "link", "description"):
        if not (channel.findtext(name) or "").strip():
            yield f"the channel has no {name}"
    selves = [link.get("href") for link in channel.findall(f"{ATOM}link") if link.get("rel") == "self"]
    if len(selves) != 1:
        yield "the channel does not say where it is"
    if channel.find("ttl") is not None and not (channel.findtext("ttl").isdigit() and int(channel.findtext("ttl")) > 0):
        yield "ttl is no number of minutes"
    language = channel.findtext("language")
    if language is not None and not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", language):
        yield f"{language} is no language"
    if channel.find("image") is not None:
        for name in ("url", "title", "link"):
            if not channel.findtext(f"image/{name}"):
                yield f"the image has no {name}"
        if channel.findtext("image/title") != channel.findtext("title") or channel.findtext("image/link") != channel.findtext("link"):
            yield "the image should have the channel's title and link"
    yield from date(channel, "lastBuildDate")
    guids = set()
    for item in channel.findall("item"):
        yield from elements(item, ITEM)
        yield from date(item, "pubDate")
        if not item.findtext("title") and not item.findtext("description"):
            yield "an item has neither title nor description"
        if re.search(r"<[A-Za-z/!?]", item.findtext("title") or ""):
            yield f"markup in the title {item.findtext('title')}"
        guid = item.find("guid")
        if guid is None or guid.text in guids:
            yield "an item has no guid, or that of another"
        else:
            guids.add(guid.text)
            if guid.get("isPermaLink") != "false" and not web(guid.text):
                yield f"{guid.text} is no permanent link"
        if item.find("link") is not None and not web(item.findtext("link")):
            yield f"{item.findtext('link')} is no address"
        if item.find("author") is not None and "@" not in item.findtext("author"):
            yield "an author is no mail address"
        enclosures = item.findall("enclosure")
        if len(enclosures) > 1:
            yield "an item has several enclosures"
        for enclosure in enclosures:
            if not (web(enclosure.get("url")) and (enclosure.get("length") or "").isdigit() and "/" in (enclosure.get("type") or "")):
                yield "an enclosure lacks its address, its length or its type"
        source = item.find("source")
        if source is not None and not (web(source.get("url")) and (source.text or "").strip()):
            yield "a source lacks its address or its name"
        for category in item.findall("category"):
            if not (category.text or "").strip():
                yield "a category says nothing"
        for date_text in item.findall(f"{ATOM}updated"):
            if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", date_text.text or ""):
                yield f"{date_text.text} is no date of RFC 3339"
    text = "".join(root.itertext())
    if re.search(r"<(script|iframe|object|embed|form)\b", text, re.I):
        yield "a description has a script or a form"
    for address in re.findall(r"(?:href|src)=\"([^\"]*)\"", text):
        if not web(address) and not address.startswith(("mailto:", "tel:")):
            yield f"a description leads to {address}, which is relative or no page"


def elements(parent, known):
    names = [child.tag for child in parent if isinstance(child.tag, str) and not child.tag.startswith("{")]
    for name in set(names):
        if name not in known:
            yield f"RSS knows no {name} in {parent.tag}"
        elif name in ONCE and names.count(name) > 1:
            yield f"{name} stands twice in {parent.tag}"


def date(parent, name):
    text = parent.findtext(name)
    if text is None:
        return
    parsed = email.utils.parsedate_tz(text)
    if parsed is None or not re.fullmatch(r"[A-Z][a-z]{2}, \d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d ([+-]\d{4}|GMT)", text):
        yield f"{text} is no date of RFC 822"
    elif parsed[0] > 9999 or email.utils.parsedate_to_datetime(text).strftime("%a") != text[:3]:
        yield f"{text} is another day of the week"


def web(address):
    parts = urlsplit(address or "")
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not re.search(r"[\s<>\"]", address)


def opml(root):
    if root.tag != "opml" or root.get("version") not in ("1.0", "2.0") or [child.tag for child in root] != ["head", "body"]:
        yield "not <opml> with head and body"
        return
    if not root.findtext("head/title"):
        yield "no title"
    for outline in root.iter("outline"):
        if not outline.get("text"):
            yield "an outline says nothing"
        if outline.get("type") == "rss" and not web(outline.get("xmlUrl")):
            yield f"{outline.get('xmlUrl')} is no address"


def follow(url):
    import calendar

    import feedparser

    seen = set()
    while url and url not in seen:
        seen.add(url)
        feed = feedparser.parse(url)
        assert feed.status == 200 and not feed.bozo, (url, feed.get("status"), feed.get("bozo_exception"))
        links = {link.rel: link.href for link in feed.feed.links if link.rel != "alternate"}
        entries = [
            {
                "id": entry.id,
                "title": entry.title,
                "link": entry.get("link"),
                "date": calendar.timegm(entry.published_parsed),
                "updated": calendar.timegm(entry.updated_parsed) if entry.get("updated_parsed") else None,
                "authors": [author.name for author in entry.get("authors", []) if author.get("name")],
                "source": entry.source.title if "source" in entry else None,
                "media": [media["url"] for media in entry.get("media_content", [])],
            }
            for entry in feed.entries
        ]
        print(json.dumps({"url": url, "links": links, "entries": entries}))
        url = links.get("prev-archive")


main(*sys.argv[1:])
