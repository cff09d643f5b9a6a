"""Forms of a shop owner: a draft is sent once, a fault stands beside its input, no typed word is lost."""

import re

import pytest
from licences_shown import (
    APPLICATION,
    APPLICATION_ID,
    APPLICATIONS,
    DRAFT,
    DRAFT_ID,
    DRAFTS,
    FEE,
    FILE_ID,
    LICENCE,
    LICENCE_NO,
    MISSING,
    SENT,
    TYPED,
    UPLOADS,
    VIOLATION,
    VIOLATION_ID,
    draft,
    example,
    licence_replies,
    problem,
)
from sqlalchemy import select

from pages.origins import csrf_token
from portal.domain.areas import MY
from portal.models import SavedForm
from portal.outside.services import Reply, TokenRefused

NEW, FORM = "/my/licences/new", f"/my/licences/drafts/{DRAFT_ID}"
SHOWN = f"/my/licences/applications/{APPLICATION_ID}"
HELD = f"/my/licences/held/{LICENCE_NO}"
SEEN = f"/my/licences/violations/{VIOLATION_ID}"
APPLY = f"{APPLICATIONS}?draft={DRAFT_ID}"
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "https://services.example"}
PICTURE = {"files": ("عقد.png", b"png", "image/png")}


@pytest.fixture(autouse=True)
def answering(licences):
    licences.replies |= licence_replies()


@pytest.fixture
def wear_out(app, monkeypatch):
    """`wear_out()`: from now on the person's token is worn out."""
    from portal.api import saved_forms

    def act():
        monkeypatch.setattr(saved_forms, "is_token_worn_out", lambda _: True)

    return act


def saved_forms_of(session):
    return [one.content for one in session.scalars(select(SavedForm))]


def send_files(browser, address, form, files=PICTURE):
    token = csrf_token(browser.cookies[MY.cookie])
    return browser.send(address, {"csrf_token": token, **form}, OWN, files)


def send_reviewed(browser):
    """Reads the review, and presses its button."""
    found = re.search(r'name="seen" value="([^"]+)"', browser.get(f"{FORM}/review").text)
    return browser.post(f"{FORM}/review", {"seen": found[1] if found else ""})


# A draft.


def test_a_new_form_has_a_key_and_the_establishments_of_the_person(licensee):
    first, second = (licensee.get(NEW).text for _ in range(2))

    keys = [re.search(r'name="key" value="([^"]+)"', one)[1] for one in (first, second)]
    assert keys[0] != keys[1]
    assert '<option value="7000000005">' in first


def test_the_activity_of_the_finder_is_chosen_already(licensee):
    assert 'value="960111" selected' in licensee.get(f"{NEW}?activity=960111").text


def test_a_draft_is_kept_at_the_service_for_the_establishment_once_for_its_key(licensee, licences):
    licences.replies[DRAFTS] = Reply(201, draft())

    answer = licensee.post(NEW, {**TYPED, "key": "k-1", "again": ""})

    body = {"form": {"typed": TYPED, "again": ""}, "establishment": "7000000005"}
    assert licences.asked == [(DRAFTS, body)]
    assert licences.keys == ["k-1"]
    assert answer.headers["location"] == f"{FORM}/files"


def test_a_half_filled_form_is_kept_as_it_is(licensee, licences):
    licences.replies[DRAFTS] = Reply(201, draft())

    answer = licensee.post(NEW, {"kind": "shop", "action": "keep", "key": "k-1"})

    assert answer.headers["location"] == f"{FORM}?done=kept"
    assert licences.asked == [(DRAFTS, {"form": {"typed": {"kind": "shop"}, "again": ""}})]


def test_a_draft_is_filled_in_again_and_changed(licensee, licences):
    shown = licensee.get(FORM).text
    answer = licensee.post(FORM, {**TYPED, "years": "2"})

    assert 'value="10423344550"' in shown
    assert 'value="سيهات|الكوثر" selected' in shown
    assert licences.asked[-1][1]["form"]["typed"]["years"] == "2"
    assert answer.headers["location"] == f"{FORM}/files"


