"""The register, as an administrator of the governorate and an administrator of one organisation work with it."""

import json
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from chassis.core import contracts
from pages.origins import csrf_token
from portal.domain.areas import DESK
from portal.domain.tasks import (
    ADMINISTRATION,
    CENTRE_ADMINISTRATION,
    COMPANY_ADMINISTRATION,
    MUNICIPAL_ADMINISTRATION,
)
from portal.models import SavedForm
from portal.outside.services import Reply

EXAMPLES = contracts.openapi("identity")["components"]["examples"]
PERSON, CLIENT = EXAMPLES["Person"]["value"], EXAMPLES["Client"]["value"]
FACTORS, CODE = EXAMPLES["PersonFactors"]["value"], EXAMPLES["NewEnrolmentCode"]["value"]
GRANT, ORGANISATION = EXAMPLES["Grant"]["value"], EXAMPLES["Organisation"]["value"]
ONE, BASE = f"/v1/people/{PERSON['person_id']}", "/desk/administration"
PAGE = f"{BASE}/people/{PERSON['person_id']}"
ONE_CLIENT, CLIENT_PAGE = (
    f"/v1/clients/{CLIENT['client_id']}",
    f"{BASE}/clients/{CLIENT['client_id']}",
)
PASSWORD = "four palms by the sea"
FILLED = {
    "username": "huda",
    "display_name": "هدى (بيانات تجريبية)",
    "role": "connection-officer",
    "scopes": ["building-permits.read", "gateway.status"],
    "password": PASSWORD,
}
KEY = {"kty": "EC", "kid": "k2", "crv": "P-256", "x": "x", "y": "y"}


def listed(*items, cursor=None):
    return Reply(200, {"items": list(items), "next_cursor": cursor})


def problem(name, status=409, **more):
    return Reply(status, {"type": f"…/{name}", "title": "لم يُقبل", "detail": "غيّره غيركم", **more})


@pytest.fixture
def answering(identity):
    """An identity that is well."""
    home = {**ORGANISATION, "code": "qatif", "kind": "municipality", "municipality": "qatif"}
    identity.replies |= {
        "/v1/people": listed(PERSON),
        "/v1/clients": listed(CLIENT),
        "/v1/grants": listed(GRANT),
        "/v1/organisations": listed(ORGANISATION),
        "/v1/revocations": listed(EXAMPLES["Revocation"]["value"]),
        "/v1/organisations/qatif": Reply(200, home),
        "/v1/organisations/electricity": Reply(200, ORGANISATION),
        "/v1/organisations/sec": Reply(200, {**ORGANISATION, "code": "sec"}),
        "/v1/organisations/saihat-centre": Reply(
            200, {**ORGANISATION, "code": "saihat-centre", "kind": "medical_centre"}
        ),
        ONE: Reply(200, PERSON),
        f"{ONE}/history": Reply(200, EXAMPLES["History"]["value"]),
        f"{ONE}/factors": Reply(200, FACTORS),
        "/v1/organisations/saihat": Reply(200, {**ORGANISATION, "code": "saihat"}),
        ONE_CLIENT: Reply(200, CLIENT),
        f"{ONE_CLIENT}/history": Reply(200, EXAMPLES["History"]["value"]),
        f"/v1/grants/{GRANT['grant_id']}": Reply(200, GRANT),
    }
    return identity


@pytest.fixture
def administrator(browser, answering):
    """The browser of the governorate's administrator."""
    assert browser.sign_in(ADMINISTRATION).headers["location"] == f"{BASE}/people"
    return browser


@pytest.fixture
def of_company(browser, answering):
    """The browser of the electricity company's administrator."""
    assert browser.sign_in(COMPANY_ADMINISTRATION).status_code == 303
    return browser


def sent_to(identity, path):
    return [content for one, content in identity.asked if one == path]


def changes_of(identity):
    """What was sent to change something: the questions have no body or the parameters of a list."""
    return [one for one in identity.asked if isinstance(one[1], dict) and "limit" not in one[1]]


