"""A scope opens operations of one service, and no operation asks for a scope that can't be granted."""

from collections import defaultdict

import pytest

from .reading import operations, services, tree

NOW = tree()
SCOPES = NOW["scopes.yaml"]["scopes"]
CLIENT_KINDS = {"staff", "machine", "citizen"}
ORGANISATION_KINDS = {"municipality", "affiliated_municipality", "partner", "medical_centre"}

# Scopes that no operation asks for yet: scope → why it's declared already.
RESERVED: dict[str, str] = {}


def scopes_of_services() -> dict[str, set[str]]:
    """Service → the scopes that its operations ask for."""
    found: dict[str, set[str]] = defaultdict(set)
    for operation in operations(NOW):
        service = operation.file.removeprefix("openapi/").removesuffix(".yaml")
        found[service] |= operation.scopes
    return found


@pytest.mark.parametrize("service", services(NOW))
def test_an_operation_asks_only_for_scopes_of_its_own_service(service: str) -> None:
    own = {scope for scope, facts in SCOPES.items() if facts["audience"] == service}

    assert scopes_of_services()[service] <= own


def test_every_scope_opens_something_or_is_reserved_with_a_reason() -> None:
    used = {scope for scopes in scopes_of_services().values() for scope in scopes}

    assert set(SCOPES) - used == set(RESERVED)
    assert all(RESERVED.values())


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_says_for_whom_it_is_in_both_languages(scope: str) -> None:
    facts = SCOPES[scope]

    assert set(facts) == {"audience", "client_kinds", "organisation_kinds", "ar", "en"}
    assert facts["audience"] in services(NOW)
    assert facts["client_kinds"]
    assert set(facts["client_kinds"]) <= CLIENT_KINDS
    assert set(facts["organisation_kinds"]) <= ORGANISATION_KINDS
    assert facts["ar"]["title"]
    assert facts["en"]["title"].isascii()


@pytest.mark.parametrize("scope", SCOPES)
def test_a_citizens_scope_is_for_citizens_alone_who_belong_to_no_organisation(scope: str) -> None:
    is_for_citizens = SCOPES[scope]["client_kinds"] == ["citizen"]

    assert is_for_citizens == ("citizen" in SCOPES[scope]["client_kinds"])
    assert is_for_citizens == (SCOPES[scope]["organisation_kinds"] == [])


def test_a_machine_follows_permits_and_only_named_staff_query_them() -> None:
    for scope in ("building-permits.read", "building-permits.search"):
        assert SCOPES[scope]["client_kinds"] == ["staff"]
    assert SCOPES["building-permits.follow"]["client_kinds"] == ["machine"]


@pytest.mark.parametrize("service", services(NOW))
def test_the_scopes_of_the_security_scheme_are_those_of_the_register(service: str) -> None:
    flows = NOW[f"openapi/{service}.yaml"]["components"]["securitySchemes"]["oauth2"]["flows"]
    by_kind = {"authorizationCode": {"staff", "citizen"}, "clientCredentials": {"machine"}}

    for flow, facts in flows.items():
        own = {
            scope
            for scope, declared in SCOPES.items()
            if declared["audience"] == service and by_kind[flow] & set(declared["client_kinds"])
        }
        assert set(facts["scopes"]) == own, flow