def test_too_many_drafts_are_said_and_the_form_stays(licensee, licences):
    licences.replies[DRAFTS] = problem("too-many-drafts", 409, detail="احذفوا مسودة")

    answer = licensee.post(NEW, {**TYPED, "key": "k-1"})

    assert answer.status_code == 409
    assert "احذفوا مسودة" in answer.text
    assert 'value="10423344550"' in answer.text
    assert 'name="key" value="k-1"' in answer.text


def test_a_draft_that_is_gone_leads_to_the_list(licensee, licences):
    licences.replies[DRAFT] = MISSING

    for page in (FORM, f"{FORM}/files", f"{FORM}/review"):
        assert licensee.get(page).headers["location"] == "/my/licences?done=gone"


def test_a_draft_is_dropped(licensee, licences):
    licences.replies[DRAFT] = Reply(204, {})

    assert licensee.post(f"{FORM}/drop", {}).headers["location"] == "/my/licences?done=dropped"


# Files.


def test_a_file_is_uploaded_and_given_to_the_draft(licensee, licences):
    answer = send_files(licensee, "/my/licences/files", {"owner": "draft", "id": DRAFT_ID})

    assert licences.asked[0] == (UPLOADS, ("عقد.png", b"png", "image/png"))
    assert licences.asked[-1] == (
        DRAFT,
        {"form": draft()["form"], "establishment": "7000000005", "files": [FILE_ID]},
    )
    assert answer.headers["location"] == f"{FORM}/files?done=attached"


def test_a_file_is_given_to_an_open_application(licensee, licences):
    answer = send_files(
        licensee, "/my/licences/files", {"owner": "application", "id": APPLICATION_ID}
    )

    assert (f"{APPLICATION}/files", {"files": [FILE_ID]}) in licences.asked
    assert answer.headers["location"] == f"{SHOWN}?done=attached"


def test_a_file_that_is_refused_is_named_beside_its_input(licensee, licences):
    licences.replies[UPLOADS] = problem("invalid-request", 400, ("file", "ليس صورة"))

    answer = send_files(licensee, "/my/licences/files", {"owner": "draft", "id": DRAFT_ID})

    assert answer.status_code == 400
    assert 'href="#files"' in answer.text
    assert "ليس صورة" in answer.text


def test_files_of_a_worn_out_token_are_said_to_be_lost(licensee, licences, wear_out):
    wear_out()

    answer = send_files(licensee, "/my/licences/files", {"owner": "draft", "id": DRAFT_ID})

    assert answer.headers["location"] == f"{FORM}/files?done=lost"
    assert licences.asked == []


@pytest.mark.parametrize("owner_id", ["", "x", "../licences"])
def test_files_of_nothing_are_not_found(licensee, licences, owner_id):
    answer = send_files(licensee, "/my/licences/files", {"owner": "draft", "id": owner_id})

    assert answer.status_code == 404
    assert licences.asked == []


# The review, and the sending.


def test_the_review_shows_everything_with_the_fee(licensee, public_licences):
    shown = licensee.get(f"{FORM}/review").text

    assert "مغاسل الملابس" in shown
    assert "متناهية الصغر" in shown
    assert "180.00" in shown
    asked = {
        "activity": "960111", "town": "سيهات", "area_m2": "45", "years": "1", "kind": "shop",
    }  # fmt: skip
    assert (FEE, asked) in public_licences.asked


def test_the_draft_is_the_key_of_the_application(licensee, licences):
    licences.replies[APPLY] = Reply(201, example("Application"))

    answer = send_reviewed(licensee)

    assert licences.asked[-1] == (APPLY, SENT)
    assert licences.keys == [DRAFT_ID]
    assert answer.headers["location"] == f"{SHOWN}?done=sent"


def test_a_copy_of_a_refused_application_names_it(licensee, licences):
    copy = example("LicenceDraft", form={"typed": TYPED, "again": APPLICATION_ID})
    licences.replies[DRAFT] = Reply(200, copy)
    licences.replies[f"{APPLY}&again={APPLICATION_ID}"] = Reply(201, example("Application"))

    assert send_reviewed(licensee).headers["location"] == f"{SHOWN}?done=sent"


