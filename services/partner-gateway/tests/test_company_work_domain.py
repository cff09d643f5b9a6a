"""What the company has to do about a release of current, and since when."""

from datetime import date

import pytest

from chassis.core import contracts
from partner_gateway.domain.company_work import waiting_work

APPROVED = {"extent": "partial", "approved_on": "2027-06-01"}
ORDER = {"ordered_on": "2027-09-01", "reconnection_allowed_on": "2027-09-07"}


def release(status="partial_release_approved", *, approval=APPROVED, given="none", order=None):
    return {
        "status": status,
        "approval": approval,
        "supply": {"extent": given},
        "disconnection": order,
    }


@pytest.mark.parametrize(
    ("approved", "given", "is_waiting"),
    [
        ("partial", "none", True),
        ("partial", "temporary", False),
        ("partial", "partial", False),
        ("full", "none", True),
        ("full", "temporary", True),
        ("full", "partial", True),
        ("full", "full", False),
    ],
)
def test_an_approval_waits_until_the_company_has_used_it(approved, given, is_waiting):
    approval = {**APPROVED, "extent": approved}

    waiting = waiting_work(release(approval=approval, given=given))

    assert waiting == (("supply", date(2027, 6, 1)) if is_waiting else None)


def test_an_order_to_disconnect_comes_before_an_approval():
    waiting = waiting_work(release("disconnection_requested", order=ORDER))

    assert waiting == ("disconnection", date(2027, 9, 1))


def test_a_reconnection_waits_since_the_municipality_allowed_it():
    waiting = waiting_work(release("reconnection_allowed", order=ORDER))

    assert waiting == ("reconnection", date(2027, 9, 7))


@pytest.mark.parametrize("status", ["disconnected", "returned", "refused", "cancelled"])
def test_nothing_waits_for_the_company_while_others_have_to_act(status):
    assert waiting_work(release(status, order=ORDER)) is None


def test_nothing_waits_before_an_approval():
    assert waiting_work(release("insulation_ok", approval=None)) is None


@pytest.mark.parametrize(
    ("happened", "work"),
    [
        ("approved", "supply"),
        ("disconnection_ordered", "disconnection"),
        ("reconnection_allowed", "reconnection"),
        ("submitted", None),
        ("disconnected", None),
    ],
)
def test_the_examples_of_the_contract_say_the_same(happened, work):
    state = contracts.event_example(f"sa.gov.qatif.permits.release.{happened}.v1")

    assert (waiting_work(state) or (None,))[0] == work
