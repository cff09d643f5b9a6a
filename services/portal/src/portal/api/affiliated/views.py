"""What the pages of affiliated municipalities show. Words of states come from the gateway's contract."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from chassis.core import contracts
from pages.marks import arabic, code, day, tone_of_state
from pages.site import Visit
from saudi.money import riyals

Document = Mapping[str, Any]
# Tones of what the gateway alone has; the public sees none of it, so it isn't among the states for everybody.
_TONES: Mapping[str, Mapping[str, str]] = {
    "bill": {"registered": "waiting", "settled": "good"},
    "delivery": {"delivered": "good", "given_up": "bad"},
    "webhook": {"pending": "waiting", "active": "good", "off": "bad", "stopped": "bad"},
}
# What the gateway tells of people; nothing of it once personal data were emptied.
_DETAILS = {"owner": None, "place": None, "reasons": (), "explanation": ()}


def details_of(thing: Document) -> dict[str, Any]:
    """Returns what an application or a licence tells of people, with every name."""
    return {**_DETAILS, **(thing["details"] or {})}


@cache
def titles_of(schema: str) -> Mapping[str, Mapping[str, str]]:
    """Returns the words of a list of the gateway's contract."""
    found = contracts.openapi("partner-gateway")["components"]["schemas"][schema]
    titles: Mapping[str, Mapping[str, str]] = found["x-titles"]
    return titles


@cache
def _webhook_titles() -> Mapping[str, Mapping[str, str]]:
    schemas = contracts.openapi("partner-gateway")["components"]["schemas"]
    titles: Mapping[str, Mapping[str, str]] = schemas["Webhook"]["properties"]["state"]["x-titles"]
    return titles


def tone_of(kind: str, state: str) -> str:
    """Returns the tone of the tag of a state. `kind`: as the states are listed, or as `_TONES` lists them."""
    if kind in _TONES:
        return tone_of_state(_TONES[kind].get(state, "neutral"))
    return tone_of_state(contracts.read("reference/states.yaml")[kind][state]["tone"])


def application_row(application: Document, visit: Visit) -> dict[str, Any]:
    """Returns an application as a row: its state, whose turn it is, its bill."""
    language, details = visit.language, application["details"] or {}
    name = (details.get("trade_name") or {}).get("ar") or (details.get("owner") or {}).get("name")
    awaits = application["awaits"]
    return {
        "address": f"/affiliated/applications/{application['application_id']}",
        "number": application["application_no"],
        "reference": application["reference"],
        "name": name,
        "request": titles_of("ApplicationRequest")[application["request"]][language],
        "status": application["status_title"][language],
        "tone": tone_of("licence_application", application["status"]),
        "awaits": application["awaits_title"][language] if awaits != "nobody" else None,
        "asked": (application["asked"] or {}).get(language),
        "until": application["ends_on"] or application["review_until"],
        "submitted_at": application["submitted_at"],
        "bill": bill_view(application["bill"], visit),
    }


def facts_of(application: Document, visit: Visit) -> list[tuple[str, Any]]:
    """Returns an application in rows of words and value, for a form about it."""
    row, text = application_row(application, visit), visit.text
    return [
        (text("aff_application_no"), code(row["number"]) if row["number"] else None),
        (text("aff_name"), arabic(row["name"]) if row["name"] else None),
        (text("aff_state"), row["status"]),
    ]


def waited_conditions(application: Document, language: str) -> list[str]:
    """Returns the conditions whose outcome isn't known yet, in words."""
    waited = application["waits_for"]
    told = (application["details"] or {}).get("explanation") or ()
    words = {one["code"]: one.get(language) or one["ar"] for one in told}
    return [words.get(one, one) for one in waited]


def bill_view(bill: Document | None, visit: Visit) -> dict[str, Any] | None:
    """Returns a bill with its amounts in riyals; None where there is none."""
    if bill is None:
        return None
    return {
        **bill,
        "amount": riyals(bill["amount_halalas"]),
        "state": visit.words_of("aff_bill", bill["status"]),
        "tone": tone_of("bill", bill["status"]),
        "fees": [{**one, "amount": riyals(one["amount_halalas"])} for one in bill["lines"] or ()],
    }


def licence_row(licence: Document, visit: Visit) -> dict[str, Any]:
    """Returns a licence as a row."""
    language, details = visit.language, licence["details"] or {}
    name = (licence["trade_name"] or {}).get("ar") or (details.get("owner") or {}).get("name")
    return {
        "address": f"/affiliated/licences/{licence['licence_no']}",
        "number": licence["licence_no"],
        "name": name,
        "status": titles_of("LicenceStatus")[licence["status"]][language],
        "tone": tone_of("shop_licence", licence["status"]),
        "activities": [one.get(language) or one["ar"] for one in licence["activities"]],
        "town": licence["town"],
        "issued_on": licence["issued_on"],
        "expires_on": licence["expires_on"],
    }


def licence_facts(licence: Document, visit: Visit) -> list[tuple[str, Any]]:
    """Returns a licence in rows of words and value, for a form about it."""
    row, text = licence_row(licence, visit), visit.text
    return [
        (text("aff_licence_no"), code(row["number"])),
        (text("aff_name"), arabic(row["name"]) if row["name"] else None),
        (text("aff_expires_on"), day(row["expires_on"], visit.language)),
        (text("aff_renewable_from"), day(licence["renewable_from"], visit.language)),
    ]


def webhook_row(webhook: Document, visit: Visit) -> dict[str, Any]:
    """Returns an address with its state, and what came of its last challenge and its last test delivery."""
    return {
        "address": f"/affiliated/addresses/{webhook['webhook_id']}",
        "url": webhook["url"],
        "state": _webhook_titles()[webhook["state"]][visit.language],
        "tone": tone_of("webhook", webhook["state"]),
        "is_active": webhook["state"] == "active",
        "waiting": webhook["waiting"],
        "delivered_at": webhook["delivered_at"],
        "failing_since": webhook["failing_since"],
        "challenge": _attempt(webhook["challenge"], visit),
        "test": _attempt(webhook["test"], visit),
    }


def _attempt(attempt: Document | None, visit: Visit) -> dict[str, Any] | None:
    if attempt is None:
        return None
    return {"at": attempt["asked_at"], "outcome": _outcome_words(attempt["outcome"], visit)}


def _outcome_words(outcome: str | None, visit: Visit) -> Any:
    """Returns what came of a post: the status of the answer, or why there was none."""
    if outcome is None:
        return visit.text("aff_outcome_none")
    if outcome.isdecimal():
        return visit.text("aff_outcome_status", status=code(outcome))
    return visit.words_of("aff_outcome", outcome.replace("-", "_"))


def delivery_row(delivery: Document, visit: Visit) -> dict[str, Any]:
    """Returns a delivery as a row."""
    outcome = delivery["outcome"]
    return {
        "type": delivery["type"],
        "state": titles_of("DeliveryState")[delivery["state"]][visit.language],
        "tone": tone_of("delivery", delivery["state"]),
        "attempts": delivery["attempts"],
        "outcome": _outcome_words(outcome, visit) if outcome else None,
        "created_at": delivery["created_at"],
        "next_attempt_at": delivery["next_attempt_at"],
    }
