"""An officer refers several reports of a list at once, and sees what became of each."""

import pytest
from reports_shown import REPORT_ID, page, report, report_replies

from portal.domain.tasks import TREATMENT
from portal.outside.services import Reply, TokenRefused

OTHER = "0195ff10-4d00-7b22-9d3f-00000000dead"
CHOSEN = [f"{REPORT_ID}:7:1448104233", f"{OTHER}:3:1448104200"]
REFER = "/v1/reports/{}/refer"


@pytest.fixture(autouse=True)
def answering(reports):
    reports.replies |= report_replies()
    reports.replies[REFER.format(REPORT_ID)] = Reply(200, report(version=8))
    reports.replies[REFER.format(OTHER)] = Reply(200, report(version=4))


@pytest.fixture
def chosen(officer):
    """The page of two reports that were ticked in the list."""
    return officer.post("/desk/referrals", {"chosen": CHOSEN}).headers["location"]


def sent(reports):
    return [(path, body) for path, body in reports.asked if path.endswith("/refer")]


def test_a_list_offers_its_reports_with_the_version_that_it_shows(officer):
    shown = officer.get("/desk/reports").text

    assert f'name="chosen" value="{REPORT_ID}:7:1448104233"' in shown


def test_who_may_not_refer_is_offered_no_choice(browser):
    browser.sign_in(TREATMENT)

    assert 'name="chosen"' not in browser.get("/desk/reports").text
    assert browser.post("/desk/referrals", {"chosen": CHOSEN}).status_code == 403


def test_each_report_is_referred_with_a_key_of_its_own_and_the_version_that_was_seen(
    officer, reports, chosen
):
    assert "إحالة بلاغين" in officer.get(chosen).text

    officer.post(chosen, {"department": "roads", "note": "حسب الاختصاص"})

    words = {"department": "roads", "note": "حسب الاختصاص"}
    assert sent(reports) == [(REFER.format(REPORT_ID), words), (REFER.format(OTHER), words)]
    assert reports.versions == [7, 3]
    assert len(set(reports.keys)) == 2
    assert officer.get(chosen).text.count("أُحيل</span>") == 2


def test_one_refusal_stands_beside_its_report_and_stops_no_other(officer, reports, chosen):
    refusal = {"type": "urn:qatif:problem/report-changed", "title": "تغير البلاغ أثناء عملكم"}
    reports.replies[REFER.format(REPORT_ID)] = Reply(409, refusal)

    officer.post(chosen, {"department": "roads"})

    shown = officer.get(chosen).text
    assert "تغير البلاغ أثناء عملكم" in shown
    assert shown.count("أُحيل</span>") == 1
    assert '<form method="post" action="/desk/referrals' not in shown


def test_what_broke_off_goes_on_with_the_same_words_and_keys(officer, reports, chosen):
    reports.replies[REFER.format(OTHER)] = None
    assert officer.post(chosen, {"department": "roads"}).status_code == 503
    reports.replies[REFER.format(OTHER)] = Reply(200, report(version=4))

    officer.post(chosen, {"department": "gardens"})

    assert [body for _, body in sent(reports)] == [{"department": "roads"}] * 3
    assert reports.keys[1] == reports.keys[2]
    assert officer.get(chosen).text.count("أُحيل</span>") == 2


def test_what_was_referred_is_not_sent_again(officer, reports, chosen):
    officer.post(chosen, {"department": "roads"})
    officer.post(chosen, {"department": "roads"})

    assert len(sent(reports)) == 2


def test_a_referral_of_another_session_is_not_found(officer, other_browser, chosen):
    other_browser.sign_in()

    assert other_browser.get(chosen).status_code == 303
    assert officer.get(chosen.rpartition("/")[0] + "/none").status_code == 404


@pytest.mark.parametrize(
    "value", ["", "x:1:1448104233", f"{REPORT_ID}:x:1", f"{REPORT_ID}:1:1012345678"]
)
def test_a_choice_that_no_list_has_sent_is_left_out(officer, reports, value):
    reports.replies["/v1/reports"] = Reply(200, page(report()))
    location = officer.post("/desk/referrals", {"chosen": [value]}).headers["location"]

    assert "لم تختاروا بلاغًا" in officer.get(location).text


@pytest.mark.parametrize(
    ("status", "slug"), [(429, "too-many-requests"), (409, "idempotency-key-in-use")]
)
def test_a_refusal_that_says_nothing_of_the_report_leaves_it_open(
    officer, reports, chosen, status, slug
):
    reports.replies[REFER.format(REPORT_ID)] = Reply(status, {"type": f"urn:qatif:problem/{slug}"})

    officer.post(chosen, {"department": "roads"})

    shown = officer.get(chosen).text
    assert shown.count("أُحيل</span>") == 1
    assert '<form method="post" action="/desk/referrals' in shown


def test_a_refusal_without_words_is_no_referral(officer, reports, chosen):
    reports.replies[REFER.format(REPORT_ID)] = Reply(409, {})

    officer.post(chosen, {"department": "roads"})

    assert officer.get(chosen).text.count("أُحيل</span>") == 1


def test_a_token_that_is_refused_in_the_middle_keeps_the_outcomes_and_the_words(
    officer, reports, chosen, monkeypatch
):
    post = reports.post

    def refuse_second(token, path, *rest, **more):
        if path == REFER.format(OTHER):
            raise TokenRefused
        return post(token, path, *rest, **more)

    monkeypatch.setattr(reports, "post", refuse_second)
    officer.post(chosen, {"department": "roads"})
    monkeypatch.undo()

    assert officer.get(chosen).text.count("أُحيل</span>") == 1
    officer.post(chosen, {"department": "gardens"})
    assert [body for _, body in sent(reports)] == [{"department": "roads"}] * 2
