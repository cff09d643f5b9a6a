"""What everybody reads of others' reports: public types, released words and photos; and a report before it's filed."""

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from chassis.core.vouched_addresses import HEADER, vouch_for
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from chassis.run.web import build
from reports.commands import photos, remarks
from reports.models import Report
from saudi.days import legal_day

LISTED, PREVIEWS = "/v1/public/reports", "/v1/public/report-previews"
HERE = {"town": "سيهات", "district": "النسيم", "latitude": 26.4834, "longitude": 50.0468}
FORTY_METRES_NORTH = 26.4834 + 40 / 111_320


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def draft(new_report: Any) -> dict[str, Any]:
    """What the form knows of a report before it's filed."""
    made: dict[str, Any] = new_report()
    del made["channel"]
    return made


@pytest.fixture
def filed_now(filed: Any, now: datetime) -> Any:
    """Files a report of today."""
    return lambda **changes: filed(at=now, **changes)


def place(**changes: Any) -> dict[str, Any]:
    return {**HERE, **changes}


def numbers(answer: Any, name: str = "items") -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["report_number"] for one in answer.json()[name]]


def faults(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.text
    return {one["field"]: one["code"] for one in answer.json()["errors"]}


def test_the_words_of_a_citizen_wait_for_an_officer(
    client: Any, filed_now: Any, session: Any, officer: Any, now: datetime
) -> None:
    row = filed_now(description="حفرة أمام بيت 0501234567", location=place(landmark="بيت أبي علي"))

    before = client.get(f"{LISTED}/{row.report_number}").json()
    remarks.release_words(UnitOfWork(session, officer, now), row.report_id)
    session.flush()
    after = client.get(f"{LISTED}/{row.report_number}").json()

    assert (before["description"], before["landmark"], before["district"]) == (None, None, "النسيم")
    assert (after["description"], after["landmark"]) == ("حفرة أمام بيت …", "بيت أبي علي")


def test_an_unlisted_district_is_a_citizens_word(client: Any, filed_now: Any) -> None:
    row = filed_now(location={"town": "سيهات", "district": "حوش أم علي"})

    assert client.get(f"{LISTED}/{row.report_number}").json()["district"] is None
    assert numbers(client.get(LISTED, params={"town": "سيهات", "district": "حوش أم علي"})) == []
    assert numbers(client.get(LISTED, params={"town": "سيهات"})) == [row.report_number]


def test_nothing_tells_who_reported(client: Any, filed_now: Any) -> None:
    row = filed_now()

    shown = client.get(LISTED).text + client.get(f"{LISTED}/{row.report_number}").text

    assert row.report_number in shown
    assert "500000001" not in shown
    assert "آل تجربة" not in shown


def test_a_report_of_another_type_is_answered_as_one_that_is_not_there(
    client: Any, filed_now: Any
) -> None:
    row = filed_now(category="advert-unlicensed")

    hidden = client.get(f"{LISTED}/{row.report_number}")
    missing = client.get(f"{LISTED}/1448999999")

    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.content == missing.content
    assert numbers(client.get(LISTED)) == []


def test_the_list_is_filtered_by_category_place_and_state(client: Any, filed_now: Any) -> None:
    hole = filed_now().report_number
    light = filed_now(category="light-out", location={"town": "صفوى"}).report_number

    def found(**query: Any) -> list[str]:
        return numbers(client.get(LISTED, params=query))

    assert found() == [light, hole]
    assert found(category="roads") == [hole]
    assert found(town="صفوى") == [light]
    assert found(town="سيهات", district="النسيم") == [hole]
    assert found(open="false") == []


def test_the_list_goes_on_behind_a_cursor_and_ends_after_ninety_days(
    client: Any, filed: Any, filed_now: Any, now: datetime
) -> None:
    old = filed(at=now - timedelta(days=91)).report_number
    older, newer = filed_now().report_number, filed_now().report_number

    first = client.get(LISTED, params={"limit": 1})
    second = client.get(LISTED, params={"limit": 1, "cursor": first.json()["next_cursor"]})

    assert numbers(first) + numbers(second) == [newer, older]
    assert second.json()["next_cursor"] is None
    assert client.get(f"{LISTED}/{old}").status_code == 200


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"town": "جدة"}, {"town": "town-unknown"}),
        ({"district": "النسيم"}, {"district": "district-without-town"}),
        ({"category": "dreams"}, {"category": "category-unknown"}),
    ],
)
def test_a_filter_that_means_nothing_is_named(client: Any, query: Any, fault: Any) -> None:
    assert faults(client.get(LISTED, params=query)) == fault


