"""Generated lives of requests, against a model: every order of facts leads to the same end, there's one certificate at
most, each change is one event with the next version, and a result is none.

`HEALTH_WALKS` says how many of each kind (CI makes 15)."""

import os
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core.refusals import IllegalTransition, NotFound
from chassis.data.deadlines import Deadline
from health_certs.commands import changing, deadlines, holding
from health_certs.domain.validity import RevocationReason
from health_certs.models import Certificate, Request

from .people import DELEGATE, HIMSELF, OFFICER, SHOP

WALKS = range(int(os.environ.get("HEALTH_WALKS", "15")))
ENTRIES = (["fit"], ["unfit"], ["unfit", "fit"], ["fit", "unfit"], ["fit", "unfit", "fit"], [])


def certificates(session: Any, row: Request) -> Any:
    return session.scalars(
        select(Certificate).where(Certificate.request_id == row.request_id)
    ).all()


def fires(session: Any, row: Request, kind: str) -> None:
    due_at = {"examination": row.examined_until, "completion": row.completed_until}[kind]
    deadline = Deadline(Request.aggregate_type, row.request_id, kind, due_at)
    deadlines.due(session, deadline, now=due_at)


@pytest.mark.parametrize("seed", WALKS)
def test_facts_lead_to_the_same_end_in_every_order(
    seed: int, asked: Any, session: Any, shop: Any, educates: Any, pays: Any, enters: Any
) -> None:
    """Entries of a centre arrive in any order as well; the last one entered counts. A licence that is suspended on the
    way changes nothing but whether the certificate names the establishment."""
    generator = Random(seed)
    entries = generator.choice(ENTRIES)
    facts: list[Any] = [("education",), ("payment",), ("payment",), ("licence",)]
    facts += [("entry", minute, result) for minute, result in enumerate(entries)]
    facts = [one for one in facts if one[0] != "education" or generator.random() < 0.8]
    ends: list[Any] = []
    placed: str | None = SHOP
    for number in ("2000000006", "2000000014"):
        generator.shuffle(facts)
        shop.status = "valid"
        row = asked(profession="cook", worker={"id_number": number})
        for kind, *rest in facts:
            if kind == "education" and row.ended_at is None:
                educates(row)
            elif kind == "payment":
                pays(row)
            elif kind == "licence":
                shop.status = "suspended"
                placed = SHOP if certificates(session, row) else None
            elif kind == "entry":
                entered_at = row.submitted_at + timedelta(minutes=rest[0])
                enters(row, rest[1], entered_at=entered_at)
        for deadline in ("examination", "completion"):
            fires(session, row, deadline)
        found = certificates(session, row)
        assert len(found) <= 1
        assert [one.establishment for one in found] == [placed] * len(found)
        ends.append([one.valid_until for one in found if one.status == "valid"])
        assert row.status in ("issued", "not_issued")

    if entries == ["fit", "unfit", "fit"]:
        return  # what was issued and cancelled in between isn't issued again: one certificate at most
    may_have = ("education",) in facts and entries[-1:] == ["fit"]
    assert [len(one) for one in ends] == [int(may_have)] * 2
    assert ends[0] == ends[1]


@dataclass
class Model:
    """The request as the rules would have it, for a profession with a course."""

    educated: bool = False
    paid: bool = False
    results: list[str] = field(default_factory=list)
    issued: bool = False
    certificate: str = "none"
    placed: bool = True
    named: bool = False
    ended: bool = False
    version: int = 1

    @property
    def status(self) -> str:
        if self.issued:
            return "issued"
        if self.ended:
            return "not_issued"
        if not self.educated:
            return "awaiting_education"
        return "awaiting_examination" if self.paid else "awaiting_payment"

    @property
    def fit(self) -> bool:
        return self.results[-1:] == ["fit"]

    def settle(self, before: str) -> None:
        """After a fact that everybody may know, or a result."""
        if self.educated and self.paid and self.fit:
            self.issued, self.certificate, self.named = True, "valid", self.placed
        if self.status != before:
            self.version += 1


@pytest.mark.parametrize("seed", WALKS)
def test_a_life_is_what_the_model_says(
    seed: int,
    asked: Any,
    session: Any,
    shop: Any,
    educates: Any,
    pays: Any,
    enters: Any,
    outbox_rows: Any,
) -> None:
    generator, model, row = Random(seed), Model(), asked(profession="cook")
    acts = {"education": 3, "payment": 3, "fit": 5, "unfit": 3, "licence": 2, "cancel": 1}
    acts |= {"revoke": 1, "examination": 1, "completion": 1, "withdraw": 1}
    for step in range(10):
        (act,) = generator.choices(list(acts), list(acts.values()))
        before, is_open = model.status, not (model.issued or model.ended)
        published = len(outbox_rows())
        if act == "education" and is_open:
            educates(row)
            model.educated = True
            model.settle(before)
        elif act == "payment":
            pays(row)
            model.paid = model.paid or is_open
            if is_open:
                model.settle(before)
        elif act in ("fit", "unfit"):
            enters(row, act, at=row.submitted_at + timedelta(minutes=step))
            model.results.append(act)
            told = len(outbox_rows()) - published
            if is_open:
                model.settle(before)
                assert told == (2 if model.issued else 0)
            elif model.issued:
                ends = not model.fit and model.certificate == "valid"
                assert told == int(ends)
                model.certificate = "cancelled" if ends else model.certificate
            else:
                assert told == 0
        elif act == "licence":
            model.placed = not model.placed
            shop.status = "valid" if model.placed else "suspended"
        elif act in ("cancel", "revoke"):
            ended = held(session, row, act)
            assert ended == (model.certificate == "valid")
            assert len(outbox_rows()) - published == int(ended)
            if ended:
                model.certificate = {"cancel": "cancelled", "revoke": "revoked"}[act]
        elif act in ("examination", "completion"):
            fires(session, row, act)
            if is_open and not (act == "examination" and model.fit):
                model.ended = True
                model.version += 1
        elif act == "withdraw" and is_open:
            changing.withdraw(
                session, DELEGATE, DELEGATE.applicant(), row.request_id, now=row.submitted_at
            )
            model.ended = True
            model.version += 1
        agrees(session, row, model, outbox_rows)


def held(session: Any, row: Request, act: str) -> bool:
    """The worker's, or the municipality's, will to end what there may be; answers whether there was anything to end."""
    number, now = row.certificate_no or "1448048999999", row.submitted_at
    try:
        if act == "cancel":
            holding.cancel(session, HIMSELF, HIMSELF.applicant(), number, now=now)
        else:
            holding.revoke(session, OFFICER, number, RevocationReason.MISUSED, now=now)
    except (NotFound, IllegalTransition):
        return False
    return True


def agrees(session: Any, row: Request, model: Model, outbox_rows: Any) -> None:
    """The row, its certificate and its events are as the model says."""
    assert (row.status, row.version) == (model.status, model.version)
    found = certificates(session, row)
    assert [one.status for one in found] == ([model.certificate] if model.issued else [])
    assert [one.establishment for one in found] == [SHOP if model.named else None] * len(found)
    told = [one for one in outbox_rows() if one.topic == "health-certs.request"]
    assert [one.envelope["sequence"] for one in told] == [
        str(number) for number in range(1, model.version + 1)
    ]
    assert [one.envelope["data"]["status"] for one in told][-1] == model.status
    hidden = '"fit"', '"unfit"', "not-examined", "withdrawn"
    assert not [word for word in hidden for one in told if word in str(one.envelope["data"])]
