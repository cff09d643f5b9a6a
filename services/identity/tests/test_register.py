"""The administration: what is registered, what is refused, what is published."""

import pytest
from joserfc.jwk import ECKey, RSAKey

from identity.passwords import hash_password, is_right

NAMES = {"ar": "جهة (بيانات تجريبية)", "en": "Organisation (trial data)"}
TERMS = {
    "purposes": ["meter-connection"],
    "query_kinds": ["issue-date-range", "permit-number"],
    "widest_span_days": 31,
    "fields": ["permit_number", "owners.name"],
    "rows_per_day": 1000,
    "valid_from": "2026-01-01T00:00:00+03:00",
    "valid_until": "2096-01-01T00:00:00+03:00",
}
GRANT = {"organisation": "electricity", "audience": "partner-gateway", **TERMS}
PUBLIC = ECKey.generate_key("P-256", {"kid": "k1"}).as_dict(private=False)
CLIENT = {
    "client_id": "new-desk",
    "kind": "staff",
    "organisation": "electricity",
    "name": NAMES,
    "jwks": {"keys": [PUBLIC]},
    "redirect_uris": ["https://new.example/callback"],
    "scopes": ["building-permits.read"],
}
PERSON = {
    "username": "huda",
    "display_name": "هدى (بيانات تجريبية)",
    "organisation": "electricity",
    "role": "connection-officer",
    "scopes": ["building-permits.read"],
    "password": "a sentence nobody knows",
}


@pytest.fixture
def post(client, admin, register):
    return lambda path, body: client.post(path, json=body, headers=admin)


@pytest.fixture
def put(client, admin, register):
    return lambda path, body: client.put(path, json=body, headers=admin)


def broken(answer):
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    return [(error["field"], error["code"]) for error in answer.json()["errors"]]


def refused_as(answer, status):
    """What the refusal of a change says, in Arabic, of a registration that has the status already."""
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, status)
    assert problem["type"].endswith("/wrong-status")
    return problem["detail"]


def test_an_organisation_is_registered_renamed_suspended_and_reinstated(post, put):
    made = post("/v1/organisations", {"code": "sewa", "kind": "partner", "name": NAMES})
    assert made.status_code == 201
    assert made.json() == {
        "code": "sewa",
        "kind": "partner",
        "name": NAMES,
        "municipality": None,
        "second_factor": "demanded",
        "status": "active",
        "version": 1,
    }

    assert (
        put("/v1/organisations/sewa", {"name": {**NAMES, "en": "Other"}}).json()["name"]["en"]
        == "Other"
    )
    assert post("/v1/organisations/sewa/suspend", {"reason": "x"}).json()["status"] == "suspended"
    again = post("/v1/organisations/sewa/suspend", {"reason": "x"})
    assert refused_as(again, "suspended") == "هذا التسجيل موقوف من قبل؛ لا حاجة إلى إيقافه."
    assert post("/v1/organisations/sewa/reinstate", None).json()["status"] == "active"
    again = post("/v1/organisations/sewa/reinstate", None)
    assert refused_as(again, "active") == "هذا التسجيل فعّال؛ لا حاجة إلى إعادة تفعيله."


def test_an_organisation_is_registered_once(post):
    answer = post("/v1/organisations", {"code": "electricity", "kind": "partner", "name": NAMES})

    assert answer.status_code == 409


def test_a_medical_centre_is_registered_and_belongs_to_no_municipality(post):
    body = {"code": "north-centre", "kind": "medical_centre", "name": NAMES}

    assert broken(post("/v1/organisations", {**body, "municipality": "qatif"})) == [
        ("municipality", "municipality-unexpected")
    ]
    assert post("/v1/organisations", body).status_code == 201


def test_a_municipality_names_one_of_the_governorates_municipalities(post):
    body = {"code": "atlantis", "kind": "affiliated_municipality", "name": NAMES}

    assert broken(post("/v1/organisations", body)) == [("municipality", "municipality-required")]
    assert broken(post("/v1/organisations", {**body, "municipality": "atlantis"})) == [
        ("municipality", "municipality-unknown")
    ]


def test_a_person_is_registered_under_an_opaque_id_and_signs_in(post, oauth):
    made = post("/v1/people", PERSON)

    assert made.status_code == 201
    assert made.json()["person_id"].startswith("p_")
    assert "huda" not in made.json()["person_id"]
    assert "password" not in made.text
    assert oauth.sign_in("HUDA", PERSON["password"]).status_code == 303


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"organisation": "nowhere"}, [("organisation", "organisation-unknown")]),
        ({"scopes": ["permits.issue"]}, [("scopes", "scope-organisation-kind")]),
        ({"scopes": ["everything"]}, [("scopes", "scope-unknown")]),
        ({"password": "huda huda huda"}, [("password", "password-weak")]),
    ],
)
def test_a_person_who_breaks_a_rule_is_not_registered(post, changes, errors):
    assert broken(post("/v1/people", {**PERSON, **changes})) == errors


