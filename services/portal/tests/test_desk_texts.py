"""The desk's pages of the texts of SMS: one person proposes, another person approves."""

import re

import pytest

from chassis.core import contracts
from portal.domain.tasks import TEXTS, TEXTS_APPROVAL
from portal.outside.services import Reply

EXAMPLES = contracts.openapi("notify")["components"]["examples"]
TEXT = EXAMPLES["Template"]["value"]
DRAFT = TEXT["draft"]["draft_id"]
TEMPLATES = "/v1/templates"
PATH, PAGE = f"{TEMPLATES}/{TEXT['template_id']}", f"/desk/texts/{TEXT['template_id']}"
COUNTED = {
    "form": "two",
    "count": 2,
    "text": "بعد 2 يوم",
    "encoding": "UCS-2",
    "units": 9,
    "parts": 1,
}
WAITING = TEXT["draft"] | {"further": {"ur": "اردو ((number))"}}
WORDS = {"body_ar": "رخصتكم ((number))", "body_en": "Your permit ((number))"}


@pytest.fixture
def notify(asked_services):
    notify = asked_services["notify"]
    notify.replies |= {
        TEMPLATES: Reply(200, {"items": [TEXT]}),
        PATH: Reply(200, TEXT | {"further": {}, "draft": WAITING}),
        f"{PATH}/versions": Reply(200, EXAMPLES["TemplateVersionList"]["value"]),
        f"{PATH}/preview": Reply(200, EXAMPLES["Preview"]["value"] | {"counts": [COUNTED]}),
        f"{PATH}/draft": Reply(201, TEXT),
        f"{PATH}/draft/shipped": Reply(201, TEXT),
        f"{PATH}/draft/approval": Reply(200, TEXT),
        f"{PATH}/draft/withdrawal": Reply(200, TEXT),
    }
    return notify


@pytest.fixture
def editor(browser, notify):
    browser.sign_in(TEXTS)
    return browser


@pytest.fixture
def approver(browser, notify):
    browser.sign_in(TEXTS_APPROVAL)
    return browser


def test_the_list_says_which_text_has_a_draft(editor):
    shown = editor.get("/desk/texts").text

    assert f'href="{PAGE}"' in shown
    assert "صيغة مقترحة تنتظر الاعتماد" in shown


def test_a_text_is_shown_with_its_draft_its_parts_and_the_forms_of_the_plural(approver, notify):
    shown = approver.get(PAGE).text

    draft = WAITING
    seen = {name: draft[name] for name in ("body_ar", "body_en", "further")}
    assert (f"{PATH}/preview", seen) in notify.asked
    assert draft["body_ar"] in shown
    assert "جزءان." in shown
    assert "بعد 2 يوم" in shown.replace('<bdi dir="ltr">2</bdi>', "2")
    assert f'href="{PAGE}/actions/approve?draft={DRAFT}"' in shown


def test_people_stand_with_their_names(approver, notify):
    wording = EXAMPLES["TemplateVersionList"]["value"]["items"][0]
    second = {"approved_by": "p_second", "approved_by_name": "المعتمد الثاني"}
    notify.replies[f"{PATH}/versions"] = Reply(200, {"items": [wording | second]})

    shown = approver.get(PAGE).text

    for name in (WAITING["proposed_by_name"], wording["created_by_name"], "المعتمد الثاني"):
        assert name in shown
    for subject in (WAITING["proposed_by"], wording["created_by"], "p_second"):
        assert subject not in shown


@pytest.mark.parametrize(("language", "own"), [("ar", "نص قديم"), ("en", "An old text")])
def test_the_versions_stand_in_the_language_of_the_page(approver, notify, language, own):
    wording = EXAMPLES["TemplateVersionList"]["value"]["items"][0]
    old = {"body_ar": "نص قديم", "body_en": "An old text", "further": {"ur": "پرانا متن"}}
    notify.replies[f"{PATH}/versions"] = Reply(200, {"items": [wording | old]})

    shown = approver.get(f"{PAGE}?lang={language}").text

    assert [one for one in ("نص قديم", "An old text", "پرانا متن") if one in shown] == [
        own,
        "پرانا متن",
    ]


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}/actions/approve?draft={DRAFT}"])
def test_the_second_person_sees_all_that_approval_changes(approver, notify, address):
    changes = {
        "further": {"hi": "अनुरोध ((number))"},
        "kind": "notice",
        "when_unsure": "lost",
        "expires_seconds": 120,
    }
    draft = TEXT["draft"] | changes
    notify.replies[PATH] = Reply(200, TEXT | {"further": {"ur": "اردو"}, "draft": draft})

    shown = approver.get(address).text

    assert '<bdi lang="hi" dir="ltr">अनुरोध ((number))</bdi>' in shown
    assert "المقترح: النص الأردي" in shown
    assert "يُحذف، ويصل أهل الأردية النص العربي" in shown
    assert "بعد الاعتماد: تُحفظ خمس سنوات إثباتًا للتبليغ." in shown
    assert "بعد الاعتماد: لا تُرسل ثانية." in shown
    assert '<bdi dir="ltr">0:02:00</bdi>' in shown


