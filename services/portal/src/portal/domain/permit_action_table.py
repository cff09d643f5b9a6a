"""The actions on requests, permits, certificates, releases of current and appeals: a row for each, with its operation,
scope and fields, and with when the page offers it. Pure.

When an action is offered follows from what the service answers: the actions that it names for the thing's state. The
service decides all the same.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from portal.domain.permit_actions import NOTE_SIGNS, REVEAL, Document, PermitAction, PermitField
from portal.domain.tasks import (
    COMPLETE_BUILDINGS,
    DECIDE_RELEASES,
    INSULATE,
    ISSUE_PERMITS,
    MANAGE_PERMITS,
    OCCUPY,
    REVIEW_REQUESTS,
    WRITE_RELEASES,
    WRITE_REQUESTS,
)

GROUNDS_SIGNS = 5_000
COMPLETE = "complete"  # no action of a person who inspected the building's insulation


def _texts(*names: str) -> tuple[PermitField, ...]:
    return tuple(PermitField(name, "text", NOTE_SIGNS) for name in names)


NOTE, REASON, NOTES = _texts("note", "reason", "notes")
PUBLISHED_REASON = PermitField("reason", "text", NOTE_SIGNS, "permit_published_hint")
PUBLISHED = (PUBLISHED_REASON, NOTE)
SEEN_AMOUNT = PermitField("amount", "seen", 14)
DEFECTS = PermitField("defects", "lines", 5_000)
INSPECTED = (PermitField("inspected_on", "day", 20), PermitField("inspector", "words", 150))
VISIT = (PermitField("result", "results", 10), *INSPECTED, DEFECTS)
GROUNDS = (
    PermitField("grounds", "text", GROUNDS_SIGNS),
    PermitField("noticed_on", "day", 20),
    PermitField("by_representative", "check", 3),
)


def _always(_thing: Document) -> bool:
    return True


def _offers(*names: str) -> Callable[[Document], bool]:
    """Returns whether the service names one of the actions for the thing's state."""
    return lambda thing: any(name in thing["actions"] for name in names)


def _offers_for(kind: str, name: str) -> Callable[[Document], bool]:
    return lambda thing: thing["kind"] == kind and name in thing["actions"]


def _has_status(*statuses: str) -> Callable[[Document], bool]:
    return lambda thing: thing["status"] in statuses


def _has_open_proposal(request: Document) -> bool:
    proposal = (request["fee"] or {}).get("proposal")
    return proposal is not None and proposal["status"] == "proposed"


def _has_papers(request: Document) -> bool:
    return "cancel" in request["actions"] and bool(request.get("papers"))


def _request_action(
    name: str, scope: str, fields: Sequence[PermitField] = (NOTE,), **more: Any
) -> PermitAction:
    """Returns an action that the service names by its own name, unless `more` says when it's offered."""
    path = f"/v1/permit-requests/{{id}}/{name.replace('_', '-')}"
    offered = more.pop("is_offered", _offers(name))
    return PermitAction(name, path, scope, tuple(fields), offered, **more)


def _appeal_action(thing_name: str, against: str, is_offered: Any) -> PermitAction:
    return PermitAction(
        f"appeal_{thing_name}",
        "/v1/appeals",
        WRITE_REQUESTS,
        GROUNDS,
        is_offered,
        is_versioned=False,
        fixed={"against": against},
        names_thing=True,
        leads_to="appeals",
    )


