"""A message in GOV.UK Notify's words."""

import pytest

from notify.domain import notifications
from notify.domain.messages import State
from notify.domain.notifications import FieldFault, Invalid, NotifyRefusal

HOSTS = ["e-services.qatif.gov.sa"]


def sentence(field: str, code: str, sent: str = "", **params: object) -> str:
    (said,) = notifications.validation_errors([FieldFault(field, code, params, sent)])
    return said


def test_every_state_has_a_status_of_notify() -> None:
    for state in State:
        assert notifications.status(state, None) in notifications.STATUSES


def test_a_message_of_a_test_key_was_delivered() -> None:
    assert notifications.status("skipped", "test-key") == "delivered"
    assert notifications.status("skipped", "limit-reached") == "technical-failure"


def test_failed_stands_for_all_failures() -> None:
    assert notifications.states(["failed"]) == {
        *("failed", "technical-failure", "expired", "skipped"),
    }


@pytest.mark.parametrize(
    "written", ["+966 50 000 0000", "0500000000", "٠٥٠٠٠٠٠٠٠٠", "966500000000"]
)
def test_a_mobile_is_taken_in_any_usual_form(written: str) -> None:
    assert notifications.recipient(written) == "+966500000000"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("notaphonenumber", "phone_number Must not contain letters or symbols"),
        ("05000*0000", "phone_number Must not contain letters or symbols"),
        ("0500", "phone_number Not enough digits"),
        ("", "phone_number Not enough digits"),
        ("050000000012345", "phone_number Too many digits"),
        ("0138552222", "phone_number Not a Saudi mobile number"),
        ("05012345678", "phone_number Not a Saudi mobile number"),
    ],
)
def test_an_unusable_number_is_refused_in_notifys_words(written: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        notifications.recipient(written)

    assert refused.value.params["message"] == said


def test_a_mobile_of_another_country_is_a_bad_request() -> None:
    with pytest.raises(NotifyRefusal) as refused:
        notifications.recipient("+44 7700 900123")

    assert refused.value.params["message"] == "Cannot send to international mobile numbers"


def test_values_are_found_as_notify_finds_them() -> None:
    values = {"Request Number": 44120981, "names": ["علي", "حسن"]}

    body = "طلب ((request_number)): ((NAMES))"

    written = notifications.write_text(body, notifications.values_for(body, values), hosts=HOSTS)

    assert written.public == "طلب 44120981: علي، حسن"


def test_missing_values_are_all_named() -> None:
    with pytest.raises(NotifyRefusal) as refused:
        notifications.write_text("((number)) ((date))", {}, hosts=HOSTS)

    assert refused.value.params["message"] == "Missing personalisation: number, date"


def test_a_null_value_counts_as_missing() -> None:
    assert notifications.values_for("((a)) ((b))", {"a": None, "B": 0}) == {"b": "0"}


def test_a_value_with_a_foreign_link_is_refused() -> None:
    with pytest.raises(NotifyRefusal):
        notifications.write_text("((text))", {"text": "see evil.example/x"}, hosts=HOSTS)


@pytest.mark.parametrize(
    "value",
    [
        *("https://qatif.gov.sa.شبكة/pay", "evil。com", "1.2.3.4/x"),
        *("1448-104233", "+966138555555", "1000000008", "١٠٠٠٠٠٠٠٠٨", "10000\u206000008"),
    ],
)
def test_a_value_follows_the_rules_of_templates(value: str) -> None:
    with pytest.raises(NotifyRefusal):
        notifications.write_text("نص ((text))", {"text": value}, hosts=HOSTS)


@pytest.mark.parametrize("value", ["1448000003", "12.50", "2026/12/24", "م.أحمد"])
def test_a_number_of_a_report_an_amount_and_a_date_are_said(value: str) -> None:
    said = notifications.write_text("نص ((text))", {"text": value}, hosts=HOSTS)

    assert said.public == f"نص {value}"


def test_a_value_cannot_be_a_placeholder() -> None:
    written = notifications.write_text("((a)) ((b))", {"a": "((b))", "b": "x"}, hosts=HOSTS)

    assert written.public == "((b)) x"


def test_a_text_of_more_than_918_characters_is_refused() -> None:
    with pytest.raises(NotifyRefusal) as refused:
        notifications.write_text("((text))", {"text": "a" * 919}, hosts=HOSTS)

    assert "Your message is 919 characters long." in refused.value.params["message"]


def test_faults_of_fields_are_notifys_sentences() -> None:
    assert sentence("phone_number", "required") == "phone_number is a required property"
    assert sentence("x", "unknown") == "Additional properties are not allowed (x was unexpected)"
    assert sentence("template_id", "format") == "template_id is not a valid UUID"
    assert sentence("personalisation", "type") == "personalisation is not of type object"
    assert (
        sentence("type", "enum", "unknown", allowed=["sms", "email", "letter"])
        == "type unknown is not one of [sms, email, letter]"
    )
