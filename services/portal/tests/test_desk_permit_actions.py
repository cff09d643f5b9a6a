"""The actions of the desk for permits: forms that are sent once, conflicts that are said plainly, words that aren't
lost."""

import re

import pytest
from desk_permits_shown import asked_at, id_of, permit_replies, shown_at, thing

from chassis.core import contracts
from portal.domain.permit_action_table import ACTIONS
from portal.domain.permit_actions import body_of, read_action
from portal.domain.tasks import PERMIT_DECISIONS, PERMIT_OFFICE
from portal.outside.services import Reply, TokenRefused

REQUEST = asked_at("requests")
RETURN = f"{shown_at('requests')}/actions/return"
TYPED = {"key": "k-1", "version": "7", "notes": "ينقص مخطط الواجهة"}
EVERY_ACTION = [(kind, name) for kind, actions in ACTIONS.items() for name in actions]
OPERATIONS = {
    path: item["post"]
    for path, item in contracts.openapi("permits")["paths"].items()
    if "post" in item
}


@pytest.fixture(autouse=True)
def answering(permits):
    permits.replies |= permit_replies()
    permits.replies[f"{REQUEST}/return"] = Reply(200, thing("requests", version=8))


@pytest.fixture
def desk(browser):
    """The browser of the permit officer."""
    assert browser.sign_in(PERMIT_OFFICE).status_code == 303
    return browser


def problem(slug, status, **more):
    return Reply(status, {"type": f"urn:qatif:problem/{slug}", "title": slug, **more})


def operation_of(action):
    """The contract's operation of an action."""
    wanted = action.path.replace("{id}", "X")
    return next(
        operation
        for path, operation in OPERATIONS.items()
        if re.sub(r"\{[a-z_]+\}", "X", path) == wanted
    )


@pytest.mark.parametrize(("kind", "name"), EVERY_ACTION)
def test_an_action_is_the_contracts_operation_with_its_scope_key_and_version(kind, name):
    action = ACTIONS[kind][name]
    operation = operation_of(action)
    headers = {one["$ref"].rpartition("/")[2] for one in operation.get("parameters", ())}

    assert operation["security"] == [{"oauth2": [action.scope]}]
    assert ("OptionalIdempotencyKey" in headers) == action.is_keyed
    assert ("VersionRead" in headers) == action.is_versioned


@pytest.mark.parametrize(("kind", "name"), EVERY_ACTION)
def test_an_action_sends_only_fields_that_its_operation_takes(kind, name):
    action = ACTIONS[kind][name]
    schema = operation_of(action)["requestBody"]["content"]["application/json"]["schema"]
    schemas = contracts.openapi("permits")["components"]["schemas"]
    known = schemas[schema["$ref"].rpartition("/")[2]]
    typed = read_action(action, {one.input: "1" for one in action.fields})

    body = body_of(action, typed, "x")

    assert body.keys() <= known["properties"].keys()
    assert set(known.get("required", ())) <= body.keys()


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize(("kind", "name"), EVERY_ACTION)
def test_each_form_says_its_fields_in_words(desk, kind, name, language):
    shown = desk.get(f"{shown_at(kind)}/actions/{name}?lang={language}")

    assert shown.status_code == 200
    assert "permit_" not in re.sub(r'(name|id|for)="[^"]*"', "", shown.text)


def test_a_form_has_a_new_key_and_the_version_that_the_person_reads(desk):
    first, second = desk.get(RETURN).text, desk.get(RETURN).text

    keys = [re.search(r'name="key" value="([^"]+)"', one)[1] for one in (first, second)]
    assert keys[0] != keys[1]
    assert 'name="version" value="7"' in first


def test_an_action_is_sent_with_key_and_version_and_leads_to_the_thing_as_it_is_then(desk, permits):
    answer = desk.post(RETURN, TYPED)
    shown = desk.get(answer.headers["location"])

    assert (f"{REQUEST}/return", {"notes": "ينقص مخطط الواجهة"}) in permits.asked
    assert (permits.keys, permits.versions) == (["k-1"], [7])
    assert answer.headers["location"] == f"{shown_at('requests')}?done=return"
    assert "حُفظ: إعادة للاستكمال" in shown.text


def test_somebody_was_faster_and_nothing_typed_is_lost(desk, permits):
    newer = thing(
        "requests", version=9, status="rejected", status_title={"ar": "مرفوض", "en": "Rejected"}
    )
    permits.replies[f"{REQUEST}/return"] = problem(
        "changed-meanwhile", 409, detail="تغيرت البيانات"
    )
    permits.replies[REQUEST] = Reply(200, newer)

    shown = desk.post(RETURN, TYPED)

    assert shown.status_code == 409
    assert "لم يُحفظ: تغيرت الحال قبلكم" in shown.text
    assert "مرفوض" in shown.text
    assert "ينقص مخطط الواجهة" in shown.text
    assert 'name="version" value="9"' in shown.text
    assert 'name="key" value="k-1"' in shown.text


