import pytest

from identity.domain.errors import InvalidRegistration
from identity.domain.registration import (
    check_jwks,
    check_municipality,
    check_password,
    check_redirect_uris,
    normal_username,
)

EC = {"kty": "EC", "kid": "k1", "crv": "P-256", "x": "x", "y": "y"}


def broken_code(function, *arguments):
    with pytest.raises(InvalidRegistration) as broken:
        function(*arguments)
    return broken.value.faults[0].code


@pytest.mark.parametrize(
    "uri",
    [
        "https://desk.example/callback",
        "https://desk.example:8443/callback?tenant=1",
        "http://127.0.0.1:9000/callback",
        "http://localhost:9000/callback",
        "http://[::1]/callback",
    ],
)
def test_a_redirect_uri_is_https_or_plain_http_on_this_machine(uri):
    check_redirect_uris("staff", [uri])


@pytest.mark.parametrize(
    "uri",
    [
        "http://desk.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "https://desk.example/callback#fragment",
        "https://desk.example/callback#",
        "https://user:secret@desk.example/callback",
        "javascript:alert(1)",
        "app.example:/callback",
        "/callback",
        "https:///callback",
        "https://desk.example:notaport/",
        "https://desk.example/*",
        "https://desk.example;script-src/",
        "https://desk.example/call back",
        "https://مثال.example/callback",
    ],
)
def test_no_other_redirect_uri_is_registered(uri):
    assert broken_code(check_redirect_uris, "staff", [uri]) == "redirect-uri"


def test_staff_clients_have_a_redirect_uri_and_machines_have_none():
    assert broken_code(check_redirect_uris, "staff", []) == "redirect-uri-required"
    assert broken_code(check_redirect_uris, "machine", ["https://a.example/"]) == (
        "redirect-uri-unexpected"
    )


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_a_private_key_is_refused_as_exposed(member):
    assert broken_code(check_jwks, {"keys": [{**EC, member: "secret"}]}) == "jwk-private"


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "oct"},
        {"crv": "P-384"},
        {"crv": "secp256k1"},
        {"kid": ""},
        {"use": "enc"},
        {"alg": "ES384"},
        {"alg": "RS256"},
        {"kty": "OKP", "crv": "X25519"},
        {"kty": "RSA", "alg": "RS256"},
    ],
)
def test_a_key_that_could_not_sign_an_assertion_is_refused(changes):
    assert broken_code(check_jwks, {"keys": [{**EC, **changes}]}) == "jwk-invalid"


def test_two_keys_stand_side_by_side_under_different_ids():
    check_jwks({"keys": [EC, {**EC, "kid": "k2"}]})
    assert broken_code(check_jwks, {"keys": [EC, EC]}) == "jwk-duplicate"


@pytest.mark.parametrize(
    ("kind", "municipality", "code"),
    [
        ("partner", "qatif", "municipality-unexpected"),
        ("medical_centre", "qatif", "municipality-unexpected"),
        ("municipality", None, "municipality-required"),
        ("affiliated_municipality", None, "municipality-required"),
        ("affiliated_municipality", "atlantis", "municipality-unknown"),
    ],
)
def test_a_municipality_carries_its_code_and_others_none(kind, municipality, code):
    assert broken_code(check_municipality, kind, municipality, {"qatif"}) == code


@pytest.mark.parametrize(
    "password",
    [
        "sara.tajribi-2026",
        "SARA.TAJRIBI and more",
        "my password 42!",
        "abababababab",
        " leading blank 1",
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password):
    assert broken_code(check_password, password, "sara.tajribi") == "password-weak"


def test_a_long_phrase_is_a_password_in_either_language():
    check_password("four palms by the sea", "sara")
    check_password("أربع نخلات عند البحر", "sara")


def test_usernames_are_compared_without_case():
    assert normal_username(" Sara.Tajribi ") == "sara.tajribi"
