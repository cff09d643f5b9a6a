"""A citizen's permits and requests."""

import pytest

from chassis.core import contracts
from portal.outside.services import Reply

MINE = "/v1/my/permits"


def page(**changes):
    """The example of the contract, with changes to its permit."""
    example = contracts.openapi("permits")["components"]["examples"]["MyPermitPage"]["value"]
    return {**example, "items": [{**example["items"][0], **changes}]}


def test_a_citizen_reads_what_is_to_do_until_when_and_which_bill(citizen, permits):
    permits.replies[MINE] = Reply(200, page())

    shown = citizen.get("/my/permits").text

    assert "سددوا الفاتورة قبل تاريخ استحقاقها" in shown
    assert '<bdi dir="ltr">4482000017</bdi>' in shown
    assert '<bdi dir="ltr">744.60</bdi>' in shown
    assert "تقرير مساحي" in shown
    assert "20 رجب 1448" in shown


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("applicant", "ما عليكم الآن"),
        ("payment", "ما عليكم الآن"),
        ("municipality", "لدى البلدية الآن"),
        ("none", "للعلم"),
    ],
)
def test_only_a_step_of_the_owner_is_called_the_owners(citizen, permits, step, words):
    permits.replies[MINE] = Reply(200, page(next_step=step))

    shown = citizen.get("/my/permits").text

    assert f"<dt>{words}</dt>" in shown
    assert ("ما عليكم الآن" in shown) is (words == "ما عليكم الآن")


def test_a_permit_without_bill_and_plan_shows_neither(citizen, permits):
    permits.replies[MINE] = Reply(200, page(bill=None, plan_number=None, until=None))

    shown = citizen.get("/my/permits?lang=en").text

    assert "Bill" not in shown
    assert "Plan" not in shown


def test_a_permit_names_its_branch(citizen, permits):
    branch = {"ar": "بلدية عنك", "en": "Anak Municipality"}
    permits.replies[MINE] = Reply(200, page(municipality_title=branch))

    assert "بلدية عنك" in citizen.get("/my/permits").text


def test_the_next_page_stands_in_the_address(citizen, permits):
    permits.replies[MINE] = Reply(200, {**page(), "next_cursor": "c2"})

    assert 'href="/my/permits?cursor=c2"' in citizen.get("/my/permits").text
    citizen.get("/my/permits?cursor=c2")
    assert (MINE, {"limit": 20, "cursor": "c2"}) in permits.asked


def test_who_has_no_permit_reads_where_they_are_requested(citizen, permits):
    permits.replies[MINE] = Reply(200, {"items": [], "next_cursor": None})

    assert "منصة بلدي" in citizen.get("/my/permits").text


def test_while_permits_is_away_the_page_does_not_say_that_there_are_none(citizen, permits):
    permits.replies[MINE] = None

    answer = citizen.get("/my/permits")

    assert answer.status_code == 503
    assert "لا رخص" not in answer.text
