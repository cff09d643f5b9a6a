"""A worker as declared: brought into the normal form and checked.

A resident's name is often known in Latin letters only; one of the two names is enough.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

from chassis.core.refusals import Findings
from health_certs.domain.reference import Rules
from saudi.days import add_years, parse_day
from saudi.ids import IdType, parse_id
from saudi.malformed import Malformed
from saudi.mobiles import parse_mobile
from saudi.text import compact, parse_name, require_script, tidy

SAUDI = "SAU"
LONGEST_NAME = (
    150  # characters, as in the contract; the normal form of one character can have eighteen
)
# What everybody declares beside the name.
_DECLARED = ("id_type", "id_number", "nationality", "birth_date", "sex", "mobile", "language")
# The fields that may be edited later, for a worker with a border number only.
IDENTITY = ("name", "birth_date", "sex", "nationality", "id_number")


def declare(
    body: Mapping[str, Any], rules: Rules | None, findings: Findings, *, today: date
) -> dict[str, Any]:
    """Returns the body with its worker in the normal form: numbers in ASCII digits, the mobile in E.164, days in ISO
    8601. Notes every field at fault; a faulty field is None in the body. `rules`: None where the municipality isn't
    known."""
    worker = _worker(body.get("worker") or {}, findings)
    _check_age(worker, rules, findings, today)
    permit = _read("residence_permit_until", body.get("residence_permit_until"), _day, findings)
    _check_permit(permit, body, rules, findings, today)
    return {**body, "worker": worker, "residence_permit_until": permit}


def _worker(worker: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    done = {**worker, "name": _names(worker.get("name") or {}, findings)}
    for name in _DECLARED:
        findings.fault(f"worker.{name}", None if worker.get(name) else "required")
    for name, parse in (
        ("id_number", _id_of(worker)),
        ("mobile", parse_mobile),
        ("birth_date", _day),
    ):
        done[name] = _read(f"worker.{name}", worker.get(name), parse, findings)
    nationality, id_type = worker.get("nationality"), worker.get("id_type")
    if nationality and id_type and (nationality == SAUDI) != (id_type == IdType.NATIONAL_ID):
        findings.fault("worker.nationality", "nationality-of-id")
    return done


def _read(path: str, written: Any, parse: Callable[[Any], str], findings: Findings) -> str | None:
    """Returns the normal form; None for nothing, and for what has none, which is noted."""
    return findings.read(path, parse, written) if written else None


def _day(written: str | date) -> str:
    return (written if isinstance(written, date) else parse_day(written)).isoformat()


def _names(name: Mapping[str, Any], findings: Findings) -> dict[str, str | None]:
    if not any(name.get(language) for language in ("ar", "en")):
        findings.fault("worker.name", "name-missing")
    return {
        language: _read(
            f"worker.name.{language}", name.get(language), partial(_name, language), findings
        )
        for language in ("ar", "en")
    }


def _name(language: str, text: str) -> str:
    name = require_script(tidy(parse_name(text)), language)
    if len(name) > LONGEST_NAME:
        raise Malformed("too-long", limit=LONGEST_NAME)
    return name


def _id_of(worker: Mapping[str, Any]) -> Callable[[str], str]:
    """Returns how the number is read; a number without a kind waits for it."""
    id_type = worker.get("id_type")
    return (lambda text: parse_id(id_type, text)) if id_type else compact


def _check_age(
    worker: Mapping[str, Any], rules: Rules | None, findings: Findings, today: date
) -> None:
    if worker["birth_date"] is None:
        return
    born = date.fromisoformat(worker["birth_date"])
    if born > today or born.year < today.year - 100:
        findings.fault("worker.birth_date", "not-a-birth-date")
    elif rules is not None and add_years(born, rules.minimum_age) > today:
        findings.fault("worker.birth_date", "too-young", limit=rules.minimum_age)


def _check_permit(
    permit: str | None,
    body: Mapping[str, Any],
    rules: Rules | None,
    findings: Findings,
    today: date,
) -> None:
    """The holder of an iqama declares the last day of the residence permit, where the municipality asks for it."""
    is_asked = rules is not None and rules.residence_permit_checked
    has_iqama = (body.get("worker") or {}).get("id_type") == IdType.IQAMA
    if has_iqama and is_asked and not body.get("residence_permit_until"):
        findings.fault("residence_permit_until", "required")
    elif permit is not None and date.fromisoformat(permit) < today:
        findings.fault("residence_permit_until", "past-date")
