from datetime import UTC, datetime, timedelta

import pytest

from identity.domain import authorization, tokens
from identity.domain.errors import (
    InvalidRegistration,
    OAuthRefusal,
    SigningKeyTooYoung,
    WrongStatus,
)
from identity.domain.grants import Terms, check_active

NOW = datetime(2026, 11, 24, 9, 0, 0, 250_000, tzinfo=UTC)
# RFC 7636 appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def terms(**changes):
    basic = {
        "purposes": ["meter-connection"],
        "query_kinds": ["issue-date-range"],
        "entry_kinds": [],
        "widest_span_days": 31,
        "fields": ["permit_number"],
        "rows_per_day": 100,
        "valid_from": NOW,
        "valid_until": NOW + timedelta(days=365),
    }
    return Terms(**{**basic, **changes})


def test_the_example_of_the_rfc_passes():
    challenge = authorization.check_challenge(CHALLENGE, "S256")

    authorization.check_verifier(VERIFIER, challenge)


@pytest.mark.parametrize("method", [None, "plain", "s256", ""])
def test_no_method_but_s256_is_taken(method):
    with pytest.raises(OAuthRefusal, match="invalid_request"):
        authorization.check_challenge(CHALLENGE, method)


@pytest.mark.parametrize(
    "challenge", [None, "", "short", CHALLENGE + "=", CHALLENGE[:-1] + "+", CHALLENGE + "\n"]
)
def test_a_missing_or_malformed_challenge_is_refused(challenge):
    with pytest.raises(OAuthRefusal, match="invalid_request"):
        authorization.check_challenge(challenge, "S256")


def test_a_challenge_is_not_its_own_verifier():
    with pytest.raises(OAuthRefusal, match="invalid_grant"):
        authorization.check_verifier(CHALLENGE, CHALLENGE)


@pytest.mark.parametrize("verifier", [None, "", "short", "x" * 129, VERIFIER + "é"])
def test_a_malformed_verifier_is_an_invalid_request(verifier):
    with pytest.raises(OAuthRefusal, match="invalid_request"):
        authorization.check_verifier(verifier, CHALLENGE)


@pytest.mark.parametrize(
    ("changes", "current"),
    [
        ({}, True),
        ({"ended_at": NOW}, False),
        ({"expires_at": NOW}, False),
        ({"last_used_at": NOW - timedelta(hours=1)}, False),
    ],
)
def test_a_session_ends_by_sign_out_by_its_shift_and_by_an_idle_hour(changes, current):
    basic = {"ended_at": None, "expires_at": NOW + timedelta(hours=1), "last_used_at": NOW}

    assert authorization.session_is_current(**{**basic, **changes}, now=NOW) is current


def test_a_token_of_a_person_names_person_session_and_organisation():
    subject = tokens.Subject(
        client_id="desk",
        client_kind="staff",
        organisation="tarout",
        organisation_kind="affiliated_municipality",
        municipality="tarout",
        person_id="p_1",
        name="سارة (بيانات تجريبية)",
        sid="s1",
        signed_in_at=NOW,
    )

    claims = tokens.claims(
        subject, issuer="https://i.test", audience="permits", scope="a b", jti="j", now=NOW
    )

    issued = int(NOW.timestamp())
    assert claims == {
        "iss": "https://i.test",
        "sub": "p_1",
        "aud": "permits",
        "iat": issued,
        "nbf": issued,
        "exp": issued + 300,
        "jti": "j",
        "client_id": "desk",
        "client_kind": "staff",
        "scope": "a b",
        "organisation": "tarout",
        "organisation_kind": "affiliated_municipality",
        "municipality": "tarout",
        "name": "سارة (بيانات تجريبية)",
        "sid": "s1",
        "auth_time": issued,
    }


@pytest.mark.parametrize("kind", ["partner", "medical_centre"])
def test_a_token_of_an_employee_from_outside_holds_no_name(kind):
    subject = tokens.Subject(
        client_id="desk",
        client_kind="staff",
        organisation="power",
        organisation_kind=kind,
        municipality=None,
        person_id="p_2",
        name="علي (بيانات تجريبية)",
        sid="s2",
    )

    claims = tokens.claims(
        subject, issuer="https://i.test", audience="a", scope="s", jti="j", now=NOW
    )

    assert "name" not in claims


