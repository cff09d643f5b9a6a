"""What the desk of officers and inspectors asks: lists by state and by day, one visit, and what staff may do now."""

from datetime import date, datetime
from typing import Any

import pytest

from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import receive_payment
from licences.commands.recording import SYSTEM
from licences.commands.review import order_inspection
from licences.domain.licences import staff_actions as licence_actions
from licences.domain.violations import Case, Course, Earlier, Status, staff_actions
from licences.models import Application

from .domain.test_violations import FINED_AT_ONCE as ITEM
from .domain.test_violations import WARNED_FIRST

SCOPES = (
    "licence-applications.read licence-applications.review licence-inspections.write"
    " licences.manage violations.record violations.read"
)
APPLICATIONS, VISITS = "/v1/licence-applications", "/v1/licence-inspections"
FOUND = {"passed": True, "inspected_on": "2026-11-25", "note": "مطابق"}


@pytest.fixture
def saihat(token: Any) -> Any:
    return token(SCOPES, municipality="saihat")


@pytest.fixture
def tarout(token: Any) -> Any:
    return token(SCOPES, municipality="tarout")


@pytest.fixture
def numbers(client: Any, saihat: Any) -> Any:
    """`numbers("statuses=in_review")` → the numbers of the applications that Saihat's officer reads."""

    def listed(query: str, headers: Any = None) -> list[str]:
        answer = client.get(f"{APPLICATIONS}?{query}", headers=headers or saihat)
        assert answer.status_code == 200, answer.text
        return [one["application_no"] for one in answer.json()["items"]]

    return listed


@pytest.fixture
def counts(client: Any, saihat: Any) -> Any:
    """`counts()` → how many open applications each list of Saihat's officer has."""

    def counted(headers: Any = None) -> dict[str, int]:
        found: dict[str, int] = client.get(
            f"{APPLICATIONS}?with_counts=true", headers=headers or saihat
        ).json()["counts"]
        return found

    return counted


@pytest.fixture
def order_visit(session: Any, officer: Any, now: datetime) -> Any:
    """`order_visit(row)`: an officer orders the visit of an application's place, due in two days."""

    def order(row: Application) -> None:
        work = UnitOfWork(session, officer, now)
        order_inspection(work, row.application_id, due_on=date(2026, 11, 27))
        session.flush()

    return order


@pytest.fixture
def in_review(submit_and_decide: Any, shop: Any) -> Application:
    """A shop that is too large to be immediate."""
    row: Application = submit_and_decide(shop(area_m2=300))
    assert row.status == "in_review"
    return row


def test_applications_of_several_states_stand_in_one_list(
    in_review: Application, submit_and_decide: Any, branch: Any, numbers: Any
) -> None:
    other = submit_and_decide(branch())
    assert other.status == "awaiting_payment"

    assert numbers("statuses=in_review") == [in_review.application_no]
    assert len(numbers("statuses=in_review&statuses=awaiting_payment")) == 2
    assert numbers("statuses=returned") == []
    assert numbers("statuses=in_review&order=review_until") == [in_review.application_no]


def test_each_count_of_applications_is_the_length_of_its_list(
    in_review: Application,
    submit_and_decide: Any,
    branch: Any,
    numbers: Any,
    counts: Any,
    tarout: Any,
) -> None:
    submit_and_decide(branch())

    found = counts()

    lists = {one: len(numbers(f"status={one}")) for one in found if one != "overdue"}
    assert found == lists | {"overdue": len(numbers("overdue=true"))}
    assert (found["in_review"], found["awaiting_payment"]) == (1, 1)
    assert set(counts(tarout).values()) == {0}


def test_an_affiliated_municipality_s_officer_reads_no_other_municipality_s_list(
    in_review: Application, numbers: Any, saihat: Any, tarout: Any
) -> None:
    for query in (
        "statuses=in_review&order=review_until",
        f"application_no={in_review.application_no}",
    ):
        assert numbers(query, saihat) == [in_review.application_no]
        assert numbers(query, tarout) == []


def test_an_application_is_found_by_its_number_alone(
    in_review: Application, submit_and_decide: Any, branch: Any, numbers: Any
) -> None:
    submit_and_decide(branch())

    assert numbers(f"application_no={in_review.application_no}") == [in_review.application_no]
    assert numbers("application_no=1448049999999") == []


def test_a_visit_is_listed_until_its_day_and_read_alone(
    client: Any, in_review: Application, order_visit: Any, saihat: Any, tarout: Any
) -> None:
    order_visit(in_review)

    def due_until(day: str, headers: Any) -> list[str]:
        answer = client.get(f"{VISITS}?due_until={day}", headers=headers).json()
        return [one["inspection_id"] for one in answer["items"]]

    assert due_until("2026-11-26", saihat) == []
    assert due_until("1448/06/17", tarout) == []
    (visit,) = due_until("1448/06/17", saihat)
    shown = client.get(f"{VISITS}/{visit}", headers=saihat)
    assert shown.json()["place"]["town"] == "سيهات"
    assert client.get(f"{VISITS}/{visit}", headers=tarout).status_code == 404


