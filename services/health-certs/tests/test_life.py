"""A request from submission to its end: facts in any order, one certificate at most, and ends that look alike."""

from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core.refusals import IllegalTransition, InvalidFields, NotFound
from chassis.data.deadlines import Deadline, pending
from chassis.files.attachments import Attachment
from health_certs.commands import applying, changing, deadlines, deciding, ending
from health_certs.domain.requests import Reason
from health_certs.models import Certificate, Education, Invoice, Request

from .conftest import APPLICATION_NO, LICENCE_NO
from .people import DELEGATE, HIMSELF, SHOP, STRANGER, WORKER

COOK = {"profession": "cook"}


def certificates(session: Any) -> Any:
    return session.scalars(select(Certificate)).all()


def fires(session: Any, row: Request, kind: str) -> None:
    """The deadline, at its time."""
    due_at = {"examination": row.examined_until, "completion": row.completed_until}[kind]
    deadline = Deadline(Request.aggregate_type, row.request_id, kind, due_at)
    deadlines.due(session, deadline, now=due_at)


def test_a_delegate_asks_for_a_worker_and_the_bill_follows(
    asked: Any, session: Any, told: Any
) -> None:
    row = asked()

    assert (row.status, row.municipality, row.applied_by) == (
        *("awaiting_payment", "saihat", "establishment"),
    )
    assert (row.establishment, row.licence_no, row.request_no) == (
        *(SHOP, LICENCE_NO, "1448049000001"),
    )
    assert told("request") == ["submitted"]
    assert told("invoice") == ["requested"]
    assert session.get(Invoice, row.invoice_id).amount_halalas == 10_000
    assert set(pending(session, "request", row.request_id)) == {"examination", "completion"}


def test_the_worker_asks_himself_without_an_establishment(asked: Any, body: Any) -> None:
    row = asked(own=HIMSELF.applicant(), establishment=None, municipality="saihat")

    assert (row.applied_by, row.establishment, row.applicant) == ("worker", None, None)
    assert row.worker["confirmed"] is True


@pytest.mark.parametrize("order", list(permutations(["education", "payment", "examination"])))
def test_the_certificate_is_issued_in_whatever_order_the_facts_arrive(
    order: tuple[str, ...], asked: Any, session: Any, told: Any, request: Any
) -> None:
    row = asked(**COOK)
    acts = {
        "education": lambda: request.getfixturevalue("educates")(row),
        "payment": lambda: request.getfixturevalue("pays")(row),
        "examination": lambda: request.getfixturevalue("enters")(row, "fit"),
    }

    for number, name in enumerate(order, start=1):
        acts[name]()
        assert len(certificates(session)) == (1 if number == len(order) else 0)

    (made,) = certificates(session)
    assert (row.status, row.certificate_no) == ("issued", made.certificate_no)
    assert (made.certificate_no, made.issued_on, made.valid_until) == (
        *("1448048000001", date(2026, 11, 25), date(2027, 11, 24)),
    )
    assert (made.establishment, made.licence_no) == (SHOP, LICENCE_NO)
    assert told("certificate") == ["issued"]
    assert told("request")[-1] == "issued"
    assert pending(session, "request", row.request_id) == {}


def test_a_result_moves_nothing_that_anybody_sees(
    asked: Any, enters: Any, told: Any, session: Any, outbox_rows: Any
) -> None:
    row = asked(**COOK)
    before, version = len(outbox_rows()), row.version

    enters(row, "unfit")
    enters(row, "fit", at=row.submitted_at + timedelta(hours=1))

    assert (row.status, row.version, len(outbox_rows())) == ("awaiting_education", version, before)


def test_unfit_ends_when_the_time_of_the_examination_is_over_and_not_before(
    asked: Any, pays: Any, enters: Any, session: Any, told: Any
) -> None:
    row = asked()
    pays(row)
    enters(row, "unfit")
    assert (row.status, row.ended_at) == ("awaiting_examination", None)

    fires(session, row, "examination")

    assert (row.status, row.ended_at) == ("not_issued", row.examined_until)
    assert ending.reason_of(row) is Reason.UNFIT
    assert told("request") == ["submitted", "moved", "ended"]
    assert told("invoice") == ["requested", "refund_requested"]
    assert certificates(session) == []