@pytest.mark.parametrize("name", ["1000000008", "١٠٠٠٠٠٠٠٠٨"])
def test_an_identity_number_is_no_name_of_a_person(post, put, name):
    person_id = post("/v1/people", PERSON).json()["person_id"]
    terms = {field: PERSON[field] for field in ("role", "scopes")}

    made = post("/v1/people", {**PERSON, "username": "other", "display_name": name})
    amended = put(f"/v1/people/{person_id}", {**terms, "display_name": name})

    assert broken(made) == broken(amended) == [("display_name", "name")]


def test_no_username_begins_with_the_code_of_another_organisation(post):
    def made(username):
        return post("/v1/people", {**PERSON, "username": username})

    assert broken(made("water.huda")) == [("username", "username-home")]
    assert made("electricity.huda").status_code == 201
    assert made("nowhere.huda").status_code == 201


def test_a_username_is_given_once(post):
    assert post("/v1/people", {**PERSON, "username": "sara"}).status_code == 409


@pytest.mark.parametrize("field", ["person_id", "status", "password_hash", "version"])
def test_a_field_that_the_register_fills_itself_is_refused(post, field):
    answer = post("/v1/people", {**PERSON, field: "x"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_a_client_is_registered_with_its_public_key(post):
    made = post("/v1/clients", CLIENT)

    assert made.status_code == 201
    assert made.json()["jwks"] == {"keys": [PUBLIC]}
    assert made.json()["introspects"] == []


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"organisation": "nowhere"}, [("organisation", "organisation-unknown")]),
        ({"scopes": ["permits.read"]}, [("scopes", "scope-organisation-kind")]),
        ({"redirect_uris": []}, [("redirect_uris", "redirect-uri-required")]),
        ({"redirect_uris": ["http://new.example/"]}, [("redirect_uris.0", "redirect-uri")]),
        (
            {"kind": "machine"},
            [("redirect_uris", "redirect-uri-unexpected"), ("scopes", "scope-client-kind")],
        ),
        (
            {"jwks": {"keys": [{"kty": "EC", "kid": "k"}]}, "introspects": ["nothing"]},
            [("jwks.keys.0", "jwk-invalid"), ("introspects", "audience-unknown")],
        ),
        (
            {"kind": "machine", "redirect_uris": []},
            [("scopes", "scope-client-kind")],
        ),
        ({"introspects": ["nothing"]}, [("introspects", "audience-unknown")]),
        ({"exchange_audiences": ["permits"]}, [("exchange_audiences", "exchange-unexpected")]),
        (
            {"organisation": "qatif", "exchange_audiences": ["nothing"]},
            [("exchange_audiences", "audience-unknown")],
        ),
        ({"jwks": {"keys": [{**PUBLIC, "d": "secret"}]}}, [("jwks.keys.0", "jwk-private")]),
        ({"jwks": {"keys": [{**PUBLIC, "x": PUBLIC["y"]}]}}, [("jwks.keys.0", "jwk-invalid")]),
        ({"jwks": {"keys": [{"kty": "EC", "kid": "k"}]}}, [("jwks.keys.0", "jwk-invalid")]),
        ({"jwks": {"keys": [PUBLIC, PUBLIC]}}, [("jwks.keys.1.kid", "jwk-duplicate")]),
    ],
)
def test_a_client_that_breaks_a_rule_is_not_registered(post, changes, errors):
    assert broken(post("/v1/clients", {**CLIENT, **changes})) == errors


def test_a_client_of_a_municipality_lists_the_services_for_which_it_exchanges(post, put):
    desk = {**CLIENT, "organisation": "qatif", "exchange_audiences": ["permits", "reports"]}
    made = post("/v1/clients", desk)
    terms = {name: desk[name] for name in ("name", "redirect_uris", "scopes")}
    path, terms = "/v1/clients/new-desk", {**terms, "introspects": []}

    kept = put(path, terms)
    amended = put(path, {**terms, "exchange_audiences": ["reports"]})

    assert made.json()["exchange_audiences"] == ["permits", "reports"]
    assert kept.json()["exchange_audiences"] == ["permits", "reports"]
    assert amended.json()["exchange_audiences"] == ["reports"]


def test_a_client_of_a_partner_stays_without_exchanges_when_it_is_amended(put):
    terms = {"name": NAMES, "redirect_uris": CLIENT["redirect_uris"], "introspects": []}

    answer = put(
        "/v1/clients/electricity-desk",
        {**terms, "scopes": CLIENT["scopes"], "exchange_audiences": ["permits"]},
    )

    assert broken(answer) == [("exchange_audiences", "exchange-unexpected")]


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_short_rsa_key_is_refused(post):
    weak = RSAKey.generate_key(1024, {"kid": "weak"}).as_dict(private=False)

    answer = post("/v1/clients", {**CLIENT, "jwks": {"keys": [weak]}})

    assert broken(answer) == [("jwks.keys.0", "jwk-invalid")]


