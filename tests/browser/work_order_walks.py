"""The walks through the pages of a contractor's work orders."""

from typing import Any

from desk_walks import MARK, PHOTO_ID, REPORT_ID, picture
from portal_walks import Walk, fault, send

from chassis.core import contracts

_EXAMPLES = contracts.openapi("reports")["components"]["examples"]
ORDER = _EXAMPLES["WorkOrder"]["value"] | {"text": f"ردم الحفرة 3-5 م {MARK}", "priority": "urgent"}
ORDERS, PATH = "/v1/work-orders", "/desk/work-orders"
ONE, PAGE = f"{ORDERS}/{REPORT_ID}", f"{PATH}/{REPORT_ID}"
_UPLOAD = {"attachment_id": PHOTO_ID}
_NO_PLACE = ORDER | {"location": None, "text": None, "due_at": None, "photos": []}


def work_order_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a service of reports that is well answers a contractor, by path."""
    photo = {"attachment_id": PHOTO_ID, "kind": "before", "added_at": "2026-11-25T08:00:00Z"}
    return {
        ORDERS: (200, {"items": [ORDER, _NO_PLACE], "next_cursor": "c2"}),
        ONE: (200, ORDER | {"photos": [photo]}),
        f"{ONE}/photos/{PHOTO_ID}": (200, picture()),
        f"{ONE}/attachments": (201, _UPLOAD),
        f"{ONE}/complete": (201, _EXAMPLES["Remark"]["value"]),
    }


_NONE = {ORDERS: (200, {"items": [], "next_cursor": None})}
WORK_ORDER_WALKS = tuple(
    Walk(page, state, address, **{"task": "work-orders", **more})
    for page, state, address, more in (
        ("work_orders", "good", PATH, {}),
        ("work_orders", "nothing", PATH, {"changed": _NONE}),
        ("work_orders", "away", PATH, {"changed": {ORDERS: (503, {})}}),
        ("work_order", "good", f"{PAGE}?done=work_order_done", {}),
        ("work_order", "bare", PAGE, {"changed": {ONE: (200, _NO_PLACE)}}),
        ("work_order", "missing", PAGE, {"changed": {ONE: (404, {})}}),
        ("work_order_photo", "missing", f"{PAGE}/photos/{REPORT_ID}", {}),
        ("work_order_finish", "good", f"{PAGE}/done", {}),
        ("work_order_finish_entry", "good", f"{PAGE}/done", {"act": send(text="رُدمت الحفرة")}),
        (
            "work_order_finish_entry", "fault", f"{PAGE}/done",
            {"act": send(), "changed": {f"{ONE}/complete": fault("text")}, "is_error": True},
        ),
        (
            "work_order_finish_entry", "lost", f"{PAGE}/done",
            {"act": send(text="رُدمت"), "changed": {f"{ONE}/complete": (503, {})}},
        ),
    )
)  # fmt: skip
