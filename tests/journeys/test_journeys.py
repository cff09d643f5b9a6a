"""Two runs of equal behaviour give equal lines, and a difference is named."""

from typing import Any

import pytest

from tests.journeys.comparing import differences
from tests.journeys.masking import last_of_polls, mask, masked_lines

URL = "http://127.0.0.1:10001"
SERVICES = {URL: "permits"}


def recording(action: str = "approve", key: str = "1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b") -> Any:
    """One answer, one event and one journal entry of a request."""
    event = {"id": key, "type": "permits.request.approved.v1", "data": {"request_id": key}}
    entry = {"entry_id": 1, "aggregate_type": "permit-request", "aggregate_id": key, "at": "now"}
    answer = {"url": f"{URL}/v1/permit-requests/{key}", "method": "GET", "sent": "", "status": 200}
    answer |= {"type": "application/json", "headers": {}, "body": {"status": "approved"}}
    system = {
        "services": {"permits": URL},
        "events": [{"topic": "permits.request", "key": key, "event": event}],
        "texts": [],
        "journal": [{"service": "permits", **entry, "action": action}],
    }
    return {"exchanges": [answer], "systems": [system]}


def test_other_ids_are_no_difference() -> None:
    old = list(masked_lines("demo", recording()))
    new = list(masked_lines("demo", recording(key="9c5b94b1-35ad-49bb-b118-8e8fc24abf80")))

    assert len(old) == 3
    assert list(differences(old, new)) == []


def test_a_renamed_action_is_named() -> None:
    old, new = (list(masked_lines("demo", recording(action))) for action in ("approve", "accept"))

    removed, added = differences(old, new)

    assert removed.startswith("removed: ")
    assert '"action": "approve"' in removed
    assert added.startswith("added: ")
    assert '"action": "accept"' in added


def test_a_changed_field_is_named_with_its_path() -> None:
    old, other = recording(), recording()
    other["exchanges"][0]["body"]["status"] = "issued"

    (found,) = differences(*(list(masked_lines("demo", one)) for one in (old, other)))

    assert found.endswith('\n  - body.status: "approved"\n  + body.status: "issued"')


def test_of_a_poll_the_last_answer_stays() -> None:
    (first,) = recording()["exchanges"]
    written = {**first, "method": "POST"}
    last = {**first, "status": 404}

    assert last_of_polls([first, last, written, written, first], SERVICES) == [last, written, first]


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("رخصة 144805000001 تنتهي 2028/11/28م", "رخصة <n> تنتهي <date>م"),
        ("1448/12", "<no>"),
        ("المبلغ 1008.00 ريال", "المبلغ 1008.00 ريال"),
        ("sa.gov.qatif.permits.permit.issued.v1", "sa.gov.qatif.permits.permit.issued.v1"),
        ("2026-11-29T03:52:08.276270Z", "<time>"),
        ({"ar": "سارية", "en": "Valid"}, {"ar": "سارية", "en": "<english>"}),
        ({"title": "Not found", "code": "x"}, {"title": "<english>", "code": "x"}),
    ],
)
def test_masks(value: Any, masked: Any) -> None:
    assert mask(value) == masked
