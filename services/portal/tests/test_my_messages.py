"""A citizen chooses the language of the municipality's texts."""

import pytest

from chassis.core import contracts
from portal.domain.tasks import MY_MESSAGES
from portal.outside.services import Reply

CHOSEN = contracts.openapi("notify")["components"]["examples"]["MessageLanguage"]["value"]
PAGE, LANGUAGE = "/my/messages", "/v1/my/message-language"


@pytest.fixture
def notify(asked_services):
    notify = asked_services["notify"]
    notify.replies[LANGUAGE] = Reply(200, CHOSEN)
    return notify


@pytest.fixture
def reader(browser, notify):
    """The browser of a citizen who came for the language of the texts."""
    assert browser.sign_in(MY_MESSAGES).headers["location"] == PAGE
    return browser


def test_the_page_shows_the_language_now_and_for_which_mobile(reader):
    shown = reader.get(PAGE).text

    assert 'value="ur" checked' in shown
    assert "+966******016" in shown
    assert "لم تُكتب بها بعد 82 من 84 رسالة، وتصلكم هذه بلغة أخرى: العربية" in shown
    assert "messages aren&#39;t written in it yet" in reader.get(f"{PAGE}?lang=en").text


def test_the_chosen_language_is_saved_and_the_page_says_so(reader, notify):
    answer = reader.post(PAGE, {"language": "hi"})

    assert (LANGUAGE, {"language": "hi"}) in notify.asked
    assert answer.headers["location"] == f"{PAGE}?done=message_language"
    assert "حُفظت لغة رسائلكم" in reader.get(answer.headers["location"]).text


def test_a_citizen_without_a_mobile_of_the_login_reads_why_and_has_no_form(reader, notify):
    notify.replies[LANGUAGE] = Reply(200, {**CHOSEN, "mobile": None})

    shown = reader.get(PAGE).text

    assert "لم يعطنا النفاذ الوطني جوالًا لكم" in shown
    assert f'action="{PAGE}"' not in shown


def test_a_fault_leads_to_the_choice(reader, notify):
    errors = [{"field": "language", "detail": "اختاروا لغة"}]
    notify.replies[LANGUAGE] = Reply(400, {"type": "…/invalid-request", "errors": errors})

    answer = reader.post(PAGE, {})

    assert answer.status_code == 400
    assert '<a href="#language">' in answer.text
