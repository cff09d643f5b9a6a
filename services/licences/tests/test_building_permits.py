"""The building permit that a shop names: its newest successor counts, in its own town, as long as it runs."""

from datetime import date, datetime
from typing import Any

import pytest

from chassis.data.deadlines import due, take
from chassis.data.unit_of_work import UnitOfWork
from licences.commands import redecide
from licences.commands.recording import SYSTEM
from licences.commands.redecide import redecide_for_permits, redecide_overdue
from licences.domain.forms import renewal_of
from licences.models import KnownPermit
from saudi.branches import GOVERNORATE
from saudi.text import number_key

FIRST, SECOND, THIRD = (f"01937c5e-8f00-7a11-8c2e-00000000999{n}" for n in (1, 2, 3))
NUMBERS = {FIRST: "1312/1448", SECOND: "20/1449", THIRD: "7/1450"}


@pytest.fixture
def permit(session: Any, now: datetime) -> Any:
    """Stores a permit for a shop. A named field replaces the permit's."""

    def note(permit_id: str, **changes: Any) -> KnownPermit:
        number = NUMBERS[permit_id]
        usual = {
            "permit_id": permit_id, "version": 1, "permit_number": number,
            "number_key": number_key(number), "municipality": "saihat", "status": "valid",
            "use_class": "commercial", "completed": False, "expires_on": date(2029, 1, 1),
            "successor": None, "changed_at": now,
        }  # fmt: skip
        row = KnownPermit(**{**usual, **changes})
        session.add(row)
        session.flush()
        return row

    return note


@pytest.fixture
def bakery(shop: Any, outside: Any) -> Any:
    """A shop that names the first permit, and satisfies all other conditions."""
    outside.knows("civil_defence", "34-001122", expires_on="2027-06-01")
    paper = {"number": "34-001122", "expires_on": "2027-06-01"}
    activities = [{"code": "475210", "main": True}]

    def body(**changes: Any) -> Any:
        named = {"building_permit_no": NUMBERS[FIRST], "safety_certificate": paper}
        return shop(activities=activities, **{**named, **changes})

    return body


def test_a_landlord_who_changes_his_contractor_closes_no_shop(
    submit_and_decide: Any, bakery: Any, permit: Any
) -> None:
    permit(FIRST, status="superseded", successor=SECOND)
    permit(SECOND, status="renewed", successor=THIRD)
    permit(THIRD)

    assert submit_and_decide(bakery()).status == "awaiting_payment"


def test_the_bill_stays_while_a_permit_is_followed_by_another(
    submit_and_decide: Any, bakery: Any, permit: Any, session: Any, now: datetime
) -> None:
    first = permit(FIRST)
    row = submit_and_decide(bakery())
    invoice = row.invoice_id

    permit(SECOND)
    first.status, first.successor = "superseded", SECOND
    redecide_for_permits(UnitOfWork(session, SYSTEM, now), [FIRST])

    assert (row.status, row.invoice_id) == ("awaiting_payment", invoice)


def test_what_followed_is_waited_for_and_decides_whoever_names_the_first(
    submit_and_decide: Any, bakery: Any, permit: Any, session: Any, now: datetime
) -> None:
    permit(FIRST, status="renewed", successor=SECOND)
    row = submit_and_decide(bakery())
    assert (row.status, row.waits_for) == ("waiting", ["building-use"])

    permit(SECOND)
    redecide_for_permits(UnitOfWork(session, SYSTEM, now), [SECOND])

    assert row.status == "awaiting_payment"


def test_the_third_permit_decides_whoever_names_the_first(
    submit_and_decide: Any, bakery: Any, permit: Any, session: Any, now: datetime
) -> None:
    permit(FIRST, status="superseded", successor=SECOND)
    permit(SECOND, status="renewed", successor=THIRD)
    row = submit_and_decide(bakery())
    assert row.status == "waiting"

    permit(THIRD)
    decided = redecide_for_permits(UnitOfWork(session, SYSTEM, now), [THIRD])

    assert (decided, row.status) == (1, "awaiting_payment")


