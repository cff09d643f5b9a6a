"""The guide to activities, for everybody."""

import pytest
from licences_shown import FEE, GUIDE, example, problem

from portal.outside.services import Reply

LAUNDRY = "/activities/960111"


def test_everybody_finds_an_activity_by_a_word_and_a_town(browser, public_licences):
    shown = browser.get("/activities?name=مغاسل&town=سيهات").text

    assert public_licences.asked == [(GUIDE, {"name": "مغاسل", "town": "سيهات"})]
    assert f'href="{LAUNDRY}"' in shown
    assert "نشاط واحد" in shown


def test_an_activity_has_papers_fees_and_who_issues(browser):
    shown = browser.get(LAUNDRY).text

    assert "عقد إيجار لسنة على الأقل" in shown
    assert "رسم المساحة" in shown
    assert "بلدية سيهات" in shown
    assert 'href="/my/licences/new?activity=960111&amp;kind=shop"' in shown


@pytest.mark.parametrize(
    ("kinds", "query", "chosen"),
    [
        (["professional"], "", "professional"),
        (["shop", "professional"], "", "shop"),
        (["shop", "professional"], "?kind=professional", "professional"),
        (["professional"], "?kind=shop", "professional"),
    ],
)
def test_a_request_begins_with_a_kind_that_the_activity_has(
    browser, public_licences, kinds, query, chosen
):
    (laundry,) = example("ActivityGuideList")["items"]
    offered = [{**laundry["kinds"][0], "kind": kind} for kind in kinds]
    public_licences.replies[GUIDE] = Reply(200, {"items": [{**laundry, "kinds": offered}]})

    shown = browser.get(f"{LAUNDRY}{query}").text

    assert f'href="/my/licences/new?activity=960111&amp;kind={chosen}"' in shown


def test_the_longest_term_stands_where_the_years_are_typed(browser, public_licences):
    (laundry,) = example("ActivityGuideList")["items"]
    most = max(one["years_max"] for one in laundry["municipalities"])

    assert f'الحد الأعلى <bdi dir="ltr">{most}</bdi>' in browser.get(LAUNDRY).text


def test_the_fee_of_a_plan_is_estimated(browser, public_licences):
    shown = browser.get(f"{LAUNDRY}?town=سيهات&area_m2=45&years=1").text

    asked = {"activity": "960111", "town": "سيهات", "area_m2": "45", "years": "1"}
    assert public_licences.asked[-1] == (FEE, asked)
    assert "180.00" in shown


def test_what_is_not_offered_stands_beside_its_input(browser, public_licences):
    public_licences.replies[FEE] = problem("invalid-request", 400, ("years", "سنة على الأكثر"))

    answer = browser.get(f"{LAUNDRY}?town=سيهات&area_m2=45&years=5")

    assert answer.status_code == 400
    assert 'id="years-fault"' in answer.text


def test_a_word_that_is_too_short_is_said(browser, public_licences):
    public_licences.replies[GUIDE] = problem("invalid-request", 400, ("name", "حرفان على الأقل"))

    answer = browser.get("/activities?name=م")

    assert answer.status_code == 400
    assert 'id="name-fault"' in answer.text


def test_an_unknown_activity_is_not_found(browser):
    assert browser.get("/activities/111111").status_code == 404
    assert browser.get("/activities/x").status_code == 404


def test_while_licences_is_away_the_guide_does_not_say_that_nothing_is_licensed(
    browser, public_licences
):
    public_licences.replies[GUIDE] = None

    answer = browser.get("/activities")

    assert answer.status_code == 503
    assert "لا نشاط" not in answer.text


def test_a_persons_number_is_searched_nowhere_and_not_shown_again(browser, public_licences):
    answer = browser.get("/activities?name=1000000008")

    assert answer.status_code == 400
    assert 'id="name-fault"' in answer.text
    assert 'value="1000000008"' not in answer.text
    assert public_licences.asked == []
