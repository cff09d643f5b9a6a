"""The actions on a report: forms that are sent once, conflicts that are said plainly, words that aren't lost."""

import re
from datetime import UTC, datetime

import pytest
from reports_shown import OTHER_ID, REPORT, REPORT_ID, report, report_replies, words
from sqlalchemy import select

from portal.domain.tasks import TREATMENT
from portal.models import SavedForm
from portal.outside.services import Reply, TokenRefused

SHOWN = f"/desk/reports/{REPORT_ID}"
REFER, REFERRED = f"{SHOWN}/actions/refer", f"{REPORT}/refer"
TYPED = {"key": "k-1", "version": "7", "department": "drainage", "note": "مجرى أمطار"}


@pytest.fixture(autouse=True)
def answering(reports):
    reports.replies |= report_replies()
    reports.replies[REFERRED] = Reply(200, report(version=8))


def problem(slug, status, **more):
    return Reply(status, {"type": f"urn:qatif:problem/{slug}", "title": slug, **more})


def test_a_form_has_a_new_key_and_the_version_that_the_person_reads(officer):
    first, second = officer.get(REFER).text, officer.get(REFER).text

    keys = [re.search(r'name="key" value="([^"]+)"', one)[1] for one in (first, second)]
    assert keys[0] != keys[1]
    assert 'name="version" value="7"' in first


def test_an_action_is_sent_with_key_and_version_and_leads_to_the_report_as_it_is_then(
    officer, reports
):
    answer = officer.post(REFER, TYPED)

    body = {"department": "drainage", "note": "مجرى أمطار"}
    assert reports.asked == [(REFERRED, body)]
    assert (reports.keys, reports.versions) == (["k-1"], [7])
    assert answer.headers["location"] == f"{SHOWN}?done=refer"
    assert "حُفظ: إحالة إلى إدارة" in officer.get(f"{SHOWN}?done=refer").text


def test_an_unknown_result_in_the_address_says_nothing(officer):
    assert "حُفظ" not in officer.get(f"{SHOWN}?done=<b>").text


@pytest.mark.parametrize("slug", ["report-changed", "illegal-transition"])
def test_a_colleague_who_was_faster_is_said_with_the_new_state_and_nothing_is_lost(
    officer, reports, slug
):
    reports.replies[REFERRED] = problem(slug, 409, detail="غيّره غيركم")
    now = report(status="rejected", status_title=words("مرفوض", "Rejected"), actions=[], version=9)
    reports.replies[REPORT] = Reply(200, now)

    answer = officer.post(REFER, TYPED)

    assert answer.status_code == 409
    assert "لم يُحفظ: تغير البلاغ قبلكم" in answer.text
    assert "حالته الآن: مرفوض" in answer.text
    assert "مجرى أمطار</textarea>" in answer.text
    assert 'value="drainage" selected' in answer.text
    assert 'name="version" value="9"' in answer.text
    assert 'name="key" value="k-1"' in answer.text


def test_a_form_that_was_carried_out_is_not_sent_again_with_other_words_under_its_key(
    officer, reports
):
    reports.replies[REFERRED] = problem("idempotency-key-used", 422, detail="حُفظ من قبل")

    answer = officer.post(REFER, TYPED)

    assert answer.status_code == 422
    assert "مجرى أمطار</textarea>" in answer.text
    assert 'name="key" value="k-1"' not in answer.text


def test_the_services_word_on_a_field_stands_beside_it(officer, reports):
    errors = [{"field": "department", "detail": "لا توجد إدارة بهذا الرمز"}]
    reports.replies[REFERRED] = problem("invalid-request", 400, errors=errors)

    answer = officer.post(REFER, TYPED)

    assert answer.status_code == 400
    assert '<a href="#department">' in answer.text
    assert ": لا توجد إدارة بهذا الرمز</a>" in answer.text
    assert "مجرى أمطار</textarea>" in answer.text
    assert 'name="version" value="7"' in answer.text