def test_the_list_shows_the_people_of_the_own_organisation(administrator, identity):
    shown = administrator.get(f"{BASE}/people").text

    assert "سارة (بيانات تجريبية)" in shown
    assert f'href="{PAGE}"' in shown
    assert 'href="/assets/pages.css"' in shown
    assert 'href="/assets/pages.css"' in administrator.get(PAGE).text
    assert ("/v1/people", {"organisation": "qatif", "limit": 50}) in identity.asked


def test_another_organisation_is_chosen_by_its_code(administrator, identity):
    shown = administrator.get(f"{BASE}/people?organisation=electricity").text

    assert "شركة كهرباء تجريبية" in shown
    assert ("/v1/people", {"organisation": "electricity", "limit": 50}) in identity.asked


def test_the_administrator_of_one_organisation_chooses_no_other(of_company, identity):
    of_company.get("/sec/administration/people?organisation=qatif")

    assert sent_to(identity, "/v1/people") == [{"organisation": "sec", "limit": 50}]


def test_what_a_person_may_do_stands_in_words_beside_its_code(administrator):
    shown = administrator.get(f"{PAGE}?lang=en").text

    assert "Look at building permits by date, plan number and permit number" in shown
    assert "building-permits.read" in shown
    assert "The partner gateway" in shown


def test_the_history_says_which_permission_came(administrator):
    shown = administrator.get(f"{PAGE}?lang=en").text

    assert "added Search building permits by the owner&#39;s number" in shown
    assert "مسؤول الصلاحيات (بيانات تجريبية)" in shown


def test_a_person_is_shown_without_the_history_while_it_cannot_be_had(administrator, identity):
    identity.replies[f"{ONE}/history"] = None

    answer = administrator.get(PAGE)

    assert answer.status_code == 200
    assert "تعذر عرض السجل" in answer.text


def test_while_identity_is_away_nobody_reads_that_there_is_nobody(administrator, identity):
    identity.replies["/v1/people"] = None

    answer = administrator.get(f"{BASE}/people")

    assert answer.status_code == 503
    assert "لا شيء هنا" not in answer.text


def test_a_person_is_registered_in_the_organisation_that_the_address_names(administrator, identity):
    identity.replies["/v1/people"] = Reply(201, PERSON)

    answer = administrator.post(f"{BASE}/new/people?organisation=electricity", FILLED)

    assert answer.headers["location"] == f"{PAGE}?done=people_new"
    body = sent_to(identity, "/v1/people")[-1]
    assert body == {**FILLED, "organisation": "electricity", "attributes": {}}


def test_a_first_password_is_shown_on_no_page_and_kept_in_no_form(administrator, identity):
    identity.replies["/v1/people"] = problem("username-taken")

    answer = administrator.post(f"{BASE}/new/people", FILLED)

    assert answer.status_code == 409
    assert PASSWORD not in answer.text
    assert 'value="huda"' in answer.text
    assert 'href="#username"' in answer.text


def test_a_permission_stays_chosen_when_the_form_is_refused(administrator, identity):
    errors = [{"field": "role", "detail": "اكتبوا الدور"}]
    identity.replies["/v1/people"] = problem("invalid-request", 400, errors=errors)

    shown = administrator.post(f"{BASE}/new/people?organisation=electricity", FILLED).text

    assert 'value="gateway.status" checked' in shown
    assert 'value="building-permits.search" checked' not in shown
    assert 'href="#role"' in shown


def test_a_form_offers_the_permissions_of_the_kind_of_organisation(administrator):
    company = administrator.get(f"{BASE}/new/people?organisation=electricity").text
    municipality = administrator.get(f"{BASE}/new/people").text

    assert 'value="building-permits.read"' in company
    assert 'value="permits.issue"' not in company
    assert 'value="permits.issue"' in municipality


