"""After an officer corrected an owner of a permit, everything that is published of the permit opens to the corrected
number on the inquiry page, and not to the former number."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest

from chassis.core import contracts
from chassis.data.db import Database
from chassis.events.contacts import contacts_of
from chassis.events.inquiry import Known, inquiries_of
from permits import queries
from permits.api import views
from permits.commands import change_permit, handle_appeal, review, submit_request
from permits.commands.handle_appeal import Filing
from permits.domain.appeals import Against
from permits.models import Permit
from saudi.days import RIYADH

from .buildings import completed, occupied, submitted
from .waiting import one_waits_for_the_other, preparing

Desk = Any
FORMER, CORRECTED = "1000000008", "1000000016"
FORMER_MOBILE, CORRECTED_MOBILE = "+966501234567", "+966500000016"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Sets the desk to today: the operations go by the clock."""
    desk.now = datetime.now(RIYADH)
    return desk


@pytest.fixture
def opens(desk: Desk) -> Callable[[str, str, str], bool]:
    """`opens(thing_id, "person_id", number)`: whether the newest event of a thing opens to a second fact, as the
    portal's inquiry reads the event."""

    def asked_with(thing_id: str, by: str, value: str) -> bool:
        newest = max(desk.published(thing_id), key=lambda event: event.version)
        block = newest.data["inquiry"]
        keys = inquiries_of(desk.session).match_keys(
            block["kind"], block["number"], Known(by=by, value=value)
        )
        return bool({one["key"] for one in block["match"]} & set(keys))

    return asked_with


def things_of(desk: Desk, permit: Permit) -> dict[str, str]:
    """Returns everything that is published of the permit of a finished building: name → id."""
    occupancy, release = occupied(desk, permit), submitted(desk, permit)
    change_permit.suspend(desk.work, permit.permit_id, reason="سبب", body="الدفاع المدني")
    filing = Filing(against=Against.SUSPENSION, of=permit.permit_id, grounds="عولج")
    appeal = handle_appeal.file(desk.work, filing)
    desk.session.flush()
    insulation_id = occupancy.insulation_certificate_id
    return {
        "permit": permit.permit_id,
        "request": str(permit.request_id),
        "insulation": str(insulation_id),
        "completion": permit.completion["certificate_id"] if permit.completion else "",
        "occupancy": occupancy.certificate_id,
        "release": release.release_id,
        "appeal": appeal.appeal_id,
    }


class Officer:
    """Amends permits over HTTP."""

    def __init__(self, client: Any, headers: Mapping[str, str]) -> None:
        self._client, self._headers = client, headers

    def amend(self, permit: Permit, **parts: Any) -> Any:
        """Returns the answer."""
        url, body = f"/v1/permits/{permit.permit_id}/amend", {"reason": "حسب الهوية", **parts}
        return self._client.post(url, json=body, headers=self._headers)

    def correct(self, permit: Permit, **owner: str) -> None:
        owners = {"version": permit.version, "correct": [{"position": 0, **owner}]}
        answer = self.amend(permit, owners=owners)
        assert answer.status_code == 200, answer.text


@pytest.fixture
def officer(client: Any, token: Any) -> Officer:
    return Officer(client, token("permits.manage"))


@pytest.mark.parametrize(
    ("field", "by", "former", "corrected"),
    [
        ("id_number", "person_id", FORMER, CORRECTED),
        ("mobile", "mobile", FORMER_MOBILE, CORRECTED_MOBILE),
    ],
)
def test_everything_of_a_permit_opens_to_the_corrected_owner_alone(
    officer: Officer, desk: Desk, opens: Any, field: str, by: str, former: str, corrected: str
) -> None:
    permit = completed(desk)
    things = things_of(desk, permit)
    assert all(opens(key, by, former) for key in things.values())

    officer.correct(permit, **{field: corrected})

    assert {name for name, key in things.items() if opens(key, by, former)} == set()
    assert {name for name, key in things.items() if opens(key, by, corrected)} == set(things)


def test_each_event_of_a_correction_is_an_amendment_that_changes_nothing_else(
    officer: Officer, desk: Desk
) -> None:
    permit = completed(desk)
    things = things_of(desk, permit)
    before = {name: desk.published(key)[-1].data for name, key in things.items()}

    officer.correct(permit, mobile=CORRECTED_MOBILE)

    for name, key in things.items():
        last = desk.published(key)[-1]
        topic = name if name in ("permit", "request", "release", "appeal") else "certificate"
        contracts.check_event(f"sa.gov.qatif.permits.{topic}.amended.v1", last.data)
        assert last.happened == "amended"
        [told] = contacts_of(desk.session).open(key, last.data["contacts"])
        assert told.mobile == CORRECTED_MOBILE
        if name not in ("permit", "request"):
            assert _without_owners(last.data) == _without_owners(before[name])