def test_a_visit_before_the_decision_is_recorded_by_its_own_id(
    client: Any, in_review: Application, order_visit: Any, saihat: Any
) -> None:
    order_visit(in_review)
    (visit,) = client.get(VISITS, headers=saihat).json()["items"]
    result = f"{VISITS}/{visit['inspection_id']}/result"

    done = client.post(result, json=FOUND, headers=saihat)

    assert (done.status_code, done.json()["result"]) == (200, "passed"), done.text
    shown = client.get(f"{APPLICATIONS}/{in_review.application_id}", headers=saihat).json()
    assert shown["inspection"]["result"] == "passed"
    assert client.post(result, json=FOUND, headers=saihat).status_code == 400


def test_an_application_names_what_staff_may_do(
    client: Any, in_review: Application, saihat: Any
) -> None:
    where = f"{APPLICATIONS}/{in_review.application_id}"

    before = client.get(where, headers=saihat).json()["staff_actions"]
    after = client.post(f"{where}/refuse", json={"reason": "سبب"}, headers=saihat).json()

    assert before == ["verify", "approve", "order_inspection", "return", "refuse", "withdraw"]
    assert after["staff_actions"] == []


def test_a_licence_names_what_staff_may_do(
    client: Any, saihat: Any, submit_and_decide: Any, shop: Any, session: Any, now: Any
) -> None:
    row = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    where = f"/v1/licences/{row.licence_no}"

    valid = client.get(where, headers=saihat).json()["staff_actions"]
    suspended = client.post(f"{where}/suspend", json={"reason": "سبب"}, headers=saihat).json()

    assert valid == ["suspend", "cancel", "correct"]
    assert suspended["staff_actions"] == ["reinstate", "cancel", "correct"]


def test_a_professional_has_no_trade_name_to_correct() -> None:
    day = date(2026, 11, 25)

    assert licence_actions("valid", day, day, has_name=False) == ["renew", "suspend", "cancel"]


def _case(status: Status, **changes: Any) -> Case:
    course = Course(status, until=changes.pop("until", None))
    usual: dict[str, Any] = {
        "course": course, "item": ITEM, "others": ("p_inspector",), "is_billed": False,
        "has_licence": True, "is_confirmed": True, "is_closed": False, "earlier": Earlier(),
        "correct_until": None,
    }  # fmt: skip
    return Case(**{**usual, **changes})


@pytest.mark.parametrize(
    ("subject", "case", "offered", "missing"),
    [
        ("p_inspector", _case(Status.OBSERVED, is_confirmed=False), "confirm", "cancel"),
        ("p_officer", _case(Status.OBSERVED, is_confirmed=False), "cancel", "decide"),
        ("p_officer", _case(Status.OBJECTED), "decide", "object"),
        ("p_inspector", _case(Status.CONFIRMED), "notify", "decide"),
        ("p_officer", _case(Status.UNPAID, until=date(2026, 11, 25)), "object", "sue"),
        ("p_officer", _case(Status.UNPAID, until=date(2026, 11, 24)), "bill", "object"),
        ("p_officer", _case(Status.UNPAID, is_billed=True), "cancel", "bill"),
        ("p_officer", _case(Status.JUDICIAL), "judge", "decide"),
        ("p_officer", _case(Status.PAID), "close", "bill"),
    ],
)
def test_a_violation_names_what_the_person_may_do(
    subject: str, case: Case, offered: str, missing: str
) -> None:
    named = staff_actions(case, subject=subject, today=date(2026, 11, 25))

    assert offered in named
    assert missing not in named


_TODAY = date(2026, 11, 25)
_MENDED, _MENDING = date(2026, 11, 24), _TODAY


@pytest.mark.parametrize(
    ("case", "offered"),
    [
        (_case(Status.OBSERVED, item=WARNED_FIRST), ["warn"]),
        (_case(Status.OBSERVED, item=WARNED_FIRST, earlier=Earlier(fined=1)), ["confirm"]),
        (_case(Status.OBSERVED, item=WARNED_FIRST, earlier=Earlier(warned=1)), ["confirm"]),
        (_case(Status.OBSERVED, item=WARNED_FIRST, earlier=Earlier(0, 1, _MENDING)), []),
        (_case(Status.WARNED, item=WARNED_FIRST, correct_until=_MENDING), ["correct"]),
        (_case(Status.WARNED, item=WARNED_FIRST, correct_until=_MENDED), ["correct", "confirm"]),
    ],
)
def test_a_record_is_offered_only_when_no_warning_comes_first(
    case: Case, offered: list[str]
) -> None:
    assert staff_actions(case, subject="p_inspector", today=_TODAY) == offered


def test_a_person_who_recorded_an_objected_violation_decides_nothing() -> None:
    case = _case(Status.OBJECTED)

    assert staff_actions(case, subject="p_inspector", today=date(2026, 11, 25)) == []


def test_a_violation_that_is_sent_twice_is_recorded_once(client: Any, saihat: Any) -> None:
    offender = {"kind": "establishment", "name": "بقالة بيانات تجريبية", "id_number": "7000000005"}
    seen = {"item": "5001", "municipality": "saihat", "offender": {**offender, "size": "micro"}}
    headers = {**saihat, "Idempotency-Key": "0195ff10-4d00-7b22-9d3f-000000000901"}

    first, again = (client.post("/v1/violations", json=seen, headers=headers) for _ in range(2))

    assert first.status_code == again.status_code == 201, first.text
    assert first.json() == again.json()
    assert first.json()["staff_actions"] == ["confirm"]