def test_the_preview_shows_each_further_language(approver, notify):
    seen = EXAMPLES["Preview"]["value"]
    urdu = seen["ar"] | {"text": "درخواست 7"}
    notify.replies[f"{PATH}/preview"] = Reply(200, seen | {"ur": urdu})

    shown = approver.get(PAGE).text

    assert '<p class="lines" lang="ur" dir="rtl">درخواست' in shown


def test_an_editor_may_not_approve(editor):
    assert "/actions/approve" not in editor.get(PAGE).text
    assert editor.get(f"{PAGE}/actions/approve?draft={DRAFT}").status_code == 403


def test_who_proposed_is_offered_no_approval(approver, notify):
    notify.replies[PATH] = Reply(200, TEXT | {"draft": TEXT["draft"] | {"is_own": True}})

    shown = approver.get(PAGE).text

    assert "/actions/approve" not in shown
    assert "أنتم من اقترح هذه الصيغة" in shown


def test_a_preview_proposes_nothing(editor, notify):
    typed = {**WORDS, "ur": "اردو ((number))"}
    shown = editor.post(f"{PAGE}/draft", {**typed, "step": "preview"}).text

    further = {"ur": "اردو ((number))"}
    assert (f"{PATH}/preview", {**WORDS, "further": further}) in notify.asked
    assert f"{PATH}/draft" not in [path for path, *_ in notify.asked]
    assert WORDS["body_ar"] in shown


def test_a_wording_is_proposed_with_its_further_languages(editor, notify):
    shown = editor.get(f"{PAGE}/draft").text
    typed = {**WORDS, "ur": "", "hi": "अनुरोध ((number))", "bn": " "}
    answer = editor.post(f"{PAGE}/draft", {**typed, "step": "propose"})

    assert re.search(r'<textarea id="ur"[^>]*lang="ur" dir="rtl"[^>]*>اردو ', shown)
    assert re.search(r'<textarea id="bn"[^>]*lang="bn" dir="ltr"[^>]*></textarea>', shown)
    further = {"hi": "अनुरोध ((number))"}
    assert (f"{PATH}/draft", {**WORDS, "further": further}) in notify.asked
    assert answer.headers["location"] == f"{PAGE}?done=propose"


def test_a_fault_of_a_wording_stands_at_its_input(editor, notify):
    errors = [
        {"field": one, "code": "placeholder-missing", "detail": "ينقص النص: number"}
        for one in ("body_ar", "further.ur")
    ]
    notify.replies[f"{PATH}/draft"] = Reply(
        400, {"type": "…/invalid-request", "title": "x", "errors": errors}
    )

    answer = editor.post(f"{PAGE}/draft", {"body_ar": "نص", "body_en": "x", "step": "propose"})

    assert answer.status_code == 400
    assert 'id="body_ar-fault"' in answer.text
    assert 'id="ur-fault"' in answer.text
    assert ">نص</textarea>" in answer.text


def test_the_draft_that_was_seen_is_approved(approver, notify):
    form = approver.get(f"{PAGE}/actions/approve?draft={DRAFT}").text
    answer = approver.post(f"{PAGE}/actions/approve", {"draft_id": DRAFT})

    assert f'name="draft_id" value="{DRAFT}"' in form
    assert (f"{PATH}/draft/approval", {"draft_id": DRAFT}) in notify.asked
    assert answer.headers["location"] == f"{PAGE}?done=approve"


def test_the_original_text_is_proposed(editor, notify):
    answer = editor.post(f"{PAGE}/actions/restore", {})

    assert (f"{PATH}/draft/shipped", {}) in notify.asked
    assert answer.headers["location"] == f"{PAGE}?done=restore"