def test_a_change_is_sent_with_the_version_that_was_read(administrator, identity):
    shown = administrator.get(f"{PAGE}/amend").text
    assert 'name="version" value="1"' in shown

    form = {"display_name": "سارة", "role": "manager", "scopes": "gateway.status", "version": "1"}
    answer = administrator.post(f"{PAGE}/amend", form)

    assert answer.headers["location"] == f"{PAGE}?done=people_amend"
    assert identity.versions == [1]
    assert sent_to(identity, ONE)[-1]["scopes"] == ["gateway.status"]


def test_somebody_who_was_slower_reads_it_and_sends_again_with_the_present_version(
    administrator, identity, monkeypatch
):
    monkeypatch.setattr(identity, "put", lambda *_, **__: problem("registration-changed"))
    identity.replies[ONE] = Reply(200, {**PERSON, "version": 7})

    answer = administrator.post(f"{PAGE}/amend", {"role": "manager", "version": "1"})

    assert answer.status_code == 409
    assert "غيّره غيركم" in answer.text
    assert 'name="version" value="7"' in answer.text
    assert 'value="manager"' in answer.text


def test_a_suspension_is_confirmed_on_a_page_that_says_whom_it_concerns(administrator, identity):
    shown = administrator.get(f"{PAGE}/suspend").text
    assert "سارة (بيانات تجريبية)" in shown
    assert "تأكيد الإيقاف" in shown
    assert changes_of(identity) == []

    identity.replies[f"{ONE}/suspend"] = Reply(200, PERSON)
    answer = administrator.post(f"{PAGE}/suspend", {"reason": "ترك العمل"})

    assert answer.headers["location"] == f"{PAGE}?done=people_suspend"
    assert sent_to(identity, f"{ONE}/suspend") == [{"reason": "ترك العمل"}]


def test_a_new_password_is_sent_once_and_stands_on_no_page(administrator, identity):
    identity.replies[f"{ONE}/password"] = Reply(200, PERSON)

    answer = administrator.post(f"{PAGE}/password", {"password": PASSWORD})

    assert answer.headers["location"] == f"{PAGE}?done=people_password"
    assert sent_to(identity, f"{ONE}/password") == [{"password": PASSWORD}]
    assert PASSWORD not in administrator.get(answer.headers["location"]).text


def test_tokens_are_voided_by_the_kind_of_the_thing(administrator, identity):
    identity.replies["/v1/revocations"] = Reply(201, EXAMPLES["Revocation"]["value"])

    administrator.post(f"{CLIENT_PAGE}/revoke", {"reason": "فقد المفتاح"})

    assert sent_to(identity, "/v1/revocations") == [
        {"kind": "client", "value": CLIENT["client_id"], "reason": "فقد المفتاح"}
    ]


def test_keys_are_replaced_by_a_pasted_set(administrator, identity):
    identity.replies[f"{ONE_CLIENT}/keys"] = Reply(200, CLIENT)
    form = {"jwks": json.dumps({"keys": [KEY]}), "version": "1"}

    answer = administrator.post(f"{CLIENT_PAGE}/keys", form)

    assert answer.headers["location"] == f"{CLIENT_PAGE}?done=clients_keys"
    assert sent_to(identity, f"{ONE_CLIENT}/keys") == [{"keys": [KEY]}]


@pytest.mark.parametrize("field", ["keys.0.kid", "jwks.keys.1", "keys"])
def test_a_fault_of_a_key_leads_to_the_field(administrator, identity, field):
    errors = [{"field": field, "detail": "مفتاح غير صالح"}]
    identity.replies[f"{ONE_CLIENT}/keys"] = problem("invalid-request", 400, errors=errors)

    shown = administrator.post(f"{CLIENT_PAGE}/keys", {"jwks": json.dumps(KEY)}).text

    assert 'href="#jwks"' in shown
    assert "مفتاح غير صالح" in shown


def test_a_private_key_is_not_sent_and_not_shown_again(administrator, identity):
    form = {"jwks": json.dumps({"keys": [{**KEY, "d": "very-secret"}]})}

    answer = administrator.post(f"{CLIENT_PAGE}/keys", form)

    assert answer.status_code == 400
    assert "هذا مفتاح خاص" in answer.text
    assert "very-secret" not in answer.text
    assert sent_to(identity, f"{ONE_CLIENT}/keys") == []