def test_a_grant_is_published_whole_when_it_is_given_amended_and_withdrawn(post, put, outbox_rows):
    made = post("/v1/grants", GRANT).json()
    path = f"/v1/grants/{made['grant_id']}"
    put(path, {**TERMS, "rows_per_day": 5})
    gone = post(f"{path}/withdraw", {"reason": "agreement ended"}).json()

    rows = outbox_rows()
    assert [row.type for row in rows] == [
        f"sa.gov.qatif.identity.grant.{happened}.v1"
        for happened in ("granted", "amended", "withdrawn")
    ]
    assert [row.version for row in rows] == [1, 2, 3]
    assert {row.topic for row in rows} == {"identity.grant"}
    assert {row.aggregate_id for row in rows} == {made["grant_id"]}
    assert [row.envelope["data"]["rows_per_day"] for row in rows] == [1000, 5, 5]
    assert rows[-1].envelope["data"] == {k: v for k, v in gone.items() if k != "version"}
    assert gone["status"] == "withdrawn"
    assert gone["valid_from"] == "2025-12-31T21:00:00Z"


def test_a_grant_lets_staff_enter_what_it_names_and_nothing_else(post, put, outbox_rows):
    path = f"/v1/grants/{post('/v1/grants', GRANT).json()['grant_id']}"
    put(path, {**TERMS, "entry_kinds": ["insulation", "supply"]})
    put(path, TERMS)

    told = [row.envelope["data"]["entry_kinds"] for row in outbox_rows()]
    assert told == [[], ["insulation", "supply"], []]


def test_a_grant_names_no_entries_that_nobody_knows(post, outbox_rows):
    answer = post("/v1/grants", {**GRANT, "entry_kinds": ["owners"]})

    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [
        ("entry_kinds.0", "enum")
    ]
    assert outbox_rows() == []


def test_a_withdrawn_grant_does_not_come_back_but_a_new_one_may_be_given(post, put):
    path = f"/v1/grants/{post('/v1/grants', GRANT).json()['grant_id']}"
    assert post("/v1/grants", GRANT).status_code == 409
    post(f"{path}/withdraw", {"reason": "x"})

    assert put(path, TERMS).status_code == 409
    again = post(f"{path}/withdraw", {"reason": "x"})
    assert refused_as(again, "withdrawn") == "المنحة مسحوبة ولا تُعدَّل؛ سجلوا منحة جديدة."
    assert post("/v1/grants", GRANT).status_code == 201


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"organisation": "nowhere"}, [("organisation", "organisation-unknown")]),
        ({"audience": "nothing"}, [("audience", "audience-unknown")]),
        ({"widest_span_days": None}, [("widest_span_days", "span-required")]),
        ({"query_kinds": ["plan-number"]}, [("widest_span_days", "span-required")]),
        ({"valid_until": "2020-01-01T00:00:00Z"}, [("valid_until", "period")]),
        ({"fields": ["permit_number", "owners.mobile"]}, [("fields", "field-never-granted")]),
    ],
)
def test_a_grant_that_breaks_a_rule_is_not_given(post, outbox_rows, changes, errors):
    assert broken(post("/v1/grants", {**GRANT, **changes})) == errors
    assert outbox_rows() == []


def test_a_grant_ends_within_the_calendar_of_riyadh(post):
    answer = post("/v1/grants", {**GRANT, "valid_until": "9999-12-31T23:59:59Z"})

    assert broken(answer) == [("valid_until", "format")]


def test_the_history_says_who_changed_a_person_what_and_why(client, post, put, admin):
    person_id = post("/v1/people", PERSON).json()["person_id"]
    path = f"/v1/people/{person_id}"
    terms = {name: PERSON[name] for name in ("role", "scopes")}
    put(path, {**terms, "role": "chief", "display_name": "هدى أحمد (بيانات تجريبية)"})
    put(f"{path}/password", {"password": "another long pass phrase"})
    post(f"{path}/suspend", {"reason": "بلاغ"})
    post(f"{path}/reinstate", None)

    answer = client.get(f"{path}/history", headers=admin)

    items = answer.json()["items"]
    assert [(one["action"], one["version"], one["note"]) for one in items] == [
        ("register", 1, None),
        ("amend", 2, None),
        ("set_password", 3, None),
        ("suspend", 4, "بلاغ"),
        ("reinstate", 5, None),
    ]
    assert items[1]["details"] == {"role": ["connection-officer", "chief"], "display_name": None}
    assert {one["subject"] for one in items} == {"p_admin"}
    assert items[3]["action_title"] == {"ar": "إيقاف", "en": "Suspended"}
    assert "هدى" not in answer.text