def _without_owners(data: Mapping[str, Any]) -> Mapping[str, Any]:
    inquiry = {name: part for name, part in data["inquiry"].items() if name != "match"}
    return {**data, "inquiry": inquiry, "contacts": None}


@pytest.mark.parametrize(
    "change",
    [
        {"land": {"street": "شارع الملك"}},
        {"owners": {"correct": [{"position": 0, "name": "حسين بن علي آل تجربة (بيانات تجريبية)"}]}},
    ],
)
def test_a_correction_of_anything_else_is_an_event_of_the_permit_alone(
    officer: Officer, desk: Desk, change: dict[str, Any]
) -> None:
    permit = completed(desk)
    things = things_of(desk, permit)
    before = {name: len(desk.published(key)) for name, key in things.items()}
    if "owners" in change:
        change = {"owners": {**change["owners"], "version": permit.version}}

    assert officer.amend(permit, **change).status_code == 200

    more = {name for name, key in things.items() if len(desk.published(key)) > before[name]}
    assert more == {"permit"}


def test_a_refused_correction_publishes_nothing(officer: Officer, desk: Desk) -> None:
    permit = completed(desk)
    things = things_of(desk, permit)
    before = {name: len(desk.published(key)) for name, key in things.items()}
    owners = {"version": permit.version, "correct": [{"position": 0, "id_number": "1000000009"}]}

    refused = officer.amend(permit, owners=owners)

    assert refused.status_code == 400
    assert {name: len(desk.published(key)) for name, key in things.items()} == before


def test_a_replaced_permits_certificates_stay_the_former_owners(
    officer: Officer, desk: Desk, opens: Any
) -> None:
    """The insulation moves to the buyer's permit, and a correction of the buyer is published for it."""
    sold = desk.issued()
    insulation = desk.insulated(sold)
    request_of_the_seller = str(sold.request_id)
    buyer = {
        "name": "مشتر تجربة (بيانات تجريبية)",
        "owner_type": "individual",
        "id_type": "national_id",
        "id_number": "1000000024",
        "mobile": "0500000024",
    }
    bought = desk.issued(
        kind="ownership_transfer", previous_permit_id=sold.permit_id, owners=[buyer]
    )
    desk.session.flush()

    officer.correct(bought, id_number="1000000032")

    assert opens(insulation.certificate_id, "person_id", "1000000032")
    assert not opens(insulation.certificate_id, "person_id", "1000000024")
    assert opens(sold.permit_id, "person_id", FORMER)
    assert opens(request_of_the_seller, "person_id", FORMER)


@pytest.mark.parametrize(
    ("field", "by", "former", "corrected"),
    [
        ("id_number", "person_id", FORMER, CORRECTED),
        ("mobile", "mobile", FORMER_MOBILE, CORRECTED_MOBILE),
    ],
)
def test_a_renewed_permit_and_its_request_open_to_the_owner_who_was_corrected_in_the_renewal(
    officer: Officer, desk: Desk, opens: Any, field: str, by: str, former: str, corrected: str
) -> None:
    first = desk.issued()
    change_permit.suspend(desk.work, first.permit_id, reason="سبب", body="الدفاع المدني")
    filing = Filing(against=Against.SUSPENSION, of=first.permit_id, grounds="عولج")
    appeal = handle_appeal.file(desk.work, filing)
    change_permit.reinstate(desk.work, first.permit_id, reason="عولج")
    renewal = desk.issued(kind="renewal", previous_permit_id=first.permit_id)
    desk.session.flush()
    first_things = (first.permit_id, str(first.request_id), appeal.appeal_id)

    officer.correct(renewal, **{field: corrected})

    for key in (*first_things, renewal.permit_id, str(renewal.request_id)):
        assert opens(key, by, corrected)
        assert not opens(key, by, former)
        assert desk.published(key)[-1].happened == "amended"
    last = desk.published(first.permit_id)[-1].data
    contracts.check_event("sa.gov.qatif.permits.permit.amended.v1", last)
    assert last["status"] == "renewed"


