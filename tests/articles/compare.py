#!/usr/bin/env python3
"""Reads the fixtures of this folder with tidings, trafilatura and newspaper4k, and writes the table of docs/articles.md.

    python3 -m venv target/articles && target/articles/bin/pip install -r tests/articles/requirements.txt
    cargo build && target/articles/bin/python tests/articles/compare.py [--write] [--wrong] [NAME…]

A field counts as found if it is equal to what NAME.json says: the instant of publication for tidings, the day of it for the peers, which give no more;
authors as a set; a wall, or an absent value, if nothing is given. Text is F1 over words, of Korean and Japanese over pairs of characters, on pages that have one.
Fields that a library does not offer are left out of its column.
"""

import collections
import datetime
import json
import logging
import os
import pathlib
import re
import subprocess
import sys
import unicodedata
import warnings

FOLDER = pathlib.Path(__file__).parent
ROOT = FOLDER.parent.parent
FIELDS = ["title", "published", "authors", "sections", "image", "caption", "credit", "modified", "language", "canonical", "related", "tags", "walled", "text"]


def pieces(text, language):
    text = unicodedata.normalize("NFKC", text or "").lower()
    if language[:2] in ("ko", "ja"):
        letters = "".join(character for character in text if character.isalnum())
        return collections.Counter(letters[at : at + 2] for at in range(len(letters) - 1))
    return collections.Counter(re.findall(r"\w+", text))


def f1(want, got, language):
    want, got = pieces(want, language), pieces(got, language)
    both = sum((want & got).values())
    return 2 * both / (sum(want.values()) + sum(got.values())) if both else 0.0


def same(left, right):
    squeeze = lambda text: " ".join((text or "").split())
    return squeeze(left) == squeeze(right)


def days(instant):
    """The days that an instant is of, in UTC and in the zones of the fixtures."""
    at = datetime.datetime.fromisoformat(instant.replace("Z", "+00:00"))
    return {(at + datetime.timedelta(hours=hours)).date().isoformat() for hours in (-5, 0, 1, 9)}


def tidings(binary, page, want):
    environment = {**os.environ, "FEED_CONTENT_TYPE": want["content_type"], "FEED_BASE_URL": want["url"]}
    done = subprocess.run([binary, "parse", "--article", str(page)], env=environment, capture_output=True, check=True)
    got = json.loads(done.stdout)
    image = got["image"] or {}
    return {**got, "image": image.get("url"), "caption": image.get("caption"), "credit": image.get("credit")}


def decoded(page):
    raw = page.read_bytes()
    label = re.search(rb"charset=[\"']?([\w-]+)", raw[:2000])
    return raw.decode({b"shift_jis": "cp932", b"euc-kr": "cp949"}.get(label.group(1).lower(), "utf-8") if label else "utf-8", "replace")


def trafilatura(page, want):
    import trafilatura as library

    html = decoded(page)
    found = library.bare_extraction(html, url=want["url"], with_metadata=True)
    found = found.as_dict() if found else {}
    return {
        "title": found.get("title"),
        "published": found.get("date"),
        "authors": [name.strip() for name in (found.get("author") or "").split(";") if name.strip()],
        "sections": found.get("categories") or [],
        "image": found.get("image"),
        "tags": found.get("tags") or [],
        "text": found.get("text"),
        "canonical": found.get("url"),
    }


def newspaper(page, want):
    import newspaper as library

    for language in (want["language"][:2], "en"):
        try:
            article = library.Article(want["url"], language=language)
            article.download(input_html=decoded(page))
            article.parse()
            break
        except Exception:  # A language it lacks a tokeniser for, or a page without an article.
            article = None
    if article is None:
        return {"title": None, "published": None, "authors": [], "image": None, "text": None, "canonical": None, "tags": []}
    return {
        "title": article.title,
        "published": article.publish_date.isoformat()[:10] if article.publish_date else None,
        "authors": article.authors,
        "image": article.top_image,
        "tags": list(article.tags or []) or list(article.keywords or []),
        "text": article.text,
        "canonical": article.canonical_link or None,
    }


def judge(field, want, got, is_peer):
    if field == "authors":
        return sorted(got) == sorted(want) if is_peer else got == want
    if field == "tags":
        return sorted(got) == sorted(want)
    if field == "published" and is_peer:
        return (want is None and got is None) or bool(want and got and got[:10] in days(want))
    if isinstance(want, list):
        return got == want
    if field == "walled":
        return got == want
    return same(want, got)


def main():
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    names = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    binary = os.environ.get("TIDINGS", str(ROOT / "target/debug/tidings"))
    readers = {"tidings": lambda page, want: tidings(binary, page, want)}
    if "--alone" not in sys.argv:
        readers |= {"trafilatura": trafilatura, "newspaper4k": newspaper}
    scores = collections.defaultdict(lambda: collections.defaultdict(list))
    worst = []
    for page in sorted(FOLDER.glob("*.html")):
        if names and page.stem not in names:
            continue
        want = json.loads(page.with_suffix(".json").read_text())
        image = want.get("image") or {}
        want |= {"image": image.get("url"), "caption": image.get("caption"), "credit": image.get("credit")}
        for reader, read in readers.items():
            got = read(page, want)
            for field in FIELDS:
                if field not in got or field not in want:
                    continue
                if field == "text":
                    if want["text"]:
                        score = f1(want["text"], got["text"], want["language"])
                        if reader == "tidings" and score < 0.97:
                            worst.append((page.stem, f"text {score:.3f}", want["text"] if "--wrong" in sys.argv else "", got["text"]))
                    elif reader == "tidings":
                        score = float(not got["text"])
                    else:
                        continue
                else:
                    score = float(judge(field, want[field], got[field], reader != "tidings"))
                    if reader == "tidings" and not score:
                        worst.append((page.stem, field, want[field], got[field]))
                scores[reader][field].append(score)
    count = max((len(values) for values in scores["tidings"].values()), default=0)
    lines = [f"| field ({count} pages) | " + " | ".join(readers) + " |", "|---|" + "---:|" * len(readers)]
    for field in FIELDS:
        row = []
        for reader in readers:
            values = scores[reader].get(field)
            row.append(f"{sum(values) / len(values):.3f}" if values else "–")
        lines.append(f"| {'text (F1)' if field == 'text' else field} | " + " | ".join(row) + " |")
    print("\n".join(lines))
    for name, field, want, got in worst:
        print(f"\n{name} {field}\n  want {want!r}\n  got  {got!r}")
    if "--write" in sys.argv:
        document = ROOT / "docs/articles.md"
        text = document.read_text()
        begin, end = "<!-- compare.py: begin -->", "<!-- compare.py: end -->"
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        document.write_text(before + begin + "\n" + "\n".join(lines) + "\n" + end + after)


main()
