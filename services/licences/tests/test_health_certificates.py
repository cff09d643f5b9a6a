"""Workers' health certificates decide the applications that wait for them, in any order of events."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from licences.commands import redecide
from licences.commands.bill import receive_payment
from licences.commands.decide import decide_application
from licences.commands.recording import SYSTEM
from licences.commands.review import verify_document
from licences.consumers import HANDLERS
from licences.models import Application, Invoice, KnownHealthCertificate

TOPIC = "health-certs.certificate"
AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
HOMEMADE = [{"code": "562110", "main": True}]
GROCERY = [{"code": "472110", "main": True}]
SAFETY = {"number": "34-001122", "expires_on": "2027-06-01"}


class Certificate:
    """A certificate as health-certs publishes it: each `tell` makes the next event."""

    def __init__(self, number: int, place: Any, worker: str | None, **changes: Any) -> None:
        example = contracts.event_example("sa.gov.qatif.health-certs.certificate.issued.v1")
        self.events: list[Received] = []
        self.state = {
            **example,
            "certificate_id": new_id(),
            "certificate_no": f"1448048{number:06}",
            "establishment": place,
            "worker": worker,
            **changes,
        }

    def tell(self, happened: str, **changes: Any) -> Received:
        self.state = {**self.state, **changes}
        event = Received(
            id=new_id(),
            type=f"sa.gov.qatif.{TOPIC}.{happened}.v1",
            subject=self.state["certificate_id"],
            sequence=len(self.events) + 1,
            time=AT + timedelta(minutes=len(self.events)),
            data=self.state,
        )
        self.events.append(event)
        return event


def take(context: Any, *events: Received) -> None:
    for event in events:
        HANDLERS[TOPIC][event.type](context, event)


def place_of(row: Application, **changes: Any) -> dict[str, Any]:
    numbers = {"licence_no": None, "application_no": row.application_no}
    return {"unified_number": row.establishment, **numbers, **changes}


def worker(name: str) -> str:
    return f"v1:{name * 64}"


@pytest.fixture
def waiting(submit_and_decide: Any, shop: Any, outside: Any) -> Application:
    """A grocery with three workers that waits for their certificates alone."""
    outside.knows("civil_defence", "34-001122", expires_on="2027-06-01")
    row: Application = submit_and_decide(
        shop(activities=GROCERY, workers=3, safety_certificate=SAFETY)
    )
    assert row.waits_for == ["health-certificates"]
    return row


def three(row: Application) -> list[Certificate]:
    return [Certificate(n, place_of(row), worker(name)) for n, name in enumerate("abc")]


def inputs(row: Application) -> Any:
    (found,) = (one for one in row.decision["findings"] if one["code"] == "health-certificates")
    return found["inputs"]


def test_the_last_workers_certificate_lets_the_application_go_on(
    context: Any, waiting: Application
) -> None:
    first, second, last = three(waiting)

    take(context, first.tell("issued"), second.tell("issued"))
    before = waiting.status, inputs(waiting)
    take(context, last.tell("issued"))

    assert before == ("waiting", {"workers": 3, "certified": 2, "least_share": 100})
    assert waiting.status == "awaiting_payment"
    assert waiting.decision["facts"]["health"]["source"]["kind"] == "health_certs"


def test_a_home_cook_without_a_fee_is_licensed_by_his_own_certificate(
    context: Any, submit_and_decide: Any, professional: Any
) -> None:
    row = submit_and_decide(professional(activities=HOMEMADE, workers=1))
    assert row.waits_for == ["health-certificates"]

    take(context, Certificate(1, place_of(row), None).tell("issued"))

    assert row.status == "issued"


def test_a_home_cook_s_certificate_decides_nobody_else_s_application(
    context: Any, submit_and_decide: Any, professional: Any, branch: Any, monkeypatch: Any
) -> None:
    """The certificate names neither an establishment nor a licence, and neither does any new application."""
    row = submit_and_decide(professional(activities=HOMEMADE, workers=1))
    others = [submit_and_decide(branch(registered=False)) for _ in range(2)]
    versions = [one.version for one in others]
    looked_at = list[str]()
    decides = decide_application
    monkeypatch.setattr(
        redecide,
        "decide_application",
        lambda session, one, **named: (
            looked_at.append(one.application_no) or decides(session, one, **named)
        ),
    )

    take(context, Certificate(1, place_of(row), None).tell("issued"))

    assert looked_at == [row.application_no]
    assert [one.version for one in others] == versions


def test_what_waits_is_said_again_with_each_certificate(
    context: Any, waiting: Application, event_names: Any
) -> None:
    take(context, three(waiting)[0].tell("issued"))

    assert event_names("application") == ["submitted", "waiting", "waiting"]


def test_a_worker_counts_once_however_many_certificates_he_has(
    context: Any, waiting: Application
) -> None:
    for number in range(3):
        take(context, Certificate(number, place_of(waiting), worker("a")).tell("issued"))

    assert (waiting.status, inputs(waiting)["certified"]) == ("waiting", 1)


def test_the_certificates_of_another_shop_of_the_owner_do_not_count(
    context: Any, waiting: Application
) -> None:
    elsewhere = place_of(waiting, application_no=None, licence_no="144804000099")

    for number, name in enumerate("abc"):
        take(context, Certificate(number, elsewhere, worker(name)).tell("issued"))

    assert waiting.status == "waiting"


@pytest.mark.parametrize("happened", ["cancelled", "revoked"])
def test_a_certificate_that_ends_before_the_money_takes_the_bill_back(
    context: Any, waiting: Application, session: Any, happened: str
) -> None:
    certificates = three(waiting)
    take(context, *(one.tell("issued") for one in certificates))
    first = waiting.invoice_id

    take(context, certificates[1].tell(happened, status=happened))

    assert (waiting.status, inputs(waiting)["certified"]) == ("waiting", 2)
    assert session.get_one(Invoice, first).status == "withdrawn"


def test_a_worker_who_goes_elsewhere_is_missed_where_he_was(
    context: Any, waiting: Application
) -> None:
    certificates = three(waiting)
    take(context, *(one.tell("issued") for one in certificates))

    gone = certificates[2].tell("transferred", establishment=None, worker=None)
    take(context, gone)

    assert waiting.status == "waiting"


def test_an_expired_certificate_counts_no_more(context: Any, waiting: Application) -> None:
    *good, old = three(waiting)
    take(context, *(one.tell("issued") for one in good))

    take(context, old.tell("issued", valid_until="2026-11-24"))

    assert (waiting.status, inputs(waiting)["certified"]) == ("waiting", 2)


def test_a_renewal_never_lowers_the_share_between_its_two_events(
    context: Any, waiting: Application
) -> None:
    certificates = three(waiting)
    take(context, *(one.tell("issued") for one in certificates))
    new = Certificate(77, place_of(waiting), worker("a"))
    number = new.state["certificate_no"]

    take(context, certificates[0].tell("replaced", status="replaced", replaced_by=number))
    between = waiting.status
    take(context, new.tell("issued"))
    after = waiting.status
    take(context, new.tell("revoked", status="revoked"))

    assert (between, after) == ("awaiting_payment", "awaiting_payment")
    assert (waiting.status, inputs(waiting)["certified"]) == ("waiting", 2)


def story(row: Application) -> list[Received]:
    """Three workers are certified; one certificate is revoked, and one worker moves: one is left."""
    first, second, last = three(row)
    return [
        *(one.tell("issued") for one in (first, second, last)),
        second.tell("revoked", status="revoked"),
        last.tell("transferred", establishment=None, worker=None),
    ]


ORDERS = list(permutations(range(5)))[::7]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "".join(map(str, order)))
def test_in_any_order_and_twice_the_same_is_left(
    context: Any, session: Any, waiting: Application, order: Sequence[int]
) -> None:
    events = story(waiting)

    take(context, *(events[one] for one in (*order, *reversed(order))))

    assert (waiting.status, inputs(waiting)["certified"]) == ("waiting", 1)
    known = session.scalars(select(KnownHealthCertificate.version)).all()
    assert sorted(known) == [1, 2, 2]


def test_a_replay_changes_nothing_and_tells_nothing(
    context: Any, waiting: Application, event_names: Any
) -> None:
    events = story(waiting)
    take(context, *events)
    before = event_names("application")

    take(context, *events)

    assert event_names("application") == before


def test_a_renewal_counts_those_who_came_with_the_first_application(
    context: Any, waiting: Application, session: Any, submit_body: Any, answer: Any, outside: Any
) -> None:
    certificates = three(waiting)
    far = {"valid_until": "2029-11-01"}
    take(context, *(one.tell("issued", **far) for one in certificates))
    receive_payment(UnitOfWork(session, SYSTEM, AT), waiting.invoice_id, paid_at=AT)
    assert waiting.status == "issued"
    later = datetime(2027, 10, 1, 8, tzinfo=UTC)
    outside.knows("civil_defence", "34-001122", expires_on="2028-06-01")

    renewal = submit_body({"years": 1}, request="renew", licence_no=waiting.licence_no, at=later)
    answer(at=later)

    assert (renewal.status, inputs(renewal)["certified"]) == ("awaiting_payment", 3)


def saw(session: Any, officer: Any, row: Application, certified: int, now: datetime) -> None:
    verify_document(
        UnitOfWork(session, officer, now),
        row.application_id,
        name="health",
        value={"workers": 3, "certified": certified},
        document="شهادات ورقية",
    )


def test_certificates_on_paper_count_until_one_that_is_known_ends(
    context: Any, waiting: Application, session: Any, officer: Any, now: datetime
) -> None:
    certificate = three(waiting)[0]
    take(context, certificate.tell("issued"))
    saw(session, officer, waiting, 3, AT)
    on_paper = waiting.status

    take(context, certificate.tell("revoked", status="revoked"))

    assert (on_paper, waiting.status) == ("awaiting_payment", "waiting")
    assert inputs(waiting)["certified"] == 0
