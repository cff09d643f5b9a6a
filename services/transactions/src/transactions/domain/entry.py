"""What arrives and is entered: the applicant, the things that the transaction concerns, the papers. Every field at
fault is named at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from chassis.core.refusals import Findings, not_blank
from saudi.branches import DIGITS
from saudi.ids import IdType, parse_civil_id, parse_id
from saudi.mobiles import parse_mobile
from saudi.text import compact
from transactions.domain.access import Citizen
from transactions.domain.kinds import Catalogue, Kind, Rules


class Channel(StrEnum):
    """How a transaction arrives: at a counter, on line after the national login, or by a letter of another body."""

    COUNTER = "counter"
    WEB = "web"
    BODY = "body"


class ApplicantType(StrEnum):
    PERSON = "person"
    ESTABLISHMENT = "establishment"
    BODY = "body"


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """The person or body that hands the transaction in. `number`: an identity or unified number; a body has none.
    `mobile`: E.164. `confirmed`: the mobile is known to be the applicant's, by the national login or by an officer at
    the counter."""

    type: ApplicantType
    name: str = field(repr=False)
    number: str | None = field(default=None, repr=False)
    mobile: str | None = field(default=None, repr=False)
    confirmed: bool = False
    language: str = "ar"

    def record(self) -> dict[str, Any]:
        """Returns the applicant as a row keeps it."""
        return {
            "type": self.type.value,
            "name": self.name,
            "number": self.number,
            "mobile": self.mobile,
            "confirmed": self.confirmed,
            "language": self.language,
        }


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A transaction that is ready to be entered. `documents`: attachment → paper, None for any other document."""

    municipality: str
    kind: Kind
    rules: Rules
    channel: Channel
    subject: str = field(repr=False)
    applicant: Applicant
    confidential: bool
    incoming: Mapping[str, Any] | None
    concerns: Sequence[Mapping[str, str]]
    documents: Mapping[str, str | None]
    missing: Sequence[str]


def parse_entry(
    body: Mapping[str, Any], catalogue: Catalogue, *, municipality: str, today: date
) -> Entry:
    """Reads the contract's `NewTransaction`, entered by an officer. Missing papers are noted and refuse nothing: an
    officer takes what the applicant has, and returns the transaction if the department needs more. Raises
    InvalidFields."""
    findings = Findings()
    _check_kind(body["kind"], catalogue, today, findings)
    subject = _parse_subject(body["subject"], findings)
    channel = Channel(body["channel"])
    applicant = _parse_applicant(body["applicant"], channel, findings)
    incoming = _parse_incoming(body.get("incoming"), channel, today, findings)
    concerns = parse_concerns(body.get("concerns", ()), findings)
    documents = parse_documents(body.get("documents", ()), catalogue, findings)
    findings.settle()
    kind = catalogue.kinds[body["kind"]]
    rules = kind.rules_on(today)
    return Entry(
        municipality=municipality,
        kind=kind,
        rules=rules,
        channel=channel,
        subject=subject,
        applicant=applicant,
        confidential=kind.confidential or body.get("confidential", False),
        incoming=incoming,
        concerns=concerns,
        documents=documents,
        missing=missing_papers(rules, documents),
    )


def parse_own_entry(
    body: Mapping[str, Any], catalogue: Catalogue, *, citizen: Citizen, today: date
) -> Entry:
    """Reads the contract's `NewOwnTransaction`, entered by a citizen: every paper of the kind has to be there. Raises
    InvalidFields."""
    findings = Findings()
    if body["municipality"] not in DIGITS:
        findings.fault("municipality", "municipality-unknown")
    _check_kind(body["kind"], catalogue, today, findings, online=True)
    subject = _parse_subject(body["subject"], findings)
    applicant = _own_applicant(body, citizen, findings)
    concerns = parse_concerns(body.get("concerns", ()), findings)
    documents = parse_documents(body.get("documents", ()), catalogue, findings)
    kind = catalogue.kinds.get(body["kind"])
    for paper in missing_papers(kind.rules_on(today), documents) if kind else ():
        findings.fault("documents", "paper-missing", paper=catalogue.papers[paper].pair())
    findings.settle()
    kind = catalogue.kinds[body["kind"]]
    return Entry(
        municipality=body["municipality"],
        kind=kind,
        rules=kind.rules_on(today),
        channel=Channel.WEB,
        subject=subject,
        applicant=applicant,
        confidential=False,
        incoming=None,
        concerns=concerns,
        documents=documents,
        missing=(),
    )


def missing_papers(rules: Rules, documents: Mapping[str, str | None]) -> tuple[str, ...]:
    """Returns the papers that the kind asks for and that aren't among the documents."""
    sent = set(documents.values())
    return tuple(paper for paper in rules.papers if paper not in sent)