_PAYER = (
    PermitField("payer.name", "words", 150),
    PermitField("payer.id_type", "id_types", 20),
    PermitField("payer.id_number", "code", 30),
)
_OF_REQUESTS = (
    _request_action("send_to_office", WRITE_REQUESTS),
    _request_action("send_to_technical_review", WRITE_REQUESTS),
    _request_action("pass_technical_review", REVIEW_REQUESTS),
    _request_action(
        "approve", REVIEW_REQUESTS, (PermitField("despite", "lines", GROUNDS_SIGNS), NOTE)
    ),
    _request_action(
        "request_payment",
        ISSUE_PERMITS,
        (SEEN_AMOUNT, PermitField("due_on", "day", 20), *_PAYER, NOTE),
    ),
    _request_action("issue", ISSUE_PERMITS, leads_to="permits"),
    _request_action("return", REVIEW_REQUESTS, (NOTES,)),
    _request_action("resubmit", WRITE_REQUESTS),
    _request_action(
        "hand_in_paper",
        WRITE_REQUESTS,
        (
            PermitField("code", "papers_needed", 40),
            PermitField("reference", "words", 200),
            PermitField("handed_in_on", "day", 20),
        ),
        is_offered=_offers("cancel"),
        is_versioned=False,
    ),
    _request_action(
        "take_back_paper",
        WRITE_REQUESTS,
        (PermitField("code", "papers", 40), REASON),
        is_offered=_has_papers,
        is_versioned=False,
    ),
    _request_action(
        "propose_amount",
        ISSUE_PERMITS,
        (PermitField("amount", "amount", 14), REASON),
        is_offered=_offers("request_payment"),
        is_versioned=False,
    ),
    _request_action(
        "agree_to_amount",
        ISSUE_PERMITS,
        (SEEN_AMOUNT, NOTE),
        is_offered=_has_open_proposal,
        is_versioned=False,
    ),
    _request_action(
        "refuse_amount",
        ISSUE_PERMITS,
        (SEEN_AMOUNT, REASON),
        is_offered=_has_open_proposal,
        is_versioned=False,
    ),
    _request_action("withdraw_payment", ISSUE_PERMITS, (REASON,)),
    _request_action("expire_unpaid", ISSUE_PERMITS),
    _request_action("reject", REVIEW_REQUESTS, (REASON,)),
    _request_action("cancel", WRITE_REQUESTS),
    _appeal_action("rejection", "rejection", _has_status("rejected")),
    PermitAction(
        REVEAL,
        "/v1/permit-requests/{id}/reveal-owners",
        REVIEW_REQUESTS,
        (PermitField("reason", "text", NOTE_SIGNS, "permit_reveal_hint"),),
        _always,
        is_versioned=False,
    ),
)


def _permit_action(
    name: str, scope: str, fields: Sequence[PermitField], **more: Any
) -> PermitAction:
    path = more.pop("path", name.replace("_", "-"))
    offered = more.pop("is_offered", _offers(name))
    return PermitAction(name, f"/v1/permits/{{id}}/{path}", scope, tuple(fields), offered, **more)


_STANDS = _offers("suspend")
_OF_PERMITS = (
    _permit_action(
        "open_insulation",
        INSULATE,
        (NOTE,),
        path="insulation-certificates",
        is_versioned=False,
        leads_to="certificates",
    ),
    _permit_action(
        COMPLETE,
        COMPLETE_BUILDINGS,
        (*INSPECTED, NOTE),
        path="completion-certificates",
        is_versioned=False,
        leads_to="certificates",
    ),
    _permit_action(
        "refuse_completion",
        COMPLETE_BUILDINGS,
        (*INSPECTED, PUBLISHED_REASON, DEFECTS),
        path="completion-refusals",
        is_offered=_offers("complete"),
        is_versioned=False,
        leads_to="certificates",
    ),
    _permit_action(
        "request_occupancy",
        WRITE_REQUESTS,
        (
            PermitField("kind", "occupancy_kinds", 10),
            PermitField("use", "words", 200),
            PermitField("occupants", "number", 6),
            PermitField("owner_address", "words", 300),
            PermitField("fire_protection", "check", 3),
            NOTE,
        ),
        path="occupancy-certificates",
        is_offered=_STANDS,
        is_versioned=False,
        leads_to="certificates",
    ),
    _permit_action(
        "submit_release",
        WRITE_RELEASES,
        (PermitField("extent", "extents", 10), NOTE),
        path="electricity-releases",
        is_offered=_STANDS,
        is_versioned=False,
        leads_to="releases",
    ),
    _permit_action("suspend", MANAGE_PERMITS, (PermitField("body", "words", 150), *PUBLISHED)),
    _permit_action(
        "reinstate", MANAGE_PERMITS, (PermitField("suspension_id", "suspensions", 36), REASON)
    ),
    _permit_action("cancel", MANAGE_PERMITS, PUBLISHED),
    _permit_action(
        "cancel_for_owner",
        MANAGE_PERMITS,
        (
            PermitField("owners", "owners", 300),
            PermitField("by_representative", "check", 3),
            PermitField("papers", "lines", GROUNDS_SIGNS),
            *PUBLISHED,
        ),
    ),
    _permit_action("undo_cancellation", MANAGE_PERMITS, (REASON,)),
    _appeal_action("suspension", "suspension", _offers("reinstate")),
    _appeal_action("cancellation", "cancellation", _has_status("cancelled")),
)


