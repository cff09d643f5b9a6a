"""Forms of a shop owner: a draft is sent once, a fault stands beside its input, no typed word is lost."""

import html
import re

import pytest
from licences_shown import (
    APPLICATION,
    APPLICATION_ID,
    APPLICATIONS,
    CHECK,
    DRAFT,
    DRAFT_ID,
    DRAFTS,
    FEE,
    FILE_ID,
    GUIDE,
    LICENCE,
    LICENCE_NO,
    MISSING,
    SENT,
    START,
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
from portal.domain import licence_form
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


def keys_of(licences):
    """Returns the keys under which something was carried out; a check has none."""
    return [one for one in licences.keys if one]


def send_reviewed(browser):
    """Reads the review, and presses its button."""
    found = re.search(r'name="seen" value="([^"]+)"', browser.get(f"{FORM}/review").text)
    return browser.post(f"{FORM}/review", {"seen": found[1] if found else ""})


# A draft.


def typed_in(step):
    """Returns what is typed in a step of the whole form."""
    return {name: text for name, text in TYPED.items() if name in licence_form.inputs_of(step)}


def test_a_new_form_has_a_key_and_the_first_step_alone(licensee):
    first, second = (licensee.get(NEW).text for _ in range(2))

    keys = [re.search(r'name="key" value="([^"]+)"', one)[1] for one in (first, second)]
    assert keys[0] != keys[1]
    assert 'name="activity-0"' in first
    assert 'name="owner-name"' not in first


def test_the_activity_of_the_finder_is_chosen_already(licensee):
    assert 'value="960111" selected' in licensee.get(f"{NEW}?activity=960111").text


@pytest.mark.parametrize(
    ("asked", "chosen"), [("professional", "professional"), ("", "shop"), ("barber", "shop")]
)
def test_the_kind_of_the_finder_is_chosen_already(licensee, asked, chosen):
    shown = licensee.get(f"{NEW}?activity=960111&kind={asked}").text

    assert f'value="{chosen}" selected' in shown or f'value="{chosen}" checked' in shown


def test_a_draft_begins_with_what_is_known_of_the_person_once_for_its_key(licensee, licences):
    licences.replies[DRAFTS] = Reply(201, draft())

    answer = licensee.post(NEW, {**typed_in("activity"), "key": "k-1", "again": ""})

    [kept] = [body for path, body in licences.asked if path == DRAFTS]
    assert "establishment" not in kept
    assert kept["form"]["typed"]["years"] == "1"
    assert kept["form"]["typed"]["owner-name"] == "بيانات تجريبية"
    assert kept["form"]["typed"]["owner-mobile"] == "+966500000001"
    assert kept["form"]["typed"]["establishment-unified_number"] == "7000000005"
    assert keys_of(licences) == ["k-1"]
    assert answer.headers["location"] == f"{FORM}/steps/place"


def test_a_draft_begins_without_what_nobody_knows(licensee, licences):
    licences.replies |= {DRAFTS: Reply(201, draft()), START: MISSING}

    answer = licensee.post(NEW, {"kind": "shop", "action": "keep", "key": "k-1"})

    [kept] = [body for path, body in licences.asked if path == DRAFTS]
    assert kept["form"]["typed"] == {"kind": "shop", "owner-language": "ar"}
    assert answer.headers["location"] == "/my/licences?done=kept"


def test_a_step_is_kept_beside_the_others(licensee, licences):
    shown = licensee.get(f"{FORM}/steps/place").text
    answer = licensee.post(
        f"{FORM}/steps/place", {**typed_in("place"), "lease-ejar_no": "10423344551"}
    )

    assert 'value="10423344550"' in shown
    assert 'value="سيهات|الكوثر" selected' in shown
    assert 'name="owner-name"' not in shown
    [kept] = [body for path, body in licences.asked if path == DRAFT and body]
    assert kept["form"]["typed"] == {**TYPED, "lease-ejar_no": "10423344551"}
    assert kept["establishment"] == "7000000005"
    assert answer.headers["location"] == f"{FORM}/steps/people"


def test_a_step_is_kept_in_the_version_that_was_read(licensee, licences):
    shown = licensee.get(f"{FORM}/steps/place").text

    licensee.post(f"{FORM}/steps/place", {**typed_in("place"), "version": "3"})

    assert 'name="version" value="3"' in shown
    assert [one for one in licences.versions if one is not None] == [3]


@pytest.mark.parametrize(
    ("by_caller", "title"), [(False, "عدّل المسودة غيركم"), (True, "عدّلتم المسودة في صفحة أخرى")]
)
def test_a_step_of_an_older_version_says_what_changed_and_keeps_the_typed_words(
    licensee, licences, monkeypatch, by_caller, title
):
    newer = {**draft(**{"lease-ejar_no": "10423344599"}), "version": 4}
    licences.replies[DRAFT] = Reply(200, {**newer, "changed_by_caller": by_caller})
    refusal = problem("application-draft-changed", 409, detail="عُدّلت بعد أن قرأتموها")
    monkeypatch.setattr(licences, "put", lambda *_, **__: refusal)

    answer = licensee.post(
        f"{FORM}/steps/place",
        {**typed_in("place"), "area_m2": "60", "lease-ejar_no": "10423344551", "version": "3"},
    )

    assert answer.status_code == 409
    assert title in answer.text
    assert re.search(r"<dt>رقم العقد في إيجار</dt><dd>.*10423344599.*</dd>", answer.text)
    assert re.search(r"<dt>المساحة.*</dt><dd>.*٤٥.*</dd>", answer.text)
    assert 'value="10423344551"' in answer.text
    assert 'value="60"' in answer.text
    assert 'name="version" value="4"' in answer.text


def test_what_the_person_left_alone_stands_as_the_other_page_wrote_it(
    licensee, licences, monkeypatch
):
    base = html.unescape(
        re.search(r'name="base" value="([^"]+)"', licensee.get(f"{FORM}/steps/place").text)[1]
    )
    licences.replies[DRAFT] = Reply(
        200, {**draft(**{"lease-ejar_no": "10423344599"}), "version": 4}
    )
    refusal = problem("application-draft-changed", 409, detail="عُدّلت بعد أن قرأتموها")
    monkeypatch.setattr(licences, "put", lambda *_, **__: refusal)
    sent = {**typed_in("place"), "version": "3", "base": base}

    answer = licensee.post(f"{FORM}/steps/place", {**sent, "area_m2": "60"})

    assert 'value="10423344599"' in answer.text
    assert 'value="60"' in answer.text
    assert "<dt>رقم العقد في إيجار</dt>" in answer.text
    assert "<dt>المساحة" not in answer.text


def test_a_second_press_of_a_step_leads_on(licensee, licences, monkeypatch):
    monkeypatch.setattr(licences, "put", lambda *_, **__: problem("application-draft-changed", 409))

    answer = licensee.post(f"{FORM}/steps/place", {**typed_in("place"), "version": "2"})

    assert answer.headers["location"] == f"{FORM}/steps/people"


def test_two_clicks_on_the_map_fill_in_the_place_of_the_shop(licensee, licences):
    page, beyond = f"{FORM}/map", {"point.x": "0", "point.y": "0"}
    opened = licensee.post(f"{FORM}/steps/place", {**typed_in("place"), "action": "map"})
    shown, missed = licensee.get(page).text, licensee.post(page, beyond)
    closer = licensee.post(page, {"point.x": "144", "point.y": "100"}).headers["location"]
    view = dict(re.findall(r"(latitude|longitude)=([0-9.]+)", closer))
    chosen = licensee.post(page, {**view, "point.x": "144", "point.y": "144"}).headers["location"]
    step = licensee.get(chosen).text

    assert [body for path, body in licences.asked if path == DRAFT and body]
    assert opened.headers["location"] == page
    assert 'type="image"' in shown
    assert (missed.status_code, 'href="#point"' in missed.text) == (400, True)
    assert chosen.startswith(f"{FORM}/steps/place?")
    assert f'name="place-latitude" type="text" value="{view["latitude"]}"' in step
    assert "أُخذ الموقع من الخريطة" in step


def test_what_is_typed_wrong_is_said_at_its_input_after_the_step_is_kept(licensee, licences):
    licences.replies[CHECK] = problem(
        "invalid-request", 400, ("owner.mobile", "ليس جوالًا"), ("owner.birth_date", "مطلوب")
    )

    answer = licensee.post(f"{FORM}/steps/people", typed_in("people"))

    assert answer.status_code == 400
    assert 'id="owner-mobile-fault"' in answer.text
    assert 'id="owner-birth_date-fault"' not in answer.text
    assert [path for path, body in licences.asked if path == DRAFT and body]


def test_the_missing_type_of_a_managers_number_does_not_wait_for_the_review(licensee, licences):
    licences.replies[DRAFT] = Reply(200, draft(**{"manager-id_number": "3000000000"}))
    licences.replies[CHECK] = problem(
        "invalid-request", 400, ("manager.id_type", "مطلوب"), ("manager.mobile", "مطلوب")
    )

    answer = licensee.post(f"{FORM}/steps/people", typed_in("people"))

    assert 'id="manager-id_type-fault"' in answer.text
    assert 'id="manager-mobile-fault"' not in answer.text


def test_a_professional_begins_in_ones_own_name(licensee, licences):
    known = {"owner": {"name": "زهراء"}, "establishment": {"unified_number": "7000000012"}}
    licences.replies |= {DRAFTS: Reply(201, draft()), START: Reply(200, known)}

    licensee.post(NEW, {"kind": "professional", "key": "k-1"})

    [kept] = [body for path, body in licences.asked if path == DRAFTS]
    assert kept["form"]["typed"]["owner-name"] == "زهراء"
    assert "establishment-unified_number" not in kept["form"]["typed"]


@pytest.mark.parametrize(("established", "kept"), [(None, ""), ("7000000005", "7000000005")])
def test_who_becomes_a_professional_before_choosing_an_establishment_has_none(
    licensee, licences, established, kept
):
    """A draft begins with the establishment that the person acts for, until the person chooses."""
    licences.replies[DRAFT] = Reply(200, {**draft(), "establishment": established})

    licensee.post(f"{FORM}/steps/activity", {**typed_in("activity"), "kind": "professional"})

    [sent] = [body for path, body in licences.asked if path == DRAFT and body]
    assert sent["form"]["typed"].get("establishment-unified_number", "") == kept


def test_ones_own_name_empties_what_only_an_establishment_has(licensee, licences):
    licences.replies[DRAFT] = Reply(200, draft(kind="professional"))
    own = {**typed_in("people"), "establishment-unified_number": "", "establishment-size": "micro"}

    licensee.post(f"{FORM}/steps/people", own)

    [kept] = [body for path, body in licences.asked if path == DRAFT and body]
    assert not [one for one in kept["form"]["typed"] if one.startswith("establishment")]
    assert "establishment" not in kept


def test_a_trade_name_in_ones_own_name_says_at_its_step_what_is_needed(licensee, licences):
    licences.replies[DRAFT] = Reply(
        200, draft(**{"establishment-unified_number": "", "kind": "shop"})
    )
    licences.replies[CHECK] = problem(
        *("invalid-request", 400),
        *(("establishment.unified_number", "مطلوب"), ("establishment.cr_number", "والسجل مطلوب")),
    )

    answer = licensee.post(f"{FORM}/steps/people", {"establishment-trade_name-ar": "مغسلة"})

    assert answer.status_code == 400
    assert 'id="establishment-unified_number-fault"' in answer.text
    assert "تُطلب الرخصة المهنية وحدها" in answer.text
    assert "مطلوب" not in answer.text


def test_a_draft_goes_on_where_something_is_missing(licensee, licences):
    complete = licensee.get(FORM).headers["location"]
    licences.replies[CHECK] = problem("invalid-request", 400, ("lease.ends_on", "مطلوب"))

    assert complete == f"{FORM}/review"
    assert licensee.get(FORM).headers["location"] == f"{FORM}/steps/place"
    assert 'id="lease-ends_on-fault"' in licensee.get(f"{FORM}/steps/place?check").text
    assert 'id="lease-ends_on-fault"' not in licensee.get(f"{FORM}/steps/place").text


def test_a_step_marks_what_the_application_still_lacks(licensee, licences):
    licences.replies[DRAFT] = Reply(200, draft(area_m2=""))
    licences.replies[CHECK] = problem(
        "invalid-request", 400, ("area_m2", "مطلوب"), ("lease.ends_on", "انتهى العقد")
    )

    shown = licensee.get(f"{FORM}/steps/place").text

    assert shown.count("(لا بد منه)") == 1
    assert re.search(r'for="area_m2">[^<]*\(لا بد منه\)', shown)
    assert "لم يُكتب بعد" in shown


def test_a_step_that_is_none_is_not_found(licensee):
    assert licensee.get(f"{FORM}/steps/money").status_code == 404


def test_too_many_drafts_are_said_and_the_form_stays(licensee, licences):
    licences.replies[DRAFTS] = problem("too-many-drafts", 409, detail="احذفوا مسودة")

    answer = licensee.post(NEW, {**TYPED, "key": "k-1"})

    assert answer.status_code == 409
    assert "احذفوا مسودة" in answer.text
    assert 'value="960111" selected' in answer.text
    assert 'name="key" value="k-1"' in answer.text


def test_a_draft_that_is_gone_leads_to_the_list(licensee, licences):
    licences.replies[DRAFT] = MISSING

    for page in (FORM, f"{FORM}/steps/place", f"{FORM}/files", f"{FORM}/review"):
        assert licensee.get(page).headers["location"] == "/my/licences?done=gone"


def test_a_draft_is_dropped(licensee, licences):
    licences.replies[DRAFT] = Reply(204, {})

    assert licensee.post(f"{FORM}/drop", {}).headers["location"] == "/my/licences?done=dropped"


# Files.


def test_a_file_is_uploaded_and_given_to_the_draft(licensee, licences):
    answer = send_files(licensee, "/my/licences/files", {"owner": "draft", "id": DRAFT_ID})

    assert licences.asked[0] == (UPLOADS, ("عقد.png", b"png", "image/png"))
    assert licences.asked[-1] == (f"{DRAFT}/files", {"files": [FILE_ID]})
    assert DRAFT not in [path for path, _ in licences.asked]
    assert answer.headers["location"] == f"{FORM}/files?done=attached"


def test_a_file_is_taken_out_of_a_draft(licensee, licences):
    path = f"{DRAFT}/files/{FILE_ID}"
    licences.replies[path] = Reply(204, {})

    shown = licensee.get(f"{FORM}/files").text
    answer = licensee.post(f"{FORM}/files/{FILE_ID}/removal", {})

    assert f'action="{FORM}/files/{FILE_ID}/removal"' in shown
    assert path in [one for one, _ in licences.asked]
    assert answer.headers["location"] == f"{FORM}/files?done=removed"


def test_a_worn_out_token_removes_nothing_and_the_page_says_so(licensee, licences, wear_out):
    wear_out()
    licences.asked.clear()

    dropped = licensee.post(f"{FORM}/drop", {})
    removed = licensee.post(f"{FORM}/files/{FILE_ID}/removal", {})

    assert licences.asked == []
    assert dropped.headers["location"] == "/my/licences?done=not_done"
    assert removed.headers["location"] == f"{FORM}/files?done=not_done"
    for answer in (dropped, removed):
        assert "لم يُحذف شيء" in licensee.get(answer.headers["location"]).text


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


def test_the_review_asks_for_the_names_of_the_activities_once(licensee, public_licences):
    licensee.get(f"{FORM}/review")

    assert [path for path, _ in public_licences.asked].count(GUIDE) == 1


def test_the_draft_is_the_key_of_the_application(licensee, licences):
    licences.replies[APPLY] = Reply(201, example("Application"))

    answer = send_reviewed(licensee)

    assert licences.asked[-1] == (APPLY, SENT)
    assert keys_of(licences) == [DRAFT_ID]
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


def test_what_is_missing_is_listed_before_the_sending_with_the_way_to_each(licensee, licences):
    licences.replies[CHECK] = problem(
        "invalid-request", 400, ("owner.name", "هذا الحقل مطلوب"), ("place.town", "مطلوبة")
    )

    shown = licensee.get(f"{FORM}/review").text

    of_owner = shown.index(f'href="{FORM}/steps/people?check#owner-name"')
    assert shown.index(f'href="{FORM}/steps/place?check#place"') < of_owner
    assert "اسم المالك: هذا الحقل مطلوب" in shown
    assert 'name="seen"' not in shown


def test_a_number_without_which_no_licence_is_issued_is_told_before_the_sending(
    licensee, licences, public_licences
):
    (laundry,) = example("ActivityGuideList")["items"]
    (kind,) = laundry["kinds"]
    papers = [
        {"code": code, "title": {"ar": "", "en": ""}, "ar": words, "en": words}
        for code, words in (
            ("cleaning-contract", "اكتبوا رقم عقد النظافة"),
            ("lease-term", "اكتبوا رقم عقد الإيجار"),
            ("health-certificates", "استخرجوا شهادات"),
        )
    ]
    barber = {**laundry, "code": "960210", "kinds": [{**kind, "papers": papers}]}
    public_licences.replies[GUIDE] = Reply(200, {"items": [laundry, barber]})
    way = f'href="{FORM}/steps/place#cleaning_contract"'

    licences.replies[DRAFT] = Reply(200, draft(**{"activity-1": "960210"}))
    shown = licensee.get(f"{FORM}/review").text
    licences.replies[DRAFT] = Reply(
        200, draft(**{"activity-1": "960210", "cleaning_contract": "7"})
    )
    written = licensee.get(f"{FORM}/review").text

    assert f"{way}>اكتبوا رقم عقد النظافة</a>" in shown
    assert "#lease-ejar_no" not in shown
    assert "استخرجوا شهادات" not in shown
    assert 'name="seen"' in shown
    assert "unwritten-title" not in written


@pytest.mark.parametrize(
    ("latitude", "longitude", "field", "name", "words"),
    [
        ("95", "50.0468", "place.latitude", "place-latitude", "26.40"),
        ("26.4834", "500", "place.longitude", "place-longitude", "49.80"),
        ("٢٦٫٤٨٣٤", "46.7", "place.latitude", "place-longitude", "49.80"),
    ],
)
def test_a_point_outside_the_governorate_is_told_in_words_at_its_number(
    licensee, licences, latitude, longitude, field, name, words
):
    point = {"place-latitude": latitude, "place-longitude": longitude}
    licences.replies[CHECK] = problem("invalid-request", 400, (field, "أكبر قيمة مسموحة"))
    licences.replies[DRAFT] = Reply(200, draft(**point))

    answer = licensee.post(f"{FORM}/steps/place", {**typed_in("place"), **point})
    review = licensee.get(f"{FORM}/review").text

    assert f'id="{name}-fault"' in answer.text
    for page in (answer.text, review):
        assert words in page
        assert "أكبر قيمة مسموحة" not in page


def test_swapped_and_missing_numbers_of_a_point_keep_their_own_words(licensee, licences):
    for latitude, longitude, words in (("50.05", "26.48", "معكوسان"), ("", "500", "مطلوب")):
        point = {"place-latitude": latitude, "place-longitude": longitude}
        licences.replies[DRAFT] = Reply(200, draft(**point))
        licences.replies[CHECK] = problem("invalid-request", 400, ("place.latitude", words))

        assert words in licensee.get(f"{FORM}/review").text


def test_the_faults_of_a_correction_stand_in_the_order_of_the_form(licensee, licences):
    faults = [
        ("workers", "عدد"), ("owner.mobile", "جوال"), ("years", "سنة"), ("place.town", "بلدة"),
        ("", "عام"), ("establishment.size", "حجم"), ("activities.1.code", "نشاط"),
    ]  # fmt: skip
    licences.replies[f"{APPLICATION}/correction"] = problem("invalid-request", 400, *faults)

    answer = licensee.post(f"{SHOWN}/correction", {**TYPED, "key": "k-2"})

    inputs = re.findall(r'href="#([^"]+)"', answer.text[answer.text.index('id="problem"') :])
    assert [one for one in inputs if one in TYPED or one == "activity-1"][:6] == [
        *("activity-1", "years", "establishment-size", "owner-mobile", "place", "workers")
    ]


def test_every_fault_of_the_sending_leads_to_its_input(licensee, licences):
    faults = [
        ("owner.name", "هذا الحقل مطلوب"), ("activities.1.code", "لا يُرخص"),
        ("place.district", "لا حي بهذا الاسم"), ("years", "سنة على الأكثر"),
    ]  # fmt: skip
    licences.replies[APPLY] = problem("invalid-request", 400, *faults)

    answer = send_reviewed(licensee)

    assert answer.status_code == 400
    for step, name in (("people", "owner-name"), ("activity", "activity-1"),
                       ("place", "place-district"), ("activity", "years")):  # fmt: skip
        assert f'href="{FORM}/steps/{step}?check#{name}"' in answer.text
    assert "اسم المالك: هذا الحقل مطلوب" in answer.text


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
    assert keys_of(licences) == [DRAFT_ID, DRAFT_ID]


def test_a_draft_that_a_colleague_changed_is_reviewed_again_before_it_is_sent(licensee, licences):
    seen = re.search(r'name="seen" value="([^"]+)"', licensee.get(f"{FORM}/review").text)[1]
    licences.replies[DRAFT] = Reply(200, draft(**{"owner-mobile": "0500000002"}))

    answer = licensee.post(f"{FORM}/review", {"seen": seen})

    assert answer.status_code == 409
    assert "تغيرت المسودة بعد مراجعتكم" in answer.text
    assert "0500000002" in answer.text
    assert keys_of(licences) == []


# Again, and a move.


def typed_kept(licences):
    [kept] = [body["form"] for path, body in licences.asked if path == DRAFTS]
    return kept


def test_a_refused_application_is_copied_into_a_new_draft(licensee, licences):
    licences.replies[DRAFTS] = Reply(201, draft())

    shown = licensee.get(f"{NEW}?again={APPLICATION_ID}").text
    licensee.post(NEW, {**typed_in("activity"), "key": "k-1", "again": APPLICATION_ID})

    assert f'name="again" value="{APPLICATION_ID}"' in shown
    kept = typed_kept(licences)
    assert kept["again"] == APPLICATION_ID
    assert kept["typed"]["lease-ejar_no"] == "10423344550"
    assert kept["typed"]["owner-id_number"] == "1000000008"


def test_a_move_keeps_the_shop_and_empties_the_place(licensee, licences):
    licences.replies[DRAFTS] = Reply(201, draft())

    shown = licensee.get(f"{NEW}?move={LICENCE_NO}").text
    licensee.post(NEW, {**typed_in("activity"), "key": "k-1", "move": LICENCE_NO})

    assert f'name="move" value="{LICENCE_NO}"' in shown
    typed = typed_kept(licences)["typed"]
    assert typed["replaces_licence_no"] == LICENCE_NO
    assert "مغسلة الواحة" in typed["establishment-trade_name-ar"]
    assert "lease-ejar_no" not in typed
    assert "place" not in typed


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
    assert "<form" not in shown.partition("<main")[2].partition("</main>")[0]


def test_a_renewal_that_is_open_already_is_named_instead_of_a_form(licensee, licences):
    named = {"application_id": APPLICATION_ID, "application_no": "1448040000123"}
    licences.replies[LICENCE] = Reply(200, example("Licence", open_request=named))

    shown = licensee.get(f"{HELD}/renewal").text

    assert "1448040000123" in shown
    assert f'href="/my/licences/applications/{APPLICATION_ID}"' in shown
    assert 'name="years"' not in shown


def test_a_renewal_shows_what_it_may_change(licensee, licences):
    licences.replies[LICENCE] = Reply(200, example("Licence", actions=["renew", "move", "end"]))

    shown = licensee.get(f"{HELD}/renewal").text

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


def test_an_objection_whose_papers_are_not_kept_any_more_asks_for_them_anew(licensee, licences):
    refusal = problem("invalid-request", 400, ("files", "أحد الملفات لم يعد محفوظًا"))
    licences.replies[f"{VIOLATION}/objection"] = refusal
    form = {
        "violation_id": VIOLATION_ID,
        "reasons": "كانت سارية",
        "key": "k-6",
        "attached": FILE_ID,
    }

    answer = licensee.post("/my/licences/objections", form)

    assert answer.status_code == 400
    assert 'name="attached" value=""' in answer.text
    assert "أحد الملفات لم يعد محفوظًا" in answer.text
    assert "كانت سارية</textarea>" in answer.text


def test_an_objection_that_comes_too_late_says_so(licensee, licences):
    refusal = problem("objection-too-late", 409, detail="انتهت المدة")
    licences.replies[f"{VIOLATION}/objection"] = refusal
    form = {"violation_id": VIOLATION_ID, "reasons": "كانت سارية", "key": "k-6"}

    answer = licensee.post("/my/licences/objections", form)

    assert "انتهت المدة" in answer.text
    assert "كانت سارية</textarea>" in answer.text


# What no form loses.

FORMS = (
    (NEW, {**typed_in("activity"), "key": "k"}, NEW),
    (f"{FORM}/steps/activity", typed_in("activity"), f"{FORM}/steps/activity"),
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


@pytest.mark.parametrize("key", ["مفتاح", "a\r\nX-Y: z"])
def test_a_key_that_no_page_made_is_refused(licensee, licences, key):
    answer = licensee.post(NEW, {**typed_in("activity"), "key": key})

    assert answer.status_code == 400