def test_a_preview_files_nothing_and_says_who_will_treat_it_until_when(
    client: Any, draft: Any, session: Any
) -> None:
    answer = client.post(PREVIEWS, json=draft)

    assert answer.status_code == 200, answer.text
    assert answer.json()["municipality_title"]["ar"] == "بلدية سيهات"
    assert answer.json()["due_on"] > legal_day(datetime.now(UTC)).isoformat()
    assert answer.json()["similar"] == []
    assert session.scalar(select(func.count()).select_from(Report)) == 0


def test_a_preview_names_every_field_at_fault_at_once(client: Any) -> None:
    answer = client.post(PREVIEWS, json={"extra": {"colour": "red"}})

    assert faults(answer) == {
        "category": "category-unknown",
        "description": "required",
        "location": "location-missing",
        "reporter.name": "required",
        "reporter.mobile": "required",
        "extra.colour": "unknown",
    }


def test_open_reports_nearby_are_similar_the_nearest_first(
    client: Any, draft: Any, filed_now: Any
) -> None:
    near = filed_now(location=place(latitude=FORTY_METRES_NORTH)).report_number
    same_district = filed_now(location={"town": "سيهات", "district": "النسيم"}).report_number
    filed_now(location=place(latitude=26.4934))  # more than a kilometre
    filed_now(category="light-out")
    filed_now(location={"town": "صفوى", "district": "النسيم"})

    found = client.post(PREVIEWS, json=draft)

    assert numbers(found, "similar") == [near, same_district]
    assert [one["metres"] for one in found.json()["similar"]] == [40, None]


def test_of_a_type_that_is_not_public_nobody_learns_that_others_reported_it(
    client: Any, draft: Any, filed_now: Any
) -> None:
    filed_now(category="advert-unlicensed")

    found = client.post(PREVIEWS, json={**draft, "category": "advert-unlicensed"})

    assert numbers(found, "similar") == []


def test_a_guessed_name_of_a_place_confirms_no_words_that_wait(
    client: Any, draft: Any, filed_now: Any
) -> None:
    guess = {"town": "سيهات", "district": "حوش أم علي", "landmark": "بيت أبي علي"}
    filed_now(location=guess)

    assert numbers(client.post(PREVIEWS, json={**draft, "location": guess}), "similar") == []


def test_a_similar_report_shows_a_released_photo_only(
    client: Any, draft: Any, session: Any, officer: Any, now: datetime
) -> None:
    from .test_photos import form, picture

    sent = client.post("/v1/public/attachments", files=form(picture())).json()
    mine = {"attachment_id": sent["attachment_id"], "upload_key": sent["upload_key"]}
    number = client.post(LISTED, json={**draft, "photos": [mine]}).json()["report_number"]
    row = session.scalar(select(Report).where(Report.report_number == number))

    (before,) = client.post(PREVIEWS, json=draft).json()["similar"]
    photos.release(UnitOfWork(session, officer, now), row.report_id, sent["attachment_id"])
    session.flush()
    (after,) = client.post(PREVIEWS, json=draft).json()["similar"]

    assert (before["photo"], after["photo"]) == (None, sent["attachment_id"])
    assert client.get(f"/v1/public/photos/{after['photo']}").status_code == 200


def test_two_people_behind_one_page_are_limited_apart(
    service: Any, settings: Any, database: Any, draft: Any
) -> None:
    key = b"v" * 32
    small = replace(
        settings, vouching_key=urlsafe_b64encode(key).decode(), public_reports_per_address=1
    )
    transport = httpx.WSGITransport(app=build(Process(service, small, database)).app.wsgi)

    def preview(client: httpx.Client, **headers: str) -> int:
        return client.post(PREVIEWS, json=draft, headers=headers).status_code

    def of(address: str) -> dict[str, str]:
        return {HEADER: vouch_for(address, key, datetime.now(UTC))}

    with httpx.Client(transport=transport, base_url="http://service.test") as client:
        one = [preview(client, **of("203.0.113.7")) for _ in range(5)]
        other = preview(client, **of("203.0.113.8"))
        forged = [
            preview(client, **{HEADER: vouch_for(f"203.0.113.{n}", b"x" * 32, datetime.now(UTC))})
            for n in range(5)
        ]

    assert one == [200] * 4 + [429]
    assert other == 200
    assert forged == [200] * 4 + [429]