def test_a_request_that_follows_opens_to_the_corrected_number(
    officer: Officer, desk: Desk, opens: Any
) -> None:
    permit = desk.issued()
    request = desk.billed(kind="renewal", previous_permit_id=permit.permit_id)
    ended = desk.take(desk.submit(), "cancel_request")
    desk.session.flush()

    officer.correct(permit, id_number=CORRECTED)

    last = desk.published(request.request_id)[-1]
    contracts.check_event("sa.gov.qatif.permits.request.amended.v1", last.data)
    assert (last.happened, last.data["status"]) == ("amended", "awaiting_payment")
    assert opens(request.request_id, "person_id", CORRECTED)
    assert not opens(request.request_id, "person_id", FORMER)
    assert opens(ended.request_id, "person_id", FORMER)  # about no permit of the line


def test_a_number_that_one_person_wrote_opens_nothing_until_another_verifies_the_older_permit(
    officer: Officer, desk: Desk, opens: Any
) -> None:
    permit = desk.verified(desk.older())
    things = [desk.insulated(permit).certificate_id, submitted(desk, permit).release_id]
    change_permit.suspend(desk.work, permit.permit_id, reason="سبب", body="الدفاع المدني")
    filing = Filing(against=Against.SUSPENSION, of=permit.permit_id, grounds="عولج")
    things.append(handle_appeal.file(desk.work, filing).appeal_id)
    desk.session.flush()

    officer.correct(permit, id_number=CORRECTED, mobile=CORRECTED_MOBILE)

    for key in things:
        last = desk.published(key)[-1]
        assert last.happened == "amended"
        shown = last.data["inquiry"]
        assert (last.data["contacts"], shown["match"], shown["subjects"]) == ([], [], [])

    desk.session.refresh(permit)
    desk.verified(permit)

    for key in things:
        assert opens(key, "person_id", CORRECTED)
        assert not opens(key, "person_id", FORMER)
        [told] = contacts_of(desk.session).open(key, desk.published(key)[-1].data["contacts"])
        assert told.mobile == CORRECTED_MOBILE


def test_an_appeal_opens_to_the_owner_who_was_corrected_in_the_request(
    desk: Desk, opens: Any
) -> None:
    request = desk.take(desk.submit(), "send_to_office", "send_to_technical_review")
    review.reject(desk.work, request.request_id, reason="خارج النطاق")
    filing = Filing(against=Against.REJECTION, of=request.request_id, grounds="المخطط معتمد")
    appeal = handle_appeal.file(desk.work, filing)
    handle_appeal.accept(desk.work.acting_as(desk.reviewer), appeal.appeal_id, reason="بعد النظر")
    review.return_request(desk.work, request.request_id, notes="رقم الهوية")
    wanted = {"version": request.version, "correct": [{"position": 0, "id_number": CORRECTED}]}

    submit_request.correct_owners(desk.work, request.request_id, wanted)
    desk.session.flush()

    assert desk.published(appeal.appeal_id)[-1].happened == "amended"
    assert opens(appeal.appeal_id, "person_id", CORRECTED)
    assert not opens(appeal.appeal_id, "person_id", FORMER)


def test_a_history_says_that_the_owners_of_the_permit_were_corrected(
    officer: Officer, desk: Desk
) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    desk.session.flush()

    officer.correct(permit, id_number=CORRECTED)

    rows = queries.history_of_permit(desk.session, desk.officer, permit.permit_id)
    said = [views.history_view([row])["items"][0] for row in rows if row.action == "amend_owners"]
    assert [(one["aggregate"], one["action_title"]["ar"]) for one in said] == [
        ("permit-request", "تصحيح ملاك الرخصة أو الطلب"),
        ("certificate", "تصحيح ملاك الرخصة أو الطلب"),
    ]
    assert CORRECTED not in str(said)


def test_a_completion_that_waited_for_the_correction_opens_to_the_corrected_owner(
    real_database: Database, desk_class: type, house: Callable[..., dict[str, Any]]
) -> None:
    with preparing(real_database) as session:
        desk = desk_class(session, house)
        permit = desk.issued()
        desk.insulated(permit)
        permit_id, version = permit.permit_id, permit.version

    def complete() -> str:
        with real_database.transaction() as session:
            row = desk_class(session, house).complete(Permit(permit_id=permit_id))
            return str(row.certificate_id)

    with one_waits_for_the_other(real_database, complete) as (session, futures):
        wanted = {"version": version, "correct": [{"position": 0, "id_number": CORRECTED}]}
        work = desk_class(session, house).work
        change_permit.amend(work, permit_id, reason="حسب الهوية", wanted={"owners": wanted})
    certificate_id = futures[0].result()

    with real_database.transaction() as session:
        [event] = desk_class(session, house).published(certificate_id)
        block, known = event.data["inquiry"], Known(by="person_id", value=CORRECTED)
        keys = inquiries_of(session).match_keys(block["kind"], block["number"], known)
        assert {"by": "person_id", "key": keys[0]} in block["match"]
