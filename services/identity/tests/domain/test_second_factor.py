"""Codes by time, codes on paper, the step after the password, and how a sign-in is called."""

from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pytest

from identity.domain.authorization import check_wishes, is_young_enough, meets_class
from identity.domain.errors import OAuthRefusal
from identity.domain.second_factor import (
    NextStep,
    Policy,
    class_of,
    clean_code,
    code_of,
    find_time_step,
    key_uri,
    methods,
    new_paper_code,
    new_recovery_codes,
    new_secret,
    step_after_password,
    step_of,
)

# RFC 6238 appendix B, with SHA-1: the last six of its eight digits.
SECRET = b32encode(b"12345678901234567890").decode()
NOW = datetime(2026, 11, 30, 9, 0, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds, code):
    assert code_of(SECRET, seconds // 30) == code


@pytest.mark.parametrize(("late", "is_right"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_code_is_good_one_step_before_and_after_its_own(late, is_right):
    code = code_of(SECRET, step_of(NOW))

    found = find_time_step(SECRET, code, NOW + timedelta(seconds=late), last_step=None)

    assert (found == step_of(NOW)) is is_right
    assert (found is None) is not is_right


def test_a_step_counts_once_and_no_earlier_step_after_it():
    step = step_of(NOW)

    assert find_time_step(SECRET, code_of(SECRET, step), NOW, last_step=step) is None
    assert find_time_step(SECRET, code_of(SECRET, step - 1), NOW, last_step=step) is None
    assert find_time_step(SECRET, code_of(SECRET, step + 1), NOW, last_step=step) == step + 1


@pytest.mark.parametrize("typed", ["", "abc", "00000", "0000000", "９" * 6, "\x00" * 6, "1" * 9999])
def test_what_is_no_code_is_wrong(typed):
    assert find_time_step(SECRET, typed, NOW, last_step=None) is None


def test_a_code_may_be_typed_with_blanks_and_arabic_digits():
    code = code_of(SECRET, step_of(NOW))
    arabic = code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))

    assert find_time_step(SECRET, f" {code[:3]} {code[3:]}\u200f", NOW, last_step=None)
    assert find_time_step(SECRET, arabic, NOW, last_step=None)


def test_codes_on_paper_differ_and_are_read_as_people_type_them():
    codes = new_recovery_codes()

    assert len({*codes, new_paper_code()}) == 11
    assert clean_code(f" {codes[0].upper().replace('-', ' ')} ") == codes[0].replace("-", "")
    assert len(clean_code(codes[0])) == 16


def test_the_address_of_a_key_names_the_organisation_and_the_person():
    uri = key_uri(SECRET, issuer="Qatif Municipality", account="sara@qatif")

    assert uri.startswith("otpauth://totp/Qatif%20Municipality:sara%40qatif?secret=" + SECRET)
    assert "issuer=Qatif%20Municipality" in uri
    assert "digits=6&period=30" in uri


def test_secrets_differ():
    assert new_secret() != new_secret()
    assert len(new_secret()) == 32


@pytest.mark.parametrize(
    ("has_factor", "policy", "has_open_code", "step"),
    [
        (False, Policy.OPTIONAL, False, NextStep.SESSION),
        (False, Policy.OPTIONAL, True, NextStep.ENROLMENT),
        (False, Policy.DEMANDED, False, NextStep.ENROLMENT),
        (True, Policy.OPTIONAL, False, NextStep.SECOND_STEP),
        (True, Policy.DEMANDED, True, NextStep.SECOND_STEP),
    ],
)
def test_a_factor_is_always_asked_for_and_a_demand_leads_to_the_enrolment(
    has_factor, policy, has_open_code, step
):
    found = step_after_password(has_factor=has_factor, policy=policy, has_open_code=has_open_code)

    assert found == step


def test_a_sign_in_is_called_by_its_methods():
    assert methods() == ["pwd"]
    assert methods("otp") == ["pwd", "otp", "mfa"]
    assert (class_of(methods()), class_of(methods("otp"))) == ("one-factor", "two-factors")


@pytest.mark.parametrize(
    "wishes", [{"max_age": "-1"}, {"max_age": "x"}, {"max_age": "9" * 9}, {"prompt": "none"}]
)
def test_malformed_wishes_are_refused(wishes):
    with pytest.raises(OAuthRefusal):
        check_wishes(wishes)


@pytest.mark.parametrize(
    ("wishes", "age", "is_enough"),
    [
        ({}, 36_000, True),
        ({"max_age": "900"}, 900, True),
        ({"max_age": "900"}, 901, False),
        ({"max_age": "0"}, 1, False),
        ({"prompt": "login"}, 1, False),
        ({"prompt": "login", "max_age": "0"}, -5, True),
    ],
)
def test_an_old_session_is_not_enough_and_a_sign_in_for_the_request_is(wishes, age, is_enough):
    signed_in_at = NOW - timedelta(seconds=age)

    found = is_young_enough(wishes, pushed_at=NOW, signed_in_at=signed_in_at, now=NOW)

    assert found is is_enough


@pytest.mark.parametrize(
    ("wanted", "amr", "is_met"),
    [
        ("", ["pwd"], True),
        ("two-factors", ["pwd"], False),
        ("two-factors", ["pwd", "otp", "mfa"], True),
        ("two-factors one-factor", ["pwd"], True),
        ("unknown", ["pwd"], True),
    ],
)
def test_a_class_is_met_by_a_sign_in_of_it_or_of_a_stronger_one(wanted, amr, is_met):
    assert meets_class({"acr_values": wanted}, amr) is is_met
