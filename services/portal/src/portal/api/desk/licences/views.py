"""What the desk's pages show of applications, licences and violations, and the things on which staff act."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.core import contracts
from pages import marks
from pages.site import Visit
from portal import catalogue
from portal.api.desk.action_forms import ActedThing, Thing
from portal.api.places import place_of
from portal.domain.licence_desk import APPLICATIONS, HELD, VIOLATIONS
from portal.domain.licence_desk_actions import (
    APPLICATION_ACTIONS,
    LICENCE_ACTIONS,
    VIOLATION_ACTIONS,
)
from saudi.days import legal_day

Facts = list[tuple[str, Any]]
Row = dict[str, Any]
# List → its codes. The words stand in the texts.
_LISTS: Mapping[str, tuple[str, ...]] = {
    "nationalities": ("saudi", "gcc", "foreign"),
    "register_statuses": ("active", "struck_off"),
    "permit_statuses": ("valid", "completed", "suspended", "cancelled"),
    "use_classes": ("residential", "residential_commercial", "commercial", "industrial"),
    "outcomes": ("uphold", "reduce", "cancel"),
    "id_types": ("national_id", "iqama", "border_number", "unified_number"),
    "sizes": ("micro", "small", "medium", "large"),
    "truth": ("yes", "no"),
}
_KINDS = {
    "shop": "shop_licence",
    "engineering_office": "office_licence",
    "professional": "professional_licence",
}


def lists_of(visit: Visit, _thing: Thing | None = None) -> dict[str, list[tuple[str, str]]]:
    """Returns the lists of codes for the fields of actions."""
    return {
        name: [(code, visit.text(f"licence_list_{name}_{code}")) for code in codes]
        for name, codes in _LISTS.items()
    }


def tone_of(kind: str, status: str) -> str:
    """Returns the tone of the tag of a status. `kind`: as the states are listed."""
    tone: str = contracts.read("reference/states.yaml")[kind][status]["tone"]
    return marks.tone_of_state(tone)


def application_tone(application: Thing) -> str:
    return tone_of("licence_application", application["status"])


def licence_tone(licence: Thing) -> str:
    return tone_of(_KINDS[licence["kind"]], licence["status"])


def violation_tone(violation: Thing) -> str:
    return tone_of("violation", violation["status"])


def name_of(thing: Thing) -> Any:
    """Returns the name of the shop; the owner's name without a shop, and None once the personal data were emptied."""
    found = thing["trade_name"]["ar"] if thing["trade_name"] else (thing["owner"] or {}).get("name")
    return marks.arabic(found) if found else None


def application_row(visit: Visit, one: Thing) -> Row:
    """Returns an application as a row of the queue: its day is the officer's last day, or the applicant's."""
    until = one["review_until"]
    return {
        "address": f"{APPLICATIONS}/{one['application_id']}",
        "number": one["application_no"],
        "about": visit.words_of("my_licence_request", one["request"]),
        "who": name_of(one),
        "status": one["status_title"][visit.language],
        "tone": application_tone(one),
        "day": until or one["ends_on"],
        "is_overdue": _is_over(visit, until),
        "branch": catalogue.branch_name(one["municipality"], visit.language),
        "place": None,
    }


def violation_row(visit: Visit, one: Thing) -> Row:
    """Returns a violation as a row of the queue: its day is that of the step that waits."""
    objection = one["objection"] or {}
    is_open = bool(objection) and not objection["outcome"]
    decide_until = objection["decide_until"] if is_open else None
    offender = one["offender"] or {}
    return {
        "address": f"{VIOLATIONS}/{one['violation_id']}",
        "number": one["violation_no"],
        "about": one["item"][visit.language],
        "who": marks.arabic(offender["name"]) if offender else None,
        "status": one["status_title"][visit.language],
        "tone": violation_tone(one),
        "day": decide_until
        or one["seen_again_from"]
        or one["object_until"]
        or (one["correct_until"] if one["status"] == "warned" else None),
        "is_overdue": _is_over(visit, decide_until) or bool(one["seen_again_from"]),
        "branch": catalogue.branch_name(one["municipality"], visit.language),
        "place": place_of(one, visit.language),
    }


def _is_over(visit: Visit, until: str | None) -> bool:
    return until is not None and date.fromisoformat(until) < legal_day(visit.now)


def application_facts(visit: Visit, application: Thing) -> Facts:
    """Returns what the form of an action shows of an application."""
    return [
        (visit.text("licence_application_number"), marks.code(application["application_no"])),
        (visit.text("licence_name"), name_of(application)),
        (
            visit.text("licence_request"),
            visit.words_of("my_licence_request", application["request"]),
        ),
        (visit.text("licence_status"), application["status_title"][visit.language]),
    ]


def licence_facts(visit: Visit, licence: Thing) -> Facts:
    """Returns what the form of an action shows of a licence."""
    return [
        (visit.text("my_licence_number"), marks.code(licence["licence_no"])),
        (visit.text("licence_name"), name_of(licence)),
        (visit.text("column_place"), place_of(licence, visit.language)),
        (visit.text("licence_status"), licence["status_title"][visit.language]),
        (visit.text("licence_expires"), marks.day(licence["expires_on"], visit.language)),
    ]


def violation_facts(visit: Visit, violation: Thing) -> Facts:
    """Returns what the form of an action shows of a violation: also the objection that is decided."""
    offender, objection = violation["offender"] or {}, violation["objection"] or {}
    fine, until = violation["fine"] or {}, objection.get("decide_until")
    is_open = bool(objection) and not objection["outcome"]
    return [
        (visit.text("violation_number"), marks.code(violation["violation_no"])),
        (visit.text("violation_item"), marks.sentence(violation["item"][visit.language])),
        (visit.text("violation_offender"), marks.arabic(offender["name"]) if offender else None),
        (visit.text("licence_status"), violation["status_title"][visit.language]),
        (visit.text("my_violation_fine"), marks.code(fine["amount"]) if fine else None),
        (visit.text("my_violation_findings"), _sentence(violation["findings"])),
        (visit.text("my_objection_reasons"), _sentence(objection.get("reasons"))),
        (
            visit.text("my_objection_decide_until"),
            marks.day(until, visit.language) if until and is_open else None,
        ),
    ]


def _sentence(text: str | None) -> Any:
    return marks.sentence(text) if text else None


APPLICATION = ActedThing(
    APPLICATIONS,
    "/v1/licence-applications",
    "desk_application",
    APPLICATION_ACTIONS,
    application_facts,
    lists_of,
)
LICENCE = ActedThing(HELD, "/v1/licences", "desk_licence", LICENCE_ACTIONS, licence_facts, lists_of)
VIOLATION = ActedThing(
    VIOLATIONS, "/v1/violations", "desk_violation", VIOLATION_ACTIONS, violation_facts, lists_of
)