def test_a_second_press_after_the_draft_was_sent_leads_to_the_list(licensee, licences):
    licences.replies[DRAFT] = MISSING

    assert send_reviewed(licensee).headers["location"] == "/my/licences?done=gone"
    assert licences.keys == []


def test_every_fault_stands_beside_its_input_with_its_label(licensee, licences):
    faults = [
        ("owner.name", "هذا الحقل مطلوب"), ("activities.1.code", "لا يُرخص"),
        ("place.district", "لا حي بهذا الاسم"), ("years", "سنة على الأكثر"),
    ]  # fmt: skip
    licences.replies[APPLY] = problem("invalid-request", 400, *faults)

    answer = send_reviewed(licensee)

    assert answer.status_code == 400
    for name in ("owner-name", "activity-1", "place-district", "years"):
        assert f'href="#{name}"' in answer.text
        assert f'id="{name}-fault"' in answer.text
    assert "اسم المالك: هذا الحقل مطلوب" in answer.text
    assert 'value="10423344550"' in answer.text


def test_an_open_application_for_the_same_licence_is_named(licensee, licences):
    refusal = problem("application-open", 409, detail="الطلب 1448040000123 مفتوح")
    licences.replies[APPLY] = refusal

    answer = send_reviewed(licensee)

    assert answer.status_code == 409
    assert "مفتوح" in answer.text
    assert f'action="{FORM}/review"' in answer.text


def test_after_a_lost_answer_the_same_key_goes_again(licensee, licences):
    licences.replies[APPLY] = None
    lost = send_reviewed(licensee)
    licences.replies[APPLY] = Reply(201, example("Application"))
    send_reviewed(licensee)

    assert lost.status_code == 503
    assert "لا يُقدم الطلب مرتين" in lost.text
    assert licences.keys == [DRAFT_ID, DRAFT_ID]


def test_a_draft_that_a_colleague_changed_is_reviewed_again_before_it_is_sent(licensee, licences):
    seen = re.search(r'name="seen" value="([^"]+)"', licensee.get(f"{FORM}/review").text)[1]
    licences.replies[DRAFT] = Reply(200, draft(**{"owner-mobile": "0500000002"}))

    answer = licensee.post(f"{FORM}/review", {"seen": seen})

    assert answer.status_code == 409
    assert "تغيرت المسودة بعد مراجعتكم" in answer.text
    assert "0500000002" in answer.text
    assert licences.keys == []


# Again, and a move.


def test_a_refused_application_is_copied_into_a_new_form(licensee):
    shown = licensee.get(f"{NEW}?again={APPLICATION_ID}").text

    assert f'name="again" value="{APPLICATION_ID}"' in shown
    assert 'value="10423344550"' in shown
    assert 'value="1000000008"' in shown


def test_a_move_keeps_the_shop_and_empties_the_place(licensee):
    shown = licensee.get(f"{NEW}?move={LICENCE_NO}").text

    assert f'value="{LICENCE_NO}"' in shown
    assert "مغسلة الواحة" in shown
    assert 'value="10423344550"' not in shown
    assert 'value="سيهات|الكوثر" selected' not in shown


@pytest.mark.parametrize("ending", ["again=x", "move=x", f"again={APPLICATION_ID}%2Fbill"])
def test_what_is_no_id_is_asked_nowhere(licensee, licences, ending):
    assert licensee.get(f"{NEW}?{ending}").status_code == 404
    assert licences.asked == []


# Corrections and withdrawals.


def test_a_correction_fills_in_the_old_values_and_folds_what_nobody_asked_for(licensee):
    shown = licensee.get(f"{SHOWN}/correction").text

    assert "اكتبوا في الطلب رقم عقد الإيجار وأيامه" in shown
    assert 'value="10423344550"' in shown
    assert "<legend>عقد الإيجار" in shown
    assert "<summary>المالك" in shown


