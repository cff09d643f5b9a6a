"""The walks through a citizen's delegations."""

from typing import Any

from portal_walks import Walk, fault, send

from chassis.core import contracts

_EXAMPLE = contracts.openapi("identity")["components"]["examples"]["OwnDelegation"]["value"]
NUMBER, ID = _EXAMPLE["unified_number"], "01930000-8f00-7a11-8c2e-0000000000"
OWNED = {**_EXAMPLE, "delegation_id": f"{ID}41", "basis": "register", "relation": "held"}
HELD = {**_EXAMPLE, "delegation_id": f"{ID}42", "basis": "officer", "relation": "held"}
GIVEN = {**_EXAMPLE, "delegation_id": f"{ID}43", "relation": "given"}
ENDED = {**GIVEN, "delegation_id": f"{ID}44", "status": "ended"}
UNSEEN = {
    **GIVEN,
    "delegation_id": f"{ID}45",
    "delegate": {"id_number": "10******32", "name": None},
}
OTHER = {**GIVEN, "delegation_id": f"{ID}46", "relation": "other"}
OWN, ESTABLISHMENTS = "/v1/my/delegations", "/v1/my/establishments"
ONE_ESTABLISHMENT = f"{ESTABLISHMENTS}/{NUMBER}/delegations"
# The list answers the form too, so it has the members of a delegation.
MINE = {**GIVEN, "items": [OWNED, HELD, GIVEN, ENDED, UNSEEN], "next_cursor": None}
PAGE = "/my/delegations"
END, ESTABLISHMENT = f"{PAGE}/{ID}43/end", f"{PAGE}/{ID}41/establishment"
END_OTHER = f"{ESTABLISHMENT}/{ID}46/end"


def delegation_answers() -> dict[str, tuple[int, Any]]:
    """Returns what an identity that is well answers a citizen, by path."""
    return {
        OWN: (200, MINE),
        ESTABLISHMENTS: (201, OWNED),
        f"{OWN}/{ID}43/end": (200, ENDED),
        ONE_ESTABLISHMENT: (200, {"items": [OWNED, GIVEN, OTHER], "next_cursor": "c2"}),
        f"{ONE_ESTABLISHMENT}/{ID}46/end": (200, {**OTHER, "status": "ended"}),
    }


NOTHING = {OWN: (200, {"items": [], "next_cursor": None})}
NOT_OWNER = {
    "type": "…/not-the-owner",
    "title": "السجل التجاري لا يذكركم مالكًا لهذه المنشأة",
    "detail": "راجعوا الرقم الموحد 7000000005",
}
CLAIM, NEW = send(unified_number=NUMBER), send(id_number="1000000024", until="1449/01/25")
DELEGATION_WALKS = tuple(
    Walk(page, state, address, **{"task": "my-delegations", **more})
    for page, state, address, more in (
        ("my_delegations", "good", f"{PAGE}?done=delegation_new", {}),
        ("my_delegations", "nothing", PAGE, {"changed": NOTHING}),
        ("my_delegations", "away", PAGE, {"changed": {OWN: (503, {})}}),
        ("my_claim", "good", f"{PAGE}/claim", {}),
        ("my_claim_entry", "good", f"{PAGE}/claim", {"act": CLAIM}),
        (
            "my_claim_entry", "not-owner", f"{PAGE}/claim",
            {"act": CLAIM, "changed": {ESTABLISHMENTS: (409, NOT_OWNER)}, "is_error": True},
        ),
        ("my_claim_entry", "lost", f"{PAGE}/claim", {"act": CLAIM, "changed": {ESTABLISHMENTS: (503, {})}}),
        ("my_delegation", "good", f"{PAGE}/new", {}),
        ("my_delegation", "away", f"{PAGE}/new", {"changed": {OWN: (503, {})}}),
        ("my_delegation_entry", "good", f"{PAGE}/new", {"act": NEW}),
        (
            "my_delegation_entry", "fault", f"{PAGE}/new",
            {"act": NEW, "meanwhile": {OWN: fault("delegate.id_number")}, "is_error": True},
        ),
        ("my_delegation_end", "good", END, {}),
        ("my_delegation_end", "missing", f"{PAGE}/{ID}99/end", {}),
        ("my_delegation_end_entry", "good", END, {"act": send(reason="انتهى العمل")}),
        (
            "my_delegation_end_entry", "fault", END,
            {"act": send(), "changed": {f"{OWN}/{ID}43/end": fault("reason")}, "is_error": True},
        ),
        ("my_establishment", "good", f"{ESTABLISHMENT}?done=delegation_end_other", {}),
        ("my_establishment", "not-owner", ESTABLISHMENT, {"changed": {ONE_ESTABLISHMENT: (409, NOT_OWNER)}}),
        ("my_establishment_end", "good", END_OTHER, {}),
        ("my_establishment_end_entry", "good", END_OTHER, {"act": send(reason="ترك العمل")}),
        (
            "my_establishment_end_entry", "fault", END_OTHER,
            {
                "act": send(),
                "changed": {f"{ONE_ESTABLISHMENT}/{ID}46/end": fault("reason")}, "is_error": True,
            },
        ),
    )
)  # fmt: skip
