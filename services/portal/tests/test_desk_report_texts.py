"""The texts to a report's reporter on the desk: how the last ones went, and the text that an action will send."""

import pytest
from reports_shown import REPORT, REPORT_ID, report, report_replies

from chassis.core import contracts
from portal.domain.tasks import TREATMENT
from portal.outside.services import Reply

EXAMPLES = contracts.openapi("notify")["components"]["examples"]
PREVIEW = EXAMPLES["MessagePreview"]["value"]
(SENT,) = EXAMPLES["MessagePage"]["value"]["items"]
SHOWN = f"/desk/reports/{REPORT_ID}"
MESSAGES, PREVIEWS = "/v1/messages", "/v1/message-previews"
NOT_SENT = "لم تصل الرسالة الأخيرة إلى المبلّغ"
UNKNOWN = "لا يُعرف أوصلت الرسالة الأخيرة إلى المبلّغ"


@pytest.fixture(autouse=True)
def notify(asked_services, reports):
    reports.replies |= report_replies()
    notify = asked_services["notify"]
    notify.replies |= {MESSAGES: texts(SENT), PREVIEWS: Reply(200, PREVIEW)}
    return notify


def texts(*items):
    return Reply(200, {"items": list(items), "next_cursor": None})


def test_the_report_shows_the_texts_to_its_reporter_and_no_others(officer, notify):
    notify.replies[MESSAGES] = texts({**SENT, "role": "duty_officer", "text": "إلى المناوب"}, SENT)

    shown = officer.get(SHOWN).text

    assert ("/v1/messages", {"report": "1448104233", "limit": 50}) in notify.asked
    assert "تمت معالجة بلاغكم" in shown
    assert "إلى المناوب" not in shown
    assert NOT_SENT not in shown


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ("held", NOT_SENT),
        ("failed", NOT_SENT),
        ("technical-failure", NOT_SENT),
        ("expired", NOT_SENT),
        ("unconfirmed", UNKNOWN),
    ],
)
def test_an_officer_is_warned_when_the_latest_text_may_not_have_come(officer, notify, state, title):
    notify.replies[MESSAGES] = texts({**SENT, "state": state, "reason": "daily-cap"}, SENT)

    shown = officer.get(SHOWN).text

    assert [one for one in (NOT_SENT, UNKNOWN) if one in shown] == [title]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("unconfirmed", "تنتظر أن يؤكد المبلّغ جواله برمز، وتنتهي مدتها إن لم يؤكده"),
        ("daily-cap", "تُرسل في يوم لاحق إن اتسع لها حده"),
    ],
)
def test_the_warning_says_what_a_held_text_waits_for(officer, notify, reason, words):
    notify.replies[MESSAGES] = texts({**SENT, "state": "held", "reason": reason})

    assert words in officer.get(SHOWN).text


def test_an_earlier_text_that_did_not_go_warns_nobody(officer, notify):
    notify.replies[MESSAGES] = texts(SENT, {**SENT, "state": "expired"})

    assert NOT_SENT not in officer.get(SHOWN).text


@pytest.mark.parametrize("reply", [None, Reply(403, {})])
def test_the_report_stands_without_the_texts(officer, notify, reply):
    notify.replies[MESSAGES] = reply

    answer = officer.get(SHOWN)

    assert answer.status_code == 200
    assert "تعذر الاطلاع على الرسائل الآن" in answer.text


def test_a_department_sees_no_texts(browser, notify):
    browser.sign_in(TREATMENT)

    assert "الرسائل إلى المبلّغ" not in browser.get(SHOWN).text
    assert notify.asked == []


@pytest.mark.parametrize(
    ("action", "for_good", "template"),
    [
        ("ask", False, "report-question"),
        ("close", False, "report-closed"),
        ("close", True, "report-closed-for-good"),
        ("reject", False, "report-rejected"),
    ],
)
def test_the_form_shows_the_text_that_the_action_sends_with_its_parts(
    officer, reports, notify, action, for_good, template
):
    reports.replies[REPORT] = Reply(200, report(actions=[action], closes_for_good=for_good))

    shown = officer.get(f"{SHOWN}/actions/{action}").text

    wanted = {"report": "1448104233", "municipality": "saihat", "language": "ar"}
    assert notify.asked == [(PREVIEWS, {"template": template, **wanted})]
    assert "عولج بلاغكم" in shown
    assert "جزءان." in shown


def test_a_form_says_when_no_text_is_sent_and_when_the_text_cannot_be_shown(
    officer, reports, notify
):
    notify.replies[PREVIEWS] = None
    away = officer.get(f"{SHOWN}/actions/ask").text
    reporter = {**report()["reporter"], "mobile": None}
    reports.replies[REPORT] = Reply(200, report(reporter=reporter))
    nobody = officer.get(f"{SHOWN}/actions/reject").text

    assert "تعذر عرض الرسالة الآن" in away
    assert "لم يترك المبلّغ جوالًا" in nobody


def test_an_action_without_a_text_has_no_preview(officer, notify):
    officer.get(f"{SHOWN}/actions/refer")

    assert notify.asked == []