def test_a_return_in_words_folds_nothing(licensee, licences):
    returned = example("Application", status="returned", reasons=[{"ar": "صححوا", "en": "Correct"}])
    licences.replies[APPLICATION] = Reply(200, returned)

    shown = licensee.get(f"{SHOWN}/correction").text

    assert "صححوا" in shown
    assert "<legend>المالك" in shown


def test_a_correction_is_sent_once_with_the_whole_form(licensee, licences):
    licences.replies[f"{APPLICATION}/correction"] = Reply(200, example("Application"))

    answer = licensee.post(f"{SHOWN}/correction", {**TYPED, "key": "k-2"})

    assert licences.asked == [(f"{APPLICATION}/correction", SENT)]
    assert licences.keys == ["k-2"]
    assert answer.headers["location"] == f"{SHOWN}?done=corrected"


def test_a_fault_opens_the_part_in_which_it_stands(licensee, licences):
    refusal = problem("invalid-request", 400, ("owner.mobile", "ليس جوالًا"))
    licences.replies[f"{APPLICATION}/correction"] = refusal

    answer = licensee.post(f"{SHOWN}/correction", {**TYPED, "key": "k-2"})

    assert "<legend>المالك" in answer.text
    assert 'id="owner-mobile-fault"' in answer.text


def test_a_withdrawal_asks_why(licensee, licences):
    licences.replies[f"{APPLICATION}/withdraw"] = Reply(200, example("Application"))

    answer = licensee.post(f"{SHOWN}/withdrawal", {"reason": "انتفت الحاجة", "key": "k-3"})

    assert licences.asked == [(f"{APPLICATION}/withdraw", {"reason": "انتفت الحاجة"})]
    assert answer.headers["location"] == f"{SHOWN}?done=withdrawn"


# Renewal and end.


def test_that_the_renewal_is_not_open_is_said_before_it_is_refused(licensee):
    shown = licensee.get(f"{HELD}/renewal").text

    assert "التجديد غير متاح اليوم" in shown
    assert 'value="10423344550"' in shown
    assert 'name="owner-name"' not in shown


def test_a_renewal_sends_only_what_it_may_change(licensee, licences):
    licences.replies[f"{LICENCE}/renewal"] = Reply(201, example("Application"))

    answer = licensee.post(f"{HELD}/renewal", {"years": "2", "owner-name": "x", "key": "k-4"})

    assert licences.asked == [(f"{LICENCE}/renewal", {"years": 2})]
    assert licences.keys == ["k-4"]
    assert answer.headers["location"] == f"{SHOWN}?done=sent"


def test_an_early_renewal_shows_the_words_of_the_service(licensee, licences):
    refusal = problem("licence-renewal-early", 409, detail="يُفتح في 1449/03/24")
    licences.replies[f"{LICENCE}/renewal"] = refusal

    answer = licensee.post(f"{HELD}/renewal", {"years": "1", "key": "k-4"})

    assert answer.status_code == 409
    assert "يُفتح في" in answer.text


def test_the_end_of_a_licence_is_asked_for_with_a_reason(licensee, licences):
    refusal = problem("invalid-request", 400, ("reason", "اكتبوا السبب"))
    licences.replies[f"{LICENCE}/cancellation"] = refusal

    answer = licensee.post(f"{HELD}/end", {"reason": "", "key": "k-5"})

    assert answer.status_code == 400
    assert 'id="reason-fault"' in answer.text
    assert 'name="key" value="k-5"' in answer.text


# Objections.


def test_an_objection_is_sent_with_its_papers(licensee, licences):
    licences.replies[f"{VIOLATION}/objection"] = Reply(200, example("Violation"))
    form = {"violation_id": VIOLATION_ID, "reasons": "كانت سارية", "key": "k-6", "attached": ""}

    answer = send_files(licensee, "/my/licences/objections", form)

    sent = (f"{VIOLATION}/objection", {"reasons": "كانت سارية", "files": [FILE_ID]})
    assert licences.asked[-1] == sent
    assert answer.headers["location"] == f"{SEEN}?done=objected"


