"""The form of the inquiry: the kinds of numbers, and what is typed for each of them. Pure.

A kind asks for its number, for the branch where branches count numbers of their own, and for a second fact (a mobile or
an identity number) unless the register is public.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from chassis.core.refusals import Findings
from saudi import Malformed
from saudi.ids import IdType, parse_civil_id, parse_id
from saudi.mobiles import parse_mobile
from saudi.text import compact

MOBILE, PERSON, ESTABLISHMENT = "mobile", "person_id", "establishment"
INPUTS = ("number", "municipality", "proof")
MOST_SIGNS = 30


@dataclass(frozen=True)
class Kind:
    """A kind of `inquiry.v1`. `group` is the heading under which people find it. `proofs` are the second facts that
    open an answer; none: the register is public. `shape`: the pattern of its numbers; other kinds may share it.
    `repeats`: branches count numbers of their own."""

    code: str
    group: str
    proofs: tuple[str, ...]
    shape: str
    repeats: bool = False

    @property
    def is_public(self) -> bool:
        """Returns whether everybody who has the number gets the answer."""
        return not self.proofs


_ANY = (MOBILE, PERSON, ESTABLISHMENT)
# Numbers begin with the Hijri year; those of a series have the municipality in two digits behind it.
_YEAR = "1[45][0-9]{2}"
_SERIES = f"{_YEAR}(?:0[1-9]|10)"
_SERIAL, _IN_YEAR, _LICENCE = f"{_YEAR}[0-9]{{6}}", f"{_YEAR}/[0-9]{{1,6}}", f"{_SERIES}[0-9]{{6}}"
KINDS = {
    kind.code: kind
    for kind in (
        Kind("report", "requests", (MOBILE,), _SERIAL),
        Kind("transaction", "requests", _ANY, f"{_SERIES}7[0-9]{{6}}"),
        Kind("appointment", "requests", (MOBILE,), "[0-9]{9}"),
        Kind("permit_request", "building", _ANY, "[0-9]{5,8}", repeats=True),
        Kind("building_permit", "building", _ANY, _IN_YEAR, repeats=True),
        Kind("demolition_restoration_permit", "building", _ANY, _IN_YEAR, repeats=True),
        Kind("insulation_certificate", "building", _ANY, _IN_YEAR, repeats=True),
        Kind("completion_certificate", "building", _ANY, _IN_YEAR, repeats=True),
        Kind("occupancy_certificate", "building", _ANY, _IN_YEAR, repeats=True),
        Kind("electricity_release", "building", _ANY, _IN_YEAR, repeats=True),
        Kind("appeal", "building", _ANY, _IN_YEAR, repeats=True),
        Kind("licence_application", "licences", _ANY, f"{_SERIES}[0-3][0-9]{{6}}"),
        Kind("shop_licence", "licences", (), _LICENCE),
        Kind("office_licence", "licences", (), _LICENCE),
        Kind("professional_licence", "licences", (), _LICENCE),
        Kind("violation", "licences", (PERSON, ESTABLISHMENT), _SERIAL),
        Kind("health_certificate_request", "health", (MOBILE, PERSON), f"{_SERIES}9[0-9]{{6}}"),
        Kind("health_certificate", "health", (PERSON,), f"{_SERIES}8[0-9]{{6}}"),
        Kind("tender", "tenders", (), f"{_SERIES}5[0-9]{{7}}"),
        Kind("auction", "tenders", (), f"{_SERIES}4[0-9]{{7}}"),
    )
}


def kinds_by_shape(kind: Kind, written: str) -> list[str]:
    """Returns the kinds whose numbers look like this one, where those of the chosen kind don't; beside a public
    register, also the other registers whose numbers look the same. Whether such a number exists plays no part."""
    number = compact(written)
    alike = [other for other in KINDS.values() if re.fullmatch(other.shape, number)]
    if kind in alike:
        alike = [other for other in alike if kind.is_public and other.is_public and other != kind]
    return [other.code for other in alike]


# The code of a report by telephone, which 940 reads out to a caller without a Saudi mobile. `reports` alone knows it.
_REPORT_CODE = re.compile(r"[1-9][0-9]{7}")


def read_report_code(kind: Kind, typed: Mapping[str, str]) -> str | None:
    """Returns the code of a report by telephone, if that's what was typed as the second fact."""
    code = compact(typed["proof"])
    return code if kind.code == "report" and _REPORT_CODE.fullmatch(code) else None


@dataclass(frozen=True)
class Proof:
    """The second fact in its normal form: a mobile in E.164, or ten ASCII digits. `by` is a word of `inquiry.v1`."""

    by: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class Question:
    """What a person asks. `number` without blanks and marks; `municipality` only where numbers repeat, `proof` only
    where the register isn't public."""

    kind: Kind
    number: str = field(repr=False)
    municipality: str | None
    proof: Proof | None


def read_question(
    kind: Kind, typed: Mapping[str, str], municipalities: Collection[str]
) -> Question:
    """Returns the question. Raises InvalidFields, which names every wrong input by its form alone, so that a refusal
    reveals no thing."""
    findings = Findings()
    number = _read_number(typed["number"], findings)
    municipality = typed["municipality"] if kind.repeats else None
    if municipality is not None and municipality not in municipalities:
        findings.fault("municipality", "choose-branch")
    proof = None if kind.is_public else _read_proof(kind, typed["proof"], findings)
    findings.settle()
    return Question(kind, number, municipality, proof)


def _read_number(written: str, findings: Findings) -> str:
    number = compact(written)
    if not number:
        findings.fault("number", "required")
    elif len(number) > MOST_SIGNS or not re.search("[0-9]", number):
        findings.fault("number", "inquiry-number")
    return number


def _read_proof(kind: Kind, written: str, findings: Findings) -> Proof | None:
    """Returns the mobile or identity number, told apart by their digits."""
    if not compact(written):
        findings.fault("proof", "required")
        return None
    try:
        proof = _parse_proof(written)
    except Malformed as error:
        is_other_sort = error.code == MOBILE and MOBILE not in kind.proofs
        findings.fault("proof", "other-second-number" if is_other_sort else error.code)
        return None
    if proof.by not in kind.proofs:
        findings.fault("proof", "other-second-number")
        return None
    return proof


_FIRST_DIGIT = {"1": PERSON, "2": PERSON, "3": PERSON, "4": PERSON, "5": PERSON, "7": ESTABLISHMENT}


def _parse_proof(written: str) -> Proof:
    """An ID has ten digits and begins with 1 to 5 or 7; everything else can only be a mobile. Raises Malformed."""
    number = compact(written)
    sort = _FIRST_DIGIT.get(number[0]) if re.fullmatch("[0-9]{10}", number) else None
    if sort is None:
        return Proof(MOBILE, parse_mobile(written))
    if sort == ESTABLISHMENT:
        return Proof(sort, parse_id(IdType.UNIFIED_NUMBER, number))
    if number[0] in "12":
        return Proof(sort, parse_civil_id(number))
    return Proof(sort, parse_id(IdType.BORDER_NUMBER, number))
