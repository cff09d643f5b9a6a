"""People without an account: they file, ask after their report, rate it. Nobody learns which numbers there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import event, text

from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from chassis.run.web import build
from reports.commands import ending, referral, remarks, treatment
from reports.domain.reports import Reopening
from reports.models import Report

MOBILE = "0500000001"
RULE = Reopening(timedelta(days=5), 2)
FILED = "/v1/public/reports"
ASKED = "/v1/public/inquiries"


@pytest.fixture
def body(new_report: Any) -> dict[str, Any]:
    """The body of a report by somebody without an account."""
    made: dict[str, Any] = new_report()
    return {**made, "channel": "web"}


@pytest.fixture
def report(client: Any, body: Any, session: Any) -> Report:
    answer = client.post(FILED, json=body)
    assert answer.status_code == 201, answer.text
    number = answer.json()["report_number"]
    found: Report = session.query(Report).filter_by(report_number=number).one()
    return found


def ask(
    client: Any, number: str, mobile: str = MOBILE, language: str = "ar", address: str = ""
) -> Any:
    body = {"report_number": number, "mobile": mobile}
    headers = {"Accept-Language": language, "X-Forwarded-For": address}
    return client.post(ASKED, json=body, headers=headers)


def test_whoever_has_no_account_files_a_report_that_is_found_by_the_next_request(
    client: Any, body: Any
) -> None:
    filed = client.post(FILED, json=body)

    assert filed.status_code == 201, filed.text
    found = ask(client, filed.json()["report_number"])
    assert found.status_code == 200
    said = {"history": found.json()["history"], "mobile_confirmed": False}
    assert {**filed.json(), **said} == {**found.json(), **said}
    assert found.json()["status_title"]["ar"] == "محال إلى الإدارة المختصة"


def test_nobody_confirms_his_own_mobile(client: Any, body: Any, report: Report) -> None:
    reporter = {**body["reporter"], "mobile_confirmed": True}

    assert client.post(FILED, json={**body, "reporter": reporter}).status_code == 400
    assert not (report.reporter or {}).get("confirmed")


@pytest.mark.parametrize("missing", ["name", "mobile"])
def test_a_citizen_says_who_he_is(client: Any, body: Any, missing: str) -> None:
    del body["reporter"][missing]

    answer = client.post(FILED, json=body)

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [f"reporter.{missing}"]


def test_only_a_citizens_channel_is_open_to_everybody(client: Any, body: Any) -> None:
    assert client.post(FILED, json={**body, "channel": "call"}).status_code == 400


def test_photos_that_were_sent_before_belong_to_the_report_of_their_sender(
    client: Any, body: Any, session: Any
) -> None:
    from .test_photos import form, picture

    sent = client.post("/v1/public/attachments", files=form(picture())).json()
    mine = {"attachment_id": sent["attachment_id"], "upload_key": sent["upload_key"]}
    other = {**mine, "upload_key": "A" * 22}

    stolen = client.post(FILED, json={**body, "photos": [other]})
    filed = client.post(FILED, json={**body, "photos": [mine]})
    again = client.post(FILED, json={**body, "photos": [mine]})

    assert (stolen.status_code, filed.status_code, again.status_code) == (400, 201, 400)
    (fault,) = stolen.json()["errors"]
    assert (fault["field"], fault["code"]) == ("photos", "upload-unknown")
    assert "الصور" in fault["detail"]


def test_the_same_submission_files_one_report(client: Any, body: Any, session: Any) -> None:
    body["submission_id"] = "0195ff10-4d00-7b22-9d3f-0000000000aa"

    numbers = {client.post(FILED, json=body).json()["report_number"] for _ in range(2)}

    assert len(numbers) == 1
    changed = client.post(FILED, json={**body, "description": "غيره"})
    assert changed.status_code == 409
    photo = {"attachment_id": "0195ff10-4d00-7b22-9d3f-0000000000ad", "upload_key": "A" * 22}
    assert client.post(FILED, json={**body, "photos": [photo]}).status_code == 409


@pytest.mark.parametrize(
    ("number", "mobile"),
    [
        ("{}", "0500000001"),
        ("{}", "+966 50 000 0001"),
        ("{}", "٠٥٠٠٠٠٠٠٠١"),
        (" {} ", "00966500000001"),
    ],
)
def test_number_and_mobile_are_read_in_any_usual_form(
    client: Any, report: Report, number: str, mobile: str
) -> None:
    assert ask(client, number.format(report.report_number), mobile).status_code == 200


def test_the_number_is_read_in_arabic_digits(client: Any, report: Report) -> None:
    arabic = report.report_number.translate({ord("0") + one: 0x660 + one for one in range(10)})

    assert ask(client, arabic).status_code == 200


@contextmanager
def counted(database: Any) -> Iterator[list[str]]:
    """The statements that are sent meanwhile, without their values."""
    statements: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "SAVEPOINT" not in statement:  # they're the test's, and numbered
            statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_wrong_mobile_and_a_missing_number_are_answered_alike_to_the_byte(
    client: Any, report: Report, database: Any, language: str
) -> None:
    missing = str(int(report.report_number) + 1)

    with counted(database) as of_mobile:
        wrong = ask(client, report.report_number, "0500000002", language)
    with counted(database) as of_number:
        none = ask(client, missing, "0500000001", language)

    assert (wrong.status_code, none.status_code) == (404, 404)
    assert "940" in none.json()["detail"]
    assert wrong.content == none.content
    assert dict(wrong.headers) == dict(none.headers)
    assert of_mobile == of_number
    assert len([one for one in of_mobile if "FROM report" in one]) == 1


def test_an_inquiry_serves_types_that_are_not_public(client: Any, body: Any) -> None:
    filed = client.post(FILED, json={**body, "category": "advert-unlicensed"}).json()

    assert ask(client, filed["report_number"]).status_code == 200


def test_the_history_is_in_the_reporters_words_and_tells_no_officer_and_no_note(
    client: Any, report: Report, session: Any, officer: Any
) -> None:
    now = datetime.now(UTC)
    remarks.add_note(UnitOfWork(session, officer, now), report.report_id, text="SECRET-NOTE")
    remarks.reveal_reporter(
        UnitOfWork(session, officer, now), report.report_id, reason="SECRET-REASON"
    )
    treatment.start(UnitOfWork(session, officer, now), report.report_id, note="SECRET-REMARK")
    referral.link_external(
        UnitOfWork(session, officer, now),
        report.report_id,
        body="electricity",
        reference="SECRET-REF",
    )

    answer = ask(client, report.report_number)

    titles = [one["title"]["en"] for one in answer.json()["history"]]
    assert titles == [
        "We received your report",
        "The department began to treat it",
        "It was passed to a body outside the municipality",
    ]
    assert answer.json()["outside_body"]["en"] == "Saudi Electricity Company"
    assert "SECRET" not in answer.text
    assert officer.subject not in answer.text
    assert MOBILE[1:] not in answer.text


def test_a_reporter_reads_the_question_to_him_and_the_treatment(
    client: Any, report: Report, session: Any, officer: Any, now: Any
) -> None:
    referral.ask(UnitOfWork(session, officer, now), report.report_id, question="أين العمود؟")
    asked = ask(client, report.report_number).json()
    referral.answer(UnitOfWork(session, officer, now), report.report_id, text="عند المسجد")

    assert (asked["question"], asked["treatment"]) == ("أين العمود؟", None)
    assert ask(client, report.report_number).json()["question"] is None


def test_a_rejected_report_has_no_day_of_treatment(
    client: Any, report: Report, session: Any, officer: Any, now: Any
) -> None:
    assert ask(client, report.report_number).json()["due_on"]
    referral.reject(UnitOfWork(session, officer, now), report.report_id, reason="طريق خاص")

    asked = ask(client, report.report_number).json()
    public = client.get(f"/v1/public/reports/{report.report_number}").json()

    assert (asked["due_at"], asked["due_on"], public["due_on"]) == (None, None, None)
    assert report.due_at is not None


def close(session: Any, officer: Any, report: Report, now: Any) -> None:
    category = report.category
    assert category == "pothole"
    report.category = "light-out"  # a type that asks for no photo
    treatment.resolve(UnitOfWork(session, officer, now), report.report_id, text="رُدمت الحفرة")
    ending.close(UnitOfWork(session, officer, now), report.report_id, rule=RULE)


def test_the_reporter_rates_the_treatment_by_number_and_mobile(
    client: Any, report: Report, session: Any, officer: Any, now: Any, outbox_rows: Any
) -> None:
    rating = {"report_number": report.report_number, "mobile": MOBILE, "stars": 4}
    early = client.post("/v1/public/ratings", json=rating)
    close(session, officer, report, now)

    rated = client.post("/v1/public/ratings", json=rating)

    assert early.status_code == 409
    assert early.json()["detail"] == "يمكن التقييم بعد إغلاق البلاغ."
    assert (rated.status_code, rated.json()["satisfaction"]) == (200, 4)
    assert rated.json()["treatment"] == "رُدمت الحفرة"
    assert outbox_rows()[-1].type.endswith("report.rated.v1")


def test_a_rating_with_a_wrong_mobile_is_not_found(client: Any, report: Report) -> None:
    rating = {"report_number": report.report_number, "mobile": "0500000002", "stars": 4}

    assert client.post("/v1/public/ratings", json=rating).status_code == 404
    assert report.satisfaction is None


@pytest.mark.parametrize(
    ("number", "mobile", "field"),
    [
        ("12", MOBILE, "report_number"),
        ("x" * 10, MOBILE, "report_number"),
        ("1448000001", "05", "mobile"),
    ],
)
def test_what_is_no_number_or_no_mobile_is_said_whatever_reports_there_are(
    client: Any, number: str, mobile: str, field: str
) -> None:
    answer = ask(client, number, mobile)

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.fixture
def few(service: Any, settings: Any, database: Any) -> Iterator[httpx.Client]:
    """A client of an application with small limits."""
    small = replace(
        settings,
        inquiries_per_number=3,
        inquiries_per_number_anywhere=7,
        inquiries_per_address=5,
        trusted_proxies=1,
        public_reports_per_mobile=2,
        public_reports_per_address=4,
    )
    transport = httpx.WSGITransport(app=build(Process(service, small, database)).app.wsgi)
    with httpx.Client(transport=transport, base_url="http://service.test") as client:
        yield client


def test_guessing_a_mobile_ends_also_for_who_then_guesses_right(few: Any, report: Report) -> None:
    tries = [ask(few, report.report_number, f"050000001{one}") for one in range(3)]

    right = ask(few, report.report_number)

    assert [one.status_code for one in tries] == [404] * 3
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) > 0


def test_guesses_from_elsewhere_do_not_shut_the_reporter_out(few: Any, report: Report) -> None:
    for one in range(5):
        ask(few, report.report_number, f"050000001{one}", address="203.0.113.7")

    assert ask(few, report.report_number, address="203.0.113.8").status_code == 200


@pytest.mark.parametrize("is_there", [True, False])
def test_all_addresses_together_guess_only_so_often(
    few: Any, report: Report, is_there: bool
) -> None:
    number = report.report_number if is_there else "1448999999"

    statuses = [
        ask(few, number, "0500000019", address=f"203.0.113.{one}").status_code for one in range(8)
    ]

    assert statuses == [404] * 7 + [429]


def test_a_report_that_is_refused_costs_the_mobile_nothing(few: Any, body: Any) -> None:
    faulty = {**body, "category": "no-such-category"}
    refused = [few.post(FILED, json=faulty).status_code for _ in range(3)]

    assert refused == [400] * 3
    assert few.post(FILED, json=body).status_code == 201


def test_a_number_that_is_not_there_is_limited_alike(few: Any) -> None:
    statuses = [ask(few, "1448999999").status_code for _ in range(4)]

    assert statuses == [404, 404, 404, 429]


def test_an_address_asks_only_so_often(few: Any) -> None:
    statuses = [ask(few, f"144899999{one}").status_code for one in range(6)]

    assert statuses == [404] * 5 + [429]


def test_one_mobile_gets_only_so_many_reports(few: Any, body: Any) -> None:
    statuses = [few.post(FILED, json=body).status_code for _ in range(3)]
    other = {**body, "reporter": {**body["reporter"], "mobile": "0500000002"}}

    assert statuses == [201, 201, 429]
    assert few.post(FILED, json=other).status_code == 201


def test_every_report_of_an_unconfirmed_mobile_is_answered_alike(client: Any, body: Any) -> None:
    answers = [client.post(FILED, json=body).json() for _ in range(4)]

    assert {one["mobile_confirmed"] for one in answers} == {False}


def test_a_repeated_submission_gets_its_number_at_the_limit_of_its_mobile(
    few: Any, body: Any
) -> None:
    repeated = {**body, "submission_id": "0195ff10-4d00-7b22-9d3f-0000000000ae"}

    first = few.post(FILED, json=repeated)
    others = [few.post(FILED, json=body).status_code for _ in range(2)]
    again = few.post(FILED, json=repeated)

    assert others == [201, 429]
    assert again.status_code == 201
    assert again.json()["report_number"] == first.json()["report_number"]


def test_one_address_files_only_so_many_reports(few: Any, body: Any) -> None:
    statuses = [few.post(FILED, json={}).status_code for _ in range(5)]

    assert statuses == [400] * 4 + [429]


def test_a_persons_number_typed_for_the_reports_is_counted_by_its_hash(
    client: Any, session: Any
) -> None:
    ask(client, "1000000012", MOBILE)

    subjects = session.scalars(text("SELECT subject FROM quota_used")).all()
    assert subjects
    assert not [one for one in subjects if "1000000012" in one]
