"""Parts that several answers share: titles, masked owners, flags, warnings, histories."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from chassis.core import times
from chassis.data.aggregates import JournalEntry
from chassis.http import texts
from permits import catalogue, events
from permits.domain import actions, certificates, fields
from permits.domain.application import WARNING_TITLES
from permits.domain.certificates import CertificateKind
from permits.domain.documents import USE_CLASS_TITLES
from permits.domain.fields import flag_title
from permits.domain.older import ORIGIN_TITLES, Origin
from permits.domain.permits import KINDS, STATUS_TITLES, Kind, Status
from permits.domain.plausibility_warnings import WARNING_TITLES as LOOKING_TITLES
from permits.models import Certificate
from saudi.formats import with_hijri
from saudi.ids import mask_id
from saudi.mobiles import mask_mobile

Body = Mapping[str, Any]
View = dict[str, Any]
Created = tuple[View, int]


def note_of(body: Body | None) -> str | None:
    """Returns the note of an optional body."""
    return body.get("note") if body else None


def title_view(pair: tuple[str, str]) -> View:
    return {"ar": pair[0], "en": pair[1]}


def branch_title(municipality: str) -> View:
    """Returns the name of the governorate's municipality or of a branch."""
    return dict(catalogue.municipality(municipality))


def use_class_title(use_class: str) -> View:
    return title_view(USE_CLASS_TITLES[use_class])


def kind_title(kind: str) -> View:
    rule = KINDS[Kind(kind)]
    return title_view((rule.ar, rule.en))


def unpublished_view(record: View) -> View:
    """Returns the parts that aren't published, or not whole, with days in both calendars."""
    names = ("land", "site", "clearances", "remarks")
    agent = record["representative"] and masked_representative(record["representative"])
    shown = {**{name: record[name] for name in names}, "representative": agent}
    return with_hijri(shown, events.DAYS)


def masked_representative(agent: View) -> View:
    """Returns a representative with masked numbers."""
    mobile, number = agent.get("mobile"), agent.get("id_number")
    return {
        "authorised_on": None,
        **agent,
        "mobile": mask_mobile(mobile) if mobile else None,
        "id_number": mask_id(number) if number else None,
    }


def masked_owner(owner: View) -> View:
    """Returns an owner with masked numbers, which people recognise and can't read."""
    number, mobile = owner["id_number"], owner["mobile"]
    return {
        **owner,
        "id_number": mask_id(number) if number else None,
        "mobile": mask_mobile(mobile) if mobile else None,
    }


def with_flag_titles(view: View) -> View:
    """Returns the view with `flag_title` beside each `flag_reason`, also in what a permit's view says about its
    certificates."""
    shown = {name: _with_inner_flag_titles(part) for name, part in view.items()}
    if "flag_reason" in view:
        reason = view["flag_reason"]
        ar, en = flag_title(reason) if reason else ("", "")
        shown["flag_title"] = {"ar": ar, "en": en} if reason else None
    return shown


def _with_inner_flag_titles(part: object) -> object:
    return with_flag_titles(part) if isinstance(part, dict) and "flag_reason" in part else part


_WARNING_TITLES = WARNING_TITLES | LOOKING_TITLES

_KINDS = {
    "permit": ("الرخصة", "permit"),
    "request": ("الطلب", "request"),
    "row": ("صف الملف برقم الرخصة", "the file's row of permit"),
}
_ELSEWHERE = {"permit": ("رخصة", "a permit"), "request": ("طلب", "a request")}


def warning_view(one: Mapping[str, Any]) -> View:
    """Returns the contract's Warning for a stored warning."""
    params = with_hijri(one.get("params") or {}, events.DAYS)
    shown = {"field": one["field"], "code": one["code"], "title": warning_words(one)}
    return {**shown, "params": params} if params else shown


def warning_words(one: Mapping[str, Any]) -> View:
    """What's odd, in Arabic and English; without what's kept of no number or day."""
    ar, en = catalogue.duty_title(one["code"]) or _WARNING_TITLES[one["code"]]
    params = _filled_params(one.get("params") or {})
    return {"ar": texts.fill(ar, params, "ar"), "en": texts.fill(en, params, "en")}


