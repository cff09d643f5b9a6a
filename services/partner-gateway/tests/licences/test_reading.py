"""Applications and licences as municipalities see them: their own, page by page."""

from datetime import UTC, datetime, timedelta

import pytest
from municipal import (
    APPLICATIONS,
    BODY,
    LICENCES,
    OWNER,
    activity_event,
    application_event,
    licence_event,
    number,
)

from chassis.core.ids import new_id
from saudi.days import legal_day


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


def test_an_overdue_application_is_found_from_the_day_after_the_officer_s_last_day(
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


def test_an_emptied_application_is_shown_without_its_people(look, project_licences):
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
def test_a_malformed_filter_is_refused(look, asked):
    assert look(LICENCES, **asked).status_code == 400


def test_a_range_that_ends_before_it_begins_is_refused(look):
    for path, name in (
        (APPLICATIONS, "submitted"),
        (LICENCES, "issued"),
        ("/v1/licence-exports", "issued"),
    ):
        answer = look(path, **{f"{name}_from": "1448/06/14", f"{name}_to": "1448/06/01"})

        (fault,) = answer.json()["errors"]
        assert (answer.status_code, fault["field"], fault["code"]) == (
            400, f"{name}_to", "empty-range"
        )  # fmt: skip


def test_lists_reach_both_ends_of_the_calendar(look, project_licences):
    project_licences(application_event(new_id()), licence_event(number(1)))

    for path, name in ((APPLICATIONS, "submitted"), (LICENCES, "issued")):
        whole = {f"{name}_from": "0001-01-01", f"{name}_to": "9999-12-31"}
        assert len(look(path, **whole).json()["items"]) == 1
        assert look(path, **{f"{name}_to": "0001-01-01"}).json()["items"] == []
