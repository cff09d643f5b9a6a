"""The walks through the register of people, applications, grants and organisations, in three areas."""

from typing import Any

from portal_walks import Walk, fault, send

from chassis.core import contracts

_EXAMPLES = contracts.openapi("identity")["components"]["examples"]
PERSON, CLIENT = _EXAMPLES["Person"]["value"], _EXAMPLES["Client"]["value"]
GRANT, ORGANISATION = _EXAMPLES["Grant"]["value"], _EXAMPLES["Organisation"]["value"]
FACTORS, CODE = _EXAMPLES["PersonFactors"]["value"], _EXAMPLES["NewEnrolmentCode"]["value"]
RESET = {**FACTORS, "reset": {**_EXAMPLES["FactorReset"]["value"], "requested_by": "p_other"}}
NO_FACTORS = {
    **FACTORS,
    "items": [],
    "recovery_codes_left": 0,
    "enrolment_code_expires_at": CODE["expires_at"],
}
REVOCATION, HISTORY = _EXAMPLES["Revocation"]["value"], _EXAMPLES["History"]["value"]
SUSPENDED = {**PERSON, "status": "suspended", "attributes": {"departments": "cleaning survey"}}
PEOPLE, CLIENTS, GRANTS, ORGANISATIONS = (
    f"/v1/{one}" for one in ("people", "clients", "grants", "organisations")
)
ONE_PERSON, ONE_CLIENT = f"{PEOPLE}/{PERSON['person_id']}", f"{CLIENTS}/{CLIENT['client_id']}"
ONE_GRANT, ONE_ORGANISATION = f"{GRANTS}/{GRANT['grant_id']}", f"{ORGANISATIONS}/electricity"
_THINGS = (
    (ONE_PERSON, PERSON),
    (ONE_CLIENT, CLIENT),
    (ONE_GRANT, GRANT),
    (ONE_ORGANISATION, ORGANISATION),
)
DESK = "/desk/administration"
PERSON_PAGE, CLIENT_PAGE = (
    f"{DESK}/people/{PERSON['person_id']}",
    f"{DESK}/clients/{CLIENT['client_id']}",
)
GRANT_PAGE = f"{DESK}/grants/{GRANT['grant_id']}"
ORGANISATION_PAGE = f"{DESK}/organisations/electricity"


def administration_answers() -> dict[str, tuple[int, Any]]:
    """Returns what an identity that is well answers an administrator, by path."""
    page: dict[str, Any] = {"next_cursor": "c2"}
    home = {**ORGANISATION, "code": "qatif", "kind": "municipality", "municipality": "qatif"}
    centre = {**ORGANISATION, "code": "saihat-centre", "kind": "medical_centre"}
    town = {**home, "code": "saihat", "kind": "affiliated_municipality", "municipality": "saihat"}
    return {
        **{path: (200, thing) for path, thing in _THINGS},
        **{f"{path}/history": (200, HISTORY) for path, _ in _THINGS},
        PEOPLE: (200, {**page, "items": [PERSON, SUSPENDED]}),
        CLIENTS: (200, {**page, "items": [CLIENT]}),
        GRANTS: (200, {**page, "items": [GRANT]}),
        ORGANISATIONS: (200, {**page, "items": [ORGANISATION, home]}),
        f"{ORGANISATIONS}/qatif": (200, home),
        f"{ORGANISATIONS}/saihat-centre": (200, centre),
        f"{ORGANISATIONS}/saihat": (200, town),
        "/v1/revocations": (200, {**page, "items": [REVOCATION]}),
        f"{ONE_PERSON}/suspend": (200, PERSON),
        f"{ONE_PERSON}/password": (200, PERSON),
        f"{ONE_CLIENT}/keys": (200, CLIENT),
        f"{ONE_PERSON}/factors": (200, FACTORS),
        f"{ONE_PERSON}/enrolment-code": (201, CODE),
        f"{ONE_PERSON}/factor-reset": (201, RESET["reset"]),
    }


