"""Writes the tables of names that come from Unicode CLDR: `make gazetteer`.

Reads the npm packages below (Unicode-3.0, see LICENSE-UNICODE), whose SHA-256 must be those written here, and writes
`src/gazetteer/territories.tsv` and `cities.tsv`. The same packages give the same bytes. Nothing but Python's standard library
and `npm pack` is needed. What CLDR does not know (adjectives, headline letters, people, companies) is in the tables beside them, by hand.
"""

import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path

VERSION = "48.2.0"
PACKAGES = {
    "cldr-localenames-full": "7f2ac7fd3b5d90f56ad127f9ed5ae67b58b3e556818f55530b9f47bb81bcde57",
    "cldr-core": "5310e0c7a06c1feb83dc8e54c8584bbe0b9c2ea8320172a18d541986b124585d",
    "cldr-bcp47": "b4a4f36a891b9fde1ffeddf1b1cb7f87d025656a58415291a96b563a82700fe0",
    "cldr-dates-full": "0256f1cefeca14f7d515be4872dda48fcdd7e75381430f25aafd0143eae5b430",
}
LANGUAGES = ("en", "ko", "ja")
OUT = Path(__file__).resolve().parents[2] / "src" / "gazetteer"

# In ISO 3166-1 CLDR has a few codes besides: reserved ones, groups and tests.
NOT_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
# Countries with more time zones than these have zones named after small towns.
FEW_ZONES = 3


def archive(name, folder):
    """The files of a package, by path."""
    file = Path(folder) / f"{name}-{VERSION}.tgz"
    if not file.exists():
        subprocess.run(["npm", "pack", "--silent", f"{name}@{VERSION}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    data = file.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != PACKAGES[name]:
        sys.exit(f"{name}: the checksum is {found}, not {PACKAGES[name]}")
    files = tarfile.open(fileobj=io.BytesIO(data), mode="r:gz")
    return lambda path: json.load(files.extractfile(f"package/{path}"))


def variants(name, language):
    """The ways in which a name of CLDR is written in a headline."""
    names = [name]
    # "Myanmar (Burma)", "홍콩(중국 특별행정구)": what stands in parentheses explains.
    outside = re.sub(r"\s*[（(][^)）]*[)）]", "", name).strip()
    if outside != name:
        names = [outside]
    # "콩고-킨샤사" and "Hong Kong SAR China" are written by nobody.
    names = [n for n in names if " SAR " not in n and " - " not in n and "特別行政区" not in n]
    out = []
    for n in names:
        out.append(n)
        if language == "en":
            if " & " in n:
                out.append(n.replace(" & ", " and "))
            if "St. " in n:
                out += [n.replace("St. ", "Saint "), n.replace("St. ", "St ")]
                out += [m.replace(" & ", " and ") for m in (n.replace("St. ", "Saint "), n.replace("St. ", "St ")) if " & " in m]
        if language == "ko" and " " in n:
            out.append(n.replace(" ", ""))
    return out


def unique(names):
    return [name for at, name in enumerate(names) if name not in names[:at]]


def text(*columns):
    return "\t".join(columns) + "\n"


def territories(names, core):
    mappings = core("supplemental/codeMappings.json")["supplemental"]["codeMappings"]
    tables = {
        lang: names(f"main/{lang}/territories.json")["main"][lang]["localeDisplayNames"]["territories"]
        for lang in LANGUAGES
    }
    codes = sorted(code for code in tables["en"] if re.fullmatch("[A-Z]{2}", code) and code not in NOT_COUNTRIES)
    yield text("# code", "alpha-3", "en", "ko", "ja")
    for code in codes:
        columns = []
        for lang in LANGUAGES:
            table = tables[lang]
            # The short form first: it is the one that is shown.
            keys = [f"{code}-alt-short", code, f"{code}-alt-variant", f"{code}-alt-chagos"]
            found = [table[key] for key in keys if key in table]
            columns.append("|".join(unique([v for name in found for v in variants(name, lang)])))
        yield text(code, mappings.get(code, {}).get("_alpha3", ""), *columns)


def cities(bcp47, dates):
    """Cities after which time zones are named: most capitals and the largest cities of large countries."""
    zones = bcp47("bcp47/timezone.json")["keyword"]["u"]["tz"]
    tables = {}
    for lang in LANGUAGES:
        tables[lang] = dates(f"main/{lang}/timeZoneNames.json")["main"][lang]["dates"]["timeZoneNames"]["zone"]

    def city(lang, zone):
        at = tables[lang]
        for part in zone.split("/"):
            at = at.get(part, {})
        return at.get("exemplarCity")

    yield text("# country", "en", "ko", "ja")
    rows = set()
    for key, value in zones.items():
        if not isinstance(value, dict) or len(key) != 5 or "_alias" not in value:
            continue
        zone = value["_alias"].split()[0]
        english = city("en", zone) or zone.rsplit("/", 1)[-1].replace("_", " ")
        korean, japanese = city("ko", zone), city("ja", zone)
        if korean and japanese and "/" in zone and not zone.startswith(("Etc/", "Antarctica/")) and "," not in english:
            rows.add((key[:2].upper(), english, korean, japanese))
    # The many zones of large countries are named after small towns; their cities are in places.tsv.
    zones_of = Counter(row[0] for row in rows)
    for row in sorted(rows):
        if zones_of[row[0]] <= FEW_ZONES:
            yield text(*row)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as temporary:
        read = {name: archive(name, folder or temporary) for name in PACKAGES}
    head = f"# Generated by assets/gazetteer/generate.py from Unicode CLDR {VERSION} (Unicode-3.0); do not edit.\n"
    tables = {
        "territories.tsv": territories(read["cldr-localenames-full"], read["cldr-core"]),
        "cities.tsv": cities(read["cldr-bcp47"], read["cldr-dates-full"]),
    }
    for name, lines in tables.items():
        (OUT / name).write_text(head + "".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
