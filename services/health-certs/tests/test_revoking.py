"""A revocation keeps the worker from another certificate until an officer decides, and a false pass is voided."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands import apply, cancel
from health_certs.models import Certificate, Education, Request
from saudi.days import legal_day

from .conftest import COOK, LICENCE_NO
from .mine.conftest import citizen, everybody
from .people import DELEGATE, HIMSELF

__all__ = ["citizen", "everybody"]  # the fixtures
CERTIFICATES, REQUESTS = "/v1/health-certificates", "/v1/health-certificate-requests"
MANY_DAYS = 30


@pytest.fixture
def moment() -> datetime:
    """Requests over HTTP come now."""
    return datetime.now(UTC)


@pytest.fixture
def officer(token: Any) -> Any:
    return token(
        "health-certs.revoke health-certs.read health-education.write",
        organisation="saihat",
        organisation_kind="affiliated_municipality",
        municipality="saihat",
    )


@pytest.fixture
def posts(client: Any, officer: Any, session: Any) -> Callable[..., Any]:
    """`posts(path, reason=…)` → the answer to an officer of the branch; rows are read anew afterwards."""

    def post(path: str, **body: str) -> Any:
        answer = client.post(path, json=body, headers=officer)
        session.expire_all()
        return answer

    return post


@pytest.fixture
def ending(in_force: Any, session: Any) -> Certificate:
    """A certificate that can be renewed."""
    made: Certificate = in_force(left=MANY_DAYS)
    session.flush()
    return made


@pytest.fixture
def renewal(session: Any, ending: Certificate, photo: Any, moment: datetime) -> Request:
    """Its renewal, open."""
    body = {
        "establishment": {"licence_no": LICENCE_NO},
        "residence_permit_until": date(2027, 8, 4),
        "centre": "saihat-centre",
        "photo": photo(DELEGATE),
    }
    work = UnitOfWork(session, DELEGATE, moment)
    return apply.renew(work, DELEGATE.applicant(), ending.certificate_no, body)


def completes(row: Request, pays: Any, enters: Any, moment: datetime) -> None:
    pays(row, at=moment)
    enters(row, "fit", at=moment, examined_on=legal_day(moment))


def test_the_renewal_of_a_revoked_certificate_waits_for_an_officer(
    renewal: Any, ending: Any, pays: Any, enters: Any, posts: Any, moment: datetime, session: Any
) -> None:
    posts(f"{CERTIFICATES}/{ending.certificate_no}/revoke", reason="misused")

    completes(renewal, pays, enters, moment)

    assert renewal.status == "awaiting_examination"
    cleared = posts(f"{CERTIFICATES}/{ending.certificate_no}/clear", reason="cause-ended")
    assert cleared.status_code == 200, cleared.text
    assert (cleared.json()["status"], cleared.json()["cleared"]) == ("revoked", True)
    assert renewal.status == "issued"
    assert ending.status == "revoked"


def test_asking_anew_after_a_revocation_waits_for_an_officer_too(
    make_request: Any, ending: Any, pays: Any, enters: Any, posts: Any, moment: datetime
) -> None:
    posts(f"{CERTIFICATES}/{ending.certificate_no}/revoke", reason="court-order")

    row = make_request(
        at=moment, own=HIMSELF.applicant(), profession="cleaner", establishment=None,
        municipality="qatif",
    )  # fmt: skip
    completes(row, pays, enters, moment)

    assert row.status == "awaiting_examination"


def test_a_worker_who_cancels_first_does_not_escape_the_revocation(
    make_request: Any,
    ending: Any,
    pays: Any,
    enters: Any,
    posts: Any,
    moment: datetime,
    session: Any,
) -> None:
    work, number = UnitOfWork(session, DELEGATE, moment), ending.certificate_no
    cancel.cancel(work, DELEGATE.applicant(), number)

    revoked = posts(f"{CERTIFICATES}/{number}/revoke", reason="false-particulars")
    row = make_request(
        at=moment, own=HIMSELF.applicant(), profession="cleaner", establishment=None,
        municipality="qatif",
    )  # fmt: skip
    completes(row, pays, enters, moment)

    assert (revoked.status_code, ending.status) == (200, "revoked")
    assert row.status == "awaiting_examination"


def test_a_revocation_is_cleared_once_and_only_a_revoked_certificate_is(
    ending: Any, posts: Any
) -> None:
    place = f"{CERTIFICATES}/{ending.certificate_no}"

    early = posts(f"{place}/clear", reason="cause-ended")
    posts(f"{place}/revoke", reason="misused")
    statuses = [posts(f"{place}/clear", reason="order-lifted").status_code for _ in range(2)]
    last = posts(f"{place}/clear", reason="order-lifted").json()

    assert early.status_code == 409
    assert statuses == [200, 409]
    assert last["type"].endswith("already-cleared")
    assert posts(f"{place}/clear", reason="because").status_code == 400


def test_the_worker_and_the_officer_see_what_holds_the_request_and_the_establishment_doesnt(
    renewal: Any, ending: Any, posts: Any, client: Any, officer: Any, everybody: Any
) -> None:
    mine = f"/v1/my{REQUESTS[3:]}/{renewal.request_id}/conditions"
    before = client.get(mine, headers=everybody["delegate"])
    posts(f"{CERTIFICATES}/{ending.certificate_no}/revoke", reason="misused")

    def shown(path: str, header: Any) -> Any:
        return client.get(path, headers=header).json()["items"]

    officers = shown(f"{REQUESTS}/{renewal.request_id}/conditions", officer)
    workers, delegates = (shown(mine, everybody[who]) for who in ("worker", "delegate"))

    for items in (officers, workers):
        assert items[-1]["code"] == "clearance"
        assert items[-1]["source"]["reference"] == ending.certificate_no
    assert delegates == before.json()["items"]


def test_a_false_pass_is_voided_and_every_open_request_waits_for_another(
    make_request: Any, educates: Any, session: Any, posts: Any, event_names: Any, officer: Any
) -> None:
    first, second = make_request(**COOK), make_request(profession="waiter")
    educates(first)
    assert second.status == "awaiting_payment"

    place = f"{REQUESTS}/{first.request_id}/education/void"
    voided = posts(place, course="food-handlers", reason="false-pass")

    assert voided.status_code == 200, voided.text
    assert (first.status, second.status) == ("awaiting_education", "awaiting_education")
    kept = session.scalars(select(Education)).one()
    assert (kept.void_reason, kept.voided_at is not None) == ("false-pass", True)
    again = posts(place, course="food-handlers", reason="false-pass")
    assert again.json()["errors"][0]["code"] == "pass-unknown"


def test_a_pass_is_voided_after_its_request_ended(
    make_request: Any, educates: Any, pays: Any, enters: Any, posts: Any
) -> None:
    row = make_request(**COOK)
    educates(row)
    pays(row)
    enters(row, "fit")
    assert row.status == "issued"

    place = f"{REQUESTS}/{row.request_id}/education/void"
    voided = posts(place, course="food-handlers", reason="entered-in-error")

    assert voided.status_code == 200, voided.text
    assert make_request(profession="waiter").status == "awaiting_education"


def test_another_branch_clears_and_voids_nothing(
    renewal: Any, ending: Any, client: Any, token: Any
) -> None:
    header = token(
        "health-certs.revoke health-education.write",
        organisation="tarout",
        organisation_kind="affiliated_municipality",
        municipality="tarout",
    )
    clear = f"{CERTIFICATES}/{ending.certificate_no}/clear"
    void = f"{REQUESTS}/{renewal.request_id}/education/void"

    answers = [
        client.post(clear, json={"reason": "cause-ended"}, headers=header),
        client.post(void, json={"course": "food-handlers", "reason": "false-pass"}, headers=header),
    ]

    assert [one.status_code for one in answers] == [404, 404]


@pytest.mark.parametrize("who_moves", ["worker", "delegate"])
@pytest.mark.parametrize("moved", ["the old one", "the new one"])
def test_a_certificate_that_moved_shows_its_next_number_to_no_former_establishment(
    renewal: Any, ending: Any, pays: Any, enters: Any, moment: datetime, client: Any, everybody: Any,
    session: Any, moved: str, who_moves: str,
) -> None:  # fmt: skip
    def leaves(certificate_no: str) -> None:
        place = f"/v1/my/health-certificates/{certificate_no}/establishment"
        gone = client.put(place, json={"establishment": None}, headers=everybody[who_moves])
        assert gone.status_code == 200, gone.text
        session.expire_all()

    if moved == "the old one":
        leaves(ending.certificate_no)
    completes(renewal, pays, enters, moment)
    made = session.get(Certificate, renewal.certificate_id)
    if moved == "the new one":
        leaves(made.certificate_no)

    place = f"/v1/my{REQUESTS[3:]}"
    found = {}
    for who in ("worker", "delegate"):
        one = client.get(f"{place}/{renewal.request_id}", headers=everybody[who]).json()
        listed = client.get(place, headers=everybody[who]).json()["items"]
        found[who] = {
            one["certificate_no"],
            *(row["certificate_no"] for row in listed if row["request_id"] == renewal.request_id),
        }

    assert found == {"worker": {made.certificate_no}, "delegate": {None}}


def test_a_delegate_still_sees_the_number_of_a_worker_of_his_own(
    renewal: Any, pays: Any, enters: Any, moment: datetime, client: Any, everybody: Any
) -> None:
    completes(renewal, pays, enters, moment)

    place = f"/v1/my{REQUESTS[3:]}/{renewal.request_id}"
    shown = client.get(place, headers=everybody["delegate"]).json()

    assert shown["certificate_no"] == renewal.certificate_no