AWAY = dict.fromkeys((PEOPLE, f"{ORGANISATIONS}/qatif", ONE_PERSON), (503, {}))
NOTHING = {GRANTS: (200, {"items": [], "next_cursor": None})}
NO_HISTORY = {f"{ONE_PERSON}/history": (503, {}), ONE_PERSON: (200, SUSPENDED)}
AT_FACTORS, AT_CODE = f"{ONE_PERSON}/factors", f"{ONE_PERSON}/enrolment-code"
HAS_FACTOR = {
    AT_CODE: (409, {"type": "…/factor-exists", "title": "لدى الموظف وسيلة", "detail": "اطلبوا إلغاءها"})
}  # fmt: skip
MADE = {PEOPLE: (201, PERSON)}
TAKEN = {
    PEOPLE: (409, {"type": "…/username-taken", "title": "اسم المستخدم محجوز", "detail": "اختاروا غيره"})
}  # fmt: skip
CHANGED = {
    ONE_PERSON: (
        409,
        {
            **PERSON,
            "type": "…/registration-changed",
            "title": "تغير التسجيل",
            "detail": "غيّره غيركم في 1448/06/14",
        },
    )
}
PRIVATE = send(jwks='{"kty": "EC", "d": "x"}')
_DESK = (
    ("", "good", f"{DESK}/people", {}),
    ("", "clients", f"{DESK}/clients?organisation=electricity", {}),
    ("", "grants", f"{DESK}/grants", {}),
    ("", "no-grants", f"{DESK}/grants?organisation=electricity", {"changed": NOTHING}),
    ("", "organisations", f"{DESK}/organisations", {}),
    ("", "revocations", f"{DESK}/revocations", {}),
    ("", "unknown", f"{DESK}/roles", {}),
    ("", "away", f"{DESK}/people", {"changed": AWAY}),
    ("_thing", "good", f"{PERSON_PAGE}?done=people_amend", {}),
    ("_thing", "no-history", PERSON_PAGE, {"changed": NO_HISTORY}),
    ("_thing", "client", CLIENT_PAGE, {}),
    ("_thing", "grant", GRANT_PAGE, {}),
    ("_thing", "organisation", ORGANISATION_PAGE, {}),
    ("_thing", "no-factor", PERSON_PAGE, {"changed": {AT_FACTORS: (200, NO_FACTORS)}}),
    ("_thing", "reset", PERSON_PAGE, {"changed": {AT_FACTORS: (200, RESET)}}),
    ("_thing", "missing", f"{DESK}/people/p_nobody", {}),
    ("_new", "good", f"{DESK}/new/people?organisation=electricity", {}),
    ("_new", "client", f"{DESK}/new/clients", {}),
    ("_new", "grant", f"{DESK}/new/grants?organisation=electricity", {}),
    ("_new", "organisation", f"{DESK}/new/organisations", {}),
    ("_new", "unknown", f"{DESK}/new/revocations", {}),
    ("_new_entry", "good", f"{DESK}/new/people", {"act": send(username="huda"), "meanwhile": MADE}),
    (
        "_new_entry", "fault", f"{DESK}/new/people",
        {"act": send(username="x"), "meanwhile": {PEOPLE: fault("username")}, "is_error": True},
    ),
    (
        "_new_entry", "taken", f"{DESK}/new/people",
        {"act": send(username="huda"), "meanwhile": TAKEN, "is_error": True},
    ),
    ("_new_entry", "lost", f"{DESK}/new/people", {"act": send(), "meanwhile": {PEOPLE: (503, {})}}),
    ("_action", "good", f"{PERSON_PAGE}/suspend", {}),
    ("_action", "amend", f"{PERSON_PAGE}/amend", {}),
    ("_action", "keys", f"{CLIENT_PAGE}/keys", {}),
    ("_action", "client", f"{CLIENT_PAGE}/amend", {}),
    ("_action", "grant", f"{GRANT_PAGE}/amend", {}),
    ("_action", "policy", f"{ORGANISATION_PAGE}/policy", {}),
    ("_action", "reset", f"{PERSON_PAGE}/factor-reset", {}),
    ("_action", "unknown", f"{PERSON_PAGE}/delete", {}),
    ("_action_entry", "good", f"{PERSON_PAGE}/suspend", {"act": send(reason="ترك العمل")}),
    ("_action_entry", "password", f"{PERSON_PAGE}/password", {"act": send(password="four palms by the sea")}),
    ("_action_entry", "code", f"{PERSON_PAGE}/enrolment-code", {"act": send()}),
    (
        "_action_entry", "has-factor", f"{PERSON_PAGE}/enrolment-code",
        {"act": send(), "meanwhile": HAS_FACTOR, "is_error": True},
    ),
    ("_action_entry", "changed", f"{PERSON_PAGE}/amend", {"act": send(), "meanwhile": CHANGED}),
    (
        "_action_entry", "fault", f"{PERSON_PAGE}/suspend",
        {"act": send(), "changed": {f"{ONE_PERSON}/suspend": fault("reason")}, "is_error": True},
    ),
    ("_action_entry", "private-key", f"{CLIENT_PAGE}/keys", {"act": PRIVATE, "is_error": True}),
    (
        "_action_entry", "bad-key", f"{CLIENT_PAGE}/keys",
        {
            "act": send(jwks='{"keys": []}'),
            "changed": {f"{ONE_CLIENT}/keys": fault("jwks.keys.0")}, "is_error": True,
        },
    ),
)  # fmt: skip


def _walks_of(area: str, task: str) -> tuple[Walk, ...]:
    """Returns the walks of an administrator who sees one organisation."""
    base, page = f"/{area}/administration", f"{area}_register"
    person = f"{base}/people/{PERSON['person_id']}"
    refused = {f"{ONE_PERSON}/suspend": fault("reason")}
    return (
        Walk(page, "good", f"{base}/people", task=task),
        Walk(page, "grants", f"{base}/grants", task=task),
        Walk(page, "no-revocations", f"{base}/revocations", task=task),
        Walk(f"{page}_thing", "good", person, task=task),
        Walk(f"{page}_thing", "missing", f"{base}/clients/nobody", task=task),
        Walk(f"{page}_new", "good", f"{base}/new/people", task=task),
        Walk(f"{page}_new", "no-permission", f"{base}/new/clients", task=task),
        Walk(
            f"{page}_new_entry",
            "fault",
            f"{base}/new/people",
            task=task,
            act=send(),
            meanwhile={PEOPLE: fault("role")},
            is_error=True,
        ),
        Walk(f"{page}_action", "good", f"{person}/amend", task=task),
        Walk(f"{page}_action", "no-permission", f"{person}/revoke", task=task),
        Walk(f"{page}_action_entry", "good", f"{person}/suspend", task=task, act=send(reason="x")),
        Walk(
            f"{page}_action_entry",
            "fault",
            f"{person}/suspend",
            task=task,
            act=send(),
            changed=refused,
            is_error=True,
        ),
    )


ADMINISTRATION_WALKS = (
    *(
        Walk(f"desk_register{page}", state, address, **{"task": "administration", **more})
        for page, state, address, more in _DESK
    ),
    *_walks_of("sec", "company-administration"),
    *_walks_of("centre", "centre-administration"),
    *_walks_of("affiliated", "municipal-administration"),
)