def test_a_correction_to_fit_before_the_deadline_lets_the_request_go_on(
    asked: Any, pays: Any, enters: Any, session: Any
) -> None:
    row = asked()
    pays(row)
    wrong = enters(row, "unfit")

    later = row.submitted_at + timedelta(hours=2)
    enters(row, "fit", at=later, corrects=wrong.examination_id)

    assert row.status == "issued"
    assert len(certificates(session)) == 1


def test_a_correction_to_unfit_after_the_issue_cancels_without_a_reason(
    asked: Any, pays: Any, enters: Any, session: Any, told: Any, outbox_rows: Any
) -> None:
    row = asked()
    pays(row)
    wrong = enters(row, "fit")

    later = row.submitted_at + timedelta(hours=2)
    enters(row, "unfit", at=later, corrects=wrong.examination_id)

    (made,) = certificates(session)
    assert (made.status, row.status) == ("cancelled", "issued")
    assert told("certificate") == ["issued", "cancelled"]
    last = [one for one in outbox_rows() if one.topic == "health-certs.certificate"][-1]
    assert not [name for name in last.envelope["data"] if "reason" in name or "result" in name]


def test_a_fit_worker_has_time_until_all_is_there(
    asked: Any, enters: Any, pays: Any, session: Any
) -> None:
    row = asked()
    enters(row, "fit")

    fires(session, row, "examination")
    assert row.ended_at is None
    fires(session, row, "completion")

    assert (row.status, ending.reason_of(row)) == ("not_issued", Reason.NOT_COMPLETED)


def states(outbox_rows: Any, row: Request) -> list[Any]:
    """What the topics tell of a request, without ids, keys and what is sealed."""
    hidden = {
        *("request_id", "request_no", "invoice_id", "examination", "inquiry", "contacts"),
        *("payer", "subject"),
    }
    return [
        (one.type, {k: v for k, v in one.envelope["data"].items() if k not in hidden})
        for one in outbox_rows()
        if one.envelope["data"].get("request_id") == row.request_id
        or one.envelope["data"].get("subject", {}).get("id") == row.request_id
    ]


def test_unfit_not_examined_and_withdrawn_in_time_tell_the_same(
    asked: Any, pays: Any, enters: Any, session: Any, outbox_rows: Any
) -> None:
    ends: list[Any] = []
    for number in ("2000000006", "2000000014", "2000000022"):
        row = asked(worker={"id_number": number})
        pays(row)
        if number == "2000000006":
            enters(row, "unfit")
        if number == "2000000022":
            at = row.examined_until
            changing.withdraw(session, DELEGATE, DELEGATE.applicant(), row.request_id, now=at)
        else:
            fires(session, row, "examination")
        ends.append((row.status, row.version, row.ended_at, states(outbox_rows, row)))

    assert ends[0] == ends[1] == ends[2]
    assert ends[0][0] == "not_issued"


def test_sealed_reasons_are_as_long(asked: Any, session: Any) -> None:
    lengths = set()
    for number, reason in zip(("2000000006", "2000000014", "2000000022"), Reason, strict=False):
        row = asked(worker={"id_number": number})
        ending.end(session, row, reason, DELEGATE, now=row.examined_until)
        lengths.add(len(row.end_reason))

    assert len(lengths) == 1


def test_money_that_comes_after_the_end_goes_back(
    asked: Any, pays: Any, session: Any, told: Any
) -> None:
    row = asked()
    session.get(Invoice, row.invoice_id).status = "ended"
    fires(session, row, "examination")

    pays(row)

    assert told("invoice") == ["requested", "refund_requested"]
    assert row.payment is None


