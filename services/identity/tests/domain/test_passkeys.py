"""Passkeys: where they're good, their names, and the counter that shows a copy."""

import pytest

from identity.domain.passkeys import (
    LONGEST_NAME,
    clean_name,
    domain_of,
    methods_of_passkey,
    origin_of,
    went_back,
)
from identity.domain.second_factor import class_of, methods


@pytest.mark.parametrize(
    ("issuer", "domain", "origin"),
    [
        ("https://login.qatif.gov.sa", "login.qatif.gov.sa", "https://login.qatif.gov.sa"),
        ("https://Login.qatif.gov.sa:443/id", "login.qatif.gov.sa", "https://login.qatif.gov.sa"),
        ("https://login.example:8443", "login.example", "https://login.example:8443"),
        ("http://localhost:8001", "localhost", "http://localhost:8001"),
        ("http://127.0.0.1:8001", None, "http://127.0.0.1:8001"),
        ("http://[::1]:8001", None, None),
    ],
)
def test_passkeys_are_made_for_the_issuers_host_and_not_for_an_ip_address(issuer, domain, origin):
    assert domain_of(issuer) == domain
    assert origin is None or origin_of(issuer) == origin


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  هاتف   العمل ", "هاتف العمل"),
        ("YubiKey 5", "YubiKey 5"),
        ("", None),
        (" \u00a0 ", None),
        ("a" * (LONGEST_NAME + 1), None),
        ("a\u202eb", None),
    ],
)
def test_a_name_is_short_and_can_be_read(typed, name):
    assert clean_name(typed) == name


@pytest.mark.parametrize(
    ("last", "shown", "is_back"),
    [(0, 0, False), (0, 1, False), (4, 5, False), (4, 4, True), (4, 3, True), (4, 0, True)],
)
def test_a_counter_that_does_not_grow_shows_a_copy(last, shown, is_back):
    assert went_back(last=last, shown=shown) is is_back


def test_a_sign_in_with_a_passkey_is_of_two_factors_and_says_whether_hardware_holds_the_key():
    in_hardware = methods(*methods_of_passkey(is_synced=False))

    assert in_hardware == ["pwd", "hwk", "user", "mfa"]
    assert methods(*methods_of_passkey(is_synced=True)) == ["pwd", "swk", "user", "mfa"]
    assert class_of(in_hardware) == "two-factors"
