"""A place that is closed because of a violation, and what an unpaid fine does to an application."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core.refusals import InvalidFields
from chassis.data.paging import PageRequest
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import receive_payment
from licences.commands.issue import BY_OWNER, cancel_licence
from licences.commands.recording import SYSTEM
from licences.commands.supervise import cancel_by_municipality, reinstate_licence, suspend_licence
from licences.commands.violations.close_place import close_place
from licences.commands.violations.deadlines import become_final
from licences.commands.violations.decide import cancel_violation
from licences.commands.violations.observe import confirm_violation
from licences.commands.violations.pay import close_violation
from licences.domain.fines import fine_of
from licences.domain.licences import LicenceEnded
from licences.domain.violations import AnotherPerson, PlaceStaysOpen
from licences.models import Application, Licence
from licences.queries.applications import LicenceSearch, list_licences

from .conftest import CLERK, INSPECTOR, OFFICER, Case, Person

HEAD = Person("p_head")
FIRST = PageRequest(limit=10, cursor=None, organisation="qatif", secret=b"k" * 32)
Cases = Callable[[], Case]


@pytest.fixture
def licence(session: Any, submit_and_decide: Any, professional: Any) -> Licence:
    """The licence of a plumber, issued by the system."""
    application: Application = submit_and_decide(professional())
    assert application.status == "issued"
    row: Licence = session.get_one(Licence, application.licence_id)
    return row


def seen(case: Cases, licence: Licence, item: str = "9001") -> Case:
    offender = {"kind": "licence", "licence_no": licence.licence_no}
    return case().confirmed(item, offender=offender, municipality=licence.municipality)


def close(one: Case, who: Any = HEAD) -> None:
    one.do(close_place, who, seal_number="5512", reason="خطر على السلامة")


def test_the_holder_of_the_licence_is_the_offender(case: Cases, licence: Licence) -> None:
    one = seen(case, licence)

    assert one.row.licence_no == licence.licence_no
    assert one.row.offender_number == licence.owner_number
    assert (one.row.size, one.row.size_percent) == (None, 100)


def test_a_licence_is_fined_by_the_size_that_the_inspector_saw_and_never_by_the_declared_one(
    case: Cases, submit_and_decide: Any, shop: Any, session: Any, now: datetime
) -> None:
    first = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), first.invoice_id, paid_at=now)
    offender = {"kind": "licence", "licence_no": first.licence_no}
    assert first.body["establishment"]["size"] == "micro"

    one = case().confirmed("5001", offender={**offender, "size": "large"}, municipality="saihat")

    assert (one.row.size, one.row.size_percent) == ("large", 100)
    assert "كما رآها المفتش" in fine_of(one.row).because().ar
    with pytest.raises(InvalidFields, match="required"):
        case().observed("5001", offender=offender, municipality="saihat")


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
        close(one, OFFICER)


def test_a_place_without_a_licence_isnt_closed(case: Cases) -> None:
    with pytest.raises(PlaceStaysOpen):
        close(case().confirmed("9001"))


def test_a_seal_has_a_number_and_the_closing_a_reason(case: Cases, licence: Licence) -> None:
    one = seen(case, licence)

    with pytest.raises(InvalidFields):
        one.do(close_place, OFFICER, seal_number=" ", reason="خطر")


def test_a_place_that_was_suspended_is_suspended_again_once_it_is_open(
    case: Cases, licence: Licence, session: Any, event_names: Any
) -> None:
    one = seen(case, licence)
    suspend_licence(UnitOfWork(session, OFFICER, one.now), licence.licence_no, reason="شكوى")
    close(one, OFFICER)

    reinstate_licence(UnitOfWork(session, HEAD, one.now), licence.licence_no, reason="زال الخطر")

    assert (licence.status, licence.reason_code) == ("suspended", "by-municipality")
    assert (licence.reason, licence.before_closing) == ("شكوى", None)
    assert event_names("licence") == ["issued", "suspended", "closed", "suspended"]
    reinstate_licence(UnitOfWork(session, OFFICER, one.now), licence.licence_no, reason="زال السبب")
    assert (licence.status, licence.reason) == ("valid", None)


def test_nobody_who_closed_a_place_or_recorded_why_opens_it_again(
    case: Cases, licence: Licence, session: Any
) -> None:
    one = seen(case, licence)
    close(one, OFFICER)

    for somebody in (INSPECTOR, OFFICER):
        with pytest.raises(AnotherPerson):
            reinstate_licence(
                UnitOfWork(session, somebody, one.now), licence.licence_no, reason="زال الخطر"
            )
    reinstate_licence(UnitOfWork(session, HEAD, one.now), licence.licence_no, reason="زال الخطر")

    assert (licence.status, licence.reason_code, licence.closings) == ("valid", None, None)


def test_a_person_who_took_the_objection_neither_closes_nor_opens_the_place(
    case: Cases, licence: Licence, session: Any
) -> None:
    one, other = (seen(case, licence).notified_at_once() for _ in range(2))
    one.objected(CLERK)

    with pytest.raises(AnotherPerson):
        close(one, CLERK)
    close(one)
    close(other)
    other.objected(HEAD)

    for somebody in (CLERK, HEAD):
        with pytest.raises(AnotherPerson):
            reinstate_licence(
                UnitOfWork(session, somebody, one.now), licence.licence_no, reason="زال الخطر"
            )


def test_a_place_is_open_again_when_its_violation_is_cancelled_and_it_is_told(
    case: Cases, licence: Licence, event_names: Any
) -> None:
    one = seen(case, licence)
    close(one)

    one.do(cancel_violation, OFFICER, reason="خطأ")

    assert (licence.status, licence.closings) == ("valid", None)
    assert event_names("licence") == ["issued", "closed", "reinstated"]


def test_who_closed_a_place_does_not_open_it_by_deciding_about_the_violation(
    case: Cases, licence: Licence
) -> None:
    one = seen(case, licence).notified_at_once()
    close(one, OFFICER)

    with pytest.raises(AnotherPerson):
        one.do(cancel_violation, OFFICER, reason="خطأ")
    one.objected()
    with pytest.raises(AnotherPerson):
        one.decided("cancel")

    assert licence.status == "closed"


def test_an_objection_that_is_heard_opens_the_place(case: Cases, licence: Licence) -> None:
    one = seen(case, licence).notified_at_once()
    close(one)

    one.objected().decided("cancel")

    assert licence.status == "valid"


def test_a_place_stays_closed_until_the_last_violation_that_closed_it_is_cancelled(
    case: Cases, licence: Licence, event_names: Any
) -> None:
    one, other = seen(case, licence), seen(case, licence)
    close(one)
    close(other)

    one.do(cancel_violation, OFFICER, reason="خطأ")
    assert licence.status == "closed"
    other.do(cancel_violation, OFFICER, reason="خطأ")

    assert licence.status == "valid"
    assert event_names("licence") == ["issued", "closed", "closed", "reinstated"]


def test_what_waits_for_the_closing_is_decided_once_the_place_is_open_again(
    case: Cases, licence: Licence, submit_and_decide: Any, professional: Any, session: Any
) -> None:
    one = seen(case, licence)
    close(one)
    held: Application = submit_and_decide(
        professional(activities=[{"code": "432110", "main": True}])
    )
    assert (licence.status, held.status) == ("closed", "in_review")

    one.do(cancel_violation, OFFICER, reason="خطأ")

    session.flush()
    session.refresh(held)
    assert (licence.status, held.status) == ("valid", "issued")


def test_a_violation_for_which_the_place_is_not_closed_any_more_opens_nothing(
    case: Cases, licence: Licence, session: Any
) -> None:
    one, other = seen(case, licence), seen(case, licence)
    close(one, OFFICER)
    reinstate_licence(UnitOfWork(session, HEAD, one.now), licence.licence_no, reason="زال الخطر")
    close(other)

    one.do(cancel_violation, OFFICER, reason="خطأ")
    assert licence.status == "closed"
    cancel_by_municipality(
        UnitOfWork(session, OFFICER, one.now), licence.licence_no, reason="طلب صاحبها"
    )
    other.do(cancel_violation, OFFICER, reason="خطأ")

    assert licence.status == "cancelled"


def test_a_paid_violation_leaves_the_place_closed_and_a_list_shows_it(
    case: Cases, licence: Licence, session: Any
) -> None:
    one = seen(case, licence).notified_at_once()
    close(one)
    one.paid().do(close_violation, OFFICER, note="سددت")

    search = LicenceSearch(status="closed")
    page = list_licences(session, OFFICER, search, FIRST, today=one.now.date())

    assert [row.licence_no for row in page.rows] == [licence.licence_no]


def test_a_shop_that_is_to_be_closed_does_not_move_on_though_it_moved_before(
    case: Cases, submit_and_decide: Any, shop: Any, session: Any, now: datetime
) -> None:
    """The violation names the licence of its day."""
    first = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), first.invoice_id, paid_at=now)
    old = session.scalar(select(Licence).where(Licence.licence_no == first.licence_no))
    second = submit_and_decide(shop(replaces_licence_no=old.licence_no))
    receive_payment(UnitOfWork(session, SYSTEM, now), second.invoice_id, paid_at=now)
    seen_before = {"kind": "licence", "licence_no": old.licence_no, "size": "micro"}
    case().confirmed("9001", offender=seen_before, municipality=old.municipality)

    third = submit_and_decide(shop(replaces_licence_no=second.licence_no))

    assert (third.status, third.reason_code) == ("refused", "conditions")


def test_of_a_shop_that_moved_the_new_place_is_closed(
    case: Cases, submit_and_decide: Any, shop: Any, session: Any, now: datetime
) -> None:
    first = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), first.invoice_id, paid_at=now)
    old = session.scalar(select(Licence).where(Licence.licence_no == first.licence_no))
    offender = {"kind": "licence", "licence_no": old.licence_no, "size": "micro"}
    one = case().observed("9001", offender=offender, municipality=old.municipality)
    moved = submit_and_decide(shop(replaces_licence_no=old.licence_no))
    receive_payment(UnitOfWork(session, SYSTEM, now), moved.invoice_id, paid_at=now)
    assert (old.status, moved.status) == ("cancelled", "issued")
    one.do(confirm_violation, INSPECTOR, note="ما زالت قائمة")

    close(one)

    new = session.scalar(select(Licence).where(Licence.licence_no == moved.licence_no))
    assert (old.status, new.status) == ("cancelled", "closed")
    assert one.row.closed_licence_id == new.licence_id
    one.do(cancel_violation, OFFICER, reason="خطأ")
    assert new.status == "valid"


def test_of_a_shop_that_moved_the_new_place_is_to_be_closed(
    case: Cases, submit_and_decide: Any, shop: Any, session: Any, now: datetime
) -> None:
    first = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), first.invoice_id, paid_at=now)
    offender = {"kind": "licence", "licence_no": first.licence_no, "size": "micro"}
    one = case().observed("9001", offender=offender, municipality="saihat")
    moved = submit_and_decide(shop(replaces_licence_no=first.licence_no))
    receive_payment(UnitOfWork(session, SYSTEM, now), moved.invoice_id, paid_at=now)
    one.do(confirm_violation, INSPECTOR, note="ما زالت قائمة")

    beside = submit_and_decide(shop(activities=[{"code": "141012", "main": True}]))

    (finding,) = (one for one in beside.decision["findings"] if one["code"] == "place-not-stopped")
    assert finding["inputs"]["stopped"] == [moved.licence_no]


def test_a_place_whose_licence_ended_is_not_closed(
    case: Cases, licence: Licence, session: Any
) -> None:
    one = seen(case, licence)
    cancel_by_municipality(
        UnitOfWork(session, OFFICER, one.now), licence.licence_no, reason="طلب صاحبها"
    )

    with pytest.raises(LicenceEnded):
        close(one)


def test_an_unpaid_final_fine_holds_an_application_until_it_is_paid_or_cancelled(
    case: Cases, licence: Licence, submit_and_decide: Any, professional: Any, session: Any
) -> None:
    one = seen(case, licence)
    one.notified_at_once()
    become_final(UnitOfWork(session, SYSTEM, one.days(31).now), one.row)
    elsewhere = {**professional()["place"], "latitude": 26.49}
    waiting: Application = submit_and_decide(professional(place=elsewhere))
    assert (waiting.status, waiting.waits_for) == ("waiting", ["no-unpaid-violation"])

    one.do(cancel_violation, OFFICER, reason="خطأ")

    session.flush()
    session.refresh(waiting)
    assert waiting.status == "issued"


def test_who_ends_a_licence_before_its_place_is_closed_gets_no_new_one_by_itself(
    case: Cases, licence: Licence, submit_and_decide: Any, professional: Any, session: Any
) -> None:
    one = case().observed(
        "9001",
        offender={"kind": "licence", "licence_no": licence.licence_no},
        municipality=licence.municipality,
    )
    cancel_licence(UnitOfWork(session, OFFICER, one.now), licence, BY_OWNER, None)
    one.do(confirm_violation, INSPECTOR, note="ما زالت قائمة")

    again = submit_and_decide(professional())

    assert again.status == "in_review"
    (finding,) = (one for one in again.decision["findings"] if one["code"] == "place-not-stopped")
    assert finding["inputs"]["stopped"] == [licence.licence_no]
