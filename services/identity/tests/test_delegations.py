"""Acting for an establishment: who may say so, what the token names, and that its end is felt at once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.access.persons import Person, Persons
from chassis.core import contracts
from chassis.data.sealing import Keyring
from chassis.events.contacts import contacts_of
from identity.domain.citizens import NAMINGS_PER_DELEGATE
from saudi.days import hijri_text, legal_day

from .citizens import FATIMA, HASAN, Citizen

SALMA = "1000000032"

ESTABLISHMENT, OTHER = "7000000005", "7000000013"
CITIZENS = {"client_kind": "citizen", "organisation": None, "organisation_kind": None}


def soon(**passed):
    return (datetime.now(UTC) + timedelta(**passed or {"days": 90})).isoformat()


@pytest.fixture
def officer(token):
    return token("delegations.manage", sub="p_officer", name="موظف (بيانات تجريبية)")


@pytest.fixture
def as_citizen(token, settings):
    """The header of a citizen's token, as the application's own verifier takes it."""
    persons = Persons(Keyring.parse(settings.person_key))

    def header(subject, id_number):
        person = Person(id_number=id_number, id_type="national_id", name="بيانات تجريبية")
        claims = {**CITIZENS, "municipality": None, "person": persons.seal(subject, person)}
        return token("my-delegations.write", sub=subject, client_id="citizens", **claims)

    return header


@pytest.fixture
def people(oauth, national, as_citizen):
    """Fatima, who owns the establishment, and Hasan, after their first sign-in: their browsers, ids and headers."""
    found = {}
    for name, number in (("fatima", FATIMA), ("hasan", HASAN)):
        citizen = Citizen(oauth, number)
        subject = oauth.claims(citizen.token())["sub"]
        found[name] = (citizen, subject, as_citizen(subject, number))
    return found


def named(number=HASAN, establishment=ESTABLISHMENT, **more):
    return {
        "delegate": {"id_number": number},
        "unified_number": establishment,
        "until": soon(),
        **more,
    }


def by_officer(client, officer, **changes):
    body = named(proof="تفويض مصدق 4471 (بيانات تجريبية)", **changes)
    return client.post("/v1/delegations", json=body, headers=officer)


def acts_for(oauth, citizen):
    return oauth.claims(citizen.token()).get("acts_for", "").split()


def test_a_delegates_next_token_names_the_establishment(client, officer, oauth, people):
    hasan, subject, _ = people["hasan"]

    answer = by_officer(client, officer)

    assert answer.status_code == 201, answer.text
    row = answer.json()
    assert (row["basis"], row["made_by"], row["status"]) == ("officer", "p_officer", "active")
    assert row["delegate"] == {
        "citizen_id": subject,
        "id_number": "10******24",
        "name": "حسن أحمد (بيانات تجريبية)",
    }
    assert acts_for(oauth, hasan) == [ESTABLISHMENT]


def test_a_delegate_may_be_named_before_the_first_sign_in(client, officer, oauth, national):
    by_officer(client, officer)

    assert acts_for(oauth, Citizen(oauth, HASAN)) == [ESTABLISHMENT]


def test_an_owner_names_a_delegate_after_a_question_to_the_commercial_register(
    client, oauth, people, trade
):
    hasan, _, _ = people["hasan"]
    _, owner, header = people["fatima"]

    answer = client.post("/v1/my/delegations", json=named(), headers=header)

    assert answer.status_code == 201, answer.text
    assert answer.json()["basis"] == "owner"
    assert "made_by" not in answer.json()
    assert trade.asked == 1
    assert acts_for(oauth, hasan) == [ESTABLISHMENT]
    assert client.get("/v1/my/delegations", headers=header).json()["items"] == [answer.json()]
    assert answer.json()["relation"] == "given"
    held = client.get("/v1/my/delegations", headers=people["hasan"][2]).json()["items"]
    assert [one["relation"] for one in held] == ["held"]


def test_an_owner_claims_the_establishment_by_the_commercial_register(client, oauth, people, trade):
    fatima, _, header = people["fatima"]
    body = {"unified_number": ESTABLISHMENT}

    answer = client.post("/v1/my/establishments", json=body, headers=header)

    assert answer.status_code == 201, answer.text
    assert answer.json()["basis"] == "register"
    assert acts_for(oauth, fatima) == [ESTABLISHMENT]
    again = client.post("/v1/my/establishments", json=body, headers=header)
    assert again.status_code == 201  # thirty days anew
    assert acts_for(oauth, fatima) == [ESTABLISHMENT]


def problem(answer):
    return answer.json()["type"].rpartition("/")[2]


@pytest.mark.parametrize("establishment", [OTHER, "7000000021"])
def test_only_an_owner_of_the_commercial_register_claims_or_delegates(
    client, oauth, people, trade, establishment
):
    trade.owners[OTHER] = [FATIMA]
    hasan, _, header = people["hasan"]

    claimed = client.post(
        "/v1/my/establishments", json={"unified_number": establishment}, headers=header
    )
    given = client.post("/v1/my/delegations", json=named(FATIMA, establishment), headers=header)

    assert problem(claimed) == problem(given) == "not-the-owner"
    assert acts_for(oauth, hasan) == []


def test_a_delegate_may_not_delegate(client, officer, people, trade):
    _, _, header = people["hasan"]
    by_officer(client, officer)

    answer = client.post("/v1/my/delegations", json=named("2000000006"), headers=header)

    assert problem(answer) == "not-the-owner"


def test_an_owner_may_not_name_himself_as_delegate(client, people, trade):
    _, _, header = people["fatima"]

    answer = client.post("/v1/my/delegations", json=named(FATIMA), headers=header)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "names-himself"


def test_a_closed_establishment_has_no_owner(client, people, trade):
    _, _, header = people["fatima"]
    trade.closed.add(ESTABLISHMENT)

    assert (
        problem(client.post("/v1/my/delegations", json=named(), headers=header)) == "not-the-owner"
    )


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 302}, {"answers_for": OTHER}])
def test_a_wrong_answer_of_the_commercial_register_gives_no_delegation(
    client, people, trade, fault
):
    _, _, header = people["fatima"]
    for name, value in fault.items():
        setattr(trade, name, value)

    answer = client.post(
        "/v1/my/establishments", json={"unified_number": ESTABLISHMENT}, headers=header
    )

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize("who", ["officer", "owner", "delegate"])
def test_an_end_voids_the_delegates_tokens_and_the_next_one_names_nothing(
    client, officer, oauth, people, trade, outbox_rows, who
):
    hasan, subject, delegates = people["hasan"]
    _, _, owners = people["fatima"]
    made = client.post("/v1/my/delegations", json=named(), headers=owners).json()
    token = hasan.token()
    place = "/v1/delegations" if who == "officer" else "/v1/my/delegations"
    header = {"officer": officer, "owner": owners, "delegate": delegates}[who]

    ended = client.post(
        f"{place}/{made['delegation_id']}/end", json={"reason": "انتهى العمل"}, headers=header
    )

    assert ended.json()["status"] == "ended"
    assert oauth.introspect(token) == {"active": False}
    told = outbox_rows()[-1].envelope["data"]
    assert (told["kind"], told["value"]) == ("delegation", f"{subject}/{ESTABLISHMENT}")
    assert acts_for(oauth, hasan) == []
    again = client.post(
        f"{place}/{made['delegation_id']}/end", json={"reason": "مرة ثانية"}, headers=header
    )
    assert again.status_code == 409


def test_the_end_of_a_delegation_leaves_sessions_and_other_tokens(client, oauth, people, trade):
    hasan, _, _ = people["hasan"]
    _, _, owners = people["fatima"]
    before = hasan.token()
    made = client.post("/v1/my/delegations", json=named(), headers=owners).json()
    carries = hasan.token()

    end(client, made, owners)

    assert oauth.introspect(carries) == {"active": False}
    assert oauth.introspect(before)["active"]
    assert hasan.page().status_code == 303  # no page asks him to sign in anew
    assert oauth.introspect(hasan.token())["active"]


def test_a_token_of_the_moment_of_a_second_naming_is_good(client, oauth, people, trade):
    hasan, _, _ = people["hasan"]
    _, _, owners = people["fatima"]
    made = client.post("/v1/my/delegations", json=named(), headers=owners).json()
    end(client, made, owners)
    client.post("/v1/my/delegations", json=named(), headers=owners)

    token = hasan.token()

    assert oauth.claims(token)["acts_for"] == ESTABLISHMENT
    assert oauth.introspect(token)["active"]


def end(client, made, header):
    place = f"/v1/my/delegations/{made['delegation_id']}/end"
    answer = client.post(place, json={"reason": "انتهى العمل (بيانات تجريبية)"}, headers=header)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(("number", "name"), [(HASAN, "حسن أ."), (SALMA, None)])
def test_the_owner_sees_a_masked_number_and_a_short_name_of_a_delegate(
    client, people, trade, session, number, name
):
    _, _, owners = people["fatima"]
    made = client.post("/v1/my/delegations", json=named(number), headers=owners).json()
    session.execute(text("UPDATE citizen SET status = 'suspended' WHERE id_number IS NOT NULL"))
    session.commit()

    listed = client.get("/v1/my/delegations", headers=owners)
    ended = end(client, made, owners)

    masked = {"id_number": f"{number[:2]}******{number[-2:]}", "name": name}
    assert made["delegate"] == ended["delegate"] == masked
    assert listed.json()["items"] == [made]
    assert "c_" not in listed.text


@pytest.fixture
def told(session, outbox_rows):
    """`told()`: what happened to delegations, with the mobiles by role."""

    def read():
        rows = [row for row in outbox_rows() if row.topic == "identity.delegation"]
        for row in rows:
            contracts.check_event(row.type, row.envelope["data"])
        return [
            (
                row.type.split(".")[-2],
                {
                    one.role: one.mobile
                    for one in contacts_of(session).open(
                        row.aggregate_id, row.envelope["data"]["contacts"]
                    )
                },
            )
            for row in rows
        ]

    return read


BOTH = {"delegate": "+966500000024", "owner": "+966500000016"}


def test_delegate_and_owner_are_told_of_the_beginning_and_the_end(client, people, trade, told):
    _, _, owners = people["fatima"]

    made = client.post("/v1/my/delegations", json=named(), headers=owners).json()
    end(client, made, owners)

    assert told() == [("named", BOTH), ("ended", BOTH)]


def test_an_owner_who_claimed_the_establishment_is_told_of_an_officers_delegation(
    client, officer, people, trade, told
):
    _, _, owners = people["fatima"]
    claim = {"unified_number": ESTABLISHMENT}
    client.post("/v1/my/establishments", json=claim, headers=owners)

    by_officer(client, officer)

    assert told() == [("named", BOTH)]


def test_a_delegate_who_never_signed_in_has_no_mobile_to_be_told(client, officer, told):
    by_officer(client, officer, number=SALMA)

    assert told() == [("named", {})]


def test_repeated_namings_of_a_person_are_limited(client, people, trade):
    _, _, owners = people["fatima"]
    statuses = []
    for _ in range(NAMINGS_PER_DELEGATE + 1):
        answer = client.post("/v1/my/delegations", json=named(), headers=owners)
        statuses.append(answer.status_code)
        if answer.status_code == 201:
            end(client, answer.json(), owners)

    assert statuses == [*[201] * NAMINGS_PER_DELEGATE, 429]
    others = client.post("/v1/my/delegations", json=named("1000000032"), headers=owners)
    assert others.status_code == 201


def test_a_strangers_delegation_is_not_found(client, officer, people, as_citizen):
    made = by_officer(client, officer).json()
    _, _, stranger = people["fatima"]
    body = {"reason": "ليس لي"}

    foreign = client.post(
        f"/v1/my/delegations/{made['delegation_id']}/end", json=body, headers=stranger
    )
    missing = client.post(
        f"/v1/my/delegations/{'0' * 8}-0000-7000-8000-{'0' * 12}/end", json=body, headers=stranger
    )

    assert foreign.status_code == missing.status_code == 404
    differing = {"instance", "request_id", "trace_id"}
    same = [
        {k: v for k, v in one.json().items() if k not in differing} for one in (foreign, missing)
    ]
    assert same[0] == same[1]


def test_a_request_cannot_choose_the_establishments_of_a_token(oauth, national):
    claims = oauth.claims(Citizen(oauth).token(acts_for=OTHER))

    assert "acts_for" not in claims


def test_no_token_outlives_a_delegation_that_it_names(client, officer, oauth, people, session):
    hasan, _, _ = people["hasan"]
    made = by_officer(client, officer).json()
    shorter = text(
        "UPDATE delegation SET valid_until = now() + interval '4 min' WHERE delegation_id = :id"
    )
    session.execute(shorter, {"id": made["delegation_id"]})
    session.commit()

    assert acts_for(oauth, hasan) == []


def test_an_expired_delegation_makes_room_for_a_new_delegation(client, officer, session):
    made = by_officer(client, officer).json()
    assert by_officer(client, officer).status_code == 409
    session.execute(text("UPDATE delegation SET valid_until = now() - interval '1 s'"))
    session.commit()
    place = f"/v1/delegations/{made['delegation_id']}"
    assert client.get(place, headers=officer).json()["status"] == "expired"

    assert by_officer(client, officer).status_code == 201

    listed = client.get(f"/v1/delegations?unified_number={ESTABLISHMENT}", headers=officer).json()
    assert [one["status"] for one in listed["items"]] == ["active", "ended"]


@pytest.mark.parametrize(("days", "code"), [(-1, "in-the-past"), (400, "too-far-ahead")])
def test_an_end_is_ahead_and_within_a_year(client, officer, days, code):
    answer = by_officer(client, officer, until=soon(days=days))

    assert answer.json()["errors"][0]["code"] == code


@pytest.mark.parametrize("proof", ["  ", "ـــ", "\u200f\u200f"])
def test_an_officer_says_which_proof_was_seen(client, officer, proof):
    body = named(proof=proof)

    answer = client.post("/v1/delegations", json=body, headers=officer)

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == ["proof"]


def test_delegations_need_their_scopes(client, token, people):
    for scope, claims in (("identity.admin", {}), ("my-delegations.write", {})):
        header = token(scope, **claims)
        assert (
            client.post("/v1/delegations", json=named(proof="x y"), headers=header).status_code
            == 403
        )
    employee = token("my-delegations.write")  # which nobody gets
    for method, path, body in (
        ("GET", "/v1/my/delegations", None),
        ("POST", "/v1/my/delegations", named()),
        ("POST", "/v1/my/establishments", {"unified_number": ESTABLISHMENT}),
    ):
        assert client.request(method, path, json=body, headers=employee).status_code == 404


def test_the_history_tells_who_named_whom_and_no_number(client, officer):
    made = by_officer(client, officer).json()

    history = client.get(f"/v1/delegations/{made['delegation_id']}/history", headers=officer)

    [entry] = history.json()["items"]
    assert (entry["action"], entry["subject"]) == ("register", "p_officer")
    assert entry["note"] == "تفويض مصدق 4471 (بيانات تجريبية)"
    assert HASAN not in history.text


def test_questions_to_the_commercial_register_are_counted(client, people, trade, settings, app):
    _, _, header = people["hasan"]
    statuses = [
        client.post(
            "/v1/my/establishments", json={"unified_number": OTHER}, headers=header
        ).status_code
        for _ in range(settings.register_questions_per_citizen + 1)
    ]

    assert statuses[-1] == 429
    assert trade.asked == settings.register_questions_per_citizen


@pytest.mark.parametrize("written", ["{day}", "{hijri}", "{day}T21:00:00Z"])
def test_the_end_is_a_last_day_of_either_calendar_or_a_moment(client, officer, written):
    """The moment is the midnight at which that day ends in Riyadh."""
    day = legal_day(datetime.now(UTC)) + timedelta(days=90)
    until = written.format(day=day.isoformat(), hijri=hijri_text(day))

    made = by_officer(client, officer, until=until).json()

    assert (made["last_day"], made["last_day_hijri"]) == (day.isoformat(), hijri_text(day))
    assert made["until"] == f"{day.isoformat()}T21:00:00Z"


@pytest.mark.parametrize("until", ["1448/13/01", "2027-02-30", "tomorrow", "2027-06-30T25:00:00Z"])
def test_an_end_that_is_no_day_is_named_with_every_other_fault(client, officer, until):
    body = named(until=until, establishment="123")

    answer = client.post("/v1/delegations", json={**body, "proof": "x"}, headers=officer)

    assert answer.status_code == 400
    assert {one["field"] for one in answer.json()["errors"]} == {"until", "unified_number"}


@pytest.fixture
def sold(client, people, trade, as_citizen):
    """Fatima has claimed the establishment and named Hasan; then she sold it to Salma, who claims it."""
    _, _, fatima = people["fatima"]
    claimed = client.post(
        "/v1/my/establishments", json={"unified_number": ESTABLISHMENT}, headers=fatima
    ).json()
    made = client.post("/v1/my/delegations", json=named(), headers=fatima).json()
    trade.owners[ESTABLISHMENT] = [SALMA]
    return claimed, made


@pytest.fixture
def salma(oauth, national, as_citizen):
    """The buyer, after her first sign-in."""
    subject = oauth.claims(Citizen(oauth, SALMA).token())["sub"]
    return as_citizen(subject, SALMA)


def owns(client, header):
    body = {"unified_number": ESTABLISHMENT}
    return client.post("/v1/my/establishments", json=body, headers=header)


def test_a_claim_by_the_buyer_ends_what_rests_on_the_seller(client, oauth, people, sold, salma):
    hasan, fatima = people["hasan"][0], people["fatima"][0]
    before = [hasan.token(), fatima.token()]
    assert oauth.introspect(before[0])["active"]

    answer = owns(client, salma)

    assert answer.status_code == 201, answer.text
    assert [oauth.introspect(one)["active"] for one in before] == [False, False]
    assert acts_for(oauth, hasan) == acts_for(oauth, fatima) == []
    listed = client.get("/v1/my/delegations", headers=people["fatima"][2]).json()["items"]
    assert {one["status"] for one in listed} == {"ended"}


@pytest.mark.parametrize("how", ["the owner is suspended", "a buyer claims"])
def test_a_delegation_past_its_last_day_ends_silently(
    client, people, trade, sold, salma, told, session, outbox_rows, token, how
):
    session.execute(text("UPDATE delegation SET valid_until = now() - interval '1 s'"))
    session.commit()
    before = len(told())

    if how == "a buyer claims":
        assert owns(client, salma).status_code == 201
    else:
        place = f"/v1/citizens/{people['fatima'][1]}/suspend"
        admin = token("identity.admin", sub="p_admin")
        assert client.post(place, json={"reason": "بلاغ"}, headers=admin).status_code == 200

    assert len(told()) == before
    status = text("SELECT status FROM delegation WHERE basis = 'owner'")
    assert session.scalars(status).all() == ["ended"]


def test_the_buyer_names_the_sellers_delegate_anew(client, oauth, people, sold, salma):
    answer = client.post("/v1/my/delegations", json=named(), headers=salma)

    assert answer.status_code == 201, answer.text
    assert acts_for(oauth, people["hasan"][0]) == [ESTABLISHMENT]


def test_the_owner_of_the_moment_sees_and_ends_every_delegation(
    client, officer, oauth, people, trade, salma
):
    made = by_officer(client, officer).json()
    trade.owners[ESTABLISHMENT] = [SALMA]
    place = f"/v1/my/establishments/{ESTABLISHMENT}/delegations"
    body = {"reason": "انتهى العمل (بيانات تجريبية)"}

    listed = client.get(place, headers=salma).json()["items"]
    stranger = [
        client.get(place, headers=people["fatima"][2]),
        client.post(f"{place}/{made['delegation_id']}/end", json=body, headers=people["fatima"][2]),
    ]
    ended = client.post(f"{place}/{made['delegation_id']}/end", json=body, headers=salma)

    assert [one["delegation_id"] for one in listed] == [made["delegation_id"]]
    assert "proof" not in listed[0]
    assert [problem(one) for one in stranger] == ["not-the-owner"] * 2
    assert ended.json()["status"] == "ended"
    assert acts_for(oauth, people["hasan"][0]) == []


def test_an_owner_ends_nothing_of_another_establishment(client, officer, trade, salma):
    made = by_officer(client, officer, establishment=OTHER).json()
    trade.owners[ESTABLISHMENT] = [SALMA]
    place = f"/v1/my/establishments/{ESTABLISHMENT}/delegations/{made['delegation_id']}/end"

    answer = client.post(place, json={"reason": "ليس لي"}, headers=salma)

    assert answer.status_code == 404


def test_the_suspension_of_an_owner_ends_the_delegations_that_the_owner_made(
    client, admin, oauth, officer, people, trade
):
    hasan, _, _ = people["hasan"]
    _, owner, header = people["fatima"]
    client.post("/v1/my/delegations", json=named(), headers=header)
    by_officer(client, officer, establishment=OTHER)
    token = hasan.token()
    assert acts_for(oauth, hasan) == [ESTABLISHMENT, OTHER]

    place = f"/v1/citizens/{owner}"
    client.post(f"{place}/suspend", json={"reason": "بلاغ (بيانات تجريبية)"}, headers=admin)

    assert oauth.introspect(token) == {"active": False}
    assert acts_for(oauth, hasan) == [OTHER]
    client.post(f"{place}/reinstate", headers=admin)
    assert acts_for(oauth, hasan) == [OTHER]


def test_an_owner_who_was_suspended_meanwhile_names_nobody(client, people, trade, session):
    _, owner, header = people["fatima"]
    session.execute(
        text("UPDATE citizen SET status = 'suspended' WHERE citizen_id = :id"), {"id": owner}
    )
    session.commit()

    answers = [
        client.post("/v1/my/delegations", json=named(), headers=header),
        owns(client, header),
    ]

    assert [one.status_code for one in answers] == [401, 401]
