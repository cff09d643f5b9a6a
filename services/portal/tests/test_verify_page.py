"""The check of a printed document, for everybody."""

import pytest
from public_asking import example, refusal

from pages.origins import csrf_token
from portal.domain.document_codes import document_id_of
from portal.outside.services import Reply

ID = "b5YZ_4uGQBG0LQDPT8lk_w"
ASKED = f"/v1/public/documents/{ID}"
ADDRESS = f"https://services.example/documents/{ID}#AdSBtrTB-yZi.nzbR"
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "https://services.example"}


def check(browser, code):
    browser.get("/verify")
    token = csrf_token(browser.cookies["__Host-form"])
    return browser.send("/verify", {"csrf_token": token, "code": code}, OWN)


@pytest.mark.parametrize(
    "typed",
    [
        ID,
        ADDRESS,
        f"http://127.0.0.1:8005/documents/{ID}",
        f"services.example/documents/{ID}?lang=en",
        f"  /documents/{ID[:10]} {ID[10:]} ",
        f"\u2066{ADDRESS}\u2069\u200e",
        ID.replace("0", "٠").replace("8", "٨"),
    ],
)
def test_the_code_is_read_as_people_type_and_paste_it(typed):
    assert document_id_of(typed) == ID


@pytest.mark.parametrize("typed", ["", "144804000017", ID[:-1], f"{ID}x", "../" + ID, "و" * 22])
def test_what_is_no_code_is_none(typed):
    assert document_id_of(typed) is None


def test_the_home_page_leads_to_the_check(browser):
    assert '<a href="/verify">التحقق من وثيقة</a>' in browser.get("/").text


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("code", [ID, ADDRESS])
def test_a_document_shows_its_state_today(browser, public_services, code, language):
    found = example("licences", "VerifiedDocument")
    public_services["licences"].replies[ASKED] = Reply(200, found)
    browser.get(f"/verify?lang={language}")

    shown = check(browser, code).text

    assert found["state_today_title"][language] in shown
    assert "144804000017" in shown
    assert "verdict full" in shown


@pytest.mark.parametrize(
    ("language", "label", "name", "town"),
    [
        ("ar", "الاسم التجاري", "مقهى البيانات التجريبية", "القطيف"),
        ("en", "Trade name", "Sample Data Café", '<bdi lang="ar" dir="rtl">القطيف</bdi>'),
    ],
)
def test_a_true_code_on_another_shops_paper_shows_by_the_name(
    browser, public_services, language, label, name, town
):
    public_services["licences"].replies[ASKED] = Reply(200, example("licences", "VerifiedDocument"))
    browser.get(f"/verify?lang={language}")

    shown = check(browser, ID).text

    assert f"<dt>{label}</dt><dd>{name}</dd>" in shown
    assert f"<dd>{town}</dd>" in shown


@pytest.mark.parametrize(
    ("kind", "arabic", "english"),
    [
        ("letter", "خطاب", "letter"),
        ("balady_building_permit", "رخصة بناء من منصة بلدي", "building permit of Balady"),
        ("paper_building_permit", "رخصة بناء ورقية سابقة", "older building permit on paper"),
    ],
)
def test_a_document_of_any_kind_is_called_by_words(browser, public_services, kind, arabic, english):
    found = example("licences", "VerifiedDocument")
    found = {**found, "document": {**found["document"], "kind": kind}}
    public_services["licences"].replies[ASKED] = Reply(200, found)

    for language, words in (("ar", arabic), ("en", english)):
        browser.get(f"/verify?lang={language}")
        assert words in check(browser, ID).text


def test_a_document_that_does_not_count_any_more_says_so(browser, public_services):
    cancelled = {"ar": "ملغاة", "en": "Cancelled"}
    found = {**example("permits", "VerifiedDocument"), "valid": False}
    found["state_today_title"] = cancelled
    public_services["permits"].replies[ASKED] = Reply(200, found)

    shown = check(browser, ID).text

    assert "ملغاة" in shown
    assert "verdict none" in shown


def test_a_code_that_nobody_issued_is_unknown_only_once_every_service_said_so(
    browser, public_services
):
    unknown = check(browser, ID)
    public_services["permits"].replies[ASKED] = None
    away = check(browser, ID)

    assert (unknown.status_code, away.status_code) == (404, 503)
    assert "لا توجد وثيقة بهذا الرمز" in unknown.text
    assert "تعذر التحقق الآن" in away.text
    assert f'value="{ID}"' in away.text


def test_a_text_that_is_no_code_is_asked_nowhere(browser, public_services):
    answer = check(browser, "1000000008")

    assert answer.status_code == 400
    assert 'id="code-fault"' in answer.text
    assert not any(one.asked for one in public_services.values())


def test_too_many_checks_are_said_to_be_too_many(browser, public_services):
    busy = refusal("too-many-requests", status=429)
    public_services["health-certs"].replies[ASKED] = busy

    assert check(browser, ID).status_code == 429
