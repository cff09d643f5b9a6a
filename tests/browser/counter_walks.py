"""The walks through the counter's pages."""

from typing import Any

from portal_walks import FORM, Walk, fault, send, words

from chassis.core import contracts

LIST, DEPARTMENTS, STANDING = "/v1/appointments", "/v1/departments", "/v1/closures"
ID, MISSING = "0195ff10-4d00-7b22-9d3f-0000000000a1", "0195ff10-4d00-7b22-9d3f-00000000dead"
CLOSURE_ID = "0195ff10-4d00-7b22-9d3f-0000000000c1"
ONE, PAGE = f"{LIST}/{ID}", f"/desk/appointments/{ID}"
DAY, CLOSING = "/desk/appointments", "/desk/appointments/closures"


def example(name: str) -> Any:
    """Returns an example of the contract."""
    return contracts.openapi("appointments")["components"]["examples"][name]["value"]


def counter_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a service `appointments` that is well answers the counter, by path."""
    booked = example("Appointment")
    waiting = {
        **booked, "status": "checked_in", "status_title": words("سُجل حضوره", "Checked in"), "queue_number": 14,
        "affected": True, "reason": "إغلاق 08:00-14:00", "possible_actions": ["call", "cancel"],
    }  # fmt: skip
    closures = example("ClosureList")
    return {
        LIST: (200, {"items": [booked, waiting, {**booked, "name": None}], "next_cursor": "c2"}),
        DEPARTMENTS: (200, example("DepartmentList")),
        ONE: (200, waiting),
        f"{ONE}/history": (200, example("History")),
        f"{ONE}/call": (200, booked),
        f"{ONE}/person": (200, example("Person")),
        # The list and the preview have one path.
        STANDING: (200, {**closures, **example("ClosureMade")}),
        f"{STANDING}/{CLOSURE_ID}/lift": (200, example("Closure")),
    }


SLOWER = (
    409,
    {"type": "…/illegal-transition", "title": "x", "detail": "نودي على المستفيد في 09:15"},
)
CLOSURE = {
    "day": "1448/06/21", "from": "08:00", "until": "14:00", "reason_ar": "صيانة 3-5", "reason_en": "Maintenance",
}  # fmt: skip
FIND = "main form[method=post] .button.second"
PREVIEW, CLOSE, LIFT = "button[value=preview]", "button[value=close]", "main .card button"
CALL, REVEAL = f"{PAGE}/actions/call", f"{PAGE}/actions/reveal"
NOTHING = {LIST: (200, {"items": [], "next_cursor": None})}
COUNTER_WALKS = tuple(
    Walk(page, state, address, **{"task": "counter", **more})
    for page, state, address, more in (
        ("counter", "good", DAY, {}),
        ("counter", "own-counter", f"{DAY}?counter=2&done=call", {}),
        ("counter", "nothing", DAY, {"changed": NOTHING}),
        ("counter", "away", DAY, {"changed": {LIST: (503, {})}}),
        ("counter", "fault", f"{DAY}?day=x", {"changed": {LIST: fault("day")}, "is_error": True}),
        ("counter_search", "good", DAY, {"act": send(FIND, number="480000123")}),
        ("counter_search", "fault", DAY, {"act": send(FIND, number="0500000001x"), "is_error": True}),
        ("counter_appointment", "good", PAGE, {}),
        ("counter_appointment", "done", f"{PAGE}?done=check_in", {}),
        ("counter_appointment", "missing", f"{DAY}/{MISSING}", {}),
        *(
            ("counter_action", name.replace("_", "-"), f"{PAGE}/actions/{name}", {})
            for name in ("check_in", "call", "serve", "cancel", "reveal")
        ),
        ("counter_action", "unknown", f"{PAGE}/actions/delete", {}),
        ("counter_action", "away", CALL, {"changed": {ONE: (503, {})}}),
        ("counter_action_entry", "good", CALL, {"act": send(FORM, counter="2")}),
        ("counter_action_entry", "revealed", REVEAL, {"act": send(FORM, reason="معاودة الاتصال")}),
        ("counter_action_entry", "away", CALL, {"act": send(FORM), "changed": {f"{ONE}/call": (503, {})}}),
        (
            "counter_action_entry", "slower", CALL,
            {"act": send(FORM), "changed": {f"{ONE}/call": SLOWER}, "is_error": True},
        ),
        (
            "counter_action_entry", "fault", CALL,
            {"act": send(FORM), "changed": {f"{ONE}/call": fault("counter")}, "is_error": True},
        ),
        ("counter_closures", "good", CLOSING, {"task": "closures"}),
        ("counter_closures", "unknown", CLOSING, {"task": "closures", "changed": {STANDING: (403, {})}}),
        ("counter_closures", "no-permission", CLOSING, {}),
        ("counter_closing", "preview", CLOSING, {"task": "closures", "act": send(PREVIEW, **CLOSURE)}),
        ("counter_closing", "good", CLOSING, {"task": "closures", "act": send(PREVIEW, CLOSE, **CLOSURE)}),
        ("counter_closing", "fault", CLOSING, {"task": "closures", "act": send(PREVIEW), "is_error": True}),
        ("counter_lifting", "good", CLOSING, {"task": "closures", "act": send(LIFT)}),
        (
            "counter_lifting", "missing", CLOSING,
            {"task": "closures", "act": send(LIFT), "changed": {f"{STANDING}/{CLOSURE_ID}/lift": (404, {})}},
        ),
    )
)  # fmt: skip
