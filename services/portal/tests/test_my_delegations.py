"""A citizen's delegations: seen, given, ended; an own establishment and everybody who acts for it."""

from urllib.parse import parse_qs

import pytest

from chassis.core import contracts
from portal.domain.tasks import MY_DELEGATIONS, MY_PERMITS
from portal.outside.services import Reply

EXAMPLE = contracts.openapi("identity")["components"]["examples"]["OwnDelegation"]["value"]
NUMBER, ID = EXAMPLE["unified_number"], "01930000-8f00-7a11-8c2e-0000000000"
OWNED = {**EXAMPLE, "delegation_id": f"{ID}41", "basis": "register", "relation": "held"}
HELD = {**EXAMPLE, "delegation_id": f"{ID}42", "basis": "officer", "relation": "held"}
GIVEN = {**EXAMPLE, "delegation_id": f"{ID}43", "relation": "given"}
OTHER = {**EXAMPLE, "delegation_id": f"{ID}46", "relation": "other"}
OWN, ESTABLISHMENTS = "/v1/my/delegations", "/v1/my/establishments"
ALL_OF_IT = f"{ESTABLISHMENTS}/{NUMBER}/delegations"
PAGE = "/my/delegations"


def listed(*items, cursor=None):
    return Reply(200, {"items": list(items), "next_cursor": cursor})


def problem(name, status=409, **more):
    return Reply(status, {"type": f"…/{name}", "title": "لم يُقبل", "detail": "السبب", **more})


def sent_to(identity, path):
    return [body for one, body in identity.asked if one == path]


@pytest.fixture
def owner(browser, identity):
    """The browser of a citizen who owns an establishment, and an identity that is well."""
    assert browser.sign_in(MY_DELEGATIONS).headers["location"] == PAGE
    identity.replies |= {
        OWN: listed(OWNED, HELD, GIVEN),
        ALL_OF_IT: listed(OWNED, GIVEN, OTHER),
        ESTABLISHMENTS: Reply(201, OWNED),
        f"{OWN}/{ID}43/end": Reply(200, {**GIVEN, "status": "ended"}),
        f"{ALL_OF_IT}/{ID}46/end": Reply(200, {**OTHER, "status": "ended"}),
    }
    return browser


def test_what_the_citizen_holds_and_what_the_citizen_gave_stand_apart(owner):
    shown = owner.get(PAGE).text

    held, given = shown.split("من فوضتموهم")
    assert "السجل التجاري: أنتم المالك" in held
    assert "حسن أ." not in held
    assert "حسن أ." in given
    assert "محرم 1449" in given


def test_a_link_to_a_form_that_leads_elsewhere_claims_no_success(owner):
    assert "صرتم تعملون عن منشأتكم" not in owner.get(f"{PAGE}/claim?done=delegation_claim").text


def test_only_an_owner_by_the_register_sees_the_way_to_all_delegates(owner, identity):
    assert f'href="{PAGE}/{ID}41/establishment"' in owner.get(PAGE).text

    identity.replies[OWN] = listed(HELD, GIVEN)

    assert "/establishment" not in owner.get(PAGE).text


def test_a_delegation_that_ended_is_not_ended_again(owner, identity):
    identity.replies[OWN] = listed({**GIVEN, "status": "ended"})

    assert f"{PAGE}/{ID}43/end" not in owner.get(PAGE).text


def test_while_identity_is_away_nobody_reads_that_there_is_none(owner, identity):
    identity.replies[OWN] = None

    answer = owner.get(PAGE)

    assert answer.status_code == 503
    assert "لا تعملون عن منشأة" not in answer.text


def test_a_delegate_is_named_with_the_day_as_it_was_typed(owner, identity):
    identity.replies[OWN] = Reply(201, GIVEN)
    form = {"unified_number": NUMBER, "id_number": "1000000024", "until": "1449/01/25"}

    answer = owner.post(f"{PAGE}/new", form)

    assert answer.headers["location"] == f"{PAGE}?done=delegation_new"
    assert sent_to(identity, OWN) == [
        {
            "unified_number": NUMBER,
            "delegate": {"id_number": "1000000024"},
            "until": "1449/01/25",
        }
    ]


