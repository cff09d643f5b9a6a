"""Rows as GeoReport shows them. Moments are RFC 3339 in UTC; words are in the caller's language."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chassis.core.times import rfc3339
from reports.catalogue import catalogue, governorate
from reports.domain.categories import Category, ExtraField
from reports.domain.georeport import OPEN, status_of, title_of
from reports.domain.public_texts import released_words, without_numbers
from reports.domain.reports import expected_at
from reports.models import Report
from reports.open311.reads import Update
from saudi.text import place_key

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGESET = "2026-11-25T00:00:00Z"  # when this interface last changed
_CONTACT = {
    "ar": "بلدية محافظة القطيف، مركز الاتصال 940",
    "en": "Municipality of Qatif Governorate, call centre 940",
}
_KEY_SERVICE = {
    "ar": "تُطلب مفاتيح الواجهة من إدارة البلاغات في البلدية.",
    "en": "Ask the municipality's reports office for an API key.",
}


def discovery_view(url: str, language: str) -> dict[str, Any]:
    return {
        "changeset": CHANGESET,
        "contact": _CONTACT[language],
        "key_service": _KEY_SERVICE[language],
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": url,
                "changeset": CHANGESET,
                "type": "production",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }


def services_view(language: str) -> list[dict[str, Any]]:
    """Returns the types with public reports."""
    public = [one for one in catalogue().categories.values() if one.public]
    return [_service(one, language) for one in public]


def _service(category: Category, language: str) -> dict[str, Any]:
    return {
        "service_code": category.code,
        "service_name": category.words.in_language(language),
        "description": f"{category.kind.words.in_language(language)}: {category.words.in_language(language)}",
        "metadata": bool(category.fields),
        "type": "batch" if category.batch else "realtime",
        "keywords": ", ".join(dict.fromkeys([category.kind.words.ar, category.kind.words.en])),
        "group": category.group.words.in_language(language),
    }


def definition_view(category: Category, language: str) -> dict[str, Any]:
    fields = enumerate(category.fields, start=1)
    return {
        "service_code": category.code,
        "attributes": [_attribute(field, order, language) for order, field in fields],
    }


def _attribute(field: ExtraField, order: int, language: str) -> dict[str, Any]:
    attribute = {
        "variable": True,
        "code": field.code,
        "datatype": field.datatype,
        "required": field.required,
        "datatype_description": "",
        "order": order,
        "description": field.words.in_language(language),
    }
    if not field.values:
        return attribute
    values = [{"key": one.key, "name": one.words.in_language(language)} for one in field.values]
    return {**attribute, "values": values}


def filed_view(row: Report, notice: str | None) -> list[dict[str, Any]]:
    """Returns the number, or the token of a batch service."""
    batch = catalogue().categories[row.category].batch
    named = {"token": row.report_id} if batch else {"service_request_id": row.report_number}
    return [{**named, "service_notice": notice, "account_id": None}]


def token_view(row: Report) -> list[dict[str, Any]]:
    return [{"service_request_id": row.report_number, "token": row.report_id}]


def requests_view(
    rows: Sequence[Report], pictures: Mapping[str, str], language: str
) -> list[dict[str, Any]]:
    """`pictures`: report id → the address of its picture."""
    return [_request(row, pictures.get(row.report_id), language) for row in rows]


def _request(row: Report, picture: str | None, language: str) -> dict[str, Any]:
    category = catalogue().categories[row.category]
    department = catalogue().departments.get(row.department or "")
    words = released_words(row, governorate())
    expected = expected_at(row.status, row.due_at)
    return {
        "service_request_id": row.report_number,
        "status": status_of(row.status),
        "status_notes": title_of(row.status, language),
        "service_name": category.words.in_language(language),
        "service_code": row.category,
        "description": words["description"] or "",
        "agency_responsible": department.in_language(language) if department else None,
        "service_notice": None,
        "requested_datetime": rfc3339(row.filed_at),
        "updated_datetime": rfc3339(row.updated_at),
        "expected_datetime": rfc3339(expected) if expected else None,
        "address": _address(words["landmark"], words["district"], row.town),
        "address_id": None,
        "zipcode": None,
        "lat": row.latitude,
        "long": row.longitude,
        "media_url": picture,
    }


def _address(landmark: str | None, district: str | None, town: str | None) -> str:
    """Returns the parts of the address, from the smallest to the largest, as the standard requires. A landmark that
    names the town or the district stands for both. Two parts may make a telephone, so the whole is without numbers."""
    named = {place_key(one) for one in re.split(r"[,،]", landmark or "")}
    parts = [one for one in (district, town) if one and place_key(one) not in named]
    return without_numbers("، ".join([landmark, *parts] if landmark else parts))


def updates_view(updates: Sequence[Update], language: str) -> list[dict[str, Any]]:
    return [
        {
            "update_id": one.update_id,
            "service_request_id": one.report_number,
            "status": "OPEN" if status_of(one.status) == OPEN else "CLOSED",
            "updated_datetime": rfc3339(one.at),
            "description": without_numbers(one.text) or title_of(one.status, language),
            "media_url": None,
        }
        for one in updates
    ]