def test_while_the_service_is_away_nothing_typed_is_lost(officer, reports):
    reports.replies = dict.fromkeys(reports.replies)

    answer = officer.post(REFER, TYPED)

    assert answer.status_code == 503
    assert "مجرى أمطار</textarea>" in answer.text
    assert 'name="key" value="k-1"' in answer.text


@pytest.mark.parametrize(
    ("action", "is_said"), [("refer", True), ("note", True), ("reveal", False)]
)
def test_only_an_action_with_a_key_is_said_to_be_carried_out_once(
    officer, reports, action, is_said
):
    reports.replies = dict.fromkeys([*reports.replies, f"{REPORT}/notes", f"{REPORT}/reveal"])

    shown = officer.post(f"{SHOWN}/actions/{action}", {**TYPED, "reason": "ر", "text": "ن"}).text

    assert "لا نعلم هل حُفظ الإجراء" in shown
    assert ("لن يُحفظ مرتين" in shown) is is_said


def test_a_form_sent_with_a_worn_out_token_waits_for_the_new_one(officer, reports, desk_issuer):
    desk_issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
    officer.sign_in(TREATMENT)
    kept = officer.post(REFER, TYPED).headers["location"]
    desk_issuer.claims = {}

    assert kept.startswith(f"{REFER}?form=")
    assert reports.keys == []
    officer.sign_in(TREATMENT, to=kept.replace("?", "%3F"))
    shown = officer.get(kept).text
    assert "مجرى أمطار</textarea>" in shown
    assert 'name="key" value="k-1"' in shown


def test_the_sign_out_takes_a_kept_form_with_it(officer, session, reports):
    officer.post("/desk/search", {"mobile": "0500000001"})
    officer.post("/desk/sign-out", {})

    assert session.scalars(select(SavedForm.form_id)).all() == []


def test_an_action_that_the_status_does_not_allow_says_so_before_anything_is_typed(
    officer, reports
):
    reports.replies[REPORT] = Reply(200, report(actions=[]))

    assert "لا يمكن هذا الإجراء الآن" in officer.get(REFER).text


def test_an_unknown_action_is_no_page(officer, reports):
    assert officer.get(f"{SHOWN}/actions/delete").status_code == 404
    assert officer.post(f"{SHOWN}/actions/delete", TYPED).status_code == 404
    assert reports.asked == []


def test_a_duplicate_is_chosen_from_the_reports_that_may_be_about_the_same_problem(officer):
    shown = officer.get(f"{SHOWN}/actions/mark_duplicate").text

    assert f'name="main_report_id" value="{OTHER_ID}"' in shown
    assert "على بعد 120 مترًا" in shown


@pytest.mark.parametrize("reply", [None, problem("forbidden", 403)])
def test_a_search_for_duplicates_that_failed_does_not_say_that_there_are_none(
    officer, reports, reply
):
    reports.replies[f"{REPORT}/possible-duplicates"] = reply

    shown = officer.get(f"{SHOWN}/actions/mark_duplicate").text

    assert "تعذر البحث عن البلاغات المشابهة الآن" in shown
    assert "لا يوجد بلاغ مفتوح من النوع نفسه" not in shown


def test_no_similar_report_is_said_as_such(officer, reports):
    reports.replies[f"{REPORT}/possible-duplicates"] = Reply(200, {"items": [], "alike": []})

    shown = officer.get(f"{SHOWN}/actions/mark_duplicate").text

    assert "لا يوجد بلاغ مفتوح من النوع نفسه" in shown
    assert "تعذر البحث" not in shown


