"""The published Python client of GOV.UK Notify, unchanged, against the service."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from notifications_python_client.errors import HTTPError

from chassis.core import contracts
from chassis.http.schemas import compile_schema
from notify.domain import notifications

from .conftest import System

MOBILE = "+966 50 000 0008"


def valid(schema: str, document: object) -> bool:
    declared = contracts.openapi("notify")["components"]["schemas"]
    faults = compile_schema(
        {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": declared}}
    ).iter_errors(document)
    return not list(faults)


def test_a_text_is_taken_and_found_again(system: System) -> None:
    client = system.client()

    sent = client.send_sms_notification(
        MOBILE, system.template_id, {"number": 44120981}, reference="REQ-1448-1"
    )
    found = client.get_notification_by_id(sent["id"])

    assert sent["content"] == {
        "from_number": "QatifMun",
        "body": "توجد ملاحظات على طلب رخصة البناء رقم 44120981. بلدية القطيف",
    }
    assert sent["reference"] == "REQ-1448-1"
    assert sent["uri"].endswith(f"/v2/notifications/{sent['id']}")
    assert (sent["template"]["id"], sent["template"]["version"]) == (system.template_id, 1)
    assert found["phone_number"] == "+966500000008"
    assert (found["status"], found["type"], found["completed_at"]) == ("created", "sms", None)
    assert found["body"] == sent["content"]["body"]


def test_a_value_selects_the_english_text(system: System) -> None:
    values = {"number": "44120981", "language": "en"}

    sent = system.client().send_sms_notification(MOBILE, system.template_id, values)

    assert sent["content"]["body"].startswith("There are remarks")


def test_a_test_key_is_answered_alike_and_sends_nothing(system: System) -> None:
    client = system.client("test")

    sent = client.send_sms_notification(MOBILE, system.template_id, {"number": "1"})
    found = client.get_notification_by_id(sent["id"])

    assert found["status"] == "delivered"
    assert found["completed_at"] is not None
    assert system.client().get_all_notifications()["notifications"] == []
    assert len(client.get_all_notifications()["notifications"]) == 1


@pytest.mark.parametrize(("sender", "reader"), [("test", "normal"), ("normal", "test")])
def test_a_key_reads_no_message_of_a_key_of_the_other_kind(
    system: System, sender: str, reader: str
) -> None:
    sent = system.client(sender).send_sms_notification(MOBILE, system.template_id, {"number": "1"})

    with pytest.raises(HTTPError) as refused:
        system.client(reader).get_notification_by_id(sent["id"])

    assert refused.value.status_code == 404


def test_the_answers_have_the_fields_of_the_contract(system: System) -> None:
    client = system.client()
    sent = client.send_sms_notification(MOBILE, system.template_id, {"number": "1"})

    assert valid("SmsAccepted", sent)
    assert valid("Notification", client.get_notification_by_id(sent["id"]))
    assert valid("NotificationList", client.get_all_notifications())
    assert valid("ApiTemplate", client.get_template(system.template_id))
    assert valid("ApiTemplateList", client.get_all_templates())


def test_the_link_to_the_next_page_is_there_while_rows_are_left(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = system.client()
    monkeypatch.setattr(notifications, "PAGE", 2)
    sent = [
        client.send_sms_notification(MOBILE, system.template_id, {"number": n})["id"]
        for n in range(5)
    ]

    first = client.get_all_notifications()
    found = [one["id"] for one in client.get_all_notifications_iterator()]
    last = client.get_all_notifications(older_than=sent[0])

    assert found == sent[::-1]
    assert first["links"]["next"].endswith(f"?older_than={sent[3]}")
    assert last["notifications"] == []
    assert "next" not in last["links"]


def test_the_list_is_filtered_as_notify_filters(system: System) -> None:
    client = system.client()
    one = client.send_sms_notification(MOBILE, system.template_id, {"number": 1}, reference="a")
    client.send_sms_notification(MOBILE, system.template_id, {"number": 2}, reference="b")

    def ids(**filters: object) -> list[str]:
        return [row["id"] for row in client.get_all_notifications(**filters)["notifications"]]

    assert ids(reference="a") == [one["id"]]
    assert len(ids(status="created", template_type="sms")) == 2
    assert len(ids(status=["created", "delivered"])) == 2
    assert ids(status="failed") == []
    assert ids(template_type="email") == []
    assert ids(older_than=str(uuid4())) == []
    assert ids(include_jobs="true") != []


def test_templates_are_read_and_previewed(system: System) -> None:
    client = system.client()

    template = client.get_template(system.template_id)
    preview = client.post_template_preview(system.template_id, {"number": "44120981"})

    assert template["personalisation"] == {"number": {"required": True}}
    assert template["body"] == "توجد ملاحظات على طلب رخصة البناء رقم ((number)). بلدية القطيف"
    assert client.get_template_version(system.template_id, 1) == template
    assert [one["id"] for one in client.get_all_templates()["templates"]] == [system.template_id]
    assert client.get_all_templates("email")["templates"] == []
    assert preview["body"].endswith("رقم 44120981. بلدية القطيف")
    assert client.get_received_texts()["received_text_messages"] == []


def test_a_system_sees_neither_messages_nor_templates_of_another(
    system: System, register: Callable[..., System]
) -> None:
    other = register("نظام آخر (بيانات تجريبية)").client()
    sent = system.client().send_sms_notification(MOBILE, system.template_id, {"number": 1})

    for read in (
        lambda: other.get_notification_by_id(sent["id"]),
        lambda: other.get_template(system.template_id),
        lambda: other.get_template_version(system.template_id, 1),
        lambda: other.post_template_preview(system.template_id, {"number": 1}),
    ):
        with pytest.raises(HTTPError) as refused:
            read()
        assert refused.value.status_code == 404
        assert refused.value.message == [{"error": "NoResultFound", "message": "No result found"}]
    with pytest.raises(HTTPError) as unknown:
        other.send_sms_notification(MOBILE, system.template_id, {"number": 1})
    assert unknown.value.message == [{"error": "BadRequestError", "message": "Template not found"}]
    assert other.get_all_notifications(older_than=sent["id"])["notifications"] == []


def test_a_withdrawn_key_is_refused_at_once(system: System) -> None:
    client = system.client()
    with system.live.staff() as staff:
        path = f"/v1/api-services/{system.api_service_id}"
        keys = staff.get(path).json()["keys"]
        key_id = next(key["key_id"] for key in keys if key["kind"] == "normal")
        staff.post(f"{path}/keys/{key_id}/withdraw")

    with pytest.raises(HTTPError) as refused:
        client.get_all_templates()

    assert refused.value.status_code == 403
    assert refused.value.message[0]["message"] == "Invalid token: API key revoked"


def test_the_rate_holds_under_parallel_requests(register: Callable[..., System]) -> None:
    system = register(rate_per_minute=5)

    def send(number: int) -> Any:
        try:
            system.client().send_sms_notification(MOBILE, system.template_id, {"number": number})
        except HTTPError as refused:
            return refused.message
        return None

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))

    said = "Exceeded rate limit for key type LIVE of 5 requests per 60 seconds"
    assert answers.count(None) == 5
    assert answers.count([{"error": "RateLimitError", "message": said}]) == 11


def test_the_day_holds_and_a_refused_text_costs_nothing(register: Callable[..., System]) -> None:
    system = register(messages_per_day=2)
    client = system.client()
    for _ in range(3):
        with pytest.raises(HTTPError):
            client.send_sms_notification(MOBILE, system.template_id, {})
    for number in range(2):
        client.send_sms_notification(MOBILE, system.template_id, {"number": number})

    with pytest.raises(HTTPError) as refused:
        client.send_sms_notification(MOBILE, system.template_id, {"number": 3})

    assert refused.value.status_code == 429
    assert refused.value.message == [
        {
            "error": "TooManyRequestsError",
            "message": "Exceeded send limits (sms: 2) for today",
        }
    ]
    system.client("test").send_sms_notification(MOBILE, system.template_id, {"number": 3})
