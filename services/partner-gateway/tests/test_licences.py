"""Applications and licences as municipalities see them: their own, page by page, and as a file."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from municipal import (
    APPLICATIONS,
    BODY,
    EXPORTS,
    LICENCES,
    OWNER,
    activity_event,
    application_event,
    body,
    licence_event,
    received,
)
from sqlalchemy import event

from chassis.core.ids import new_id
from partner_gateway import exports
from partner_gateway.domain.applications import Reach
from partner_gateway.queries import licences as queries
from saudi.cells import cell
from saudi.days import legal_day


@pytest.fixture
def look(client, clerk):
    """`look(path, municipality=…, **query)` → the answer."""

    def look(path, *, municipality="saihat", headers=None, **query):
        head = {
            **clerk("licences.read", "licences.export", municipality=municipality),
            **(headers or {}),
        }
        return client.get(path, params=query, headers=head)

    return look


def number(place):
    return f"1448040{place:05}"


def test_an_application_is_shown_before_and_after_its_first_state(
    client, clerk, look, project_licences
):
    project_licences(activity_event())
    accepted = client.post(APPLICATIONS, json=BODY, headers=clerk(key="k")).json()
    before = look(f"{APPLICATIONS}/{accepted['application_id']}").json()

    project_licences(application_event(accepted["application_id"], status="awaiting_payment"))
    after = look(f"{APPLICATIONS}/{accepted['application_id']}").json()

    assert (before["version"], before["status"], before["details"]) == (0, "submitted", None)
    assert before["submitted_at_hijri"] is not None
    assert (after["version"], after["status"]) == (1, "awaiting_payment")
    assert after["details"]["owner"] == OWNER
    assert before.keys() == after.keys()


def test_the_officer_s_last_day_is_shown_of_both_calendars_until_he_has_decided(
    look, project_licences
):
    application_id = new_id()
    reviewed = {"status": "in_review", "review_until": "2026-12-16"}
    project_licences(application_event(application_id, **reviewed))
    in_review = look(f"{APPLICATIONS}/{application_id}").json()

    project_licences(application_event(application_id, sequence=2))
    issued = look(f"{APPLICATIONS}/{application_id}").json()

    assert (in_review["review_until"], in_review["review_until_hijri"]) == (
        "2026-12-16",
        "1448/07/07",
    )
    assert (issued["review_until"], issued["review_until_hijri"]) == (None, None)


def test_what_an_officer_should_have_decided_by_now_is_found_from_the_day_after_his_last(
    look, project_licences
):
    today = legal_day(datetime.now(UTC))
    days = {0: new_id(), 1: new_id()}
    for days_ago, application_id in days.items():
        until = (today - timedelta(days=days_ago)).isoformat()
        project_licences(
            application_event(application_id, status="in_review", review_until=until),
            application_event(new_id(), municipality="tarout", review_until=until),
        )
    issued = application_event(new_id())
    project_licences(issued)

    def seen(**asked):
        return {one["application_id"] for one in look(APPLICATIONS, **asked).json()["items"]}

    assert seen(overdue="true") == {days[1]}
    assert seen(overdue="false") == {days[0], issued.subject}
    assert seen() == {*days.values(), issued.subject}
    assert len(seen(overdue="true", municipality="qatif")) == 2


def test_an_event_of_before_the_officer_s_last_day_is_read_too(look, project_licences):
    event = application_event(new_id(), status="in_review")
    del event.data["review_until"]
    project_licences(event)

    assert look(f"{APPLICATIONS}/{event.subject}").json()["review_until"] is None


def test_an_older_state_overwrites_no_newer_one(look, project_licences):
    application_id = new_id()
    project_licences(
        application_event(application_id, sequence=3, status="issued"),
        application_event(application_id, sequence=2, status="awaiting_payment"),
    )

    assert look(f"{APPLICATIONS}/{application_id}").json()["status"] == "issued"


def test_what_was_emptied_is_shown_without_its_people(look, project_licences):
    application_id = new_id()
    project_licences(
        application_event(application_id),
        application_event(application_id, sequence=2, sealed=None),
        licence_event(number(1), sealed=None),
    )

    assert look(f"{APPLICATIONS}/{application_id}").json()["details"] is None
    assert look(f"{LICENCES}/{number(1)}").json()["details"] is None


def test_a_licence_is_found_by_its_number(look, project_licences):
    project_licences(licence_event("144804000017"))

    shown = look(f"{LICENCES}/144804000017").json()

    assert shown["licence_no"] == "144804000017"
    assert shown["details"]["owner"] == OWNER
    assert look(f"{LICENCES}/144804000018").status_code == 404


def test_another_municipalitys_things_are_not_found_and_look_as_if_they_were_not_there(
    look, project_licences
):
    application_id = new_id()
    project_licences(
        application_event(application_id, municipality="tarout"),
        licence_event(number(2), municipality="tarout"),
    )

    for path, missing in (
        (f"{APPLICATIONS}/{application_id}", f"{APPLICATIONS}/{new_id()}"),
        (f"{LICENCES}/{number(2)}", f"{LICENCES}/{number(3)}"),
    ):
        foreign = look(path)
        assert foreign.status_code == 404
        assert foreign.content == look(missing).content
        assert look(path, municipality="tarout").status_code == 200
        assert look(path, municipality="qatif").status_code == 200


def test_lists_hold_ones_own_and_qatifs_hold_all(look, project_licences):
    for place, municipality in enumerate(("saihat", "tarout", "safwa")):
        project_licences(
            application_event(new_id(), municipality=municipality),
            licence_event(number(place), municipality=municipality),
        )

    for path in (APPLICATIONS, LICENCES):

        def seen(path=path, **asked):
            return sorted(one["municipality"] for one in look(path, **asked).json()["items"])

        assert seen() == ["saihat"]
        assert seen(municipality="qatif") == ["safwa", "saihat", "tarout"]


def test_a_filter_for_another_municipality_finds_nothing(client, clerk, project_licences):
    project_licences(licence_event(number(1), municipality="tarout"), licence_event(number(2)))

    def seen(who, asked):
        head = clerk("licences.read", municipality=who)
        answer = client.get(LICENCES, params={"municipality": asked}, headers=head)
        return [one["municipality"] for one in answer.json()["items"]]

    assert seen("saihat", "tarout") == []
    assert seen("saihat", "saihat") == ["saihat"]
    assert seen("qatif", "tarout") == ["tarout"]


def walk(look, path, limit, between=lambda: None, **asked):
    cursor, found = {}, []
    while True:
        page = look(path, limit=limit, **asked, **cursor).json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}
        between()


def test_walking_the_pages_finds_each_licence_once_while_others_are_issued(look, project_licences):
    project_licences(*(licence_event(number(place), issued_on="2026-11-20") for place in range(7)))
    more = iter(range(100, 200))

    def issue():
        project_licences(licence_event(number(next(more)), issued_on="2026-11-26"))

    found = walk(look, LICENCES, 2, issue)

    numbers = [one["licence_no"] for one in found]
    assert len(numbers) == len(set(numbers))
    assert {number(place) for place in range(7)} <= set(numbers)


def test_walking_the_pages_finds_each_application_once(look, project_licences):
    ids = [new_id() for _ in range(7)]
    project_licences(*(application_event(one) for one in ids))

    found = walk(look, APPLICATIONS, 3)

    assert sorted(one["application_id"] for one in found) == sorted(ids)


def test_a_cursor_of_another_municipality_or_another_search_is_refused(look, project_licences):
    project_licences(*(licence_event(number(place)) for place in range(3)))
    cursor = look(LICENCES, limit=1).json()["next_cursor"]

    assert look(LICENCES, limit=1, cursor=cursor).status_code == 200
    assert look(LICENCES, limit=1, cursor=cursor, municipality="tarout").status_code == 400
    assert look(LICENCES, limit=1, cursor=cursor, kind="shop").status_code == 400
    assert look(APPLICATIONS, limit=1, cursor=cursor).status_code == 400


def day(shift):
    return (legal_day(datetime.now(UTC)) + timedelta(days=shift)).isoformat()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"status": "valid"}, {1, 2}),
        ({"status": "expired"}, {3}),
        ({"status": "suspended"}, {4}),
        ({"kind": "professional"}, {2}),
        ({"activity": "960901"}, {2}),
        ({"issued_from": "2026-11-20", "issued_to": "2026-11-21"}, {1}),
        ({"issued_from": "1448/06/10"}, {1}),
    ],
)
def test_filters_narrow_a_list_of_licences(look, project_licences, asked, found):
    other = [{"code": "960901", "main": True, "ar": "حلاقة", "en": "Hairdressing"}]
    project_licences(
        licence_event(number(1), issued_on="2026-11-20", expires_on=day(0)),
        licence_event(number(2), issued_on="2026-01-01", expires_on=day(9), kind="professional", activities=other),
        licence_event(number(3), issued_on="2024-01-01", expires_on=day(-2)),
        licence_event(number(4), issued_on="2024-01-01", expires_on=day(-2), status="suspended"),
    )  # fmt: skip

    items = look(LICENCES, **asked).json()["items"]

    assert {one["licence_no"] for one in items} == {number(place) for place in found}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"status": "waiting"}, {0}),
        ({"request": "renew"}, {1}),
        ({"licence_no": "١٤٤٨٠٤٠٠٠٠١٧"}, {1}),
        ({"application_no": "1448040000777"}, {0}),
        ({"submitted_from": "2026-11-20"}, {0}),
        ({"submitted_to": "2026-11-20"}, {1}),
    ],
)
def test_filters_narrow_a_list_of_applications(look, project_licences, asked, found):
    ids = [new_id(), new_id()]
    project_licences(
        application_event(
            ids[0], status="waiting", licence_no=None, application_no="1448040000777",
            submitted_at="2026-11-20T06:00:00Z",
        ),
        application_event(
            ids[1], request="renew", licence_no="144804000017", application_no="1448040000778",
            submitted_at="2026-11-19T20:00:00Z",
        ),
    )  # fmt: skip

    items = look(APPLICATIONS, **asked).json()["items"]

    assert {one["application_id"] for one in items} == {ids[place] for place in found}


@pytest.mark.parametrize(
    "asked", [{"surprise": "1"}, {"status": "open"}, {"limit": "0"}, {"issued_from": "x"}]
)
def test_what_is_malformed_is_refused(look, asked):
    assert look(LICENCES, **asked).status_code == 400


def rows(answer):
    assert answer.status_code == 200, answer.text
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_file_has_the_same_licences_as_the_list(look, project_licences):
    project_licences(
        *(licence_event(number(place)) for place in range(5)),
        licence_event(number(9), municipality="tarout"),
    )

    listed = {one["licence_no"]: one for one in look(LICENCES).json()["items"]}
    lines = [json.loads(one) for one in look(EXPORTS, format="ndjson").text.splitlines()]

    assert {one["licence_no"]: one for one in lines} == listed
    assert {one["licence_no"] for one in rows(look(EXPORTS))} == set(listed)
    assert len(rows(look(EXPORTS, municipality="qatif"))) == 6
    assert rows(look(EXPORTS, kind="professional")) == []


def test_a_csv_file_says_its_encoding_and_ends_its_lines_as_the_standard_says(
    look, project_licences
):
    project_licences(licence_event(number(1)))

    answer = look(EXPORTS)

    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.content.count(b"\r\n") == answer.content.count(b"\n") == 2


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+966",
        "-2",
        "@SUM(A1)",
        "\tx",
        "\r=1",
        "  =1",
        "＝1",
        '=HYPERLINK("https://x")',
        "\n=1",
        "علي;=1+1",
    ],
)
def test_no_cell_is_read_as_a_formula(look, project_licences, text):
    names = {"ar": text, "en": text}
    project_licences(licence_event(number(1), trade_name=names))

    (row,) = rows(look(EXPORTS))

    assert row["trade_name_ar"] == cell(text) != text


def test_a_file_is_recorded_with_how_many_licences_it_has(look, project_licences, session):
    from sqlalchemy import text

    project_licences(*(licence_event(number(place)) for place in range(3)))

    look(EXPORTS, format="ndjson", kind="shop")

    (row,) = session.execute(text("SELECT operation, result_count, filters FROM access_log")).all()
    assert (row.operation, row.result_count) == ("export_licences", 3)
    assert row.filters == {"format": "ndjson", "kind": "shop"}


def test_a_file_of_many_licences_is_read_piece_by_piece(
    look, project_licences, session, monkeypatch
):
    monkeypatch.setattr(queries, "PIECE", 2)
    project_licences(*(licence_event(number(place)) for place in range(7)))

    numbers = [one["licence_no"] for one in rows(look(EXPORTS))]

    assert sorted(numbers) == [number(place) for place in range(7)]


def test_licences_are_counted_where_they_are(project_licences, session):
    project_licences(*(licence_event(number(place)) for place in range(4)))
    fetched, connection = [], session.connection()

    def note(_connection, cursor, *_):
        fetched.append(cursor.rowcount)

    def count(most):
        today, reach = datetime.now(UTC).date(), Reach("qatif", sees_all=True)
        return queries.count_licences(
            session, reach, queries.LicenceSearch(), today=today, most=most
        )

    event.listen(connection, "after_cursor_execute", note)
    try:
        counts = [count(9), count(2)]
    finally:
        event.remove(connection, "after_cursor_execute", note)

    assert counts == [4, 3]  # one more than the most says that there are too many
    assert fetched == [1, 1]


def test_too_many_licences_for_a_file_and_too_many_files_at_once_are_refused(
    look, project_licences, monkeypatch, app
):
    project_licences(*(licence_event(number(place)) for place in range(3)))
    monkeypatch.setattr(exports, "MOST_LICENCES", 2)
    assert look(EXPORTS).json()["errors"][0]["code"] == "export-too-large"
    monkeypatch.undo()
    places = app.process.resources.exports
    taken = [places.take(), places.take()]

    assert look(EXPORTS).status_code == 503
    for give_back in taken:
        give_back()
    assert len(rows(look(EXPORTS))) == 3


def test_a_file_that_is_refused_takes_no_place_from_the_next_one(look, app, monkeypatch):
    from partner_gateway.record import Unrecorded

    def breaks(_access):
        raise Unrecorded

    recorder = app.process.resources.recorder
    for _ in range(5):
        monkeypatch.setattr(recorder, "write", breaks)
        assert look(EXPORTS).status_code == 503
        monkeypatch.undo()
        assert look(EXPORTS, issued_from="x").status_code == 400

    assert look(EXPORTS).status_code == 200


def test_lists_reach_both_ends_of_the_calendar(look, project_licences):
    project_licences(application_event(new_id()), licence_event(number(1)))

    for path, name in ((APPLICATIONS, "submitted"), (LICENCES, "issued")):
        whole = {f"{name}_from": "0001-01-01", f"{name}_to": "9999-12-31"}
        assert len(look(path, **whole).json()["items"]) == 1
        assert look(path, **{f"{name}_to": "0001-01-01"}).json()["items"] == []


def test_a_scope_to_read_does_not_export(client, clerk):
    assert client.get(EXPORTS, headers=clerk("licences.read")).status_code == 403
    assert client.get(LICENCES, headers=clerk("licences.export")).status_code == 403


def test_a_decision_that_is_there_is_answered_at_once(client, clerk, project_licences):
    project_licences(activity_event())
    head = clerk(key="k")
    accepted = client.post(APPLICATIONS, json=BODY, headers=head)
    application_id = accepted.json()["application_id"]
    waiting = {**head, "Prefer": "wait=5"}
    undecided = client.post(APPLICATIONS, json=BODY, headers=waiting)

    project_licences(application_event(application_id, licence_no=number(1)))
    without_licence = client.post(APPLICATIONS, json=BODY, headers=waiting)
    project_licences(licence_event(number(1), application_id=application_id))
    decided = client.post(APPLICATIONS, json=BODY, headers=waiting)

    assert (accepted.status_code, undecided.status_code, without_licence.status_code) == (
        202,
        202,
        202,
    )
    assert decided.status_code == 200, decided.text
    assert decided.headers["preference-applied"] == "wait=5"
    assert decided.headers["idempotency-replayed"] == "true"
    assert decided.json()["application"]["status"] == "issued"
    assert decided.json()["licence"]["licence_no"] == number(1)
    assert client.post(APPLICATIONS, json=BODY, headers=head).status_code == 202


@pytest.mark.parametrize(
    "status", ["refused", "waiting", "returned", "in_review", "awaiting_payment"]
)
def test_a_decision_without_a_licence_is_answered_too(client, clerk, project_licences, status):
    project_licences(activity_event())
    head = {**clerk(key="k"), "Prefer": "wait=1"}
    application_id = client.post(APPLICATIONS, json=body(), headers=head).json()["application_id"]
    project_licences(application_event(application_id, status=status, licence_no=None))

    answer = client.post(APPLICATIONS, json=body(), headers=head)

    assert (answer.status_code, answer.json()["licence"]) == (200, None)
    assert answer.json()["application"]["status"] == status


def test_who_waits_after_a_correction_is_not_answered_with_what_was_corrected(
    client, clerk, project_licences
):
    project_licences(activity_event())
    application_id = client.post(APPLICATIONS, json=BODY, headers=clerk(key="k")).json()[
        "application_id"
    ]
    project_licences(application_event(application_id, status="returned", licence_no=None))
    path, head = f"{APPLICATIONS}/{application_id}/corrections", clerk(key="k-2")
    waiting = {**head, "Prefer": "wait=1"}

    before = client.post(path, json=BODY, headers=waiting)
    project_licences(application_event(application_id, sequence=2, status="submitted"))
    taken = client.post(path, json=BODY, headers=waiting)
    project_licences(application_event(application_id, sequence=3, status="refused"))
    decided = client.post(path, json=BODY, headers=waiting)

    assert [one.status_code for one in (before, taken, decided)] == [202, 202, 200]
    assert decided.json()["application"]["status"] == "refused"


def test_a_municipality_hears_of_each_change_of_its_own_things_once(project_licences, session):
    from sqlalchemy import text

    application_id = new_id()
    heard, again = (
        application_event(application_id),
        licence_event(number(1), municipality="tarout"),
    )
    emptied = received(
        "licence.emptied", {**again.data, "sealed": None}, again.subject, again.sequence + 1
    )

    project_licences(heard, again, heard, again, emptied)

    rows = session.execute(text("SELECT subject, audiences, number, path FROM feed_event")).all()
    assert {(str(row.subject), tuple(row.audiences), row.path) for row in rows} == {
        (
            application_id,
            ("municipalities", "municipality/saihat"),
            f"{APPLICATIONS}/{application_id}",
        ),
        (again.subject, ("municipalities", "municipality/tarout"), f"{LICENCES}/{number(1)}"),
    }
    assert len(rows) == 2


def test_what_is_heard_of_a_change_names_nobody(project_licences, client, clerk, session):
    project_licences(application_event(new_id()), licence_event(number(1)))

    from partner_gateway.commands.licences import change_of_application, change_of_licence

    for change in (
        change_of_application(application_event(new_id())),
        change_of_licence(licence_event(number(2))),
    ):
        told = json.dumps(change.data, ensure_ascii=False)
        assert "sealed" not in told
        assert OWNER["name"] not in told
