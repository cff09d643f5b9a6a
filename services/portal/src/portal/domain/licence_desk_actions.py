"""The actions on applications, licences, violations and visits: a row for each, with its operation, scope and fields.
Pure. The service names the actions that a thing's state has; an action on a document is named `verify`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from portal.domain.desk_actions import DeskAction, FormField, by_name
from portal.domain.tasks import (
    DECIDE_VIOLATIONS,
    INSPECT_SHOPS,
    MANAGE_LICENCES,
    RECORD_VIOLATIONS,
    REVIEW_LICENCES,
)

TEXT_SIGNS, VIOLATION_SIGNS, OBJECTION_SIGNS = 1_000, 2_000, 4_000
DAY_SIGNS = 20
VERIFY = "verify"
_REVIEW, _MANAGE = (REVIEW_LICENCES,), (MANAGE_LICENCES,)
_RECORD, _DECIDE = (RECORD_VIOLATIONS,), (DECIDE_VIOLATIONS,)
_REASON = FormField("reason", most=TEXT_SIGNS)
_NOTE = FormField("note", most=VIOLATION_SIGNS)


def _value(name: str, kind: str, most: int = DAY_SIGNS) -> FormField:
    """Returns a field of what a document says."""
    return FormField(name, kind, most, f"value.{name}")


# Fact → what an officer reads in its document.
_DOCUMENTS: Mapping[str, Sequence[FormField]] = {
    "person": (
        _value("birth_date", "day"),
        _value("nationality", "nationalities"),
        _value("investor_licence", "line", 100),
    ),
    "register": (_value("status", "register_statuses"),),
    "lease": (_value("starts_on", "day"), _value("ends_on", "day")),
    "safety": (_value("expires_on", "day"),),
    "classification": (
        _value("valid_from", "day"),
        FormField("valid_to", "day", DAY_SIGNS, "value.valid_until"),
    ),
    "permit": (_value("status", "permit_statuses"), _value("use_class", "use_classes")),
    "health": (_value("workers", "number", 6), _value("certified", "number", 6)),
    "cleaning": (_value("number", "line", 100),),
}
# Condition → the fact that decides it.
_FACTS: Mapping[str, str] = {
    "owner-age": "person",
    "owner-eligible": "person",
    "establishment-active": "register",
    "lease-term": "lease",
    "civil-defence": "safety",
    "engineering-classification": "classification",
    "building-use": "permit",
    "health-certificates": "health",
    "cleaning-contract": "cleaning",
}
_SEEN = (FormField("document", "line", 100), FormField("valid_until", "day", DAY_SIGNS))

APPLICATION_ACTIONS = by_name(
    DeskAction("approve", "approve", (_REASON,), _REVIEW),
    DeskAction(
        "order_inspection",
        "inspection-order",
        (FormField("due_on", "day", DAY_SIGNS), FormField("note", most=TEXT_SIGNS)),
        _REVIEW,
    ),
    DeskAction("return", "return", (FormField("reasons", "reasons", OBJECTION_SIGNS),), _REVIEW),
    DeskAction("refuse", "refuse", (_REASON,), _REVIEW),
    DeskAction("withdraw", "withdraw", (_REASON,), _REVIEW),
    *(
        DeskAction(
            f"{VERIFY}_{fact}", "documents", (*fields, *_SEEN), _REVIEW, fixed={"fact": fact}
        )
        for fact, fields in _DOCUMENTS.items()
    ),
)
LICENCE_ACTIONS = by_name(
    DeskAction(
        "renew",
        "renewal",
        (FormField("years", "number", 1), FormField("workers", "number", 6)),
        _REVIEW,
    ),
    DeskAction("suspend", "suspend", (_REASON,), _MANAGE),
    DeskAction("reinstate", "reinstate", (_REASON,), _MANAGE),
    DeskAction(
        "correct",
        "correction",
        (
            FormField("name_ar", "line", 150, "trade_name.ar"),
            FormField("name_en", "line", 150, "trade_name.en"),
            _REASON,
        ),
        _MANAGE,
    ),
    DeskAction("cancel", "cancel", (_REASON,), _MANAGE),
)
_VERDICT = (
    FormField("outcome", "outcomes", 10),
    FormField("reduce_to_percent", "number", 2),
    FormField("reasons", most=OBJECTION_SIGNS),
)
VIOLATION_ACTIONS = by_name(
    DeskAction("decide", "decide", _VERDICT, _DECIDE),
    DeskAction("judge", "judge", _VERDICT, _DECIDE),
    DeskAction("warn", "warn", (), _RECORD),
    DeskAction("confirm", "confirm", (_NOTE,), _RECORD),
    DeskAction("correct", "correct", (_NOTE,), _RECORD),
    DeskAction("notify", "notify", (), _RECORD),
    DeskAction(
        "bill",
        "bill",
        (
            FormField("name", "line", 150, "offender.name"),
            FormField("id_type", "id_types", 20, "offender.id_type"),
            FormField("mobile", "code", 40, "offender.mobile"),
        ),
        _RECORD,
    ),
    DeskAction("object", "object", (FormField("reasons", most=OBJECTION_SIGNS),), _RECORD),
    DeskAction("sue", "sue", (FormField("case_number", "code", 60),), _DECIDE),
    DeskAction(
        "close_place",
        "close-place",
        (FormField("seal_number", "code", 40), FormField("reason", most=VIOLATION_SIGNS)),
        _DECIDE,
    ),
    DeskAction("close", "close", (_NOTE,), _RECORD),
    DeskAction("cancel", "cancel", (FormField("reason", most=VIOLATION_SIGNS),), _DECIDE),
)
VISIT_ACTIONS = by_name(
    DeskAction(
        "record",
        "result",
        (
            FormField("passed", "truth", 3),
            FormField("inspected_on", "day", DAY_SIGNS),
            FormField("note", most=TEXT_SIGNS),
        ),
        (INSPECT_SHOPS,),
    )
)


def offered_actions(
    actions: Mapping[str, DeskAction], named: Collection[str], scopes: Collection[str]
) -> list[str]:
    """Returns the actions that the service names for the thing and the person's scopes allow."""
    return [
        name
        for name, action in actions.items()
        if name in named and not set(action.scopes).isdisjoint(scopes)
    ]


def explained_conditions(
    conditions: Sequence[Mapping[str, Any]],
    application: Mapping[str, Any],
    scopes: Collection[str],
) -> list[dict[str, Any]]:
    """Returns each condition with what would decide it: who has to act and how, and the action by which an officer
    records its document."""
    missing = {one["code"]: one for one in application["missing"]}
    may_verify = VERIFY in application["staff_actions"] and REVIEW_LICENCES in scopes
    return [
        {
            **one,
            "missing": missing.get(one["code"]),
            "verify": f"{VERIFY}_{_FACTS[one['code']]}"
            if may_verify and one["code"] in _FACTS and not one["satisfied"]
            else None,
        }
        for one in conditions
    ]
