"""The place of a report, chosen on the map without a script."""

import re

import pytest
from reporting import DETAILS, OWN, enter

from pages.origins import csrf_token
from portal.api.cookies import FORM_COOKIE
from portal.domain.areas import MY
from portal.domain.tasks import MY_PERMITS


def press(browser, **form):
    token = csrf_token(browser.cookies.get(FORM_COOKIE, ""))
    return browser.send("/report/place", {"csrf_token": token, **form}, OWN)


def test_two_clicks_choose_a_point_and_lose_nothing_that_was_typed(browser, public_reports):
    enter(browser, step="map")
    shown = browser.get("/report/place").text

    closer = press(browser, **{"point.x": "200", "point.y": "200"})
    view = dict(re.findall(r"(latitude|longitude)=([0-9.]+)", closer.headers["location"]))
    chosen = press(browser, **view, **{"point.x": "144", "point.y": "144"})
    details = browser.get("/report/details").text

    assert 'type="image"' in shown
    assert chosen.headers["location"] == "/report/details"
    assert f'value="{view["latitude"]}"' in details
    assert f'value="{view["longitude"]}"' in details
    assert DETAILS["description"] in details
    assert public_reports.previewed == []


@pytest.mark.parametrize(("step", "address"), [("kind", "/report/kind"), ("photos", "/report")])
def test_another_step_loses_nothing_that_was_typed(browser, step, address):
    answer = enter(browser, step=step)

    assert answer.headers["location"] == address
    assert DETAILS["description"] in browser.get("/report/details").text


def test_the_next_person_sees_no_report_that_somebody_began(citizen):
    enter(citizen, step="map")

    citizen.post("/my/sign-out", {})
    shown = citizen.get("/report/details")

    assert shown.headers["location"] == "/report/kind"


def test_a_draft_of_a_citizen_whose_session_is_gone_is_shown_to_no_other_citizen(
    citizen, my_issuer
):
    enter(citizen, step="map")
    del citizen.cookies[MY.cookie]

    my_issuer.claims = {**my_issuer.claims, "sub": "p_neighbour"}
    citizen.sign_in(MY_PERMITS)
    shown = citizen.get("/report/details")

    assert shown.headers["location"] == "/report/kind"


def test_a_draft_begun_before_the_sign_in_goes_on_behind_it(browser):
    enter(browser, step="map")

    browser.sign_in(MY_PERMITS)

    assert DETAILS["description"] in browser.get("/report/details").text


def test_a_key_instead_of_a_click_is_said_at_the_map(browser):
    enter(browser, step="map")

    answer = press(browser, **{"point.x": "0", "point.y": "0"})

    assert answer.status_code == 400
    assert 'href="#point"' in answer.text


def test_the_other_language_keeps_the_part_of_the_map(browser):
    enter(browser, step="map")

    shown = browser.get("/report/place?latitude=26.4834&longitude=50.0468").text

    assert 'href="/report/place?lang=en&amp;latitude=26.4834&amp;longitude=50.0468"' in shown


def test_the_picture_names_the_towns_in_the_page_s_language(browser):
    whole = browser.get("/report/map.svg")
    near = browser.get("/report/map.svg?latitude=26.4834&longitude=50.0468&lang=en").text

    assert whole.headers["content-type"] == "image/svg+xml"
    assert "صفوى" in whole.text
    assert " كم</text>" in whole.text
    assert " km</text>" in near
    assert "Saihat" in near
    assert "Safwa" not in near