def _filled_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the parameters as texts show them: days as days, permits and requests by their numbers."""
    said = with_hijri(params, events.DAYS)
    said |= {name: date.fromisoformat(params[name]) for name in events.DAYS & params.keys()}
    if "origin" in params:
        said["origin"] = title_view(ORIGIN_TITLES[Origin(params["origin"])])
    if "found" in params:
        said["found"] = [_named_row(one) for one in params["found"]]
    return said


def _named_row(one: Mapping[str, Any]) -> Mapping[str, str]:
    if one["number"] is not None:
        ar, en = _KINDS[one["kind"]]
        why_ar, why_en = _stop_words(one)
        return {"ar": f"{ar} {one['number']}{why_ar}", "en": f"{en} {one['number']}{why_en}"}
    (ar, en), branch = _ELSEWHERE[one["kind"]], catalogue.municipality(one["municipality"])
    return {"ar": f"{ar} لدى {branch['ar']}", "en": f"{en} of {branch['en']}"}


def _stop_words(one: Mapping[str, Any]) -> tuple[str, str]:
    """Returns why the municipality has stopped a permit on the plot; empty for a permit that isn't stopped."""
    if one.get("reason") is None:
        return "", ""
    ar, en = STATUS_TITLES[Status(one["status"])]
    return f" ({ar}: {one['reason']})", f" ({en}: {one['reason']})"


PAIR = 2  # before and after

AGGREGATE_TITLES = {
    "permit-request": ("طلب الرخصة", "Permit request"),
    "permit": ("الرخصة", "Permit"),
    "certificate": ("الشهادة", "Certificate"),
    "release": ("إطلاق التيار", "Release of current"),
    "appeal": ("الاعتراض", "Appeal"),
}


def history_view(rows: Iterable[JournalEntry], held: Iterable[Certificate] = ()) -> View:
    """Returns the contract's History. `held`: the certificates in the history, so that each is named by its kind."""
    kinds = {one.certificate_id: CertificateKind(one.kind) for one in held}
    return {"items": [_action_view(row, kinds) for row in rows]}


def _history_title(pair: tuple[str, str]) -> View:
    return {"ar": pair[0], "en": pair[1]}


def _action_view(row: JournalEntry, kinds: Mapping[str, CertificateKind]) -> View:
    kind = kinds.get(row.aggregate_id)
    return {
        "at": times.shown(row.at),
        "action_title": _history_title(actions.TITLES[row.action]),
        "aggregate": row.aggregate_type,
        "aggregate_title": _history_title(
            certificates.TITLES[kind] if kind else AGGREGATE_TITLES[row.aggregate_type]
        ),
        "aggregate_id": row.aggregate_id,
        **row.record(),
        "note": fields.note_of(row.action, row.note),
        "changes": [_change_view(path, *pair) for path, pair in _change_pairs(row.details)],
    }


def _change_pairs(details: View | None) -> Iterable[tuple[str, list[object]]]:
    """Returns the changes of an entry, from and to. A pair of defects isn't a change."""
    for path, pair in (details or {}).items():
        if fields.has_title(path) and isinstance(pair, list) and len(pair) == PAIR:
            yield path, pair


def _change_view(path: str, before: object, after: object) -> View:
    if path.startswith("owners.") and path.endswith(".name"):
        before, after = NAME_BEFORE, NAME_AFTER
    return {
        "field": path,
        "title": catalogue.paper_title(path.removeprefix("papers."))
        if path.startswith("papers.")
        else _history_title(fields.title_of(path)),
        "from": _value_words(path, before),
        "to": _value_words(path, after),
    }


# Names aren't kept in the history, which is for ever.
NAME_BEFORE, NAME_AFTER = "الاسم السابق", "اسم آخر"


def _value_words(path: str, value: object) -> str | None:
    branch = catalogue.municipalities().get(str(value)) if path == "municipality" else None
    return branch["ar"] if branch else fields.text_of(path, value)