def test_a_duplicate_far_away_is_named_by_its_number(officer, reports):
    reports.replies[f"{REPORT}/possible-duplicates"] = Reply(200, {"items": [], "alike": []})
    reports.replies["/v1/reports"] = Reply(200, {"items": [report(report_id=OTHER_ID)]})
    reports.replies[f"{REPORT}/mark-duplicate"] = Reply(200, report(version=8))
    typed = {"key": "k-1", "version": "7", "main_number": "١٤٤٨١٠٤٢٠٠", "note": "الحفرة نفسها"}

    answer = officer.post(f"{SHOWN}/actions/mark_duplicate", typed)

    sent = {"main_report_id": OTHER_ID, "note": "الحفرة نفسها"}
    assert reports.asked == [("/v1/reports", {"number": "1448104200"}), (f"{REPORT}/mark-duplicate", sent)]  # fmt: skip
    assert answer.headers["location"] == f"{SHOWN}?done=mark_duplicate"


@pytest.mark.parametrize(
    ("number", "words_at_the_field"),
    [("1448999999", "لا بلاغ بهذا الرقم"), ("0500000001", "ليس رقم بلاغ")],
)
def test_a_number_without_a_report_is_a_fault_at_its_field(
    officer, reports, number, words_at_the_field
):
    reports.replies["/v1/reports"] = Reply(200, {"items": []})
    typed = {"key": "k-1", "version": "7", "main_number": number, "note": "الحفرة نفسها"}

    answer = officer.post(f"{SHOWN}/actions/mark_duplicate", typed)

    assert answer.status_code == 400
    assert words_at_the_field in answer.text
    assert 'href="#main_number"' in answer.text
    assert f'value="{number}"' in answer.text
    assert all(path != f"{REPORT}/mark-duplicate" for path, _ in reports.asked)


def test_a_missing_duplicate_is_a_fault_at_the_number(officer, reports):
    missing = {"errors": [{"field": "main_report_id", "detail": "هذا الحقل مطلوب"}]}
    reports.replies[f"{REPORT}/mark-duplicate"] = problem("invalid-request", 400, **missing)

    answer = officer.post(f"{SHOWN}/actions/mark_duplicate", {"key": "k-1", "version": "7"})

    assert 'href="#main_number"' in answer.text


def test_the_chosen_duplicate_is_kept_while_the_service_is_away(officer, reports):
    reports.replies = dict.fromkeys(reports.replies)
    reports.replies[f"{REPORT}/mark-duplicate"] = None
    typed = {"key": "k-1", "version": "7", "main_report_id": OTHER_ID, "note": "المكان نفسه"}

    answer = officer.post(f"{SHOWN}/actions/mark_duplicate", typed)

    assert answer.status_code == 503
    assert f'name="main_report_id" value="{OTHER_ID}"' in answer.text


def test_a_token_that_the_search_for_duplicates_refuses_leads_to_a_new_sign_in(
    officer, reports, monkeypatch
):
    answer_to = reports.get

    def get(token, path, *rest):
        if path.endswith("possible-duplicates"):
            raise TokenRefused
        return answer_to(token, path, *rest)

    monkeypatch.setattr(reports, "get", get)

    answer = officer.get(f"{SHOWN}/actions/mark_duplicate")

    assert answer.headers["location"].startswith("/desk?to=")


def test_the_reporter_is_shown_once_for_a_reason_and_by_no_address(officer, reports):
    revealed = {
        "name": "علي بن حسن", "mobile": "+966500000001", "callback": None, "mobile_confirmed": True,
        "language": "ar", "id_type": None, "id_number": None, "email": None,
    }  # fmt: skip
    reports.replies[f"{REPORT}/reveal"] = Reply(200, revealed)

    answer = officer.post(f"{SHOWN}/actions/reveal", {"key": "k-2", "reason": "معاودة الاتصال"})

    assert "+966500000001" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert reports.asked == [(f"{REPORT}/reveal", {"reason": "معاودة الاتصال"})]
    assert (reports.keys, reports.versions) == ([None], [None])
    assert "+966500000001" not in officer.get(f"{SHOWN}/actions/reveal").text
