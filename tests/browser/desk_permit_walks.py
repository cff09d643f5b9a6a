"""The walks through the pages of the desk for permits. The things are those of the contract's examples."""

from typing import Any

from portal_walks import Walk, fault, send, words

from chassis.core import contracts

_EXAMPLES = contracts.openapi("permits")["components"]["examples"]
REQUESTS, PERMITS = "/v1/permit-requests", "/v1/permits"
RELEASES, APPEALS = "/v1/electricity-releases", "/v1/appeals"
CERTIFICATES, OCCUPANCY, PEOPLE = (
    "/v1/certificates",
    "/v1/occupancy-certificates",
    "/v1/person-searches",
)
DESK = "/desk/permits"
OWNERS, LOOKS, QUEUE = f"{DESK}/owners", f"{DESK}/looks", f"{DESK}/queues"
MISSING = "0195ff10-4d00-7b22-9d3f-00000000dead"


def example(name: str, **changes: Any) -> Any:
    """Returns an answer of the contract."""
    return {**_EXAMPLES[name]["value"], **changes}


def request(**changes: Any) -> Any:
    actions = ["return", "approve", "request_payment", "issue", "reject", "cancel"]
    return example("PermitRequest", actions=actions, **changes)


def permit(**changes: Any) -> Any:
    actions = ["suspend", "reinstate", "cancel", "cancel_for_owner", "complete", "open_insulation"]
    stop = {
        "suspension_id": MISSING, "reason": "ملاحظات 3-5 على السلامة", "body": "الدفاع المدني", "since": "2026-11-24",
    }  # fmt: skip
    return example("Permit", actions=actions, suspensions=[stop], **changes)


_IDS = {
    "requests": (REQUESTS, request()["request_id"]),
    "permits": (PERMITS, permit()["permit_id"]),
    "insulation": (CERTIFICATES, example("InsulationCertificate")["certificate_id"]),
    "occupancy": (CERTIFICATES, example("OccupancyCertificate")["certificate_id"]),
    "completion": (CERTIFICATES, example("RefusedCompletion")["certificate_id"]),
    "releases": (RELEASES, example("Release")["release_id"]),
    "appeals": (APPEALS, example("Appeal")["appeal_id"]),
}
PATHS = {name: f"{path}/{found}" for name, (path, found) in _IDS.items()}
SHOWN = {
    name: f"{DESK}/{'certificates' if path == CERTIFICATES else name}/{found}"
    for name, (path, found) in _IDS.items()
}
THINGS = {
    "requests": request(),
    "permits": permit(),
    "insulation": example("InsulationCertificate", actions=["record_inspection", "issue", "void"]),
    "occupancy": example("OccupancyCertificate", actions=["record_inspection", "issue", "reject"]),
    "completion": example("RefusedCompletion", actions=[]),
    "releases": example(
        "Release", actions=["inspect_site", "approve_partial", "order_disconnection"]
    ),
    "appeals": example("Appeal", actions=["accept", "reject", "withdraw"]),
}
LOOK = {
    "search_id": MISSING, "at": "2026-11-24T09:00:00Z", "subject": "p_1", "name": "موظف (بيانات تجريبية)",
    "client_id": "qatif-desk", "municipality": "qatif", "kind": "name",
    "kind_title": words("بحث بالاسم", "Search by name"), "reason": "صك 3/4", "found": 2,
}  # fmt: skip