def test_permits_that_replace_each_other_leave_the_application_waiting(
    submit_and_decide: Any, bakery: Any, permit: Any, session: Any, now: datetime
) -> None:
    permit(FIRST, status="superseded", successor=SECOND)
    permit(SECOND, status="superseded", successor=FIRST)
    row = submit_and_decide(bakery())

    work = UnitOfWork(session, SYSTEM, now)
    decided = [redecide_for_permits(work, [one]) for one in (FIRST, SECOND)]

    assert (decided, row.status) == ([1, 1], "waiting")


def test_the_end_of_what_followed_refuses_whoever_names_the_first(
    submit_and_decide: Any, bakery: Any, permit: Any, session: Any, now: datetime
) -> None:
    permit(FIRST, status="superseded", successor=SECOND)
    second = permit(SECOND)
    row = submit_and_decide(bakery())

    second.status = "cancelled"
    redecide_for_permits(UnitOfWork(session, SYSTEM, now), [SECOND])

    assert row.status == "refused"


@pytest.mark.parametrize(
    ("expires_on", "status"),
    [(date(2026, 11, 25), "awaiting_payment"), (date(2026, 11, 24), "waiting")],
)
def test_an_expired_permit_allows_nothing_until_it_is_renewed(
    submit_and_decide: Any, bakery: Any, permit: Any, expires_on: date, status: str
) -> None:
    permit(FIRST, expires_on=expires_on)

    assert submit_and_decide(bakery()).status == status


def test_a_finished_building_has_no_last_day(
    submit_and_decide: Any, bakery: Any, permit: Any
) -> None:
    permit(FIRST, status="completed", completed=True, expires_on=date(2020, 1, 1))

    assert submit_and_decide(bakery()).status == "awaiting_payment"


def test_of_two_permits_of_one_number_that_of_the_town_counts(
    submit_and_decide: Any, bakery: Any, permit: Any, session: Any, now: datetime
) -> None:
    permit(FIRST)
    other = permit(SECOND, number_key=number_key(NUMBERS[FIRST]), municipality=GOVERNORATE)
    other.status = "cancelled"
    session.flush()

    assert submit_and_decide(bakery()).status == "awaiting_payment"


def test_the_governorate_s_system_finds_the_permit_of_the_town(
    submit_and_decide: Any, bakery: Any, permit: Any
) -> None:
    permit(FIRST)

    row = submit_and_decide(bakery(), municipality=GOVERNORATE)

    assert "building-use" not in row.waits_for
    assert row.decision["facts"]["permit"]["value"]["status"] == "valid"


def test_a_renewal_may_name_the_permit_of_today(bakery: Any) -> None:
    body = renewal_of(bakery(), {"years": 1, "building_permit_no": NUMBERS[SECOND]})

    assert body["building_permit_no"] == NUMBERS[SECOND]


def test_every_shop_of_a_mall_is_decided_anew(
    submit_and_decide: Any,
    bakery: Any,
    branch: Any,
    permit: Any,
    session: Any,
    now: datetime,
    monkeypatch: Any,
) -> None:
    """A transaction decides some applications; each of the others has a deadline of its own, which is due at once."""
    row = permit(FIRST)
    leases = [branch()["lease"] for _ in range(3)]
    shops = [submit_and_decide(bakery(lease=lease)) for lease in leases]
    row.status = "cancelled"
    session.flush()
    monkeypatch.setattr(redecide, "_AT_ONCE", 2)

    assert redecide_for_permits(UnitOfWork(session, SYSTEM, now), [FIRST]) == 2

    for deadline in due(session, ["redecision"], now=now, most=10):
        assert take(session, deadline, now=now)
        redecide_overdue(UnitOfWork(session, SYSTEM, now), deadline)
    assert [shop.status for shop in shops] == ["refused"] * 3