def test_a_used_key_is_replaced(desk, permits):
    permits.replies[f"{REQUEST}/return"] = problem("idempotency-key-used", 422)

    shown = desk.post(RETURN, TYPED).text

    assert 'name="key" value="k-1"' not in shown
    assert "ينقص مخطط الواجهة" in shown


def test_a_fault_stands_beside_its_input(desk, permits):
    errors = [{"field": "notes", "detail": "اكتبوا الملاحظات"}]
    permits.replies[f"{REQUEST}/return"] = problem("invalid-request", 400, errors=errors)

    shown = desk.post(RETURN, TYPED)

    assert shown.status_code == 400
    assert 'href="#notes"' in shown.text
    assert "ينقص مخطط الواجهة" in shown.text


def test_a_rule_that_refuses_is_shown_in_the_services_words(desk, permits):
    said = "قام مهندس تجربة بما قبله؛ يتولى هذا الإجراء غيره."
    permits.replies[f"{REQUEST}/approve"] = problem("duties-separated", 409, detail=said)

    shown = desk.post(f"{shown_at('requests')}/actions/approve", {"key": "k", "version": "7"})

    assert shown.status_code == 409
    assert "يتولى هذا الإجراء غيره" in shown.text


def test_an_absent_service_loses_no_word(desk, permits):
    permits.replies[f"{REQUEST}/return"] = None

    shown = desk.post(RETURN, TYPED)

    assert shown.status_code == 503
    assert "ينقص مخطط الواجهة" in shown.text
    assert 'name="key" value="k-1"' in shown.text


def test_a_form_with_a_worn_out_token_is_kept_and_filled_in_again(desk, permits, monkeypatch):
    def refuse(*_arguments, **_named):
        raise TokenRefused

    with monkeypatch.context() as refusing:
        refusing.setattr(permits, "post", refuse)
        answer = desk.post(RETURN, TYPED)
    shown = desk.get(answer.headers["location"])

    assert "ينقص مخطط الواجهة" not in answer.headers["location"]
    assert "ينقص مخطط الواجهة" in shown.text
    assert 'name="key" value="k-1"' in shown.text
    assert "لم يُرسل بعد" in shown.text


@pytest.mark.parametrize("refused", [asked_at("permits"), f"{asked_at('permits')}/certificates"])
def test_a_form_whose_token_is_refused_leads_to_a_new_sign_in(desk, permits, monkeypatch, refused):
    answer = permits.get

    def refuse(token, path, language, query=None):
        if path == refused:
            raise TokenRefused
        return answer(token, path, language, query)

    monkeypatch.setattr(permits, "get", refuse)
    leading = desk.get(f"{shown_at('permits')}/actions/suspend")

    assert leading.status_code == 303
    assert leading.headers["location"].startswith("/desk?to=")


def test_an_action_that_makes_a_thing_leads_to_the_new_thing(desk, permits):
    permits.replies[f"{REQUEST}/issue"] = Reply(201, thing("permits"))

    answer = desk.post(f"{shown_at('requests')}/actions/issue", {"key": "k", "version": "7"})
    shown = desk.get(answer.headers["location"]).text

    assert answer.headers["location"] == f"{shown_at('permits')}?done=requests.issue"
    assert "حُفظ: إصدار الرخصة" in shown


@pytest.mark.parametrize("done", ["issue", "requests.suspend", "x.issue", ".", "requests."])
def test_an_address_that_names_no_action_says_nothing(desk, done):
    assert "حُفظ:" not in desk.get(f"{shown_at('permits')}?done={done}").text


def test_the_bill_has_the_fee_that_the_person_has_seen(desk, permits):
    fee = thing("requests")["fee"] or {"amount": "600.00", "lines": [], "proposal": None}
    permits.replies[REQUEST] = Reply(200, thing("requests", fee=fee))

    shown = desk.get(f"{shown_at('requests')}/actions/request_payment").text

    assert f'value="{fee["amount"]}"' in shown


PROPOSAL = {
    "amount": "5000.00",
    "reason": "خصم مقرر",
    "status": "proposed",
    "proposed_by": {"subject": "p_1", "name": "موظفة تجربة"},
    "proposed_at": "2026-11-24T09:00:00Z",
    "decided_by": None,
    "decided_at": None,
}