def test_an_unpaid_bill_can_be_asked_for_again(asked: Any, session: Any, told: Any) -> None:
    from health_certs.commands import billing

    row = asked()
    own = DELEGATE.applicant()
    with pytest.raises(changing.BillOpen):
        changing.bill_again(session, DELEGATE, own, row.request_id, now=row.submitted_at)

    billing.bill_ended(session, row.invoice_id, "expired")
    changing.bill_again(session, DELEGATE, own, row.request_id, now=row.submitted_at)

    assert told("request") == ["submitted", "billed"]
    assert told("invoice") == ["requested", "requested"]


def test_a_worker_has_one_open_request_for_a_profession_and_establishment(
    asked: Any, session: Any
) -> None:
    row = asked()

    with pytest.raises(applying.RequestOpen):
        asked()
    assert asked(profession="cleaner").request_no == "1448049000002"
    ending.end(session, row, Reason.WITHDRAWN, DELEGATE, now=row.submitted_at)
    assert asked().status == "awaiting_payment"


def test_an_application_that_was_refused_leaves_the_worker_his_certificate(
    session: Any, new_shop: Any, body: Any, pays: Any, enters: Any, now: Any
) -> None:
    told = body(establishment={"application_no": APPLICATION_NO})
    row = applying.apply(session, DELEGATE, DELEGATE.applicant(), told, now=now)
    assert (row.application_no, row.establishment) == (APPLICATION_NO, SHOP)
    new_shop.status = "refused"
    pays(row)
    enters(row, "fit")

    (made,) = certificates(session)
    assert (made.establishment, made.application_no, made.status) == (None, None, "valid")


def test_an_application_whose_licence_was_issued_meanwhile_gives_it_to_the_certificate(
    session: Any, new_shop: Any, shop: Any, body: Any, pays: Any, enters: Any, now: Any
) -> None:
    told = body(establishment={"application_no": APPLICATION_NO})
    row = applying.apply(session, DELEGATE, DELEGATE.applicant(), told, now=now)
    new_shop.status, new_shop.licence_no = "issued", LICENCE_NO
    pays(row)
    enters(row, "fit")

    (made,) = certificates(session)
    assert (made.establishment, made.application_no, made.licence_no) == (
        *(SHOP, APPLICATION_NO, LICENCE_NO),
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"profession": "engineer"}, "profession"),
        ({"profession": "hajj-food-worker"}, "profession"),
        ({"centre": "closed-centre"}, "centre"),
        ({"establishment": {"licence_no": "144804000099"}}, "establishment"),
        ({"establishment": {}}, "establishment"),
        ({"establishment": None}, "municipality"),
    ],
)
def test_what_is_not_on_todays_lists_is_a_field_at_fault(
    changes: dict[str, Any], field: str, asked: Any
) -> None:
    with pytest.raises(InvalidFields) as error:
        asked(**changes)
    assert [fault.field for fault in error.value.faults] == [field]


def test_a_suspended_licence_takes_no_workers(asked: Any, shop: Any) -> None:
    shop.status = "suspended"

    with pytest.raises(InvalidFields):
        asked()


def test_another_persons_photo_is_not_there(asked: Any, photo: Any) -> None:
    with pytest.raises(NotFound):
        asked(photo=photo(STRANGER))


def test_a_pass_counts_for_every_request_of_the_worker(
    asked: Any, educates: Any, pays: Any, passes: Any
) -> None:
    first, second = asked(**COOK), asked(profession="waiter")

    educates(first)

    assert (first.status, second.status, passes()) == (
        *("awaiting_payment", "awaiting_payment", 1),
    )
    assert asked(profession="baker").status == "awaiting_payment"


def test_what_has_ended_takes_nothing_more(
    asked: Any, session: Any, educates: Any, enters: Any, told: Any
) -> None:
    row = asked(**COOK)
    own = DELEGATE.applicant()
    changing.withdraw(session, DELEGATE, own, row.request_id, now=row.submitted_at)

    with pytest.raises(IllegalTransition):
        changing.withdraw(session, DELEGATE, own, row.request_id, now=row.submitted_at)
    with pytest.raises(IllegalTransition):
        educates(row)
    enters(row, "fit")
    fires(session, row, "completion")
    assert told("request") == ["submitted", "ended"]