def parse_documents(
    sent: Sequence[Mapping[str, Any]], catalogue: Catalogue, findings: Findings
) -> dict[str, str | None]:
    """Returns attachment → paper. A file that is named twice is a fault: it can't be two papers."""
    documents: dict[str, str | None] = {}
    for place, one in enumerate(sent):
        paper = one.get("paper")
        if paper is not None and paper not in catalogue.papers:
            findings.fault(f"documents.{place}.paper", "paper-unknown")
        if one["attachment_id"] in documents:
            findings.fault(f"documents.{place}.attachment_id", "document-twice")
        documents[one["attachment_id"]] = paper
    return documents


def parse_concerns(sent: Sequence[Mapping[str, str]], findings: Findings) -> list[dict[str, str]]:
    """Returns each thing once, with its number in ASCII digits and without blanks. Whether the thing exists isn't
    looked up: no request waits for a transaction, and the number stands on the paper that arrived."""
    concerns = []
    for place, one in enumerate(sent):
        number = compact(one["number"])
        if not any(letter.isdecimal() for letter in number):
            findings.fault(f"concerns.{place}.number", "thing-number")
        thing = {"kind": one["kind"], "number": number}
        if thing not in concerns:
            concerns.append(thing)
    return concerns


def _check_kind(
    code: str, catalogue: Catalogue, today: date, findings: Findings, *, online: bool = False
) -> None:
    kind = catalogue.kinds.get(code)
    if kind is None or not kind.is_taken(today):
        findings.fault("kind", "transaction-kind")
    elif online and not kind.online:
        findings.fault("kind", "kind-not-online")


def _parse_subject(text: str, findings: Findings) -> str:
    with findings.gather():
        return not_blank(text, "subject")
    return ""


def _parse_applicant(body: Mapping[str, Any], channel: Channel, findings: Findings) -> Applicant:
    kind, number, name = ApplicantType(body["type"]), body.get("number"), ""
    with findings.gather():
        name = not_blank(body["name"], "applicant.name")
    return Applicant(
        type=kind,
        name=name,
        number=_parse_number(kind, number, findings),
        mobile=_parse_mobile(body.get("mobile"), "applicant.mobile", findings),
        confirmed=channel is Channel.COUNTER,
        language=body.get("language", "ar"),
    )


def _parse_number(kind: ApplicantType, number: str | None, findings: Findings) -> str | None:
    if kind is ApplicantType.BODY:
        findings.fault("applicant.number", "body-without-number" if number else None)
        return None
    if not number:
        findings.fault("applicant.number", "required")
        return None
    if kind is ApplicantType.ESTABLISHMENT:
        return findings.read("applicant.number", parse_id, IdType.UNIFIED_NUMBER, number)
    return findings.read("applicant.number", _parse_person_number, number)


def _parse_person_number(number: str) -> str:
    """Reads a national ID, an iqama or a border number, told apart by the first digit."""
    if compact(number)[:1] in ("3", "4", "5"):
        return parse_id(IdType.BORDER_NUMBER, number)
    return parse_civil_id(number)


def _parse_mobile(text: str | None, path: str, findings: Findings) -> str | None:
    return findings.read(path, parse_mobile, text) if text else None


def _parse_incoming(
    body: Mapping[str, Any] | None, channel: Channel, today: date, findings: Findings
) -> dict[str, Any] | None:
    """Returns number and day of another body's letter. A letter of another body has both; nothing else has."""
    if (body is not None) != (channel is Channel.BODY):
        findings.fault("incoming", "incoming-letter")
    if body is None:
        return None
    if body["day"] > today:
        findings.fault("incoming.day", "day-in-future")
    return {"number": body["number"].strip(), "day": body["day"].isoformat()}


def _own_applicant(body: Mapping[str, Any], citizen: Citizen, findings: Findings) -> Applicant:
    """Returns the citizen, or the establishment for which the citizen acts. The mobile is that of the national login,
    unless the citizen names another."""
    establishment = compact(body.get("establishment") or "") or None
    if establishment is not None and establishment not in citizen.establishments:
        findings.fault("establishment", "not-acted-for")
    mobile = _parse_mobile(body.get("mobile"), "mobile", findings) or citizen.mobile
    return Applicant(
        type=ApplicantType.ESTABLISHMENT if establishment else ApplicantType.PERSON,
        name=citizen.name,
        number=establishment or citizen.id_number,
        mobile=mobile,
        confirmed=mobile is not None and mobile == citizen.mobile,
        language=body.get("language", "ar"),
    )
