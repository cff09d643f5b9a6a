"""The walks through the pages of the texts of SMS."""

from typing import Any

from portal_walks import Walk, fault, send

from chassis.core import contracts

_EXAMPLES = contracts.openapi("notify")["components"]["examples"]
TEXT: dict[str, Any] = _EXAMPLES["Template"]["value"] | {
    "known_parameters": ["days", "municipality", "number"],
    "draft": _EXAMPLES["Template"]["value"]["draft"]
    | {"further": {"ur": "درخواست ((number))"}, "kind": "notice", "expires_seconds": 7_200},
}
EDITED = TEXT | {"draft": None}
TEXTS, PATH = "/v1/templates", "/desk/texts"
ONE, PAGE = f"{TEXTS}/{TEXT['template_id']}", f"{PATH}/{TEXT['template_id']}"
_DRAFT = f"?draft={TEXT['draft']['draft_id']}"
_SHOWN = {
    "text": "رخصتكم 1448/131244 تنتهي بعد 3 يوم",
    "encoding": "UCS-2",
    "units": 71,
    "parts": 2,
}
_PREVIEW = _EXAMPLES["Preview"]["value"] | {"counts": [{"form": "few", "count": 3, **_SHOWN}]}


def text_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a service notify that is well answers, by path."""
    return {
        TEXTS: (200, {"items": [EDITED, TEXT]}),
        ONE: (200, TEXT),
        f"{ONE}/versions": (200, _EXAMPLES["TemplateVersionList"]["value"]),
        f"{ONE}/preview": (200, _PREVIEW),
        f"{ONE}/draft": (201, TEXT),
        f"{ONE}/draft/approval": (200, EDITED),
    }


_LOOK, _PROPOSE = send("button[value=preview]"), send("button[value=propose]")
_WRONG = {f"{ONE}/draft": fault("body_ar")}
_OWN = {f"{ONE}/draft/approval": (409, {"type": "…/own-draft", "title": "أنتم من اقترح الصيغة"})}
_APPROVE = f"{PAGE}/actions/approve{_DRAFT}"
TEXT_WALKS = tuple(
    Walk(page, state, address, **{"task": "texts", **more})
    for page, state, address, more in (
        ("desk_texts", "good", PATH, {}),
        ("desk_texts", "away", PATH, {"changed": {TEXTS: (503, {})}}),
        ("desk_text", "edited", f"{PAGE}?done=withdraw", {"changed": {ONE: (200, EDITED)}}),
        ("desk_text", "missing", PAGE, {"changed": {ONE: (404, {})}}),
        ("desk_text_draft", "good", f"{PAGE}/draft", {}),
        ("desk_text_draft_entry", "preview", f"{PAGE}/draft", {"act": _LOOK}),
        (
            "desk_text_draft_entry", "fault", f"{PAGE}/draft",
            {"act": _PROPOSE, "changed": _WRONG, "is_error": True},
        ),
        ("desk_text_action", "no-permission", _APPROVE, {}),
        ("desk_text", "good", PAGE, {"task": "texts-approval"}),
        ("desk_text_action", "good", _APPROVE, {"task": "texts-approval"}),
        ("desk_text_action_entry", "good", _APPROVE, {"task": "texts-approval", "act": send()}),
        (
            "desk_text_action_entry", "fault", _APPROVE,
            {"task": "texts-approval", "act": send(), "changed": _OWN, "is_error": True},
        ),
    )
)  # fmt: skip
