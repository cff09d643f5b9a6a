"""Facts: what is known, from which source, and until when. A declaration is no fact.

The kind of a source is a body (civil_register, commercial_register, lease_register, civil_defence, engineers_register),
a service with an event (permits, health_certs), the service's own records (licences), the rules, or a person (officer,
inspector).

Outside bodies know facts: which conditions a body's answer decides, what the body is asked, and how its answer
becomes a fact. Health certificates are counted: a worker counts once, with any number of certificates.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chassis.core.refusals import Findings, InvalidFields
from chassis.core.sources import Source
from licences.domain.declarations import Declaration
from saudi.days import legal_day, parse_day

Reader = Callable[[Any], Any]
# Names of facts.
PERSON, REGISTER, LEASE, SAFETY = "person", "register", "lease", "safety"
CLASSIFICATION, PERMIT, VIOLATIONS = "classification", "permit", "violations"
HEALTH, CLEANING, INSPECTION, REVIEW = "health", "cleaning", "inspection", "review"
STOPPED = "stopped"
# What an officer or inspector judged of an application. A corrected application is judged anew.
JUDGED = (INSPECTION, REVIEW)


@dataclass(frozen=True)
class Fact:
    """`value`: plain JSON with the names that the condition reads. Nothing is known after `valid_until`."""

    name: str
    value: Mapping[str, Any]
    source: Source
    valid_until: date | None = None

    def holds(self, on: date) -> bool:
        """Returns whether the fact still counts on the day."""
        return self.valid_until is None or on <= self.valid_until

    def record(self) -> dict[str, Any]:
        """Returns the fact as a decision stores it, by which the decision can be made again."""
        until = self.valid_until.isoformat() if self.valid_until else None
        return {
            "name": self.name,
            "value": dict(self.value),
            "source": self.source.record(),
            "valid_until": until,
        }

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> "Fact":
        """Reads what `record` returned."""
        until = record["valid_until"]
        day = date.fromisoformat(until) if until else None
        return cls(record["name"], record["value"], Source.read(record["source"]), day)


Facts = Mapping[str, Fact]


class AnswerMalformed(ValueError):
    """A body's answer isn't as agreed. The message holds no value of the answer."""


@dataclass(frozen=True)
class Body:
    """An outside body. `decides`: the conditions that its answer decides. `question`: what it's asked; None if the
    application declares no number. `days`, `texts`, `lists`: the names of the answer that are kept."""

    code: str
    fact: str
    decides: frozenset[str]
    question: Callable[[Declaration], Mapping[str, str] | None]
    days: Collection[str] = ()
    texts: Collection[str] = ()
    lists: Collection[str] = ()


def _by_number(name: str, of: Callable[[Declaration], str | None]) -> Callable[[Declaration], Any]:
    def question(declaration: Declaration) -> Mapping[str, str] | None:
        value = of(declaration)
        return {name: value} if value else None

    return question


def _by_number_and_holder(
    name: str, of: Callable[[Declaration], str | None]
) -> Callable[[Declaration], Any]:
    """Looks a document up by its number and its holder. Another holder's document counts as not found, so nothing
    about it leaks."""

    def question(declaration: Declaration) -> Mapping[str, str] | None:
        value = of(declaration)
        return {name: value, **declaration.holder} if value else None

    return question


BODIES: Mapping[str, Body] = {
    one.code: one
    for one in (
        Body(
            "civil_register",
            PERSON,
            frozenset(("owner-age", "owner-eligible")),
            _by_number("id_number", lambda declaration: declaration.owner),
            days=("birth_date",),
            texts=("nationality", "investor_licence"),
        ),
        Body(
            "commercial_register",
            REGISTER,
            frozenset(("establishment-active",)),
            _by_number("unified_number", lambda declaration: declaration.establishment),
            texts=("status",),
            lists=("owners",),
        ),
        Body(
            "lease_register",
            LEASE,
            frozenset(("lease-term",)),
            _by_number_and_holder("ejar_no", lambda declaration: declaration.lease),
            days=("starts_on", "ends_on"),
        ),
        Body(
            "civil_defence",
            SAFETY,
            frozenset(("civil-defence",)),
            _by_number_and_holder("number", lambda declaration: declaration.safety),
            days=("expires_on",),
        ),
        Body(
            "engineers_register",
            CLASSIFICATION,
            frozenset(("engineering-classification",)),
            _by_number_and_holder(
                "classification_no", lambda declaration: declaration.classification
            ),
            days=("valid_from", "valid_until"),
        ),
    )
}


DECIDED_BY_BODIES = frozenset(code for one in BODIES.values() for code in one.decides)


def questions_about(
    declaration: Declaration, open_conditions: Collection[str]
) -> dict[str, Mapping[str, str]]:
    """Returns body → question, for the conditions that aren't satisfied yet."""
    found = {}
    for code, body in BODIES.items():
        question = body.question(declaration) if body.decides & set(open_conditions) else None
        if question is not None:
            found[code] = question
    return found