def test_an_amended_application_keeps_what_the_form_does_not_show(administrator, identity):
    identity.replies[ONE_CLIENT] = Reply(200, {**CLIENT, "introspects": ["reports"]})

    administrator.post(f"{CLIENT_PAGE}/amend", {"title_ar": "أ", "title_en": "a", "version": "1"})

    assert sent_to(identity, ONE_CLIENT)[-1]["introspects"] == ["reports"]


@pytest.mark.parametrize(
    "path",
    [
        "new/clients",
        "new/grants",
        "new/organisations",
        "revocations",
        f"people/{PERSON['person_id']}/revoke",
        f"people/{PERSON['person_id']}/factor-reset",
        f"people/{PERSON['person_id']}/factor-reset-withdraw",
        "organisations/sec/policy",
        f"clients/{CLIENT['client_id']}/amend",
        f"grants/{GRANT['grant_id']}/withdraw",
        "organisations/sec/suspend",
    ],
)
def test_the_administrator_of_one_organisation_has_no_page_for_what_concerns_all(of_company, path):
    assert of_company.get(f"/sec/administration/{path}").status_code == 404


def test_the_company_sees_its_people_and_grants_in_its_own_area(of_company, identity):
    assert of_company.get("/sec/administration/people").status_code == 200
    assert of_company.get(f"/sec/administration/grants/{GRANT['grant_id']}").status_code == 200
    assert of_company.get("/desk/administration/people").status_code == 303


def test_a_centre_sees_its_people_in_its_own_area(browser, answering, identity):
    browser.sign_in(CENTRE_ADMINISTRATION)

    assert browser.get("/centre/administration/people").status_code == 200
    assert sent_to(identity, "/v1/people") == [{"organisation": "saihat-centre", "limit": 50}]


def test_an_affiliated_municipality_sees_its_people_in_its_own_area(browser, answering, identity):
    browser.sign_in(MUNICIPAL_ADMINISTRATION)

    assert browser.get("/affiliated/administration/people").status_code == 200
    assert sent_to(identity, "/v1/people") == [{"organisation": "saihat", "limit": 50}]
    assert 'value="saihat."' in browser.get("/affiliated/administration/new/people").text


def test_a_person_s_factors_are_shown_by_kind_and_day(administrator, identity):
    unknown = {**FACTORS["items"][0], "kind": "hardware-key", "last_used_at": None}
    identity.replies[f"{ONE}/factors"] = Reply(
        200, {**FACTORS, "items": [*FACTORS["items"], unknown]}
    )

    shown = administrator.get(f"{PAGE}?lang=en").text

    assert "One-time codes of an application" in shown
    assert "hardware-key" in shown
    assert f'href="{PAGE}/factor-reset"' in shown
    assert f'href="{PAGE}/enrolment-code"' not in shown


def test_a_person_is_shown_without_the_factors_while_they_cannot_be_had(administrator, identity):
    identity.replies[f"{ONE}/factors"] = None

    answer = administrator.get(PAGE)

    assert answer.status_code == 200
    assert "تعذر عرض وسائل التحقق" in answer.text


def test_an_enrolment_code_is_shown_once_and_kept_nowhere(administrator, identity, session):
    identity.replies[f"{ONE}/enrolment-code"] = Reply(201, CODE)

    answer = administrator.post(f"{PAGE}/enrolment-code", {})

    assert answer.status_code == 200
    assert CODE["code"] in answer.text
    assert PERSON["username"] in answer.text
    assert "person_id" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert session.scalars(select(SavedForm)).all() == []
    assert CODE["code"] not in administrator.get(PAGE).text


def test_an_enrolment_code_is_not_lost_with_the_name_of_the_person(administrator, identity):
    identity.replies[f"{ONE}/enrolment-code"] = Reply(201, CODE)
    identity.replies[ONE] = None

    assert CODE["code"] in administrator.post(f"{PAGE}/enrolment-code", {}).text