def _certificate_action(
    kind: str, name: str, scope: str, fields: Sequence[PermitField]
) -> PermitAction:
    """Returns an action whose name on the page has the kind of the certificate, because each kind has operations of its
    own."""
    path = f"/v1/{kind}-certificates/{{id}}/{name.replace('_', '-')}"
    return PermitAction(f"{name}_{kind}", path, scope, tuple(fields), _offers_for(kind, name))


_OF_CERTIFICATES = (
    _certificate_action(
        "insulation",
        "record_inspection",
        INSULATE,
        (
            PermitField("stage", "stages", 10),
            *VISIT,
            PermitField("materials", "words", 200),
            PermitField("u_value", "number", 6),
        ),
    ),
    _certificate_action(
        "insulation", "issue", INSULATE, (PermitField("valid_until", "day", 20), NOTE)
    ),
    *(
        _certificate_action("insulation", name, INSULATE, (REASON,))
        for name in ("reject", "void", "revoke")
    ),
    _certificate_action("completion", "revoke", COMPLETE_BUILDINGS, (REASON,)),
    _appeal_action(
        "completion_refusal",
        "completion_refusal",
        lambda thing: (thing["kind"], thing["status"]) == ("completion", "rejected"),
    ),
    _certificate_action("occupancy", "record_inspection", OCCUPY, VISIT),
    _certificate_action(
        "occupancy",
        "issue",
        OCCUPY,
        (
            PermitField("signatory.name", "words", 150),
            PermitField("signatory.capacity", "words", 150),
            PermitField("valid_until", "day", 20),
            NOTE,
        ),
    ),
    *(
        _certificate_action("occupancy", name, OCCUPY, PUBLISHED)
        for name in ("reject", "void", "revoke")
    ),
)


def _release_action(
    name: str, scope: str, fields: Sequence[PermitField] = PUBLISHED, **more: Any
) -> PermitAction:
    path = f"/v1/electricity-releases/{{id}}/{more.pop('path', name.replace('_', '-'))}"
    return PermitAction(name, path, scope, tuple(fields), _offers(name), **more)


_EXTENT = PermitField("extent", "extents", 10)
_OF_RELEASES = (
    _release_action("inspect_site", DECIDE_RELEASES, VISIT, path="record-inspection"),
    _release_action(
        "approve_partial", DECIDE_RELEASES, (NOTE,), path="approve", fixed={"extent": "partial"}
    ),
    _release_action(
        "approve_full", DECIDE_RELEASES, (NOTE,), path="approve", fixed={"extent": "full"}
    ),
    _release_action("return", DECIDE_RELEASES, (NOTES,)),
    _release_action("resubmit", WRITE_RELEASES, (_EXTENT, NOTE)),
    _release_action("ask_full", WRITE_RELEASES, (NOTE,)),
    _release_action("withdraw_approval", DECIDE_RELEASES, (REASON,)),
    _release_action("refuse", DECIDE_RELEASES),
    _release_action("cancel", WRITE_RELEASES),
    _release_action("order_disconnection", DECIDE_RELEASES),
    _release_action("withdraw_disconnection", DECIDE_RELEASES),
    _release_action("allow_reconnection", DECIDE_RELEASES),
)
_OF_APPEALS = tuple(
    PermitAction(name, f"/v1/appeals/{{id}}/{name}", scope, (REASON,), _offers(name))
    for name, scope in (
        ("accept", MANAGE_PERMITS),
        ("reject", MANAGE_PERMITS),
        ("withdraw", WRITE_REQUESTS),
    )
)
# Thing → its actions, in the order in which its page offers them.
ACTIONS: Mapping[str, Mapping[str, PermitAction]] = {
    thing: {action.name: action for action in actions}
    for thing, actions in (
        ("requests", _OF_REQUESTS),
        ("permits", _OF_PERMITS),
        ("certificates", _OF_CERTIFICATES),
        ("releases", _OF_RELEASES),
        ("appeals", _OF_APPEALS),
    )
}


def is_barred(action: PermitAction, thing: Document, subject: str) -> bool:
    """Returns whether the service refuses the action to the person for what the person did before."""
    barred = (thing.get("not_completed_by") or ()) if action.name == COMPLETE else ()
    return any(one["subject"] == subject for one in barred)


def offered_actions(
    kind: str, thing: Document, scopes: Collection[str], subject: str
) -> list[PermitAction]:
    """Returns the actions that the thing's state has, and that the person's scopes and earlier acts allow."""
    return [
        one
        for one in ACTIONS[kind].values()
        if one.scope in scopes and one.is_offered(thing) and not is_barred(one, thing, subject)
    ]