def fact_from_answer(
    body: Body, question: Mapping[str, str], answer: Any, *, now: datetime
) -> Fact:
    """Returns the fact of an answer. A body without such a thing gives a fact too: the thing may come later, so the
    fact decides nothing, and the applicant sees it. Raises AnswerMalformed for another form, or for other numbers
    than those in the question."""
    # The source names no person: the numbers of the question stand in the value, sealed.
    source = Source(body.code, now.isoformat())
    if not isinstance(answer, dict) or not isinstance(answer.get("found"), bool):
        raise AnswerMalformed("no `found`")
    if not answer["found"]:
        return Fact(body.fact, {**question, "found": False}, source)
    if any(answer.get(name) != value for name, value in question.items()):
        raise AnswerMalformed("about another number")
    value: dict[str, Any] = {**question, "found": True}
    for name in body.days:
        value[name] = _day(answer.get(name), name)
    for name in body.texts:
        value[name] = _text(answer.get(name), name)
    for name in body.lists:
        value[name] = _texts(answer.get(name), name)
    return Fact(body.fact, value, source)


def adds(fact: Fact, before: Fact | None) -> bool:
    """Returns whether an answer adds to what is known. `found: false` says nothing against an earlier fact about the
    same numbers, such as a document that an officer saw, and isn't recorded twice."""
    if fact.value["found"] or before is None:
        return True
    numbers = {name: value for name, value in fact.value.items() if name != "found"}
    return any(before.value.get(name) != value for name, value in numbers.items())


def _day(value: Any, name: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise AnswerMalformed(f"{name} is no day") from None


def _text(value: Any, name: str) -> str | None:
    if value is not None and (not isinstance(value, str) or len(value) > 100):
        raise AnswerMalformed(f"{name} is no text")
    return value


def _texts(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise AnswerMalformed(f"{name} is no list of texts")
    return value


CERTIFICATE_VALID = "valid"
_CERTIFICATE_ENDED = frozenset(("cancelled", "revoked"))


@dataclass(frozen=True)
class Certificate:
    """A worker's certificate.

    `worker`: a keyed hash; None for a professional's own: all of these certificates count as one person. `status`:
    valid, cancelled, revoked, replaced. A replaced certificate is valid while its replacement's event hasn't arrived,
    since events come in any order. `changed_at`: the time of its present status.
    """

    worker: str | None
    status: str
    valid_until: date
    changed_at: datetime

    def is_in_force(self, on: date) -> bool:
        """Returns whether the certificate counts on the day."""
        return self.status == CERTIFICATE_VALID and on <= self.valid_until

    def ended_between(self, since: datetime, on: date) -> bool:
        """Returns whether the certificate was cancelled or revoked after `since`, or expired between the day of
        `since` and this day. A replaced certificate lives on in its replacement."""
        if self.status in _CERTIFICATE_ENDED:
            return self.changed_at > since
        return self.status == CERTIFICATE_VALID and legal_day(since) <= self.valid_until < on


def health_fact(
    held: Sequence[Certificate], seen: Fact | None, *, workers: int, on: date
) -> Fact | None:
    """Returns the fact that decides `health-certificates` on the day.

    `held`: the certificates that name the workplace. `seen`: what an officer saw on paper; it counts while it says
    more, and until a certificate has ended since. `workers`: how many are declared.
    """
    if not held:
        return seen
    certified = len({one.worker for one in held if one.is_in_force(on)})
    if seen is not None and seen.holds(on) and _says_more(seen, held, certified, on):
        return seen
    source = Source("health_certs", max(one.changed_at for one in held).isoformat())
    return Fact(HEALTH, {"workers": max(workers, certified), "certified": certified}, source)


def _says_more(seen: Fact, held: Sequence[Certificate], certified: int, on: date) -> bool:
    since = datetime.fromisoformat(seen.source.known_at)
    if any(one.ended_between(since, on) for one in held):
        return False
    return int(seen.value["certified"]) > certified


# What an officer may state of a document: the values of each fact, in their forms.


def _read_day(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return parse_day(value).isoformat()


def _read_text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 100:
        raise ValueError
    return value.strip()


def _read_count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100_000:
        raise ValueError
    return value


def _read_word(*allowed: str) -> Reader:
    def read(value: Any) -> str:
        if value not in allowed:
            raise ValueError
        return str(value)

    return read


# Fact → its values.
_VALUES: Mapping[str, Mapping[str, Reader]] = {
    PERSON: {"birth_date": _read_day, "nationality": _read_word("saudi", "gcc", "foreign")},
    REGISTER: {"status": _read_word("active", "struck_off")},
    LEASE: {"starts_on": _read_day, "ends_on": _read_day},
    SAFETY: {"expires_on": _read_day},
    CLASSIFICATION: {"valid_from": _read_day, "valid_until": _read_day},
    PERMIT: {
        "status": _read_word("valid", "completed", "suspended", "cancelled"),
        "use_class": _read_word(
            "residential", "residential_commercial", "commercial", "industrial"
        ),
    },
    HEALTH: {"workers": _read_count, "certified": _read_count},
    CLEANING: {"number": _read_text},
}
_OPTIONAL: Mapping[str, Mapping[str, Reader]] = {PERSON: {"investor_licence": _read_text}}


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
