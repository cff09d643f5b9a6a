"""Warnings as the contract shows them: with the numbers and days that are meant, in Arabic and English."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.http import texts
from permits import catalogue, events
from permits.api.edge import View
from permits.domain.application import WARNING_TITLES
from permits.domain.looking import WARNING_TITLES as LOOKING_TITLES
from saudi.formats import with_hijri

_TITLES = WARNING_TITLES | LOOKING_TITLES
_KINDS = {
    "permit": ("الرخصة", "permit"),
    "request": ("الطلب", "request"),
    "row": ("صف الملف برقم الرخصة", "the file's row of permit"),
}
_ELSEWHERE = {"permit": ("رخصة", "a permit"), "request": ("طلب", "a request")}


def warning_view(one: Mapping[str, Any]) -> View:
    """The contract's Warning, of one as it's kept."""
    params = with_hijri(one.get("params") or {}, events.DAYS)
    shown = {"field": one["field"], "code": one["code"], "title": warning_words(one)}
    return {**shown, "params": params} if params else shown


def warning_words(one: Mapping[str, Any]) -> View:
    """What's odd, in Arabic and English; without what's kept of no number or day."""
    ar, en = catalogue.duty_title(one["code"]) or _TITLES[one["code"]]
    params = _said(one.get("params") or {})
    return {"ar": texts.fill(ar, params, "ar"), "en": texts.fill(en, params, "en")}


def _said(params: Mapping[str, Any]) -> dict[str, Any]:
    """As the texts say it: days as days, what was found by its number."""
    said = with_hijri(params, events.DAYS)
    said |= {name: date.fromisoformat(params[name]) for name in events.DAYS & params.keys()}
    if "found" in params:
        said["found"] = [_found(one) for one in params["found"]]
    return said


def _found(one: Mapping[str, Any]) -> Mapping[str, str]:
    if one["number"] is not None:
        ar, en = _KINDS[one["kind"]]
        return {"ar": f"{ar} {one['number']}", "en": f"{en} {one['number']}"}
    (ar, en), branch = _ELSEWHERE[one["kind"]], catalogue.municipality(one["municipality"])
    return {"ar": f"{ar} لدى {branch['ar']}", "en": f"{en} of {branch['en']}"}