BORDER = {
    "id_type": "border_number",
    "id_number": "3000000001",
    "nationality": "YEM",
}


def test_only_a_worker_with_a_border_number_is_edited(asked: Any, session: Any) -> None:
    row = asked()

    with pytest.raises(changing.NotByBorderNumber):
        changing.amend(
            session,
            DELEGATE,
            DELEGATE.applicant(),
            row.request_id,
            {"sex": "female"},
            now=row.submitted_at,
        )


def test_an_examination_of_the_worker_before_an_edit_is_to_be_made_again(
    asked: Any, session: Any, enters: Any, pays: Any, told: Any
) -> None:
    row = asked(worker=BORDER, residence_permit_until=None)
    enters(row, "fit")

    changes = {"id_number": "3000000002", "birth_date": date(1990, 1, 1)}
    changing.amend(
        session, DELEGATE, DELEGATE.applicant(), row.request_id, changes, now=row.submitted_at
    )
    pays(row)

    assert (row.status, row.revision) == ("awaiting_examination", 2)
    assert row.worker["id_number"] == "3000000002"
    assert told("request") == ["submitted", "amended", "moved"]
    enters(row, "fit", at=row.submitted_at + timedelta(hours=1))
    assert row.status == "issued"


def test_another_centre_does_not_outdo_an_unfit_result(
    asked: Any, session: Any, enters: Any, pays: Any
) -> None:
    row = asked()
    pays(row)
    enters(row, "unfit")

    changing.change_centre(
        session,
        DELEGATE,
        DELEGATE.applicant(),
        row.request_id,
        "qatif-centre",
        now=row.submitted_at,
    )
    enters(row, "fit", at=row.submitted_at + timedelta(hours=1))

    assert row.status == "awaiting_examination"


@pytest.mark.parametrize("who", [STRANGER])
def test_a_request_of_others_is_not_there(who: Any, asked: Any, session: Any) -> None:
    row = asked()

    with pytest.raises(NotFound):
        changing.withdraw(session, who, who.applicant(), row.request_id, now=row.submitted_at)


def test_the_worker_withdraws_what_an_establishment_asked_for(asked: Any, session: Any) -> None:
    row = asked()
    assert row.worker_number == WORKER

    changing.withdraw(session, HIMSELF, HIMSELF.applicant(), row.request_id, now=row.submitted_at)

    assert row.status == "not_issued"


def test_health_education_that_ends_meanwhile_is_missed_on_its_day(
    asked: Any, session: Any, educates: Any, told: Any
) -> None:
    row = asked(**COOK)
    educates(row)
    passed = session.query(Education).one()
    passed.valid_until = date(2026, 12, 10)
    session.flush()
    deciding.watch_education(session, row)
    due_at = pending(session, "request", row.request_id)["education"]

    deadline = Deadline(Request.aggregate_type, row.request_id, "education", due_at)
    deadlines.due(session, deadline, now=due_at)

    assert due_at.isoformat() == "2026-12-10T21:00:00+00:00"
    assert told("request") == ["submitted", "moved", "moved"]
    assert row.status == "awaiting_education"


def test_a_result_tells_nothing_of_what_became_due_meanwhile(
    asked: Any, session: Any, educates: Any, pays: Any, enters: Any, outbox_rows: Any
) -> None:
    row = asked(**COOK)
    educates(row)
    pays(row)
    session.query(Education).one().valid_until = date(2026, 11, 25)
    session.flush()
    before = len(outbox_rows())

    enters(row, "fit", at=row.submitted_at + timedelta(days=2))

    assert (row.status, len(outbox_rows())) == ("awaiting_examination", before)


def test_a_paper_is_no_photo(asked: Any, session: Any, photo: Any) -> None:
    sent = photo(DELEGATE)
    session.get(Attachment, sent).media_type = "application/pdf"
    session.flush()

    with pytest.raises(InvalidFields):
        asked(photo=sent)
