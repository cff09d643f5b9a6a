"""One-time codes over HTTP."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx
import pytest
from sqlalchemy import select, text

from chassis.data.aggregates import lock
from notify.commands import codes as commands
from notify.commands.messages import change_state
from notify.domain.floods import Caps
from notify.domain.messages import State
from notify.models import ConfirmedMobile, Message
from saudi.mobiles import parse_mobile

from .conftest import Live

_mobiles = count(10)
CAPS = Caps(to_mobile=30, in_all=1_000)
Ask = dict[str, str]


@pytest.fixture
def ask() -> Ask:
    """A code for a mobile of its own: the server's limits outlive a test."""
    return {"mobile": f"050 000 {next(_mobiles):04d}", "purpose": "report-inquiry"}


@pytest.fixture
def portal(live: Live) -> httpx.Client:
    return live.machine()


def texts(live: Live) -> list[str]:
    with live.database.transaction() as session:
        rows = session.scalars(select(Message).order_by(Message.created_at))
        return [row.text_secret or "" for row in rows]


def digits_of(live: Live) -> str:
    """The code in the newest text."""
    found = re.search(r"[0-9]{6}", texts(live)[-1])
    assert found
    return found[0]


def other_than(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06d}"


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[1]


def move_back(live: Live, seconds: float) -> None:
    """Ends the codes so much earlier."""
    moved = text("UPDATE one_time_code SET expires_at = expires_at - :moved")
    with live.database.transaction() as session:
        session.execute(moved, {"moved": timedelta(seconds=seconds)})


def test_a_right_code_confirms_the_mobile(ask: Ask, live: Live, portal: httpx.Client) -> None:
    asked = portal.post("/v1/codes", json=ask)

    checked = portal.post("/v1/codes/check", json={**ask, "code": digits_of(live)})

    assert asked.status_code == 201
    assert set(asked.json()) == {"expires_at", "resend_after"}
    assert checked.status_code == 200
    with live.database.transaction() as session:
        assert [row.by for row in session.scalars(select(ConfirmedMobile))] == ["code"]


def test_a_code_is_right_once(ask: Ask, live: Live, portal: httpx.Client) -> None:
    portal.post("/v1/codes", json=ask)
    body = {**ask, "code": digits_of(live)}

    portal.post("/v1/codes/check", json=body)

    assert problem(portal.post("/v1/codes/check", json=body)) == (409, "code-over")


def test_arabic_digits_are_the_same_digits(ask: Ask, live: Live, portal: httpx.Client) -> None:
    portal.post("/v1/codes", json=ask)
    arabic = digits_of(live).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))

    assert portal.post("/v1/codes/check", json={**ask, "code": arabic}).status_code == 200


def test_a_code_has_five_tries(ask: Ask, live: Live, portal: httpx.Client) -> None:
    portal.post("/v1/codes", json=ask)
    digits = digits_of(live)

    wrong = [
        portal.post("/v1/codes/check", json={**ask, "code": other_than(digits)}) for _ in range(5)
    ]
    last = portal.post("/v1/codes/check", json={**ask, "code": digits})

    assert [problem(one) for one in wrong] == [(422, "code-not-right")] * 5
    assert problem(last) == (409, "code-over")


def test_parallel_tries_are_five_in_all(ask: Ask, live: Live, portal: httpx.Client) -> None:
    portal.post("/v1/codes", json=ask)
    wrong = {**ask, "code": other_than(digits_of(live))}

    def attempt(_number: int) -> str:
        with live.machine() as client:
            return problem(client.post("/v1/codes/check", json=wrong))[1]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(attempt, range(16)))

    assert (found.count("code-not-right"), found.count("code-over")) == (5, 11)


def test_a_code_can_be_used_once_by_parallel_tries(
    ask: Ask, live: Live, portal: httpx.Client
) -> None:
    portal.post("/v1/codes", json=ask)
    right = {**ask, "code": digits_of(live)}

    def attempt(_number: int) -> int:
        with live.machine() as client:
            return client.post("/v1/codes/check", json=right).status_code

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(attempt, range(8)))

    assert sorted(found) == [200, *[409] * 7]


def test_guessing_over_many_codes_is_limited(ask: Ask, live: Live, portal: httpx.Client) -> None:
    portal.post("/v1/codes", json=ask)
    wrong = {**ask, "code": other_than(digits_of(live))}

    found = [portal.post("/v1/codes/check", json=wrong).status_code for _ in range(32)]

    assert found.count(429) == 2
    assert found[-1] == 429


@pytest.mark.parametrize(
    "changes", [{"mobile": "0500009999"}, {"purpose": "another"}], ids=["mobile", "purpose"]
)
def test_a_code_is_bound_to_mobile_and_purpose(
    ask: Ask, live: Live, portal: httpx.Client, changes: dict[str, str]
) -> None:
    portal.post("/v1/codes", json=ask)

    answer = portal.post("/v1/codes/check", json={**ask, **changes, "code": digits_of(live)})

    assert problem(answer) == (409, "code-over")


def test_a_code_is_bound_to_the_caller(ask: Ask, live: Live, portal: httpx.Client) -> None:
    portal.post("/v1/codes", json=ask)
    with live.machine("another-system") as other:
        answer = other.post("/v1/codes/check", json={**ask, "code": digits_of(live)})

    assert problem(answer) == (409, "code-over")


