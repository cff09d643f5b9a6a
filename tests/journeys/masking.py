"""Turns an unmasked recording into lines that are equal for equal behaviour: one JSON document a line.

Masked are ids, drawn numbers, times, tokens and English sentences; types, codes, field names, amounts and Arabic stay.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Row = dict[str, Any]
ARABIC = re.compile(r"[\u0600-\u06ff]")
SENTENCES = {"title", "detail", "message", "description", "error_description"}
# The order counts: a mask sees what the masks above it left.
MASKS = [
    (re.compile(pattern), mask)
    for pattern, mask in (
        (r"https?(?:://|%3A%2F%2F)127\.0\.0\.1(?::|%3A)\d+", "<host>"),
        (r"\S*://127\.0\.0\.1\S*", "<address>"),  # as it's read from a paper
        (r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b", "<uuid>"),
        (r"\beyJ[\w-]+\.[\w-]+\.[\w-]+", "<jwt>"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?", "<time>"),
        (r"(?<!\d)\d{4}[-/]\d\d[-/]\d\d(?!\d)", "<date>"),
        (r"(?<!\d)20\d\d-\d\d(?!\d)", "<month>"),
        (r"(?<![\d:])\d\d:\d\d(?::\d\d)?(?![\d:])", "<clock>"),
        (r"\b(?P<kind>[a-z])_[a-z0-9]{16,}\b", r"<\g<kind>_id>"),
        (r"\b14\d\d/\d+\b", "<no>"),
        (r"\b[0-9a-f]{32,}\b", "<hash>"),
        (r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{20,}={0,2}", "<token>"),
        (r"(?<![\d.])\d{7,}(?!\d|\.\d\d\b)", "<n>"),
    )
]
SEALED = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[\w+/=.:~-]{40,}", re.ASCII)
DRAWN = {"kid", "provider"}
LARGEST = 10**7
# Changes of different applications and licences reach the feed in any order.
FEED = "/v1/events"
# What the service's clock does to the sample reports depends on the hour of the recording.
CLOCK = re.compile(
    "service-clock|reports[.]report[.]escalated|report-escalated|تجاوز البلاغ|/v1/statistics/monthly"
    "|partner-gateway[.]access-root|identity[.]revocation[.]confirmed"
)


def mask_text(text: str) -> str:
    """Masks what differs between two runs in one text."""
    if SEALED.fullmatch(text) and "://" not in text:
        return "<sealed>"
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    return text


def mask(value: Any, name: str = "") -> Any:
    """Masks a JSON value. `name` is the field that holds the value."""
    if isinstance(value, dict):
        bilingual = isinstance(value.get("ar"), str)
        return {
            mask_text(key): "<english>" if bilingual and key == "en" and one else mask(one, key)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [mask(one, name) for one in value]
    if isinstance(value, str) and name in DRAWN:
        return f"<{name}>"
    if isinstance(value, str):
        is_english = name in SENTENCES and not ARABIC.search(value)
        return "<english>" if is_english else mask_text(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= LARGEST:
        return "<n>"
    return value


def masked_lines(group: str, recording: Row) -> Iterator[str]:
    """The lines of one group: answers in their order, then events, texts and journals, sorted and counted."""
    services = {url: name for one in recording["systems"] for name, url in one["services"].items()}
    found = last_of_polls(recording["exchanges"], services)
    answers = [line("http", group, answer_of(one, services)) for one in found]
    signing_in = [is_sign_in(one, services) for one in found]
    yield from (text for text, apart in zip(answers, signing_in, strict=True) if not apart)
    yield from sorted({text for text, apart in zip(answers, signing_in, strict=True) if apart})
    for system in recording["systems"]:
        yield from count_equal_rows("event", group, events_of(system["events"]))
        yield from count_equal_rows("text", group, texts_of(system["texts"]))
        yield from count_equal_rows("journal", group, journal_of(system["journal"]))


def shape(value: Any) -> Any:
    """The field names of a JSON value, and of the first row of a list, without the values."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value[:1]]
    return "<any>"


def line(what: str, group: str, content: Row) -> str:
    return dumped({"what": what, "group": group, **content})


def dumped(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True)


