"""Why a number has no answer: under review, ended without a permit, on its way here, left out by the other filters, or
unknown."""

from collections.abc import Mapping
from typing import Any

from partner_gateway.domain.words import KINDS

# The field by which a grant allows an answer.
FIELD = "absence"
ENDS = frozenset(("rejected", "cancelled_by_applicant", "expired_unpaid"))
TITLES: Mapping[str, Mapping[str, str]] = {
    "under-review": {
        "ar": "الطلب قيد الدراسة ولم تصدر رخصته بعد",
        "en": "A request is under review; no permit was issued yet",
    },
    "ended": {
        "ar": "انتهى الطلب بلا رخصة",
        "en": "The request ended without a permit",
    },
    "on-its-way": {
        "ar": "صدرت الرخصة وستظهر هنا خلال لحظات",
        "en": "The permit was issued and will be here in a moment",
    },
    "left-out": {
        "ar": "توجد رخصة بهذا الرقم، وما ذُكر معه يستبعدها",
        "en": "There is a permit of this number; what was asked besides leaves it out",
    },
    "unknown": {
        "ar": "لا رخصة ولا طلب بهذا الرقم؛ رقم الرخصة يُكتب هكذا: 1448/21",
        "en": "No permit and no request has this number; a permit's number is written 1448/21",
    },
}
_SHOWN = (
    *("request_number", "kind", "municipality", "status", "next_step", "submitted_on", "submitted_on_hijri"),
    *("decided_on", "decided_on_hijri", "ended_on", "ended_on_hijri", "permit_number"),
)  # fmt: skip


def absence(*, is_known: bool, request: Mapping[str, Any] | None) -> dict[str, Any]:
    """`is_known`: a permit has the number. `request`: the newest request of the number, or None."""
    reason = "left-out" if is_known else _of_request(request)
    shown = None
    if request is not None and not is_known:
        shown = {name: request.get(name) for name in _SHOWN}
        shown["kind_title"] = KINDS[request["kind"]]
    return {"reason": reason, "title": TITLES[reason], "request": shown}


def _of_request(request: Mapping[str, Any] | None) -> str:
    if request is None:
        return "unknown"
    if request["status"] in ENDS:
        return "ended"
    return "on-its-way" if request["status"] == "issued" else "under-review"
