"""Releases, records and packages of the Open Contracting Data Standard 1.1.5 (standard.open-contracting.org).

Every release carries the whole public state, and nothing that stood in a release before is missing in a later one:
documents of earlier editions stay, with ids of their own. So the newest release, tagged `compiled`, equals the merge
of all releases by the rules of the standard; the tests compare it with an independent merge.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from chassis.core.times import rfc3339
from saudi.bilingual import Bilingual
from tenders.domain.offerings import TENDER, Action

Json = dict[str, Any]
VERSION = "1.1"
BUYER_SCHEME, SUPPLIER_SCHEME = "SA-MUN", "SA-UN"
# What a change of an offering is in the code list `releaseTag`.
_TAGS: Mapping[Action, Sequence[str]] = {
    Action.PUBLISH: ["tender"],
    Action.AMEND: ["tenderAmendment"],
    **dict.fromkeys((Action.ANSWER, Action.CLOSE, Action.OPEN, Action.NEGOTIATE), ["tenderUpdate"]),
    Action.AWARD: ["award"],
    Action.CONTRACT: ["contract"],
    Action.HAND_OVER: ["contractUpdate"],
    Action.EXTEND: ["contractAmendment"],
    Action.RETURN: ["contractTermination"],
}
_DOCUMENT_TYPES = {"notice": "tenderNotice", "booklet": "biddingDocuments", "plan": "illustration"}
_SITE = ("district", "plan", "plot", "latitude", "longitude")
_FILES = "/v1/public/files"  # where everybody reads a file of an edition
_UNSUCCESSFUL = {"no-bids", "none-accepted", "below-minimum"}


def ocid_of(ocid_prefix: str, number: str) -> str:
    """Returns the identifier of a contracting process."""
    return f"{ocid_prefix}-{number}"


def tags_of(action: Action, *, is_awarded: bool) -> list[str]:
    """Returns the tags of a release. A cancellation after the award cancels the award too."""
    if action is Action.CANCEL:
        return ["tenderCancellation", *(["awardCancellation"] if is_awarded else [])]
    return list(_TAGS[action])


def release_of(row: Any, editions: Sequence[Any], *, buyer: Bilingual, tags: Sequence[str]) -> Json:
    """Returns a release of an offering's whole public state. `editions`: the oldest first."""
    buyer_id = f"{BUYER_SCHEME}-{row.municipality}"
    release: Json = {
        "ocid": row.ocid,
        "id": f"{row.ocid}-{row.version}",
        # Always six digits: merges sort dates as texts.
        "date": f"{row.changed_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "tag": list(tags),
        "initiationType": "tender",
        "language": "ar",
        "parties": _parties(row, buyer_id, buyer),
        "buyer": {"id": buyer_id, "name": buyer.ar},
        "tender": _tender(row, editions, buyer_id, buyer),
    }
    if row.award is not None:
        release["awards"] = [_award(row)]
    if row.contract_number is not None:
        release["contracts"] = [_contract(row)]
    return release


def _parties(row: Any, buyer_id: str, buyer: Bilingual) -> list[Json]:
    parties = [
        {
            "id": buyer_id,
            "name": buyer.ar,
            "name_en": buyer.en,
            "identifier": {"scheme": BUYER_SCHEME, "id": row.municipality, "legalName": buyer.ar},
            "roles": ["buyer", "procuringEntity"],
        }
    ]
    if row.award is not None:
        parties.append({**_supplier(row), **_identifier(row), "roles": ["supplier"]})
    return parties


def _tender(row: Any, editions: Sequence[Any], buyer_id: str, buyer: Bilingual) -> Json:
    found: Json = {
        "id": row.number,
        **_title(row),
        **_words("description", row.description),
        "status": _tender_status(row),
        "procuringEntity": {"id": buyer_id, "name": buyer.ar},
        "tenderPeriod": _period_until(row.bids_until, row),
        "enquiryPeriod": _period_until(row.questions_until, row),
        "submissionMethod": ["electronicSubmission", "written"],
        "documents": [_document(one) for one in _all_documents(editions)],
        "amendments": [_amendment(one) for one in editions if one.reason is not None],
    }
    if row.aggregate_type == TENDER:
        found["mainProcurementCategory"] = row.category
        found["procurementMethod"] = row.method
    else:
        found["procurementMethod"] = "open"
        found["lease"] = _lease(row)
    if row.bids_count is not None:
        found["numberOfTenderers"] = row.bids_count
    if (amount := row.public_amount) is not None:
        found["minValue" if row.aggregate_type != TENDER else "value"] = _value(amount)
    return {name: value for name, value in found.items() if value != []}


def _words(name: str, words: Mapping[str, str]) -> Json:
    return {name: words["ar"], f"{name}_en": words["en"]}


def _title(row: Any) -> Json:
    return _words("title", {"ar": row.title_ar, "en": row.title_en})