def test_the_history_of_a_client_names_the_ids_of_its_keys_and_of_a_grant_its_terms(
    client, post, put, admin
):
    post("/v1/clients", CLIENT)
    put("/v1/clients/new-desk/keys", {"keys": [{**PUBLIC, "kid": "k2"}]})
    grant = f"/v1/grants/{post('/v1/grants', GRANT).json()['grant_id']}"
    put(grant, {**TERMS, "valid_until": "2095-01-01T00:00:00Z"})
    post(f"{grant}/withdraw", {"reason": "انتهت الاتفاقية"})

    keys, terms = (
        client.get(f"{path}/history", headers=admin).json()["items"]
        for path in ("/v1/clients/new-desk", grant)
    )

    assert (keys[-1]["action"], keys[-1]["details"]) == ("replace_keys", {"kids": [["k1"], ["k2"]]})
    assert terms[1]["details"] == {
        "valid_until": ["2095-12-31T21:00:00Z", "2095-01-01T00:00:00Z"],
    }
    assert (terms[2]["action"], terms[2]["note"]) == ("withdraw", "انتهت الاتفاقية")


def test_the_history_of_an_organisation_begins_with_the_command_line(client, admin, register):
    (entry,) = client.get("/v1/organisations/electricity/history", headers=admin).json()["items"]

    assert (entry["action"], entry["subject"], entry["name"]) == ("register", "provision", None)


@pytest.mark.parametrize(
    ("path", "key"),
    [("organisations", "code"), ("people", "username"), ("clients", "client_id")],
)
def test_walking_the_pages_meets_everything_once(client, admin, register, path, key):
    whole = client.get(f"/v1/{path}?limit=200", headers=admin).json()["items"]
    found, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/v1/{path}?limit=1{cursor}", headers=admin).json()
        found += [item[key] for item in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"

    assert found == [item[key] for item in whole]
    assert len(found) == len(set(found)) > 2


def test_a_malformed_cursor_of_the_register_is_refused(client, admin, register):
    for cursor in ("_", "____", "AA"):
        assert client.get(f"/v1/people?cursor={cursor}", headers=admin).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/v1/organisations/nobody",
        "/v1/people/p_nobody",
        "/v1/people/p_nobody/history",
        "/v1/grants/01930000-8f00-7a11-8c2e-000000000001/history",
        "/v1/clients/nobody",
        "/v1/grants/01930000-8f00-7a11-8c2e-000000000001",
    ],
)
def test_an_unknown_id_of_the_register_is_not_found(client, admin, register, path):
    assert client.get(path, headers=admin).status_code == 404


@pytest.mark.parametrize(
    "path", ["organisations", "people", "clients", "grants", "revocations", "signing-keys"]
)
def test_the_register_is_for_administrators_only(client, token, register, path):
    nobody = client.get(f"/v1/{path}")
    other = client.get(f"/v1/{path}", headers=token("permits.read"))
    elsewhere = client.get(f"/v1/{path}", headers=token("identity.admin", aud="permits"))

    assert (nobody.status_code, other.status_code, elsewhere.status_code) == (401, 403, 401)


@pytest.mark.parametrize("reason", ["...", "ـــ", "\u200b\u200b", "\u3164"])
def test_a_suspension_needs_a_visible_reason(post, reason):
    person = post("/v1/people", PERSON).json()["person_id"]
    post("/v1/clients", CLIENT)
    grant = post("/v1/grants", GRANT).json()["grant_id"]
    taken = [
        f"/v1/people/{person}/suspend",
        "/v1/clients/new-desk/suspend",
        f"/v1/organisations/{GRANT['organisation']}/suspend",
        f"/v1/grants/{grant}/withdraw",
    ]

    answers = [post(path, {"reason": reason}) for path in taken]
    answers.append(post("/v1/revocations", {"kind": "person", "value": "p_x", "reason": reason}))

    assert [one.status_code for one in answers] == [400] * 5
    assert {one.json()["errors"][0]["field"] for one in answers} == {"reason"}


def test_a_password_is_the_same_with_and_without_signs_that_nobody_sees():
    kept = hash_password("a long pass phrase\u200f")

    assert is_right("a long\u200b pass phrase", kept)
    assert not is_right("a long pass phras", kept)


def test_a_revoked_administrator_is_refused_at_the_next_request(client, admin, register):
    client.post(
        "/v1/revocations", json={"kind": "person", "value": "p_admin", "reason": "x"}, headers=admin
    )

    assert client.get("/v1/grants", headers=admin).status_code == 401