def test_a_code_ends_after_five_minutes(ask: Ask, live: Live, portal: httpx.Client) -> None:
    portal.post("/v1/codes", json=ask)
    digits = digits_of(live)
    move_back(live, 301)

    assert problem(portal.post("/v1/codes/check", json={**ask, "code": digits})) == (
        409,
        "code-over",
    )


def test_a_new_code_takes_the_place_of_the_old_one(
    ask: Ask, live: Live, portal: httpx.Client
) -> None:
    portal.post("/v1/codes", json=ask)
    old = digits_of(live)
    holder = commands.holder_of("portal-system", ask["purpose"], parse_mobile(ask["mobile"]))
    with live.database.transaction() as session:
        now = datetime.now(UTC)
        commands.send_code(session, holder, language="ar", seconds=300, caps=CAPS, now=now)

    answers = [portal.post("/v1/codes/check", json={**ask, "code": old})]
    answers.append(portal.post("/v1/codes/check", json={**ask, "code": digits_of(live)}))

    assert [one.status_code for one in answers] == ([422, 200] if old != digits_of(live) else [200])


def test_another_code_has_to_wait_a_minute(ask: Ask, portal: httpx.Client) -> None:
    portal.post("/v1/codes", json=ask)

    again = portal.post("/v1/codes", json={**ask, "purpose": "another"})

    assert problem(again) == (429, "too-many-requests")
    assert again.json()["code"] == "code-again"
    assert 1 <= int(again.headers["retry-after"]) <= 61


def test_parallel_requests_send_one_code(ask: Ask, live: Live) -> None:
    def post(_number: int) -> int:
        with live.machine() as client:
            return client.post("/v1/codes", json=ask).status_code

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(post, range(8)))

    assert sorted(found) == [201, *[429] * 7]
    assert len(texts(live)) == 1


def test_an_address_gets_few_codes(live: Live, portal: httpx.Client) -> None:
    found = [
        portal.post(
            "/v1/codes",
            json={"mobile": f"05002{n:05d}", "purpose": "x", "address": "203.0.113.7"},
        ).status_code
        for n in range(22)
    ]

    assert found.count(201) == 20
    assert found[-1] == 429


def test_all_addresses_of_an_ipv6_network_share_a_limit_of_codes(portal: httpx.Client) -> None:
    found = [
        portal.post(
            "/v1/codes",
            json={"mobile": f"05001{n:05d}", "purpose": "x", "address": f"2001:db8::{n:x}"},
        ).status_code
        for n in range(22)
    ]

    assert found.count(201) == 20
    assert found[-1] == 429


@pytest.mark.parametrize("address", ["1.2.3", "::::", "999.1.1.1", "abc"])
def test_a_malformed_address_is_refused(portal: httpx.Client, ask: Ask, address: str) -> None:
    answer = portal.post("/v1/codes", json={**ask, "address": address})

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == ["address"]


def test_no_column_holds_a_code_in_clear(ask: Ask, live: Live, portal: httpx.Client) -> None:
    portal.post("/v1/codes", json=ask)
    digits = digits_of(live)
    with live.database.transaction() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT m::text || (SELECT string_agg(c::text, '') FROM one_time_code c)"
            " || (SELECT string_agg(convert_from(o.data, 'UTF8'), '') FROM outbox o) FROM message m"
        )
        stored = "".join(rows.scalars())
        message = session.scalars(select(Message)).one()

    assert digits not in stored
    assert ask["mobile"].replace(" ", "")[1:] not in stored
    assert message.text_public is not None
    assert digits not in message.text_public


def test_the_text_of_a_code_is_gone_once_it_was_handed_over(
    ask: Ask, live: Live, portal: httpx.Client
) -> None:
    portal.post("/v1/codes", json=ask)

    with live.database.transaction() as session:
        row = lock(session, Message, session.scalars(select(Message.message_id)).one())
        change_state(session, row, State.SENDING, now=row.created_at)
        change_state(session, row, State.ACCEPTED, now=row.created_at)

    assert texts(live) == [""]


def test_the_text_of_a_code_ends_with_the_code(ask: Ask, live: Live, portal: httpx.Client) -> None:
    portal.post("/v1/codes", json=ask)

    with live.database.transaction() as session:
        ends = session.scalar(text("SELECT expires_at FROM one_time_code"))
        message = session.scalars(select(Message)).one()

    assert message.expires_at == ends
    assert message.when_unsure == "lost"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"mobile": "0138552222", "purpose": "x"},
        {"mobile": "+447700900123", "purpose": "x"},
        {"mobile": "0500000008", "purpose": "X Y"},
        {"mobile": "0500000008", "purpose": "x", "language": "fr"},
        {"mobile": "0500000008", "purpose": "x", "more": 1},
        {"mobile": 500000008, "purpose": "x"},
    ],
)
def test_a_request_that_is_not_right_is_refused(
    portal: httpx.Client, body: dict[str, object]
) -> None:
    answer = portal.post("/v1/codes", json=body)

    assert problem(answer) == (400, "invalid-request")
    assert "500000008" not in answer.text


def test_staff_send_no_codes(ask: Ask, live: Live, token: Callable[..., dict[str, str]]) -> None:
    with live.staff("messages.read", "notify.admin") as staff:
        assert staff.post("/v1/codes", json=ask).status_code == 403
