"""What an officer may state of a document: the values of each fact, in their forms."""

from collections.abc import Callable, Mapping
from typing import Any

from chassis.core.refusals import Findings, InvalidFields
from licences.domain.declarations import Declaration
from licences.domain.facts import (
    CLASSIFICATION,
    CLEANING,
    HEALTH,
    LEASE,
    PERMIT,
    PERSON,
    REGISTER,
    SAFETY,
)
from saudi.days import parse_day

Reader = Callable[[Any], Any]


def _day(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return parse_day(value).isoformat()


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 100:
        raise ValueError
    return value.strip()


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100_000:
        raise ValueError
    return value


def _word(*allowed: str) -> Reader:
    def read(value: Any) -> str:
        if value not in allowed:
            raise ValueError
        return str(value)

    return read


# Fact → its values.
_VALUES: Mapping[str, Mapping[str, Reader]] = {
    PERSON: {"birth_date": _day, "nationality": _word("saudi", "gcc", "foreign")},
    REGISTER: {"status": _word("active", "struck_off")},
    LEASE: {"starts_on": _day, "ends_on": _day},
    SAFETY: {"expires_on": _day},
    CLASSIFICATION: {"valid_from": _day, "valid_until": _day},
    PERMIT: {
        "status": _word("valid", "completed", "suspended", "cancelled"),
        "use_class": _word("residential", "residential_commercial", "commercial", "industrial"),
    },
    HEALTH: {"workers": _count, "certified": _count},
    CLEANING: {"number": _text},
}
_OPTIONAL: Mapping[str, Mapping[str, Reader]] = {PERSON: {"investor_licence": _text}}


def verified_value(name: str, value: Mapping[str, Any], declaration: Declaration) -> dict[str, Any]:
    """Returns the value of the fact, with the numbers that the application declares: the officer compared them.
    Raises InvalidFields for values that are missing, unknown or malformed."""
    if name not in _VALUES:
        raise InvalidFields.of("fact", "fact-unknown")
    needed, optional = _VALUES[name], _OPTIONAL.get(name, {})
    findings, done = Findings(), dict(_declared_numbers(name, declaration))
    for field in value.keys() - needed.keys() - optional.keys():
        findings.fault(f"value.{field}", "unknown")
    for field, read in {**needed, **optional}.items():
        if field not in value:
            findings.fault(f"value.{field}", "required" if field in needed else None)
            continue
        try:
            done[field] = read(value[field])
        except (TypeError, ValueError):
            findings.fault(f"value.{field}", "invalid")
    if "certified" in done and "workers" in done and done["certified"] > done["workers"]:
        findings.fault("value.certified", "more-than-workers")
    findings.settle()
    return done


# What an officer saw of an application's place, people and work. These facts name no number.
_WITHOUT_NUMBER = (CLEANING, HEALTH)
_DECLARED: Mapping[str, tuple[str, str]] = {
    LEASE: ("lease", "ejar_no"),
    SAFETY: ("safety_certificate", "number"),
    CLASSIFICATION: ("engineering", "classification_no"),
}


def facts_voided_by(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Returns the names of facts that a correction voids: facts that name no number of the body, if the holder, the
    place, an activity or the number of workers changed."""
    if _what_was_seen(before) == _what_was_seen(after):
        return []
    unnamed = [
        fact
        for fact, (part, number) in _DECLARED.items()
        if not (before.get(part) or {}).get(number)
    ]
    permit = [] if before.get("building_permit_no") else [PERMIT]
    return [*_WITHOUT_NUMBER, *unnamed, *permit]


def _what_was_seen(body: Mapping[str, Any]) -> tuple[Any, ...]:
    establishment = (body.get("establishment") or {}).get("unified_number")
    codes = sorted(one["code"] for one in body["activities"])
    return establishment, body["owner"]["id_number"], body["place"], codes, body["workers"]


def _declared_numbers(name: str, declaration: Declaration) -> Mapping[str, Any]:
    numbers: Mapping[str, Mapping[str, Any]] = {
        PERSON: {"id_number": declaration.owner},
        REGISTER: {"unified_number": declaration.establishment, "owners": [declaration.owner]},
        LEASE: {"ejar_no": declaration.lease, **declaration.holder},
        SAFETY: {"number": declaration.safety, **declaration.holder},
        CLASSIFICATION: {"classification_no": declaration.classification, **declaration.holder},
        PERMIT: {"permit_key": declaration.permit},
    }
    return numbers.get(name, {})
