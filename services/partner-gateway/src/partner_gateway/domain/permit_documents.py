"""What a partner sees of a permit and of its building: insulation, completion, occupancy, release of current. Pure.

A building's facts are shown with each permit of its line. Words for states come in as a function."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from partner_gateway.domain import connection
from partner_gateway.domain.permit_queries import KINDS
from saudi.ids import mask_id
from saudi.land import says_no_plan

# Fields that every partner gets, whatever the grant says: without them a page can't be walked or compared.
ALWAYS = (
    *("permit_id", "version", "permit_number", "origin", "verified", "status", "status_title"),
    "issued_on",
)


def partner_document(state: Mapping[str, Any], version: int) -> dict[str, Any]:
    """Returns the most that a partner may see of a permit's public state; ID numbers are masked.

    The status is left out: whether a valid permit has expired depends on the day of reading.
    """
    land = state["land"]
    plan = land["plan_number"]
    flat = (
        "block",
        "plots",
        "town",
        "district",
        "street",
        "latitude",
        "longitude",
        "deed",
    )
    same = (
        "permit_id", "permit_number", "issued_on", "issued_on_hijri", "expires_on", "expires_on_hijri",
        "municipality", "kind", "use_class", "request_number", "transaction_number", "previous_permit_id",
        "building", "engineering_office", "insulation_pledge", "suspension", "cancellation",
    )  # fmt: skip
    return {
        **{name: state[name] for name in same},
        "version": version,
        **of_before(state),
        "kind_title": KINDS[state["kind"]],
        "building_id": building_of(state),
        **{name: state.get(name) for name in ("predecessor", "successor")},
        "completion": completion(state["completion"]),
        "plan_number": None if plan is None or says_no_plan(plan) else plan,
        **{name: land[name] for name in flat},
        "land_area_m2": land["area_m2"],
        "owners": [_partner_owner(owner) for owner in state["owners"]],
    }


def building_of(state: Mapping[str, Any]) -> str:
    """Returns the building of a permit, a certificate or a release. An event from before there were buildings names the
    permit's own building."""
    return str(state.get("building_id") or state["permit_id"])


def document_context(permit_id: str) -> str:
    """Returns the context of a sealed document: in another row it doesn't open."""
    return f"partner-gateway.building_permit.document/{permit_id}"


def _partner_owner(owner: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: owner[name] for name in ("name", "owner_type", "id_type", "share")}
    return {**shown, "id_masked": mask_id(owner["id_number"]) if owner["id_number"] else None}