def _period_until(moment: datetime, row: Any) -> Json:
    return {"startDate": rfc3339(row.published_at), "endDate": rfc3339(moment)}


def _tender_status(row: Any) -> str:
    if row.cancel_code is not None:
        return "unsuccessful" if row.cancel_code in _UNSUCCESSFUL else "cancelled"
    return "complete" if row.awarded_at is not None else "active"


def _all_documents(editions: Sequence[Any]) -> list[tuple[str, Any, Mapping[str, Any]]]:
    """Returns the documents of all editions, each under the edition in which it came first, as the newest edition names
    it."""
    found: dict[str, tuple[str, Any, Mapping[str, Any]]] = {}
    for one in editions:
        for place, document in enumerate(one.documents, start=1):
            address = _address_of(document)
            first_id, first, _ = found.get(address, (f"{one.edition}-{place}", one, document))
            found[address] = (first_id, first, document)
    return list(found.values())


def _document(found: tuple[str, Any, Mapping[str, Any]]) -> Json:
    document_id, edition, document = found
    shown = {
        "id": document_id,
        **_words("title", document["title"]),
        "url": _address_of(document),
        "datePublished": rfc3339(edition.published_at),
        "language": "ar",
    }
    kind = _DOCUMENT_TYPES.get(document["kind"])
    return shown if kind is None else {**shown, "documentType": kind}


def _address_of(document: Mapping[str, Any]) -> str:
    """Returns the address of a link, and of a file its path in the service."""
    if "attachment_id" in document:
        return f"{_FILES}/{document['attachment_id']}"
    return str(document["url"])


def place_files_at(release: Json, address: str) -> Json:
    """Returns a kept release as it's read, with the files of its tender at the address of the service."""
    tender = release["tender"]
    documents = [
        {**one, "url": address + one["url"]} if one["url"].startswith(_FILES) else one
        for one in tender.get("documents", ())
    ]
    return {**release, "tender": {**tender, "documents": documents}} if documents else release


def _amendment(edition: Any) -> Json:
    return {
        "id": str(edition.edition),
        "date": rfc3339(edition.published_at),
        **_words("rationale", edition.reason),
    }


def _lease(row: Any) -> Json:
    """Returns the part that the extension for leases describes."""
    facts = {
        "kind": row.kind,
        **_words("activity", row.activity),
        **{name: row.site[name] for name in _SITE},
        "areaSquareMetres": row.area_m2,
        "termYears": row.term_years,
        "termDays": row.term_days,
        "preparationDays": row.grace_days,
        "handedOverOn": row.handed_over_on.isoformat() if row.handed_over_on else None,
        "endsOn": row.ends_on.isoformat() if row.ends_on else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _supplier(row: Any) -> Json:
    number = row.award["unified_number"]
    key = f"{SUPPLIER_SCHEME}-{number}" if number else f"{row.number}-supplier"
    return {"id": key, "name": row.award["supplier"]}


def _identifier(row: Any) -> Json:
    """Returns the number of an establishment; of a person nothing, whose name alone is published."""
    number = row.award["unified_number"]
    return {"identifier": {"scheme": SUPPLIER_SCHEME, "id": number}} if number else {}


def _award(row: Any) -> Json:
    return {
        "id": f"{row.number}-award",
        **_title(row),
        "status": "active" if row.cancelled_at is None else "cancelled",
        "date": rfc3339(row.awarded_at),
        "value": _value(row.award["amount_halalas"]),
        "suppliers": [_supplier(row)],
    }


def _contract(row: Any) -> Json:
    return {
        "id": row.contract_number,
        "awardID": f"{row.number}-award",
        **_title(row),
        "status": "terminated" if row.status == "returned" else "active",
        "value": _value(row.award["amount_halalas"]),
        "dateSigned": f"{row.signed_on.isoformat()}T00:00:00+03:00",
    }


def _value(halalas: int) -> Json:
    return {"amount": halalas / 100, "currency": "SAR"}


def record_of(releases: Sequence[Json]) -> Json:
    """Returns the record of a process. `releases`: all of it, the oldest first."""
    last = releases[-1]
    compiled = {**last, "id": f"{last['ocid']}-{last['date']}", "tag": ["compiled"]}
    return {"ocid": last["ocid"], "releases": list(releases), "compiledRelease": compiled}


def package_of(
    name: str,
    items: Sequence[Json],
    *,
    uri: str,
    publisher: Bilingual,
    extensions: Sequence[str],
    next_uri: str | None,
) -> Json:
    """Returns a package. `name`: `releases` or `records`."""
    dates = [one.get("date") or one["compiledRelease"]["date"] for one in items]
    package: Json = {
        "uri": uri,
        "version": VERSION,
        "publishedDate": max(dates),
        "publisher": {"name": publisher.ar},
        "extensions": list(extensions),
        name: list(items),
    }
    return {**package, "links": {"next": next_uri}} if next_uri else package
