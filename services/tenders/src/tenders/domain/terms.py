"""The terms of a draft: what an officer writes, checked and normalised. Every field at fault is named at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from chassis.core.refusals import Findings, not_blank, says_something
from saudi.coordinates import check_within
from saudi.land import parse_plan_number
from saudi.text import search_key, tidy
from tenders.domain.disclosure import fault_person_numbers, fault_series_numbers
from tenders.domain.documents import Document
from tenders.domain.leases import check_term
from tenders.domain.offerings import Deadlines

Terms = dict[str, Any]


def parse_tender(body: Mapping[str, Any], now: datetime) -> Terms:
    """Returns the columns of a tender for the contract's `NewTender`. Raises InvalidFields."""
    findings = Findings()
    terms = _common_terms(body, now, findings)
    findings.settle()
    return {**terms, **{name: body[name] for name in ("category", "method", "estimate")}}


def parse_lease(body: Mapping[str, Any], now: datetime) -> Terms:
    """Returns the columns of a lease for the contract's `NewLease`. Raises InvalidFields."""
    findings = Findings()
    terms = _common_terms(body, now, findings)
    years, days = body.get("term_years"), body.get("term_days")
    check_term(body["kind"], years, days, findings)
    activity = _parse_title(body["activity"], "activity", findings)
    site = _parse_site(body["site"], findings)
    booklet_url = body.get("booklet_url")
    if booklet_url is not None and not body["booklet_price"]:
        findings.fault("booklet_url", "booklet-is-free")
    fault_sold_links(terms["documents"], booklet_url, findings)
    findings.settle()
    return {
        **terms,
        "kind": body["kind"],
        "activity": activity,
        "site": site,
        "area_m2": float(body["area_m2"]),
        "term_years": years,
        "term_days": days,
        "grace_days": body.get("grace_days", 0),
        "minimum_rent": body["minimum_rent"],
        "booklet_url": booklet_url,
    }


def _common_terms(body: Mapping[str, Any], now: datetime, findings: Findings) -> Terms:
    deadlines = Deadlines(body["questions_until"], body["bids_until"], body["opens_at"])
    deadlines.fault_moments(now, findings)
    title = _parse_title(body["title"], "title", findings)
    platform_number = tidy(body.get("platform_number") or "")
    fault_series_numbers(findings, platform_number=platform_number)
    return {
        "title_ar": title["ar"],
        "title_en": title["en"],
        "search": search_key(f"{title['ar']} {title['en']}".lower()),
        "description": parse_words(body["description"], "description", findings),
        "platform_number": platform_number or None,
        "booklet_price": body["booklet_price"],
        "guarantee_percent": float(body["guarantee_percent"]),
        "documents": parse_documents(body.get("documents", ()), findings),
        **vars(deadlines),
    }


def parse_words(
    words: Mapping[str, str],
    name: str,
    findings: Findings,
    *,
    trim: Callable[[str], str] = str.strip,
) -> dict[str, str]:
    """Returns a text of several lines in both languages, which is published: it names no person's number."""
    found = {language: trim(words[language]) for language in ("ar", "en")}
    for language, text in found.items():
        if not says_something(text):
            findings.fault(f"{name}.{language}", "required")
    fault_person_numbers(
        findings, **{f"{name}__{language}": text for language, text in found.items()}
    )
    return found


def _parse_title(words: Mapping[str, str], name: str, findings: Findings) -> dict[str, str]:
    """Returns a text of one line in both languages."""
    return parse_words(words, name, findings, trim=tidy)


def parse_kept_text(text: str, name: str) -> str:
    """Returns what an officer writes on a step: a note, a bidder. The history or the open data keeps it for ever, so it
    names no person's number. Raises InvalidFields."""
    kept = not_blank(text, name)
    findings = Findings()
    fault_person_numbers(findings, **{name: kept})
    findings.settle()
    return kept


def parse_documents(
    documents: Sequence[Mapping[str, Any]], findings: Findings, *, within: str = "documents"
) -> list[Document]:
    """Returns documents with their titles. `within`: the field that names them, `documents` or `files`."""
    address = "url" if within == "documents" else "attachment_id"
    return [
        {
            "kind": one["kind"],
            "title": _parse_title(one["title"], f"{within}.{place}.title", findings),
            address: one[address],
        }
        for place, one in enumerate(documents)
    ]


def parse_files(files: Sequence[Document], findings: Findings) -> list[Document]:
    """Returns the files that the municipality keeps, with their titles; each file is named once."""
    seen = [one["attachment_id"] for one in files]
    for place, attachment_id in enumerate(seen):
        if attachment_id in seen[:place]:
            findings.fault(f"files.{place}.attachment_id", "file-twice")
    return parse_documents(files, findings, within="files")


def fault_booklets(files: Sequence[Document], findings: Findings) -> None:
    """Faults each file that is the booklet: of an offering that sells its booklet nobody reads one for nothing."""
    for place, one in enumerate(files):
        if one["kind"] == "booklet":
            findings.fault(f"files.{place}.kind", "booklet-is-sold")


def fault_sold_links(links: Sequence[Document], sold_url: str | None, findings: Findings) -> None:
    """Faults each link to the booklet that the municipality sells: everybody reads the links. It guards against a slip
    and not against intent. A link to the platform, which sells its own booklet, stays."""
    sold = None if sold_url is None else _target_of(sold_url)
    for place, one in enumerate(links):
        if _target_of(one["url"]) == sold:
            findings.fault(f"documents.{place}.url", "booklet-is-sold")


def _target_of(url: str) -> Any:
    """Returns host, path and query of an address, however they are written; an address that nobody can read stays."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    query = sorted(parse_qsl(parts.query, keep_blank_values=True))
    return parts.hostname, unquote(parts.path).rstrip("/"), query


def _parse_site(site: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    plan = tidy(site.get("plan") or "")
    if not says_something(site["district"]):
        findings.fault("site.district", "required")
    point = (site.get("latitude"), site.get("longitude"))
    if None not in point:
        findings.read("site.latitude", check_within, *point)
    elif point != (None, None):
        findings.fault("site.latitude" if point[0] is None else "site.longitude", "required")
    texts = {f"site__{name}": site.get(name) or "" for name in ("district", "plan", "plot")}
    fault_person_numbers(findings, **texts)
    return {
        "district": tidy(site["district"]),
        "plan": findings.read("site.plan", parse_plan_number, plan) if plan else None,
        "plot": tidy(site.get("plot") or "") or None,
        "latitude": point[0],
        "longitude": point[1],
    }
