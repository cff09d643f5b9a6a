"""A place that is closed because of a violation, and what an unpaid fine does to an application."""

from collections.abc import Callable
from typing import Any

import pytest

from chassis.core.refusals import InvalidFields
from licences.commands.violations import closing, deciding
from licences.commands.violations.timing import become_final
from licences.domain.violations import AnotherPerson, PlaceStaysOpen
from licences.models import Application, Licence

from .conftest import INSPECTOR, OFFICER, Case

Cases = Callable[[], Case]


@pytest.fixture
def licence(session: Any, decided: Any, professional: Any) -> Licence:
    """That of a plumber for himself, issued by the system."""
    application: Application = decided(professional())
    assert application.status == "issued"
    row: Licence = session.get_one(Licence, application.licence_id)
    return row


def seen(case: Cases, licence: Licence, item: str = "9001") -> Case:
    offender = {"kind": "licence", "licence_no": licence.licence_no}
    return case().confirmed(item, offender=offender, municipality=licence.municipality)


def close(one: Case, who: Any = OFFICER) -> None:
    one.do(closing.close_place, who, seal_number="5512", reason="خطر على السلامة")


def test_the_holder_of_the_licence_is_the_offender(case: Cases, licence: Licence) -> None:
    one = seen(case, licence)

    assert one.row.licence_no == licence.licence_no
    assert one.row.offender_number == licence.owner_number
    assert (one.row.size, one.row.size_percent) == (None, 100)


def test_a_place_is_closed_with_its_licence(
    case: Cases, licence: Licence, outbox_rows: Any
) -> None:
    one = seen(case, licence)

    close(one)

    assert (licence.status, licence.reason_code) == ("closed", "violation")
    assert one.row.seal_number == "5512"
    types = [row.type.split(".")[-3:-1] for row in outbox_rows()]
    assert types[-2:] == [["licence", "closed"], ["violation", "place_closed"]]


def test_a_place_is_closed_once_by_another_person_and_only_where_the_item_says_so(
    case: Cases, licence: Licence
) -> None:
    one, other = seen(case, licence), seen(case, licence, "5001")

    with pytest.raises(AnotherPerson):
        close(one, INSPECTOR)
    with pytest.raises(PlaceStaysOpen):
        close(other)
    close(one)
    with pytest.raises(PlaceStaysOpen):
        close(one)


def test_a_place_without_a_licence_isnt_closed(case: Cases) -> None:
    with pytest.raises(PlaceStaysOpen):
        close(case().confirmed("9001"))


def test_a_seal_has_a_number_and_the_closing_a_reason(case: Cases, licence: Licence) -> None:
    one = seen(case, licence)

    with pytest.raises(InvalidFields):
        one.do(closing.close_place, OFFICER, seal_number=" ", reason="خطر")


def test_an_unpaid_final_fine_holds_an_application_until_it_is_paid_or_cancelled(
    case: Cases, licence: Licence, decided: Any, professional: Any, session: Any
) -> None:
    one = seen(case, licence)
    one.notified_at_once()
    become_final(session, one.row, one.days(31).now)
    elsewhere = {**professional()["place"], "latitude": 26.49}
    waiting: Application = decided(professional(place=elsewhere))
    assert (waiting.status, waiting.waits_for) == ("waiting", ["no-unpaid-violation"])

    one.do(deciding.cancel, OFFICER, reason="خطأ")

    session.refresh(waiting)
    assert waiting.status == "issued"