def test_a_paper_stays_attached_when_the_reasons_are_refused(licensee, licences):
    refusal = problem("invalid-request", 400, ("reasons", "اكتبوا الأسباب"))
    licences.replies[f"{VIOLATION}/objection"] = refusal
    form = {"violation_id": VIOLATION_ID, "reasons": "", "key": "k-6", "attached": ""}

    answer = send_files(licensee, "/my/licences/objections", form)

    assert f'name="attached" value="{FILE_ID}"' in answer.text
    assert 'id="reasons-fault"' in answer.text


def test_an_objection_that_comes_too_late_says_so(licensee, licences):
    refusal = problem("objection-too-late", 409, detail="انتهت المدة")
    licences.replies[f"{VIOLATION}/objection"] = refusal
    form = {"violation_id": VIOLATION_ID, "reasons": "كانت سارية", "key": "k-6"}

    answer = licensee.post("/my/licences/objections", form)

    assert "انتهت المدة" in answer.text
    assert "كانت سارية</textarea>" in answer.text


# What no form loses.

FORMS = (
    (NEW, {**TYPED, "key": "k"}, NEW),
    (FORM, TYPED, FORM),
    (f"{SHOWN}/correction", {**TYPED, "key": "k"}, f"{SHOWN}/correction"),
    (f"{SHOWN}/withdrawal", {"reason": "كذا", "key": "k"}, f"{SHOWN}/withdrawal"),
    (f"{HELD}/renewal", {"years": "3", "key": "k"}, f"{HELD}/renewal"),
    (f"{HELD}/end", {"reason": "كذا", "key": "k"}, f"{HELD}/end"),
    (
        "/my/licences/objections",
        {"violation_id": VIOLATION_ID, "reasons": "كذا", "key": "k"},
        f"{SEEN}/objection",
    ),
)


@pytest.mark.parametrize(("address", "form", "page"), FORMS)
def test_a_form_waits_sealed_for_a_new_token(
    licensee, licences, session, wear_out, address, form, page
):
    wear_out()

    answer = licensee.post(address, form)

    assert answer.headers["location"].startswith(f"{page}?form=")
    assert licences.asked == []
    kept = saved_forms_of(session)[0]
    assert all(kept[name] == text for name, text in form.items() if name != "violation_id")


@pytest.mark.parametrize(("address", "form", "page"), FORMS)
def test_a_kept_form_is_filled_in_again(licensee, wear_out, monkeypatch, address, form, page):
    wear_out()
    waiting = licensee.post(address, form).headers["location"]
    monkeypatch.undo()

    shown = licensee.get(waiting).text

    assert "جددنا دخولكم" in shown
    typed = form.get("reason") or form.get("reasons") or form["years"]
    assert typed in shown


@pytest.mark.parametrize(("address", "form", "page"), FORMS)
def test_an_absent_service_leaves_the_form_on_the_page(licensee, licences, address, form, page):
    licences.replies = dict.fromkeys(licences.replies)
    licences.replies |= dict.fromkeys(
        (f"{APPLICATION}/correction", f"{APPLICATION}/withdraw", f"{LICENCE}/renewal",
         f"{LICENCE}/cancellation", f"{VIOLATION}/objection")
    )  # fmt: skip

    answer = licensee.post(address, form)

    assert answer.status_code == 503
    assert "ولن يُنفذ مرتين" in answer.text
    assert (form.get("reason") or form.get("reasons") or form["years"]) in answer.text


def test_a_token_that_the_service_refuses_keeps_the_form(licensee, licences, session, monkeypatch):
    def refuse(*_, **__):
        raise TokenRefused

    monkeypatch.setattr(licences, "post", refuse)

    answer = licensee.post(f"{HELD}/end", {"reason": "كذا", "key": "k"})

    assert answer.headers["location"].startswith(f"{HELD}/end?form=")
    assert saved_forms_of(session) == [{"reason": "كذا", "key": "k"}]
