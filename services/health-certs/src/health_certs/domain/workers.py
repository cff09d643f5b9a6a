"""A worker as declared: brought into the normal form and checked.

A resident's name is often known in Latin letters only; one of the two names is enough.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.core.refusals import Fault, Findings
from health_certs.domain.reference import Rules
from saudi.days import add_years
from saudi.ids import IdType, parse_id
from saudi.malformed import Malformed
from saudi.mobiles import parse_mobile
from saudi.text import parse_name, tidy

SAUDI = "SAU"
LONGEST_NAME = (
    150  # characters, as in the contract; the normal form of one character can have eighteen
)
# The fields that may be edited later, for a worker with a border number only.
IDENTITY = ("name", "birth_date", "sex", "nationality", "id_number")


def checked_body(body: Mapping[str, Any], rules: Rules, *, today: date) -> dict[str, Any]:
    """Returns the body with its worker in the normal form: numbers in ASCII digits, the mobile in E.164, days in ISO
    8601. Raises InvalidFields, which names every field at fault."""
    findings = Findings()
    worker = _worker(body["worker"], findings)
    _check_age(worker, rules, findings, today)
    _check_permit(body, worker, rules, findings, today)
    findings.settle()
    permit = body.get("residence_permit_until")
    return {
        **body,
        "worker": worker,
        "residence_permit_until": permit.isoformat() if permit else None,
    }


def _worker(worker: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    done = {**worker, "name": _names(worker["name"], findings)}
    for name, parse in (("id_number", _id_of(worker)), ("mobile", parse_mobile)):
        try:
            done[name] = parse(worker[name])
        except Malformed as error:
            findings.faults.append(Fault(f"worker.{name}", error.code, error.params))
    if (worker["nationality"] == SAUDI) != (worker["id_type"] == IdType.NATIONAL_ID):
        findings.fault("worker.nationality", "nationality-of-id")
    done["birth_date"] = worker["birth_date"].isoformat()
    return done


def _names(name: Mapping[str, Any], findings: Findings) -> dict[str, str | None]:
    done = {language: name.get(language) or None for language in ("ar", "en")}
    if not any(done.values()):
        findings.fault("worker.name", "name-missing")
    for language, text in done.items():
        if text is not None:
            try:
                done[language] = _name(text)
            except Malformed as error:
                findings.faults.append(Fault(f"worker.name.{language}", error.code, error.params))
    return done


def _name(text: str) -> str:
    name = tidy(parse_name(text))
    if len(name) > LONGEST_NAME:
        raise Malformed("too-long", limit=LONGEST_NAME)
    return name


def _id_of(worker: Mapping[str, Any]) -> Any:
    return lambda text: parse_id(worker["id_type"], text)


def _check_age(worker: Mapping[str, Any], rules: Rules, findings: Findings, today: date) -> None:
    born = date.fromisoformat(worker["birth_date"])
    if born > today or born.year < today.year - 100:
        findings.fault("worker.birth_date", "not-a-birth-date")
    elif add_years(born, rules.minimum_age) > today:
        findings.fault("worker.birth_date", "too-young", limit=rules.minimum_age)


def _check_permit(
    body: Mapping[str, Any],
    worker: Mapping[str, Any],
    rules: Rules,
    findings: Findings,
    today: date,
) -> None:
    """The holder of an iqama declares the last day of the residence permit, where the municipality asks for it."""
    until = body.get("residence_permit_until")
    if worker["id_type"] == IdType.IQAMA and rules.residence_permit_checked and until is None:
        findings.fault("residence_permit_until", "required")
    elif until is not None and until < today:
        findings.fault("residence_permit_until", "past-date")