def test_the_form_begins_with_the_only_own_establishment(owner):
    assert f'value="{NUMBER}"' in owner.get(f"{PAGE}/new").text


def test_a_fault_of_the_delegates_number_leads_to_its_input(owner, identity):
    errors = [{"field": "delegate.id_number", "detail": "لا يفوض أحد نفسه"}]
    identity.replies[OWN] = problem("invalid-registration", 422, errors=errors)

    shown = owner.post(f"{PAGE}/new", {"id_number": "1000000016"}).text

    assert 'href="#id_number"' in shown
    assert 'value="1000000016"' in shown


def test_an_establishment_is_claimed_by_its_number(owner, identity):
    answer = owner.post(f"{PAGE}/claim", {"unified_number": NUMBER})

    signing_in, _, query = answer.headers["location"].partition("?")
    assert signing_in == "/my/sign-in/my-delegations", "the present tokens don't name it"
    assert parse_qs(query)["to"] == [f"{PAGE}?done=delegation_claim"]
    assert sent_to(identity, ESTABLISHMENTS) == [{"unified_number": NUMBER}]


def test_somebody_whom_the_register_does_not_name_reads_why(owner, identity):
    identity.replies[ESTABLISHMENTS] = problem("not-the-owner")

    answer = owner.post(f"{PAGE}/claim", {"unified_number": NUMBER})

    assert answer.status_code == 409
    assert "السبب" in answer.text


def test_an_end_is_confirmed_on_a_page_that_says_what_ends(owner, identity):
    assert "حسن أ." in owner.get(f"{PAGE}/{ID}43/end").text

    answer = owner.post(f"{PAGE}/{ID}43/end", {"reason": "انتهى العمل"})

    assert answer.headers["location"] == f"{PAGE}?done=delegation_end"
    assert sent_to(identity, f"{OWN}/{ID}43/end") == [{"reason": "انتهى العمل"}]


def test_a_delegation_of_others_has_no_page(owner, identity):
    assert owner.get(f"{PAGE}/{ID}99/end").status_code == 404


def test_a_delegation_is_found_on_a_later_page_of_the_list(owner, identity, monkeypatch):
    pages = {None: listed(HELD, cursor="c2"), "c2": listed(GIVEN)}
    monkeypatch.setattr(
        identity, "get", lambda _token, _path, _language, query: pages[query.get("cursor")]
    )

    assert "حسن أ." in owner.get(f"{PAGE}/{ID}43/end").text


def test_an_owner_sees_and_ends_what_others_made_without_the_number_in_an_address(owner, identity):
    page = f"{PAGE}/{ID}41/establishment"
    shown = owner.get(page).text
    assert f'href="{page}/{ID}46/end"' in shown
    assert f"={NUMBER}" not in shown

    answer = owner.post(f"{page}/{ID}46/end", {"reason": "ترك العمل"})

    assert answer.headers["location"] == f"{page}?done=delegation_end_other"
    assert sent_to(identity, f"{ALL_OF_IT}/{ID}46/end") == [{"reason": "ترك العمل"}]


def test_a_page_says_for_which_establishment_the_citizen_acts(browser, identity, my_issuer):
    my_issuer.claims = {"acts_for": NUMBER}
    browser.sign_in(MY_DELEGATIONS)
    identity.replies[OWN] = listed()

    assert f'وعن المنشأة <bdi dir="ltr">{NUMBER}</bdi>' in browser.get(PAGE).text


def test_a_citizen_of_another_task_signs_in_for_this_one(browser, identity):
    browser.sign_in(MY_PERMITS)

    answer = browser.get(PAGE)

    assert answer.status_code == 303
    assert "authorize" in answer.headers["location"]