def request_by(identity, person_id):
    reset = {**EXAMPLES["FactorReset"]["value"], "requested_by": person_id}
    identity.replies[f"{ONE}/factors"] = Reply(200, {**FACTORS, "reset": reset})


def test_the_administrator_who_requested_a_reset_may_withdraw_it_only(administrator, identity):
    request_by(identity, "p_officer")
    identity.replies[f"{ONE}/factor-reset/withdraw"] = Reply(200, PERSON)

    shown = administrator.get(PAGE).text
    answer = administrator.post(f"{PAGE}/factor-reset-withdraw", {"reason": "وُجد الهاتف"})

    assert f'href="{PAGE}/factor-reset-confirm"' not in shown
    assert answer.headers["location"] == f"{PAGE}?done=people_factor-reset-withdraw"
    assert sent_to(identity, f"{ONE}/factor-reset/withdraw") == [{"reason": "وُجد الهاتف"}]


def test_another_administrator_confirms_a_reset(administrator, identity):
    request_by(identity, "p_other")
    identity.replies[f"{ONE}/factor-reset/confirm"] = Reply(200, PERSON)

    shown = administrator.get(PAGE).text
    answer = administrator.post(f"{PAGE}/factor-reset-confirm", {})

    assert f'href="{PAGE}/factor-reset-confirm"' in shown
    assert answer.headers["location"] == f"{PAGE}?done=people_factor-reset-confirm"


@pytest.mark.parametrize("action", ["factor-reset", "factor-reset-confirm"])
def test_an_administrator_without_a_second_factor_reads_the_way_on_before_the_form(
    browser, answering, desk_issuer, action
):
    desk_issuer.claims = {"amr": ["pwd"]}
    browser.sign_in(ADMINISTRATION)

    assert "دخلتم بلا وسيلة تحقق ثانية" in browser.get(f"{PAGE}/{action}").text


def test_an_administrator_with_a_second_factor_reads_no_warning(browser, answering, desk_issuer):
    desk_issuer.claims = {"amr": ["pwd", "otp", "mfa"]}
    browser.sign_in(ADMINISTRATION)

    assert "دخلتم بلا وسيلة" not in browser.get(f"{PAGE}/factor-reset").text


def test_a_reset_that_needs_a_second_factor_keeps_the_reason(administrator, identity):
    needed = "urn:qatif:problem/second-factor-needed"
    identity.replies[f"{ONE}/factor-reset"] = Reply(
        403, {"type": needed, "title": "يلزم الدخول بوسيلة تحقق ثانية"}
    )

    answer = administrator.post(f"{PAGE}/factor-reset", {"reason": "فقد الهاتف"})

    assert answer.status_code == 403
    assert 'value="فقد الهاتف"' in answer.text
    assert "أن يصدر لكم رمز تفعيل" in answer.text


def test_the_own_page_names_who_makes_the_own_enrolment_code(
    browser, answering, desk_issuer, identity
):
    identity.replies[f"{ONE}/factors"] = Reply(200, {**FACTORS, "items": []})
    desk_issuer.claims = {"sub": PERSON["person_id"]}
    browser.sign_in(ADMINISTRATION)

    assert "اطلبوا من مسؤول آخر رمز تفعيل" in browser.get(PAGE).text


def test_the_policy_is_set_beside_the_names_of_those_without_a_factor(administrator, identity):
    page, path = f"{BASE}/organisations/electricity", "/v1/organisations/electricity/second-factor"
    identity.replies[path] = Reply(200, ORGANISATION)
    form = {"second_factor": "demanded", "reason": "قرار أمن المعلومات"}

    shown = administrator.get(f"{page}/policy").text
    answer = administrator.post(f"{page}/policy", form)

    assert PERSON["display_name"] in shown
    question = {"organisation": "electricity", "has_second_factor": "false", "limit": 20}
    assert question in sent_to(identity, "/v1/people")
    assert sent_to(identity, path) == [form]
    assert answer.headers["location"] == f"{page}?done=organisations_policy"