def test_an_attribute_takes_no_other_claims_place():
    subject = tokens.Subject(
        client_id="feed",
        client_kind="machine",
        organisation="power",
        organisation_kind="partner",
        municipality=None,
        attributes={"departments": "cleaning", "scope": "everything"},
    )

    claims = tokens.claims(
        subject, issuer="https://i.test", audience="a", scope="s", jti="j", now=NOW
    )

    assert (claims["departments"], claims["scope"]) == ("cleaning", "s")


def test_a_token_of_a_machine_names_no_person_and_no_session():
    subject = tokens.Subject(
        client_id="feed", client_kind="machine", organisation="power", organisation_kind="partner"
    )

    claims = tokens.claims(
        subject, issuer="https://i.test", audience="a", scope="s", jti="j", now=NOW
    )

    assert claims["sub"] == "feed"
    assert not {"sid", "auth_time", "municipality", "name"} & set(claims)


def test_a_revocation_also_voids_a_token_of_the_very_same_second():
    issued_in_this_second = int(NOW.timestamp())

    assert issued_in_this_second < tokens.void_before("person", NOW).timestamp()
    this_second = NOW.replace(microsecond=0)
    assert issued_in_this_second < tokens.void_before("person", this_second).timestamp()


def test_a_revocation_outlives_every_token_that_it_voids():
    voided = tokens.void_before("person", NOW)

    assert tokens.forget_after("person", NOW) > voided + timedelta(seconds=300)


def test_a_second_revocation_in_one_second_voids_what_was_issued_after_the_first():
    first = tokens.void_before("person", NOW)
    dated_after_the_first = first

    assert dated_after_the_first < tokens.void_before("person", NOW, first)
    assert tokens.void_before("person", NOW + timedelta(hours=1), first) == (
        tokens.void_before("person", NOW + timedelta(hours=1))
    )


def test_a_stolen_keys_tokens_are_void_for_good_whatever_time_they_say():
    assert tokens.void_before("key", NOW).year == 9999
    assert tokens.forget_after("key", NOW).year == 9999


def test_a_key_signs_only_after_it_was_published_for_a_day():
    with pytest.raises(SigningKeyTooYoung):
        tokens.check_key_rotation("scheduled", NOW, NOW + timedelta(hours=23, minutes=59))
    tokens.check_key_rotation("scheduled", NOW, NOW + timedelta(hours=24))


def test_a_compromised_key_is_not_waited_for_and_not_published_any_more():
    tokens.check_key_rotation("compromised", NOW, NOW)

    assert tokens.key_published_until("compromised", NOW) == NOW
    assert tokens.key_published_until("scheduled", NOW) > NOW + timedelta(seconds=300)


def test_terms_of_a_grant_that_make_sense_are_accepted():
    terms().check(NOW)
    terms(query_kinds=["permit-number"], widest_span_days=None).check(NOW)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"widest_span_days": None}, "span-required"),
        ({"query_kinds": ["plan-number"]}, "span-required"),
        ({"valid_until": NOW}, "period"),
        (
            {"valid_from": NOW - timedelta(days=2), "valid_until": NOW - timedelta(days=1)},
            "in-the-past",
        ),
    ],
)
def test_terms_that_contradict_themselves_are_refused(changes, code):
    with pytest.raises(InvalidRegistration) as broken:
        terms(**changes).check(NOW)
    assert broken.value.faults[0].code == code


def test_a_withdrawn_grant_stays_withdrawn():
    check_active("active", "amend")
    with pytest.raises(WrongStatus):
        check_active("withdrawn", "amend")


def test_each_failure_more_makes_the_next_try_wait_longer():
    waits = [authorization.wait_after(failures).total_seconds() for failures in range(4, 13)]

    assert waits == [0, 30, 60, 120, 240, 480, 900, 900, 900]
    assert authorization.wait_after(10_000) == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("of_name", "since_last", "of_source", "blocked"),
    [
        (0, None, 0, False),
        (4, 0, 4, False),
        (5, 29, 5, True),
        (5, 30, 5, False),
        (9, 479, 9, True),
        (9, 480, 9, False),
        (0, None, 49, False),
        (0, None, 50, True),
        (1, 3_600, 50, True),
    ],
)
def test_an_address_waits_for_a_name_and_fifty_failures_with_any_stop_it(
    of_name, since_last, of_source, blocked
):
    since = None if since_last is None else timedelta(seconds=since_last)

    found = authorization.is_blocked(
        failures_of_name=of_name, since_last=since, failures_of_source=of_source
    )

    assert found is blocked
