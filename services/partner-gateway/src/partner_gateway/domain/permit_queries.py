"""Rules of queries for permits: which filters there are, what they mean, and why a number has no answer. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chassis.core.refusals import InvalidFields
from saudi import Malformed
from saudi.finding import asked_key, found_plan_key
from saudi.ids import IdType, parse_civil_id, parse_id
from saudi.land import plan_key
from saudi.text import number_key, place_key, search_key

ISSUE_DATE_RANGE, PLAN_NUMBER = "issue-date-range", "plan-number"
PERMIT_NUMBER, FOLLOW = "permit-number", "follow"
CIVIL_ID, UNIFIED_NUMBER, BORDER_NUMBER = "civil-id", "unified-number", "border-number"
# The field of a search → the kind of query that it is.
OWNER_NUMBERS = {
    "civil_id": CIVIL_ID,
    "unified_number": UNIFIED_NUMBER,
    "border_number": BORDER_NUMBER,
}


@dataclass(frozen=True, kw_only=True)
class Query:
    """A query for building permits; at least one filter that selects is set. `issued_to` is not in the range.

    `civil_id_keys`: the keys of an owner's number. `owner_kind`: the kind of that number.
    """

    issued_from: date | None = None
    issued_to: date | None = None
    plan_key: str | None = None
    town_key: str | None = None
    district_key: str | None = None
    permit_number: str | None = None
    permit_id: str | None = None
    request_key: str | None = None
    municipality: str | None = None
    plot_key: str | None = None
    civil_id_keys: tuple[str, ...] | None = None
    owner_kind: str = CIVIL_ID
    kind: str | None = None
    status: str | None = None

    @property
    def kinds(self) -> list[str]:
        """Returns the kinds of query that the filters use. A grant has to allow each."""
        used = {
            self.owner_kind: self.civil_id_keys,
            PERMIT_NUMBER: self.permit_number or self.permit_id or self.request_key,
            PLAN_NUMBER: self.plan_key,
            ISSUE_DATE_RANGE: self.issued_from,
        }
        return [kind for kind, value in used.items() if value is not None]

    def filters(self) -> dict[str, str]:
        """Returns the filters, for the record and the cursor; the civil ID only as its (newest) key, `civil_id_key`."""
        asked = {name: str(value) for name, value in vars(self).items() if value is not None}
        del asked["owner_kind"]  # the kinds of the query say it
        if self.civil_id_keys is not None:
            del asked["civil_id_keys"]
            asked["civil_id_key"] = self.civil_id_keys[0]
        return asked


def check_range(name: str, begin: date | None, end: date | None) -> None:
    """Raises InvalidFields on `<name>_to` for a range without a day, as of a swapped pair."""
    if begin is not None and end is not None and begin >= end:
        raise InvalidFields.of(f"{name}_to", "empty-range")


def build_query(
    *,
    today: date,
    issued_from: date | None = None,
    issued_to: date | None = None,
    plan_number: str | None = None,
    town: str | None = None,
    district: str | None = None,
    permit_number: str | None = None,
    request_number: str | None = None,
    municipality: str | None = None,
    plot: str | None = None,
    civil_id_keys: tuple[str, ...] | None = None,
    owner_kind: str = CIVIL_ID,
    kind: str | None = None,
    status: str | None = None,
) -> Query:
    """Checks the filters together. Raises InvalidFields that names the field at fault.

    A bound alone is never ignored: without an end the range ends with today; an end alone is refused.
    """
    if issued_to is not None and issued_from is None:
        raise InvalidFields.of("issued_from", "needs-issued-from")
    if issued_from is not None:
        issued_to = issued_to or _day_after(max(today, issued_from))
        check_range("issued", issued_from, issued_to)
    query = Query(
        issued_from=issued_from,
        issued_to=issued_to,
        plan_key=asked_key(found_plan_key, plan_number),
        town_key=asked_key(place_key, town),
        district_key=asked_key(place_key, district),
        permit_number=asked_key(number_key, permit_number),
        request_key=asked_key(number_key, request_number),
        municipality=municipality,
        plot_key=asked_key(plan_key, plot),
        civil_id_keys=civil_id_keys,
        owner_kind=owner_kind,
        kind=kind,
        status=status,
    )
    if not query.kinds:
        raise InvalidFields.of("issued_from", "selecting-filter")
    return query


def _day_after(day: date) -> date | None:
    """Returns the day after, with which a range ends; None after the calendar's last day."""
    return day + timedelta(days=1) if day < date.max else None


def owner_number(asked: Mapping[str, str]) -> tuple[str, str]:
    """Returns the kind of query and the number in ASCII digits, of a search that names one number of an owner. Raises
    InvalidFields on its field, or on `civil_id` unless exactly one is named."""
    named = [(name, asked[name]) for name in OWNER_NUMBERS if name in asked]
    if len(named) != 1:
        raise InvalidFields.of("civil_id", "one-owner-number")
    ((field, raw),) = named
    try:
        number = parse_civil_id(raw) if field == "civil_id" else parse_id(IdType(field), raw)
    except Malformed as error:
        raise InvalidFields.of(field, error.code, **error.params) from None
    return OWNER_NUMBERS[field], number