def count_equal_rows(what: str, group: str, rows: Iterable[Row]) -> Iterator[str]:
    """Equal rows become one line, with their number. Rows that depend on the hour have no number."""
    found: Counter[str] = Counter()
    for row in rows:
        by_clock = CLOCK.search(dumped(row)) is not None
        found[line(what, group, without_hour(row) if by_clock else {**row, "times": 0})] += 1
    for text, times in sorted(found.items()):
        content = json.loads(text)
        yield dumped(content | ({"times": times} if "times" in content else {}))


def without_hour(row: Row) -> Row:
    """Keeps what the service's clock does at any hour: the kinds of rows and their fields."""
    names = ("service", "aggregate_type", "action", "topic", "template")
    kept = {name: one for name, one in row.items() if name in names}
    if "event" in row:
        what = re.sub(r"(notify[.]message)[.].*", r"\1", row["event"]["type"])
        kept["event"] = {"type": what, "fields": sorted(row["event"]["data"])}
    if "text" in row:
        kept["text"] = row["text"].partition(":")[0]
    return kept


def last_of_polls(exchanges: Iterable[Row], services: dict[str, str]) -> list[Row]:
    """The answers of the services. Of a request that was repeated the last answer stays: a POST that follows its equal,
    and a GET of the same address with nothing but GETs in between."""
    kept: list[Row] = []
    reads: dict[str, int] = {}
    writes = ""
    for one in exchanges:
        if base_of(one["url"]) not in services:
            continue
        asked = f"{one['method']} {one['url']}"
        if one["method"] == "GET":
            if asked in reads:
                kept[reads[asked]] = one
                continue
            reads[asked] = len(kept)
        elif is_sign_in(one, services):
            kept.append(one)
            continue
        elif asked + one["sent"] == writes:
            kept[-1] = one
            continue
        else:
            reads, writes = {}, asked + one["sent"]
        kept.append(one)
    return kept


def base_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_sign_in(one: Row, services: dict[str, str]) -> bool:
    """Tokens are renewed by the clock, so their requests are a set."""
    path = urlsplit(one["url"]).path
    return services[base_of(one["url"])] == "identity" and not path.startswith("/v1/")


def answer_of(one: Row, services: dict[str, str]) -> Row:
    parts = urlsplit(one["url"])
    body = mask_body(one["type"], one["body"])
    if parts.path == FEED and isinstance(body, dict) and "items" in body:
        body["items"].sort(key=dumped)
    query = [f"{name}={mask_text(value)}" for name, value in parse_qsl(parts.query)]
    return {
        "service": services[base_of(one["url"])],
        "method": one["method"],
        "path": mask_text(parts.path) + ("?" + "&".join(query) if query else ""),
        "status": one["status"],
        "type": one["type"],
        "headers": mask(one["headers"]),
        "body": shape(body) if CLOCK.search(parts.path) else body,
    }


def mask_body(media_type: str, body: Any) -> Any:
    """A contract is shown by its operations, a page by its Arabic lines, a paper by its printed lines."""
    if isinstance(body, dict) and "openapi" in body:
        paths = body["paths"].values()
        return sorted(
            one["operationId"] for path in paths for one in path.values() if "operationId" in one
        )
    if not isinstance(body, str):
        return mask(body)
    if "html" in media_type:
        page = Page()
        page.feed(body)
        body = "\n".join(text for text in page.texts if ARABIC.search(text))
    return [mask_text(" ".join(text.split())) for text in body.splitlines() if text.strip()]


class Page(HTMLParser):
    """The texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def events_of(rows: Iterable[Row]) -> Iterator[Row]:
    """Each event names the event before it of the same key, which keeps the order within an aggregate."""
    last: dict[tuple[str, str], str] = {}
    for row in rows:
        event = row["event"] or {"type": "tombstone"}
        place = row["topic"], row["key"]
        rest = {name: one for name, one in event.items() if name not in {"id", "traceparent"}}
        yield {"topic": row["topic"], "after": last.get(place), "event": mask(rest)}
        last[place] = event["type"]


def texts_of(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        yield {"sender": row["sender"], "parts": row["parts"], "text": mask_text(row["text"])}


def journal_of(rows: Iterable[Row]) -> Iterator[Row]:
    """Each entry names the action before it of the same aggregate."""
    last: dict[tuple[str, ...], str] = {}
    for row in rows:
        place = row["service"], row["aggregate_type"], row["aggregate_id"]
        kept = {
            name: one for name, one in row.items() if name not in {"entry_id", "aggregate_id", "at"}
        }
        yield {**mask(kept), "after": last.get(place)}
        last[place] = row["action"]