def desk_permit_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a permits service that is well answers, by path. The list of searches and the search of an owner
    have one path, so one answer serves both."""
    found = {
        "permits": example("PermitPage")["items"],
        "requests": example("PermitRequestPage")["items"],
        "more": True, "items": [LOOK, {**LOOK, "name": None}], "next_cursor": "c2",
    }  # fmt: skip
    owner = request()["owners"][0] | {"id_number": "1000000008", "mobile": "+966500000001"}
    return {
        **{PATHS[name]: (200, thing) for name, thing in THINGS.items()},
        **{f"{path}/history": (200, example("History")) for path in PATHS.values()},
        f"{PATHS['permits']}/certificates": (200, example("CertificateList")),
        f"{PATHS['requests']}/return": (200, request()),
        f"{PATHS['requests']}/reveal-owners": (200, {"owners": [owner]}),
        f"{PATHS['requests']}/issue": (201, permit()),
        REQUESTS: (200, example("PermitRequestPage", next_cursor="c2")),
        PERMITS: (200, example("PermitPage", next_cursor="c2")),
        RELEASES: (200, example("ReleasePage")),
        OCCUPANCY: (200, example("CertificatePage")),
        APPEALS: (200, example("AppealPage")),
        PEOPLE: (200, found),
    }


AWAY = dict.fromkeys((REQUESTS, PERMITS, PEOPLE, *PATHS.values()), (503, {}))
AWAY |= {f"{PATHS['requests']}/return": (503, {})}
NOTHING = {REQUESTS: (200, {"items": [], "next_cursor": None, "counts": {}})}
NOWHERE = NOTHING | {PERMITS: (200, {"items": [], "next_cursor": None})}
CHANGED = {
    "type": "urn:qatif:problem/changed-meanwhile",
    "title": "تغيرت البيانات أثناء عملكم",
    "detail": "تغيرت البيانات بعد 1448/06/14",
}
FASTER = {
    f"{PATHS['requests']}/return": (409, CHANGED),
    PATHS["requests"]: (200, {**request(), "actions": []}),
}
RETURN = f"{SHOWN['requests']}/actions/return"
NOTED = {"act": send(notes="ينقص مخطط 3/4")}
BY_NUMBER = send(id_number="1000000008", reason="مراجع يسأل")
FORMS = (
    *(
        ("requests", name)
        for name in ("approve", "request_payment", "hand_in_paper", "propose_amount")
    ),
    *(
        ("permits", name)
        for name in ("reinstate", "cancel_for_owner", "request_occupancy", "suspend")
    ),
    ("insulation", "record_inspection_insulation"),
    ("occupancy", "issue_occupancy"),
    ("releases", "order_disconnection"),
    ("appeals", "accept"),
)
DESK_PERMIT_WALKS = tuple(
    Walk(page, state, address, **{"task": "permit-office", **more})
    for page, state, address, more in (
        ("desk_permits", "good", f"{DESK}?plan_number=713/7&plot=215", {}),
        ("desk_permits", "form", DESK, {"task": "permit-review"}),
        ("desk_permits", "nothing", f"{DESK}?permit_number=1448/9", {"changed": NOWHERE}),
        ("desk_permits", "away", f"{DESK}?permit_number=1448/9", {"changed": AWAY}),
        (
            "desk_permits", "fault", f"{DESK}?plot=x",
            {"changed": {PERMITS: fault("plot")}, "is_error": True},
        ),
        ("desk_permits_entry", "good", DESK, {"act": send(permit_number="1448/1312")}),
        ("desk_permits_entry", "person", DESK, {"act": send(plot="1000000008"), "is_error": True}),
        ("desk_permits_entry", "empty", DESK, {"act": send(), "is_error": True}),
        ("desk_permit_owner", "good", OWNERS, {}),
        ("desk_permit_owner", "no-permission", OWNERS, {"task": "permit-review"}),
        ("desk_permit_owner_entry", "good", OWNERS, {"act": BY_NUMBER}),
        ("desk_permit_owner_entry", "away", OWNERS, {"act": BY_NUMBER, "meanwhile": AWAY}),
        (
            "desk_permit_owner_entry", "fault", OWNERS,
            {"act": BY_NUMBER, "meanwhile": {PEOPLE: fault("reason")}, "is_error": True},
        ),
        ("desk_permit_looks", "good", LOOKS, {}),
        ("desk_permit_looks", "away", LOOKS, {"changed": AWAY}),
        (
            "desk_permit_looks", "fault", f"{LOOKS}?since=x",
            {"changed": {PEOPLE: fault("since")}, "is_error": True},
        ),
        *(("desk_permit_queue", name, f"{QUEUE}/{name}", {}) for name in ("requests", "occupancy")),
        ("desk_permit_queue", "releases", f"{QUEUE}/releases?view=all&cursor=c1", {}),
        ("desk_permit_queue", "appeals", f"{QUEUE}/appeals?view=overdue", {}),
        ("desk_permit_queue", "nothing", f"{QUEUE}/requests?view=paid", {"changed": NOTHING}),
        ("desk_permit_queue", "unknown", f"{QUEUE}/none", {}),
        ("desk_permit_queue", "away", f"{QUEUE}/requests", {"changed": AWAY}),
        (
            "desk_permit_queue", "fault", f"{QUEUE}/requests?municipality=x",
            {"changed": {REQUESTS: fault("municipality")}, "is_error": True},
        ),
        *(("desk_permit_thing", name, address, {}) for name, address in SHOWN.items()),
        ("desk_permit_thing", "saved", f"{SHOWN['requests']}?done=return", {}),
        ("desk_permit_thing", "missing", f"{DESK}/permits/{MISSING}", {}),
        ("desk_permit_thing", "away", SHOWN["permits"], {"changed": AWAY}),
        ("desk_permit_document", "none", f"{SHOWN['requests']}/document", {}),
        *(
            ("desk_permit_action", name.replace("_", "-"), f"{SHOWN[kind]}/actions/{name}", {})
            for kind, name in FORMS
        ),
        ("desk_permit_action", "not-now", f"{SHOWN['requests']}/actions/resubmit", {}),
        ("desk_permit_action", "unknown", f"{SHOWN['requests']}/actions/delete", {}),
        ("desk_permit_action_entry", "good", RETURN, NOTED),
        ("desk_permit_action_entry", "issued", f"{SHOWN['requests']}/actions/issue", {"act": send()}),
        (
            "desk_permit_action_entry", "revealed", f"{SHOWN['requests']}/actions/reveal",
            {"act": send(reason="مطابقة الصك")},
        ),
        ("desk_permit_action_entry", "slower", RETURN, {**NOTED, "meanwhile": FASTER}),
        ("desk_permit_action_entry", "away", RETURN, {**NOTED, "meanwhile": AWAY}),
        (
            "desk_permit_action_entry", "fault", RETURN,
            {**NOTED, "meanwhile": {f"{PATHS['requests']}/return": fault("notes")}, "is_error": True},
        ),
    )
)  # fmt: skip
