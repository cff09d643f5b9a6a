"""Outside bodies: which conditions each one's answer decides, what it's asked, and how its answer becomes a fact."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from licences.domain import facts as known
from licences.domain.asked import Asked
from licences.domain.facts import Fact, Source


class AnswerMalformed(ValueError):
    """A body answered something else than agreed. The message has no value of it."""


@dataclass(frozen=True)
class Body:
    """`decides`: conditions of which its answer is the fact. `question`: what it's asked; None where the application
    declares no number to ask about. `keeps`: the names of the answer that are kept, and nothing else of it."""

    code: str
    fact: str
    decides: frozenset[str]
    question: Callable[[Asked], Mapping[str, str] | None]
    days: Collection[str] = ()
    texts: Collection[str] = ()
    lists: Collection[str] = ()


def _number(name: str, of: Callable[[Asked], str | None]) -> Callable[[Asked], Any]:
    def question(asked: Asked) -> Mapping[str, str] | None:
        value = of(asked)
        return {name: value} if value else None

    return question


def _paper(name: str, of: Callable[[Asked], str | None]) -> Callable[[Asked], Any]:
    """Of a paper, with whose it has to be: another one's is none, and of it nothing is told."""

    def question(asked: Asked) -> Mapping[str, str] | None:
        value = of(asked)
        return {name: value, **asked.holder} if value else None

    return question


BODIES: Mapping[str, Body] = {
    one.code: one
    for one in (
        Body(
            "civil_register",
            known.PERSON,
            frozenset(("owner-age", "owner-eligible")),
            _number("id_number", lambda asked: asked.owner),
            days=("birth_date",),
            texts=("nationality", "investor_licence"),
        ),
        Body(
            "commercial_register",
            known.REGISTER,
            frozenset(("establishment-active",)),
            _number("unified_number", lambda asked: asked.establishment),
            texts=("status",),
            lists=("owners",),
        ),
        Body(
            "lease_register",
            known.LEASE,
            frozenset(("lease-term",)),
            _paper("ejar_no", lambda asked: asked.lease),
            days=("starts_on", "ends_on"),
        ),
        Body(
            "civil_defence",
            known.SAFETY,
            frozenset(("civil-defence",)),
            _paper("number", lambda asked: asked.safety),
            days=("expires_on",),
        ),
        Body(
            "engineers_register",
            known.CLASSIFICATION,
            frozenset(("engineering-classification",)),
            _paper("classification_no", lambda asked: asked.classification),
            days=("valid_from", "valid_until"),
        ),
    )
}


def questions(asked: Asked, open_conditions: Collection[str]) -> dict[str, Mapping[str, str]]:
    """Body → what it's to be asked, for the conditions that aren't satisfied yet."""
    found = {}
    for code, body in BODIES.items():
        question = body.question(asked) if body.decides & set(open_conditions) else None
        if question is not None:
            found[code] = question
    return found


def fact_of(body: Body, question: Mapping[str, str], answer: Any, *, now: datetime) -> Fact:
    """The fact that an answer is. That the body has no such thing is one as well: it may come later, so it decides
    nothing, and the applicant is told. Raises AnswerMalformed for another form, or for other numbers than those asked
    about."""
    # The rest of the source is the time: whom the question was about stands in the value, sealed.
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
    """Whether an answer adds to what is known. That a body has no such thing says nothing against what was known of the
    same numbers before, as by a paper that an officer saw; and it isn't noted twice."""
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
