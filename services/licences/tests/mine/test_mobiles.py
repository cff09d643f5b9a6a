"""Which mobiles are known to be their owners': notify rings the others for one row a day only (ADR 19)."""

from typing import Any

import pytest

from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from licences.commands.correct import correct_application
from licences.commands.submit import apply_as_citizen
from licences.domain.actors import Applicant

from .conftest import DELEGATE, OWNER, SHOP

pytestmark = pytest.mark.usefixtures("rules")
BASE = "/v1/my/licence-applications"
WRITTEN, ANOTHER = "+966500000001", "+966500000002"  # `shop()` and `professional()` name the first


@pytest.fixture
def known(session: Any, outbox_rows: Any) -> Any:
    """Returns, for each event of a topic, whether its mobiles are confirmed."""

    def of(topic: str) -> list[bool]:
        rows = [row for row in outbox_rows() if row.topic == f"licences.{topic}"]
        contacts = contacts_of(session)
        blocks = [contacts.open(row.aggregate_id, row.envelope["data"]["contacts"]) for row in rows]
        return [one.confirmed for block in blocks for one in block]

    return of


def apply(client: Any, header: Any, body: Any) -> str:
    body = {name: value for name, value in body.items() if value is not None}
    answer = client.post(BASE, json=body, headers=header)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["application_id"])


@pytest.mark.parametrize("mobile", [None, ANOTHER])
def test_a_mobile_that_an_applicant_writes_is_not_known_to_be_his(
    client: Any, citizen: Any, professional: Any, known: Any, mobile: str | None
) -> None:
    apply(client, citizen(OWNER, mobile=mobile), professional())

    assert set(known("application")) == {False}


def test_the_mobile_that_he_signed_in_with_is(
    client: Any, citizen: Any, professional: Any, known: Any
) -> None:
    apply(client, citizen(OWNER, mobile=WRITTEN), professional())

    assert set(known("application")) == {True}


def test_a_municipality_vouches_for_the_mobile_that_it_sends(
    submit_and_decide: Any, shop: Any, known: Any
) -> None:
    submit_and_decide(shop())

    assert set(known("application")) == set(known("invoice")) == {True}


def test_licence_and_bill_say_no_more_of_the_mobile_than_the_application(
    session: Any, officer: Any, professional: Any, shop: Any, answer: Any, known: Any, now: Any
) -> None:
    own = Applicant(
        subject="c_1", id_number=OWNER, establishments=frozenset((SHOP,)), mobile=ANOTHER
    )
    for body in (professional(), shop()):
        apply_as_citizen(UnitOfWork(session, officer, now), own, body)
    answer()

    assert known("licence") == known("invoice") == [False]


def test_an_officer_who_corrects_something_else_does_not_make_the_mobile_known(
    client: Any, citizen: Any, session: Any, shop: Any, known: Any, officer: Any, now: Any
) -> None:
    key = apply(client, citizen(DELEGATE, SHOP), shop())

    correct_application(UnitOfWork(session, officer, now), key, shop(workers=3))
    assert set(known("application")) == {False}

    other = {**shop()["owner"], "mobile": "0500000009"}
    correct_application(UnitOfWork(session, officer, now), key, shop(owner=other))
    assert known("application")[-1]


def test_who_answers_a_return_from_the_mobile_has_shown_that_it_is_his(
    client: Any, citizen: Any, shop: Any, known: Any
) -> None:
    key = apply(client, citizen(DELEGATE, SHOP), shop())
    body = {name: value for name, value in shop().items() if value is not None}

    header = citizen(OWNER, SHOP, mobile=WRITTEN)
    answer = client.post(f"{BASE}/{key}/correction", json=body, headers=header)

    assert answer.status_code == 200, answer.text
    assert known("application")[-1]
