"""Generated lives of requests, against a model: every order of facts leads to the same end, there's one certificate at
most, each change is one event with the next version, and a result is none."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core.ids import new_id
from chassis.core.refusals import IllegalTransition, NotFound
from chassis.data.deadlines import Deadline
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands import amend, cancel
from health_certs.domain.certificates import RevocationReason
from health_certs.models import Certificate, Request

from .doing import deadline_due
from .people import DELEGATE, HIMSELF, OFFICER, SHOP

SEEDS = range(15)
ENTRIES = (["fit"], ["unfit"], ["unfit", "fit"], ["fit", "unfit"], ["fit", "unfit", "fit"], [])


def certificates(session: Any, row: Request) -> Any:
    return session.scalars(
        select(Certificate).where(Certificate.request_id == row.request_id)
    ).all()


def fires(session: Any, row: Request, kind: str) -> None:
    due_at = {"examination": row.examined_until, "completion": row.completed_until}[kind]
    deadline = Deadline(Request.aggregate_type, row.request_id, kind, due_at)
    deadline_due(session, deadline, now=due_at)


@pytest.mark.parametrize("seed", SEEDS)
def test_facts_lead_to_the_same_end_in_every_order(
    seed: int, make_request: Any, session: Any, shop: Any, educates: Any, pays: Any, enters: Any
) -> None:
    """Entries of a centre arrive in any order as well: each corrects the one before, and the last one entered counts. A
    licence that is cancelled on the way changes nothing but whether the certificate names the establishment."""
    generator = Random(seed)
    entries = generator.choice(ENTRIES)
    facts: list[Any] = [("education",), ("payment",), ("payment",), ("licence",)]
    facts += [("entry", minute, result) for minute, result in enumerate(entries)]
    facts = [one for one in facts if one[0] != "education" or generator.random() < 0.8]
    ends: list[Any] = []
    placed: str | None = SHOP
    for number in ("2000000006", "2000000014"):
        generator.shuffle(facts)
        shop.status, ids = "valid", [new_id() for _ in entries]
        row = make_request(profession="cook", worker={"id_number": number})
        for kind, *rest in facts:
            if kind == "education" and row.ended_at is None:
                educates(row)
            elif kind == "payment":
                pays(row)
            elif kind == "licence":
                shop.status = "cancelled"
                placed = SHOP if certificates(session, row) else None
            elif kind == "entry":
                minute, result = rest
                enters(
                    row,
                    result,
                    entered_at=row.submitted_at + timedelta(minutes=minute),
                    examination_id=ids[minute],
                    corrects=ids[minute - 1] if minute else None,
                )
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


ACTS = {"education": 3, "payment": 3, "fit": 5, "unfit": 3, "licence": 2, "cancel": 1, "revoke": 1}
ACTS |= {"examination": 1, "completion": 1, "withdraw": 1}


@dataclass
class Life:
    """A request and its model, to both of which the same is done. Each act answers how many events it's worth, if the
    model says so."""

    session: Any
    row: Request
    shop: Any
    does: Any  # kind of fact → what brings it about
    model: Model = field(default_factory=Model)
    last_entry: str | None = None

    def act(self, act: str, step: int) -> int | None:
        """`step` is when, in minutes."""
        if act in ("fit", "unfit"):
            return self._examined(act, step)
        if act in ("cancel", "revoke"):
            return self._held(act)
        acts = {"licence": self._licence, "education": self._education, "payment": self._payment}
        acts["withdraw"] = self._withdraw
        if act in acts:
            acts[act]()
        else:
            self._over(act)
        return None

    @property
    def _is_open(self) -> bool:
        return not (self.model.issued or self.model.ended)

    def _education(self) -> None:
        if self._is_open:
            before = self.model.status
            self.does["education"](self.row)
            self.model.educated = True
            self.model.settle(before)

    def _payment(self) -> None:
        before = self.model.status
        self.does["payment"](self.row)
        if self._is_open:
            self.model.paid = True
            self.model.settle(before)

    def _examined(self, result: str, step: int) -> int:
        model, before, was_open = self.model, self.model.status, self._is_open
        made = self.does["entry"](
            self.row,
            result,
            at=self.row.submitted_at + timedelta(minutes=step),
            corrects=self.last_entry,
        )
        self.last_entry = made.examination_id
        model.results.append(result)
        if was_open:
            model.settle(before)
            return 2 if model.issued else 0
        ends = model.issued and not model.fit and model.certificate == "valid"
        model.certificate = "cancelled" if ends else model.certificate
        return int(ends)

    def _licence(self) -> None:
        self.model.placed = not self.model.placed
        self.shop.status = "valid" if self.model.placed else "cancelled"

    def _held(self, act: str) -> int:
        ended = held(self.session, self.row, act)
        assert ended == (self.model.certificate == "valid")
        if ended:
            self.model.certificate = {"cancel": "cancelled", "revoke": "revoked"}[act]
        return int(ended)

    def _over(self, deadline: str) -> None:
        fires(self.session, self.row, deadline)
        if self._is_open and not (deadline == "examination" and self.model.fit):
            self._end()

    def _withdraw(self) -> None:
        if self._is_open:
            own, now = DELEGATE.applicant(), self.row.submitted_at
            amend.withdraw(UnitOfWork(self.session, DELEGATE, now), own, self.row.request_id)
            self._end()

    def _end(self) -> None:
        self.model.ended = True
        self.model.version += 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_life_is_what_the_model_says(
    seed: int,
    make_request: Any,
    session: Any,
    shop: Any,
    educates: Any,
    pays: Any,
    enters: Any,
    outbox_rows: Any,
) -> None:
    generator = Random(seed)
    does = {"education": educates, "payment": pays, "entry": enters}
    life = Life(session, make_request(profession="cook"), shop, does)
    for step in range(10):
        (act,) = generator.choices(list(ACTS), list(ACTS.values()))
        published = len(outbox_rows())

        worth = life.act(act, step)

        assert worth is None or len(outbox_rows()) - published == worth
        agrees(session, life.row, life.model, outbox_rows)


def held(session: Any, row: Request, act: str) -> bool:
    """The worker's, or the municipality's, will to end what there may be; answers whether there was anything to end."""
    number, now = row.certificate_no or "1448048999999", row.submitted_at
    try:
        if act == "cancel":
            cancel.cancel(UnitOfWork(session, HIMSELF, now), HIMSELF.applicant(), number)
        else:
            cancel.revoke(UnitOfWork(session, OFFICER, now), number, RevocationReason.MISUSED)
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
