import pytest

from identity.domain.assertions import BadAssertion, check_claims, check_header, signing_key

ISSUER = "https://identity.test"
NOW = 1_800_000_000.0


def claims(**changes):
    basic = {"iss": "desk", "sub": "desk", "aud": ISSUER, "iat": NOW, "exp": NOW + 60, "jti": "j1"}
    return {name: value for name, value in {**basic, **changes}.items() if value is not None}


def test_a_good_assertion_names_its_client_and_its_jti():
    assertion = check_claims(claims(), issuer=ISSUER, now=NOW)

    assert (assertion.client_id, assertion.jti) == ("desk", "j1")


def test_a_jti_is_remembered_until_the_assertion_cannot_be_accepted_any_more():
    assertion = check_claims(claims(), issuer=ISSUER, now=NOW)

    with pytest.raises(BadAssertion, match="expired"):
        check_claims(claims(), issuer=ISSUER, now=assertion.forget_after)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [ISSUER]},
        {"aud": [ISSUER, "https://evil.test"]},
        {"aud": ISSUER + "/token"},
        {"aud": None},
        {"iss": "other"},
        {"sub": None},
        {"sub": ["desk"], "iss": ["desk"]},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 256},
        {"exp": None},
        {"iat": True},
        {"iat": "now"},
        {"iat": None, "exp": None},
        {"iat": None, "exp": NOW + 71},
        {"iat": None, "exp": NOW - 10},
        {"iat": None, "nbf": NOW + 61},
        {"exp": NOW + 61},
        {"exp": NOW + 315_360_000},
        {"exp": NOW},
        {"exp": NOW - 1},
        {"exp": True},
        {"exp": "soon"},
        {"exp": float("inf")},
        {"iat": NOW - 70, "exp": NOW - 10},
        {"iat": NOW + 61, "exp": NOW + 90},
        {"nbf": NOW + 61},
    ],
)
def test_a_claim_out_of_line_refuses_the_assertion(changes):
    with pytest.raises(BadAssertion):
        check_claims(claims(**changes), issuer=ISSUER, now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"iat": NOW + 10, "exp": NOW + 60},
        {"iat": NOW + 60, "exp": NOW + 90},
        {"iat": NOW - 69, "exp": NOW - 9},
        {"nbf": NOW + 10},
        {"iat": None, "exp": NOW + 70},
        {"iat": None, "exp": NOW - 9},
    ],
)
def test_clocks_may_differ_a_little(changes):
    assert check_claims(claims(**changes), issuer=ISSUER, now=NOW)


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA", "Ed25519"])
def test_three_algorithms_sign(algorithm):
    assert check_header({"alg": algorithm, "kid": "k1"}) == "k1"


@pytest.mark.parametrize(
    "algorithm", ["none", "HS256", "RS256", "ES384", "ES256K", "", None, ["ES256"]]
)
def test_no_other_algorithm_does(algorithm):
    with pytest.raises(BadAssertion):
        check_header({"alg": algorithm, "kid": "k1"})


@pytest.mark.parametrize("kind", ["JWT", "jwt", "client-authentication+jwt"])
def test_an_assertion_may_say_that_it_is_one(kind):
    assert check_header({"alg": "ES256", "kid": "k1", "typ": kind})


@pytest.mark.parametrize("kind", ["at+jwt", "dpop+jwt", "logout+jwt", "", None, 1])
def test_a_token_of_another_type_is_no_assertion(kind):
    with pytest.raises(BadAssertion):
        check_header({"alg": "ES256", "kid": "k1", "typ": kind})


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit", "b64"])
def test_an_assertion_never_brings_its_own_key(name):
    with pytest.raises(BadAssertion):
        check_header({"alg": "ES256", "kid": "k1", name: {}})


@pytest.mark.parametrize("kid", [None, "", 3])
def test_a_kid_is_a_text_or_left_out(kid):
    assert check_header({"alg": "ES256"}) is None
    with pytest.raises(BadAssertion):
        check_header({"alg": "ES256", "kid": kid})


def test_without_a_kid_the_only_key_verifies():
    assert signing_key([{"kid": "k1"}], None) == {"kid": "k1"}
    assert signing_key([{"kid": "k1"}, {"kid": "k2"}], "k2") == {"kid": "k2"}


@pytest.mark.parametrize(("keys", "kid"), [(["k1", "k2"], None), ([], None), (["k1"], "k2")])
def test_no_key_is_tried_for_another(keys, kid):
    with pytest.raises(BadAssertion):
        signing_key([{"kid": one} for one in keys], kid)
