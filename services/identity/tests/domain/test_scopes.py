import pytest

from identity.domain.errors import InvalidRegistration, OAuthRefusal
from identity.domain.scopes import Catalogue, admits

CATALOGUE = Catalogue.read(
    {
        "scopes": {
            "permits.look": {
                "audience": "gateway",
                "client_kinds": ["staff"],
                "organisation_kinds": ["partner"],
                "ar": {"title": "اطلاع"},
                "en": {"title": "Look"},
            },
            "permits.find": {
                "audience": "gateway",
                "client_kinds": ["staff"],
                "organisation_kinds": ["partner"],
                "ar": {"title": "بحث"},
                "en": {"title": "Find"},
            },
            "requests.write": {
                "audience": "permits",
                "client_kinds": ["staff", "machine"],
                "organisation_kinds": ["affiliated_municipality"],
                "ar": {"title": "تقديم"},
                "en": {"title": "Write"},
            },
        }
    }
)
HELD = ["permits.look", "permits.find", "requests.write"]


def requested(text, kind="staff", held=HELD):
    return CATALOGUE.requested(text, client_kind=kind, held=held)


def test_a_request_gets_exactly_the_scopes_that_it_names():
    assert requested("permits.find permits.look") == ["permits.find", "permits.look"]


@pytest.mark.parametrize(
    "text", [None, "", " ", "permits.look  permits.find", "permits.look ", "a\nb", "رخصة"]
)
def test_a_missing_or_malformed_scope_is_refused_instead_of_defaulted(text):
    with pytest.raises(OAuthRefusal) as refused:
        requested(text)
    assert refused.value.error == "invalid_scope"


def test_one_unknown_scope_refuses_the_whole_request():
    with pytest.raises(OAuthRefusal, match="invalid_scope"):
        requested("permits.look permits.everything")


def test_a_scope_that_the_client_does_not_hold_refuses_the_whole_request():
    with pytest.raises(OAuthRefusal, match="invalid_scope"):
        requested("permits.look permits.find", held=["permits.look"])


def test_a_machine_never_gets_a_scope_for_named_staff_even_when_it_is_registered_with_it():
    with pytest.raises(OAuthRefusal, match="invalid_scope"):
        requested("permits.look", kind="machine")


def test_the_scopes_decide_the_audience():
    assert CATALOGUE.audience(["permits.look", "permits.find"], None) == "gateway"


def test_scopes_of_two_services_never_share_a_token():
    with pytest.raises(OAuthRefusal, match="invalid_scope"):
        CATALOGUE.audience(["permits.look", "requests.write"], None)


SEVERAL = ["permits.look", "requests.write"]


def test_the_code_of_a_client_that_exchanges_is_for_the_first_scopes_service_or_the_resource():
    both = {"exchange_audiences": ["gateway", "permits"]}

    assert CATALOGUE.first_audience(SEVERAL, None, **both) == "gateway"
    assert CATALOGUE.first_audience(SEVERAL, "permits", **both) == "permits"
    assert CATALOGUE.of_audience(SEVERAL, "permits") == ["requests.write"]
    with pytest.raises(OAuthRefusal, match="invalid_target"):
        CATALOGUE.first_audience(SEVERAL, "reports", **both)


@pytest.mark.parametrize("listed", [[], ["gateway"], ["permits"]])
def test_no_client_names_scopes_of_a_service_for_which_it_may_not_exchange(listed):
    with pytest.raises(OAuthRefusal, match="invalid_scope"):
        CATALOGUE.first_audience(SEVERAL, None, exchange_audiences=listed)


def test_a_resource_that_agrees_is_fine_and_another_one_is_an_invalid_target():
    assert CATALOGUE.audience(["permits.look"], "gateway") == "gateway"
    with pytest.raises(OAuthRefusal, match="invalid_target"):
        CATALOGUE.audience(["permits.look"], "permits")


def test_the_person_has_to_hold_every_scope_of_the_request():
    CATALOGUE.check_effective(["permits.look"], held=["permits.look"], organisation_kind="partner")
    with pytest.raises(OAuthRefusal, match="access_denied"):
        CATALOGUE.check_effective(
            ["permits.look", "permits.find"], held=["permits.look"], organisation_kind="partner"
        )


def test_the_kind_of_the_organisation_limits_the_person_whatever_the_registration_says():
    with pytest.raises(OAuthRefusal, match="access_denied"):
        CATALOGUE.check_effective(
            ["permits.look"], held=["permits.look"], organisation_kind="affiliated_municipality"
        )


@pytest.mark.parametrize(
    ("names", "kind", "organisation_kind", "code"),
    [
        (["nothing"], "staff", "partner", "scope-unknown"),
        (["permits.look"], "machine", "partner", "scope-client-kind"),
        (["requests.write"], "machine", "partner", "scope-organisation-kind"),
        (["requests.write"], "machine", "municipality", "scope-organisation-kind"),
    ],
)
def test_a_client_cannot_be_registered_with_a_scope_that_is_not_for_it(
    names, kind, organisation_kind, code
):
    with pytest.raises(InvalidRegistration) as broken:
        CATALOGUE.check_client(names, kind, organisation_kind)
    assert broken.value.faults[0].code == code


def test_the_municipalitys_own_staff_client_may_serve_people_of_every_organisation():
    CATALOGUE.check_client(HELD, "staff", "municipality")


def test_a_person_cannot_be_registered_with_a_scope_of_another_kind_of_organisation():
    with pytest.raises(InvalidRegistration):
        CATALOGUE.check_person(["permits.look"], "municipality")


@pytest.mark.parametrize(
    ("client", "client_kind", "person", "admitted"),
    [
        ("electricity", "partner", "electricity", True),
        ("electricity", "partner", "water", False),
        ("tarout", "affiliated_municipality", "electricity", False),
        ("qatif", "municipality", "electricity", True),
        ("north-centre", "medical_centre", "south-centre", False),
        ("north-centre", "medical_centre", "north-centre", True),
    ],
)
def test_a_partners_client_admits_that_partners_people_only(client, client_kind, person, admitted):
    assert (
        admits(
            client_organisation=client,
            client_organisation_kind=client_kind,
            person_organisation=person,
        )
        is admitted
    )