def granted_fields(document: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    """Returns the document with the grant's fields and the fields that every partner gets. The verdict on connecting
    comes with the release that it is about, and with nothing else."""
    shown = {*ALWAYS, *fields} - {CONNECTION}
    if "release" in fields:
        shown.add(CONNECTION)
    return {name: value for name, value in document.items() if name in shown}


def owner_numbers(state: Mapping[str, Any]) -> Sequence[str]:
    """Returns the owners' ID numbers, for the blind index."""
    return [owner["id_number"] for owner in state["owners"] if owner["id_number"]]


State = Mapping[str, Any]
# Kind and status of contracts/reference/states.yaml → its words.
Words = Callable[[str, str], Mapping[str, str]]
INSULATION, COMPLETION, OCCUPANCY = "insulation", "completion", "occupancy"
CONNECTION = "connection"
# Why a completion is flagged (certificate.v1 and permit.v1, flag_reason).
FLAGS: Mapping[str, Mapping[str, str]] = {
    "insulation-revoked": {"ar": "سُحبت شهادة العزل الحراري", "en": "The insulation certificate was revoked"},
    "insulation-voided": {"ar": "أُلغيت شهادة العزل الحراري", "en": "The insulation certificate was voided"},
    "insulation-missing": {"ar": "لا توجد شهادة عزل حراري", "en": "There is no insulation certificate"},
    "insulation-pending": {"ar": "شهادة العزل الحراري قيد المعاينة", "en": "The insulation is being inspected"},
    "insulation-rejected": {"ar": "رُفضت شهادة العزل الحراري", "en": "The insulation certificate was rejected"},
    "insulation-expired": {"ar": "انتهت شهادة العزل الحراري", "en": "The insulation certificate has expired"},
    "completion-revoked": {"ar": "سُحبت شهادة إتمام البناء", "en": "The completion certificate was revoked"},
    "occupancy-missing": {"ar": "لا توجد شهادة إشغال سارية", "en": "There is no occupancy certificate in force"},
    "works-without-building": {"ar": "أعمال الرخصة لا تنشئ مبنى", "en": "The works leave no building"},
    "permit-replaced": {"ar": "حلت رخصة لاحقة محل الرخصة", "en": "A later permit took the place of the permit"},
    "permit-cancelled": {"ar": "أُلغيت الرخصة", "en": "The permit was cancelled"},
}  # fmt: skip
STAGES: Mapping[str, Mapping[str, str]] = {
    "walls": {"ar": "الجدران", "en": "Walls"},
    "roof": {"ar": "السقف", "en": "Roof"},
    "windows": {"ar": "النوافذ", "en": "Windows"},
}
RESULTS: Mapping[str, Mapping[str, str]] = {
    "pass": {"ar": "مجتاز", "en": "Passed"},
    "fail": {"ar": "غير مجتاز", "en": "Failed"},
}
WARNINGS: Mapping[str, Mapping[str, str]] = {
    "out-of-order": {"ar": "سُجلت قبل مرحلة تسبقها", "en": "Seen before a stage that comes first"},
    "unusual-u-value": {"ar": "معامل الانتقال الحراري غير معتاد", "en": "Unusual U-value"},
}
OCCUPANCY_KINDS: Mapping[str, Mapping[str, str]] = {
    "final": {"ar": "نهائية", "en": "Final"},
    "temporary": {"ar": "مؤقتة", "en": "Temporary"},
}
_CERTIFICATE = (
    *("certificate_id", "certificate_number", "permit_number", "status"),
    *("issued_on", "issued_on_hijri", "valid_until", "valid_until_hijri"),
    *("ended_on", "ended_on_hijri", "reason"),
)
_STAGE = (
    *("stage", "result", "inspected_on", "inspected_on_hijri", "materials", "u_value", "defects"),
    "by",
)
_OCCUPANCY = (
    *("requested_on", "requested_on_hijri", "decide_by", "decide_by_hijri", "overdue", "use"),
    *("occupants", "fire_protection", "inspection"),
)
_FLAG = ("flagged", "flag_reason", "flagged_on", "flagged_on_hijri")
_REFUSED = (
    *("certificate_id", "inspected_on", "inspected_on_hijri", "ended_on", "ended_on_hijri"),
    *("reason", "defects", "refusals"),
)
_RELEASE = (
    *("release_id", "release_number", "permit_number", "extent", "status"),
    *("submitted_on", "submitted_on_hijri", "site_inspection", "approval", "supply"),
    *("disconnection", "coordination", "reason", "flagged", "flag_reason"),
)
_ENDED_RELEASE = frozenset(("refused", "cancelled"))
_WORDS_OF = {INSULATION: "insulation_certificate", OCCUPANCY: "occupancy_certificate"}


def _with_verdict(building: dict[str, Any]) -> dict[str, Any]:
    """Returns the blocks with the verdict behind them: `text_without_verdict` takes it from the end of the text."""
    verdict = connection.verdict(building, FLAGS)
    return {
        **{name: building[name] for name in building if name != CONNECTION},
        CONNECTION: verdict,
    }


NOTHING: Mapping[str, Any] = _with_verdict(
    dict.fromkeys(("insulation", "completion_refused", "occupancy", "release"))
)


def facts(certificates: Iterable[State], releases: Iterable[State], words: Words) -> dict[str, Any]:
    """Returns the blocks of a building, out of the newest state of each of its certificates and releases; each is
    None while there is none. The verdict is that of a permit in force."""
    by_age = sorted(certificates, key=lambda one: str(one["certificate_id"]))
    refused = [one for one in by_age if one["kind"] == COMPLETION and one["status"] == "rejected"]
    return _with_verdict(
        {
            "insulation": _that_counts(by_age, INSULATION, words),
            "completion_refused": _select_fields(refused[-1], _REFUSED) if refused else None,
            "occupancy": _that_counts(by_age, OCCUPANCY, words),
            "release": _release(sorted(releases, key=lambda one: str(one["release_id"])), words),
        }
    )


def certificate(state: State, words: Words) -> dict[str, Any]:
    """Returns an insulation certificate with the stages that were inspected, or an occupancy certificate with its
    kind."""
    titled = words(_WORDS_OF[state["kind"]], state["status"])
    shown = {**_select_fields(state, _CERTIFICATE), "status_title": titled}
    if state["kind"] == INSULATION:
        number = state.get("partner_certificate_number")
        stages = [_stage(one) for one in state["stages"]]
        return {**shown, "partner_certificate_number": number, "stages": stages}
    part = state["occupancy"]
    kind = {"kind": part["kind"], "kind_title": OCCUPANCY_KINDS[part["kind"]]}
    flag = {**_select_fields(state, _FLAG), "flag_title": FLAGS.get(state.get("flag_reason") or "")}
    return {**shown, **kind, **_select_fields(part, _OCCUPANCY), **flag}


def release(state: State, words: Words) -> dict[str, Any]:
    """Returns a release of electric current as partners see it."""
    return {
        **_select_fields(state, _RELEASE),
        "disconnection": disconnection(state),
        "status_title": words("electricity_release", state["status"]),
        "flag_title": FLAGS.get(state.get("flag_reason") or ""),
    }


def disconnection(state: State) -> State | None:
    """Returns the order to disconnect. An order from before orders had ids is named by its release, as `permits`
    does."""
    order: State | None = state.get("disconnection")
    return None if order is None else {"order_id": state["release_id"], **order}


def completion(state: State | None) -> dict[str, Any] | None:
    """Returns the completion of a permit's state, with why it was flagged in words."""
    if state is None:
        return None
    reason = state.get("flag_reason")
    named = {"flag_reason": reason, "flag_title": FLAGS.get(reason or "")}
    return {"flagged_on": None, **state, **named}


def fresh_until(building: Mapping[str, Any]) -> date | None:
    """Returns the last day on which the blocks say what is so: the first of the last valid days of what's in force."""
    ends = [
        date.fromisoformat(one["valid_until"])
        for name in (INSULATION, OCCUPANCY)
        if (one := building[name]) and one["status"] == "issued" and one["valid_until"]
    ]
    return min(ends) if ends else None


def on_day(building: dict[str, Any], today: date, words: Words) -> dict[str, Any]:
    """Returns the blocks as they are on a day. The expiry of a certificate comes with no event."""
    shown = dict(building)
    for name in (INSULATION, OCCUPANCY):
        one = building[name]
        ends = one and one["status"] == "issued" and one["valid_until"]
        if ends and date.fromisoformat(ends) < today:
            titled = words(_WORDS_OF[name], "expired")
            shown[name] = {**one, "status": "expired", "status_title": titled}
    return _with_verdict(shown)


def text_of(building: Mapping[str, Any]) -> str:
    """Returns the blocks as the middle of a permit's JSON document: `"insulation":null,…,`."""
    return json.dumps(building, ensure_ascii=False, separators=(",", ":"))[1:-1] + ","


_VERDICT = b'"connection":'


def text_without_verdict(text: bytes) -> bytes:
    """Returns the text of the blocks up to the verdict, which stands at its end."""
    return text[: text.rindex(_VERDICT)]


def text_of_verdict(verdict: Mapping[str, Any]) -> bytes:
    """Returns a verdict as the end of the text of the blocks."""
    return text_of({CONNECTION: verdict}).encode()


def blocks_of(text: bytes) -> dict[str, Any]:
    """Returns the blocks of such a text."""
    blocks: dict[str, Any] = json.loads(b"{%b}" % text[:-1])
    return blocks


def _that_counts(by_age: list[State], kind: str, words: Words) -> dict[str, Any] | None:
    """Returns the issued certificate, else the pending one, else the last one, with the other certificates beside
    it."""
    line = [one for one in by_age if one["kind"] == kind]
    if not line:
        return None
    rank = {"issued": 2, "pending": 1}
    counts = max(line, key=lambda one: (rank.get(one["status"], 0), str(one["certificate_id"])))
    others = [certificate(one, words) for one in line if one is not counts]
    return {**certificate(counts, words), "others": others}


def _release(line: list[State], words: Words) -> dict[str, Any] | None:
    """Returns the last release that goes on; else the last release."""
    going = [one for one in line if one["status"] not in _ENDED_RELEASE]
    last = (going or line)[-1:]
    return release(last[0], words) if last else None


def _stage(state: State) -> dict[str, Any]:
    odd = state.get("warnings") or ()
    return {
        **_select_fields(state, _STAGE),
        "title": STAGES[state["stage"]],
        "result_title": RESULTS[state["result"]],
        "warnings": [
            {"code": one, "title": WARNINGS.get(one, {"ar": one, "en": one})} for one in odd
        ],
    }


def _select_fields(state: State, names: Iterable[str]) -> dict[str, Any]:
    return {name: state.get(name) for name in names}


def of_before(state: Mapping[str, Any]) -> dict[str, Any]:
    """Returns whether a permit is from before the system, and whether it was checked. Events from before there were
    such permits say neither."""
    return {"origin": state.get("origin", "system"), "verified": state.get("verified", True)}