@pytest.mark.parametrize("name", ["agree_to_amount", "refuse_amount"])
def test_the_second_person_decides_the_amount_that_the_form_has_shown(desk, permits, name):
    fee = {"amount": "600.00", "lines": [], "proposal": PROPOSAL}
    permits.replies[REQUEST] = Reply(200, thing("requests", fee=fee))

    shown = desk.get(f"{shown_at('requests')}/actions/{name}").text
    desk.post(
        f"{shown_at('requests')}/actions/{name}", {"key": "k", "amount": "5000.00", "reason": "x"}
    )

    assert 'name="amount" value="5000.00"' in shown
    assert "خصم مقرر" in shown
    assert "موظفة تجربة" in shown
    sent = next(body for path, body in permits.asked if path.endswith(name.replace("_", "-")))
    assert sent["amount"] == "5000.00"


def test_a_replaced_proposal_is_shown_before_anybody_agrees(desk, permits):
    fee = {"amount": "600.00", "lines": [], "proposal": PROPOSAL | {"amount": "5.00"}}
    permits.replies[REQUEST] = Reply(200, thing("requests", fee=fee))
    permits.replies[f"{REQUEST}/agree-to-amount"] = problem("changed-meanwhile", 409)

    shown = desk.post(f"{shown_at('requests')}/actions/agree_to_amount", {"amount": "5000.00"}).text

    assert "لم يُحفظ: تغيرت الحال قبلكم" in shown
    assert 'name="amount" value="5.00"' in shown


def test_a_part_of_a_body_is_sent_as_a_part(desk, permits):
    path = f"/v1/occupancy-certificates/{id_of('certificates')}/issue"
    permits.replies[path] = Reply(200, thing("certificates"))
    typed = {"key": "k", "version": "7", "signatory_name": "م. أحمد", "signatory_capacity": "رئيس"}

    desk.post(f"{shown_at('certificates')}/actions/issue_occupancy", typed)

    assert permits.asked[-1] == (path, {"signatory": {"name": "م. أحمد", "capacity": "رئيس"}})


def test_defects_are_sent_line_by_line_and_owners_by_their_places(desk, permits):
    inspection, cancellation = (
        f"{asked_at('releases')}/record-inspection",
        f"{asked_at('permits')}/cancel-for-owner",
    )
    permits.replies[inspection] = Reply(200, thing("releases"))
    permits.replies[cancellation] = Reply(200, thing("permits"))
    seen = {"result": "fail", "inspected_on": "1448/06/14", "inspector": "م. سعيد"}

    desk.post(
        f"{shown_at('releases')}/actions/inspect_site",
        {**seen, "key": "k", "version": "7", "defects": "مكان العداد\r\n\r\nالتأريض"},
    )
    first = permits.asked[-1][1]
    desk.post(
        f"{shown_at('permits')}/actions/cancel_for_owner",
        {
            "key": "k",
            "version": "7",
            "owners": ["0", "1"],
            "papers": "طلب الملاك",
            "reason": "عدول",
        },
    )

    assert first == {**seen, "defects": ["مكان العداد", "التأريض"]}
    assert permits.asked[-1][1]["owners"] == [0, 1]
    assert permits.asked[-1][1]["papers"] == ["طلب الملاك"]


def test_revealed_numbers_stand_on_the_answer_alone(desk, permits):
    owner = thing("requests")["owners"][0] | {"id_number": "1000000008"}
    permits.replies[f"{REQUEST}/reveal-owners"] = Reply(200, {"owners": [owner]})

    answer = desk.post(f"{shown_at('requests')}/actions/reveal", {"reason": "مطابقة الهوية"})

    assert answer.status_code == 200
    assert "1000000008" in answer.text
    assert permits.keys == [None]
    assert permits.versions == [None]


def test_a_person_without_the_scope_has_no_form(browser, permits):
    browser.sign_in(PERMIT_DECISIONS)

    assert browser.get(RETURN).status_code == 403
    assert browser.post(RETURN, TYPED).status_code == 403
    assert permits.keys == []


def test_a_refusal_for_the_token_or_the_branch_is_an_error_page(desk, permits):
    permits.replies[f"{REQUEST}/return"] = problem("not-found", 404)

    assert desk.post(RETURN, TYPED).status_code == 404


@pytest.mark.parametrize("text", ["nan", "inf", "1e9", "1_000", "-3", "ثلاثة"])
def test_what_is_no_number_goes_as_it_was_typed(text):
    action = ACTIONS["certificates"]["record_inspection_insulation"]

    body = body_of(action, read_action(action, {"u_value": text}), "x")

    assert body["u_value"] == text


def test_a_number_is_read_in_either_digits():
    action = ACTIONS["certificates"]["record_inspection_insulation"]

    assert body_of(action, read_action(action, {"u_value": "٠.34"}), "x")["u_value"] == 0.34