Titles = Mapping[str, str]
KINDS: Mapping[str, Titles] = {
    "new": {"ar": "إنشاء جديد", "en": "New building"},
    "fence": {"ar": "تسوير", "en": "Fence"},
    "addition": {"ar": "إضافة وتعديل مكونات", "en": "Addition or change of components"},
    "restoration": {"ar": "ترميم", "en": "Restoration"},
    "demolition": {"ar": "هدم", "en": "Demolition"},
    "renewal": {"ar": "تجديد", "en": "Renewal"},
    "ownership_transfer": {"ar": "نقل ملكية", "en": "Ownership transfer"},
    "correction": {"ar": "تصحيح وضع مبنى قائم", "en": "Regularisation of an existing building"},
    "change_of_use": {"ar": "تغيير استعمال", "en": "Change of use"},
    "site_preparation": {"ar": "تجهيز موقع", "en": "Site preparation"},
    "change_of_contractor": {"ar": "استبدال المقاول", "en": "Change of contractor"},
    "change_of_supervisor": {"ar": "استبدال المكتب المشرف", "en": "Change of supervising office"},
}
STATUSES: Mapping[str, Titles] = {
    "valid": {"ar": "سارية", "en": "Valid"},
    "expired": {"ar": "منتهية", "en": "Expired"},
    "suspended": {"ar": "موقوفة", "en": "Suspended"},
    "renewed": {"ar": "مجددة", "en": "Renewed"},
    "superseded": {"ar": "مستبدلة", "en": "Superseded"},
    "completed": {"ar": "منجزة", "en": "Completed"},
    "cancelled": {"ar": "ملغاة", "en": "Cancelled"},
}


# The statuses of requests, as permits has them.
REQUEST_STATUSES: Mapping[str, Titles] = {
    "draft": {"ar": "مسودة", "en": "Draft"},
    "with_office": {"ar": "لدى المكتب الهندسي", "en": "With the engineering office"},
    "technical_review": {"ar": "تدقيق فني", "en": "Technical review"},
    "municipality_review": {"ar": "لدى البلدية", "en": "With the municipality"},
    "returned": {"ar": "معادة للاستكمال", "en": "Returned for completion"},
    "approved": {"ar": "معتمد", "en": "Approved"},
    "awaiting_payment": {"ar": "بانتظار السداد", "en": "Awaiting payment"},
    "paid": {"ar": "مسددة بانتظار الإصدار", "en": "Paid"},
    "issued": {"ar": "صدرت", "en": "Issued"},
    "rejected": {"ar": "مرفوض", "en": "Rejected"},
    "cancelled_by_applicant": {"ar": "ملغى", "en": "Cancelled by the applicant"},
    "expired_unpaid": {"ar": "منتهي لعدم السداد", "en": "Expired unpaid"},
}


def read_kind(text: str) -> str:
    """`renewal`, «تجديد» and «Renewal» → `renewal`. Raises Malformed `enum`, which lists them."""
    return _read_word(text, KINDS)


def read_status(text: str) -> str:
    """`valid`, «سارية» and «Valid» → `valid`. Raises Malformed `enum`, which lists them."""
    return _read_word(text, STATUSES)


def _read_word(text: str, words: Mapping[str, Titles]) -> str:
    asked = search_key(text)
    for code, titles in words.items():
        if asked in {code, *map(search_key, titles.values())}:
            return code
    allowed = [
        {"ar": f"{titles['ar']} ({code})", "en": f"{titles['en']} ({code})"}
        for code, titles in words.items()
    ]
    raise Malformed("enum", allowed=allowed)


# The field by which a grant allows an answer.
ABSENCE = "absence"
ENDED_STATUSES = frozenset(("rejected", "cancelled_by_applicant", "expired_unpaid"))
ABSENCES: Mapping[str, Mapping[str, str]] = {
    "draft": {
        "ar": "الطلب مسودة لم تُرسل إلى البلدية بعد",
        "en": "The request is a draft that has not been sent to the municipality yet",
    },
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
_SHOWN_OF_REQUEST = (
    *("request_number", "kind", "municipality", "status", "next_step", "submitted_on", "submitted_on_hijri"),
    *("decided_on", "decided_on_hijri", "ended_on", "ended_on_hijri", "permit_number"),
)  # fmt: skip


def explain_absence(*, is_known: bool, request: Mapping[str, Any] | None) -> dict[str, Any]:
    """`is_known`: a permit has the number. `request`: the newest request of the number, or None."""
    reason = "left-out" if is_known else _absence_of_permit(request)
    shown = None
    if request is not None and not is_known:
        shown = {name: request.get(name) for name in _SHOWN_OF_REQUEST}
        shown["kind_title"] = KINDS[request["kind"]]
        shown["status_title"] = REQUEST_STATUSES[request["status"]]
    return {"reason": reason, "title": ABSENCES[reason], "request": shown}


def _absence_of_permit(request: Mapping[str, Any] | None) -> str:
    if request is None:
        return "unknown"
    if request["status"] in ENDED_STATUSES:
        return "ended"
    if request["status"] == "draft":
        return "draft"
    return "on-its-way" if request["status"] == "issued" else "under-review"