def test_the_people_without_a_factor_are_a_list_of_their_own(administrator, identity):
    administrator.get(f"{BASE}/people?organisation=electricity&factor=none")

    question = {"organisation": "electricity", "has_second_factor": "false", "limit": 50}
    assert question in sent_to(identity, "/v1/people")


def test_attributes_of_a_company_s_person_are_not_touched(of_company, identity):
    page = f"/sec/administration/people/{PERSON['person_id']}"

    of_company.post(f"{page}/amend", {"display_name": "سارة", "role": "officer"})

    assert "attributes" not in sent_to(identity, ONE)[-1]


@pytest.mark.parametrize("thing", ["..%2Fgrants", "a%20b", "p_" + "x" * 80, "ع"])
def test_an_id_that_can_be_none_is_asked_of_nobody(administrator, identity, thing):
    asked = len(identity.asked)

    assert administrator.get(f"{BASE}/people/{thing}").status_code == 404
    assert len(identity.asked) == asked


@pytest.fixture
def wear_out(administrator, desk_issuer):
    """`wear_out()`: the administrator's token is worn out, and no other comes without a new sign-in."""

    def wear_out():
        desk_issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
        administrator.sign_in(ADMINISTRATION)
        desk_issuer.claims, desk_issuer.is_over = {}, True

    return wear_out


@pytest.mark.parametrize(
    ("page", "form"),
    [
        (f"{CLIENT_PAGE}/keys", {"version": "1"}),
        (
            f"{BASE}/new/clients?organisation=qatif",
            {"client_id": "qatif-scales", "kind": "service"},
        ),
    ],
)
def test_a_private_key_that_comes_with_a_worn_out_token_is_kept_nowhere(
    administrator, identity, session, wear_out, page, form
):
    wear_out()
    pasted = json.dumps({"keys": [{**KEY, "d": "very-secret"}]})

    kept = administrator.post(page, {**form, "jwks": pasted})

    (row,) = session.scalars(select(SavedForm))
    assert kept.headers["location"].removeprefix(page)[1:] == f"form={row.form_id}"
    assert {name: row.content[name] for name in form} == form
    assert "very-secret" not in json.dumps(row.content)
    administrator.sign_in(ADMINISTRATION)
    assert "very-secret" not in administrator.get(kept.headers["location"]).text


def test_what_was_typed_waits_for_a_new_token_and_a_password_does_not(
    administrator, identity, wear_out
):
    wear_out()
    form = {"csrf_token": csrf_token(administrator.cookies[DESK.cookie]), **FILLED}

    kept = administrator.post(f"{BASE}/new/people?organisation=electricity", form)
    administrator.sign_in(ADMINISTRATION)
    shown = administrator.get(kept.headers["location"]).text

    assert kept.headers["location"].startswith(f"{BASE}/new/people?organisation=electricity&form=")
    assert 'value="huda"' in shown
    assert PASSWORD not in shown
    assert sent_to(identity, "/v1/people") == []


def test_a_person_is_registered_with_the_rights_of_a_colleague(administrator, answering):
    page = administrator.get(PAGE).text
    form = f"{BASE}/new/people?organisation={PERSON['organisation']}&amp;like={PERSON['person_id']}"
    assert form in page

    shown = administrator.get(form.replace("&amp;", "&")).text

    assert f'value="{PERSON["role"]}"' in shown
    for scope in PERSON["scopes"]:
        assert re.search(rf'value="{scope}"[^>]* checked', shown), scope
    assert PERSON["display_name"] not in shown.split("<form", 2)[-1]


@pytest.mark.parametrize("like", ["../../v1/grants", "x" * 61])
def test_rights_are_copied_from_a_person_only(administrator, like):
    assert administrator.get(f"{BASE}/new/people?organisation=qatif&like={like}").status_code == 404
