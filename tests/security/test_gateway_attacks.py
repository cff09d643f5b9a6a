"""Attacks on the gateway's queries that no other file tries: cursors, patterns, ranges, numbers, bodies, headers."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from chassis.data.paging import issue_cursor
from partner_gateway.domain.permit_queries import Query
from partner_gateway.queries.permits import Position

from .granting import record_grant

ServiceInProcess = Any
Ask = Callable[..., Any]
PATH, SEARCH = "/v1/building-permits", "/v1/building-permit-searches"
SCOPES = ("building-permits.read", "building-permits.search", "gateway.status")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
LAST_ID = "ffffffff-ffff-7fff-bfff-ffffffffffff"


@pytest.fixture(scope="module")
def ask(services: dict[str, ServiceInProcess], permit_in_tarout: dict[str, Any]) -> Ask:
    """`ask(path, organisation="sec", …)`, each time by another person: no limit answers in the place of a check."""
    service, people = services["partner-gateway"], iter(range(100_000))
    for organisation in ("sec", "water"):
        record_grant(service, organisation)

    def send(
        path: str, organisation: str = "sec", method: str = "GET", token: str = "{}", **how: Any
    ) -> Any:
        number = next(people)
        claims = {
            "organisation": organisation, "organisation_kind": "partner", "municipality": None,
            "sub": f"p_attacker_{number}", "client_id": f"client-{number}",
        }  # fmt: skip
        own = service.token(*SCOPES, **claims)["Authorization"]
        headers = {"Authorization": token.format(own), **how.pop("headers", {})}
        return service.client.request(method, path, headers=headers, **how)

    return send


def search(ask: Ask, body: Any, **how: Any) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **how.pop("headers", {})}
    return ask(SEARCH, method="POST", content=content, headers=headers, **how)


# ---------------------------------------------------------------------------------------------------- cursors


@pytest.fixture
def query(permit_in_tarout: dict[str, Any]) -> Query:
    day = date.fromisoformat(permit_in_tarout["issued_on"])
    return Query(issued_from=day - timedelta(3), issued_to=day + timedelta(3))


@pytest.fixture
def good(services: dict[str, ServiceInProcess], query: Query) -> str:
    """A cursor as the gateway issues it to sec, before the permit that is there."""
    assert query.issued_to is not None
    position = Position(query.issued_to - timedelta(1), LAST_ID)
    secret = services["partner-gateway"].settings.cursor_secret
    return issue_cursor(secret, str(position), ["sec", query.filters()])


def page(ask: Ask, query: Query, text: str, organisation: str = "sec", **changes: str) -> Any:
    asked = {"issued_from": str(query.issued_from), "issued_to": str(query.issued_to)}
    return ask(PATH, organisation, params={**asked, "cursor": text, **changes})


def test_a_cursor_goes_on_for_whom_it_was_made(
    ask: Ask, query: Query, good: str, permit_in_tarout: dict[str, Any]
) -> None:
    found = page(ask, query, good).json()["items"]

    assert permit_in_tarout["permit_id"] in [one["permit_id"] for one in found]


def test_no_bit_of_a_cursor_can_be_changed(ask: Ask, query: Query, good: str) -> None:
    raw = urlsafe_b64decode(good + "==")
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1 << place % 8
        text = urlsafe_b64encode(bytes(changed)).decode().rstrip("=")
        assert page(ask, query, text).status_code == 400, place


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c + "=", lambda c: c + "==", lambda c: c[:9] + "!" + c[9:], lambda c: c[:9] + " " + c[9:],
        lambda c: c[:-1] + LETTERS[LETTERS.index(c[-1]) ^ 1], lambda c: c[:9] + "+" + c[9:], lambda c: c[:-1],
        lambda c: c + "A", lambda c: c + c, lambda c: c.upper(), lambda _: "A", lambda _: "=" * 8, lambda _: "é" * 9,
        lambda _: "A" * 500, lambda c: c + "\n", lambda c: c.replace(c[0], "\uff21", 1),
    ],
)  # fmt: skip
def test_a_cursor_has_one_spelling(
    ask: Ask, query: Query, good: str, change: Callable[[str], str]
) -> None:
    assert page(ask, query, change(good)).status_code == 400


def test_a_cursor_is_of_one_query_and_one_organisation(ask: Ask, query: Query, good: str) -> None:
    assert page(ask, query, good, organisation="water").status_code == 400
    for change in (
        {"issued_to": str(query.issued_to + timedelta(1))},  # type: ignore[operator]
        {"issued_from": str(query.issued_from - timedelta(1))},  # type: ignore[operator]
        {"plan_number": "713/7"}, {"town": "القطيف"}, {"kind": "new"}, {"status": "valid"},
    ):  # fmt: skip
        assert page(ask, query, good, **change).status_code == 400, change
    body = {
        "civil_id": "1000000008", "purpose": "meter-connection", "case_reference": "C-1", "cursor": good,
        "issued_from": str(query.issued_from), "issued_to": str(query.issued_to),
    }  # fmt: skip
    assert search(ask, body).status_code == 400


# ---------------------------------------------------------------------------------------------------- filters

PATTERNS = [
    "%", "_", "%%", "7%", "7_3/7", "*", ".*", "[0-9]", "' OR '1'='1", "'; DROP TABLE building_permit;--", "\\", "%s",
    "%(page)s", "{0}", "${7*7}", "{{7*7}}", ":plan", "$1", "713/7' --", "\u0027", "\uff07",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("name", ["plan_number", "permit_number", "town", "district"])
def test_no_filter_is_read_as_a_pattern_or_as_a_statement(
    ask: Ask, query: Query, name: str, pattern: str
) -> None:
    asked = {"issued_from": str(query.issued_from), "issued_to": str(query.issued_to)}

    answer = ask(PATH, params={**asked, name: pattern})

    assert answer.status_code in (200, 400)
    assert answer.json().get("items", []) == []


DATES = [
    "-0001-01-01", "10000-01-01", "99999-12-31", "2026-02-30", "2026-13-01", "2026-00-10", "20260101",
    "2026-W01-1", "2026-01-01T00:00:00Z", "２０２６-01-01", "2026−01−01", "1447/02/31", "1301-01-01",
    "1501/01/01/",
    "now", "infinity", "-infinity", "epoch", "today", "1e9", "", "2026-01-01\x00",
]  # fmt: skip


@pytest.mark.parametrize("value", DATES)
@pytest.mark.parametrize("name", ["issued_from", "issued_to"])
def test_a_day_outside_every_calendar_is_refused(ask: Ask, name: str, value: str) -> None:
    asked = {"issued_from": "2026-01-01", "issued_to": "2026-02-01", name: value}

    assert ask(PATH, params=asked).status_code == 400


@pytest.mark.parametrize(
    "value", ["2026-1-1", "2026/01/01", " 2026-01-01 ", "٢٠٢٦-٠١-٠١", "1447/07/12"]
)
def test_a_day_is_read_as_people_write_it(ask: Ask, value: str) -> None:
    asked = {"issued_from": value, "issued_to": "2026-02-01"}

    assert ask(PATH, params=asked).status_code == 200


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("0001-01-01", "9999-12-31"), ("0001-01-01", "0001-01-02"), ("9999-12-30", "9999-12-31"),
        ("2026-01-01", "2027-01-03"), ("1900-01-01", "2026-11-24"), ("2026-02-01", "2026-01-01"),
    ],
)  # fmt: skip
def test_no_range_is_wider_than_the_grant_or_breaks_anything(
    ask: Ask, first: str, last: str
) -> None:
    answer = ask(PATH, params={"issued_from": first, "issued_to": last})

    days = (date.fromisoformat(last) - date.fromisoformat(first)).days
    assert answer.status_code in ((200, 400) if 0 < days <= 366 else (400, 403)), answer.text
    assert answer.json().get("items", []) == []


@pytest.mark.parametrize(
    "limit",
    ["0", "-1", "201", "1e2", "+5", " 5", "0x10", "5_0", "5.0", "", "9" * 30, "NaN", "true", "null", "[5]"],
)  # fmt: skip
def test_a_page_has_a_size_that_is_a_plain_number_within_its_bounds(
    ask: Ask, query: Query, limit: str
) -> None:
    asked = {"issued_from": str(query.issued_from), "limit": limit}

    assert ask(PATH, params=asked).status_code == 400


# ---------------------------------------------------------------------------------------------------- bodies

GOOD = {"civil_id": "1000000008", "purpose": "meter-connection", "case_reference": "C-1"}
BODIES: dict[str, Any] = {
    "a list of numbers": {**GOOD, "civil_id": ["1000000008", "1000000016"]},
    "an object for a number": {**GOOD, "civil_id": {"$ne": ""}},
    "a number for a text": {**GOOD, "civil_id": 1000000008},
    "true": {**GOOD, "civil_id": True},
    "null": {**GOOD, "civil_id": None},
    "a pattern": {**GOOD, "civil_id": "1%"},
    "several in one": {**GOOD, "civil_id": "1000000008,1000000016"},
    "a key of the index": {**GOOD, "civil_id": "v1:" + "0" * 64},
    "another organisation": {**GOOD, "organisation": "water"},
    "another person": {**GOOD, "sub": "p_other"},
    "the index's own field": {**GOOD, "civil_id_keys": ["v1:" + "0" * 64]},
    "a prototype": {**GOOD, "__proto__": {"civil_id": "1"}},
    "too deep": b'{"civil_id":' + b"[" * 7_000 + b"]" * 7_000 + b"}",
    "a name twice": b'{"civil_id":"1000000008","civil_id":"1000000016","purpose":"a","case_reference":"C"}',
    "not a number": b'{"limit":NaN,"civil_id":"1000000008","purpose":"meter-connection","case_reference":"C-1"}',
    "in UTF-16": json.dumps(GOOD).encode("utf-16"),
    "with a mark before it": b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
    "two documents": json.dumps(GOOD).encode() * 2,
    "a list": [GOOD],
    "nothing": b"",
}


@pytest.mark.parametrize("name", BODIES)
def test_a_search_of_another_shape_is_refused(ask: Ask, name: str) -> None:
    answer = search(ask, BODIES[name])

    assert answer.status_code == 400, answer.text
    assert "1000000008" not in answer.text


# ---------------------------------------------------------------------------------------------------- around it


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": "00-" + "0" * 32 + "-" + "0" * 16 + "-00"}, {"traceparent": "00-zz-1-0"},
        {"traceparent": "x" * 4000},
        {"tracestate": "a=b," * 900}, {"baggage": "a=" + "b" * 5000}, {"Accept-Language": "ar;q=x," * 500},
        {"Accept": "*/*;q=" + "1" * 4000}, {"Range": "bytes=0-1"}, {"If-Match": "*"},
        {"X-HTTP-Method-Override": "DELETE"}, {"X-Original-URL": "/v1/access-log"}, {"X-Rewrite-URL": "/v1/access-log"},
        {"X-Forwarded-Host": "evil.example"}, {"Host": "evil.example"}, {"Forwarded": "host=evil.example"},
        {"X-Organisation": "water"}, {"X-User-Id": "p_other"}, {"Cookie": "session=" + "a" * 3000},
        {"Expect": "100-continue"}, {"Upgrade": "h2c"}, {"Max-Forwards": "0"},
    ],
)  # fmt: skip
def test_no_header_changes_the_answer(ask: Ask, query: Query, headers: dict[str, str]) -> None:
    asked = {"issued_from": str(query.issued_from), "issued_to": str(query.issued_to), "limit": "1"}
    plain = ask(PATH, params=asked)

    answer = ask(PATH, params=asked, headers=headers)

    assert answer.status_code == plain.status_code == 200
    assert answer.json()["items"] == plain.json()["items"]
    assert "evil" not in answer.text + str(answer.headers)


def _other_bits(text: str) -> str:
    return text[:-1] + LETTERS[LETTERS.index(text[-1]) ^ 1]


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t + "=", lambda t: t + "==", _other_bits, lambda t: t[:-9] + "!" + t[-9:], lambda t: t + ".",
        lambda t: t + ".e30", lambda t: t + ", " + t, lambda t: t + " x", lambda t: t.replace(" ", "  ", 1) + "\x7f",
        lambda t: "Bearer " + t, lambda t: t.replace("Bearer", "Token"), lambda t: t.replace("Bearer ", "Bearer="),
    ],
)  # fmt: skip
def test_a_token_has_one_spelling(
    services: dict[str, ServiceInProcess], ask: Ask, query: Query, change: Callable[[str], str]
) -> None:
    service = services["partner-gateway"]
    claims = {"organisation": "sec", "organisation_kind": "partner", "municipality": None}
    own = service.token(*SCOPES, **claims)["Authorization"]

    answer = service.client.get(
        PATH, params={"issued_from": str(query.issued_from)}, headers={"Authorization": change(own)}
    )

    assert answer.status_code == 401
