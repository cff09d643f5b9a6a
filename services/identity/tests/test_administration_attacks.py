"""What an administrator, or somebody with an administrator's password, may not do alone."""

import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from chassis.core.actors import SystemActor
from chassis.data.unit_of_work import UnitOfWork
from identity.cli import apply
from identity.commands import factors
from identity.commands.changes import suspend
from identity.domain.errors import AnotherPersonNeeded, NoResetRequested, SuspendsOneself
from identity.models import Factor, FailedSignIn, Organisation, Person

from .conftest import REGISTER
from .factors import (
    TWO_FACTORS,
    add_administrator,
    code_at,
    give_factor,
    key_on,
    recovery_codes_on,
    second_page,
    submit,
)

NAME = "هدى (بيانات تجريبية)"
NEW = {
    "username": "tarout.puppet",
    "display_name": NAME,
    "organisation": "tarout",
    "role": "officer",
    "scopes": ["permits.read"],
    "password": "a sentence nobody knows",
}
RAWANS_SCOPES = ["permits.read", "reports.read", "permit-requests.write"]
REASON = {"reason": "x"}


@pytest.fixture
def people(session, oauth):
    return {one.username: one for one in session.scalars(select(Person))}


@pytest.fixture
def of_tarout(token):
    """Makes the header of an administrator of Tarout."""

    def make(sub="p_tarout_admin", **more):
        return token(
            "organisation.admin",
            sub=sub,
            organisation="tarout",
            organisation_kind="affiliated_municipality",
            municipality="tarout",
            **more,
        )

    return make


@pytest.fixture
def boss(token):
    """Makes the header of an administrator of the municipality behind two factors."""
    return lambda sub, **more: token("identity.admin", sub=sub, **TWO_FACTORS, **more)


def path_of(person):
    return f"/v1/people/{person.person_id}"


def faults(answer):
    assert answer.status_code == 422, answer.text
    return [(one["field"], one["code"]) for one in answer.json()["errors"]]


def amended(client, person, header, **changes):
    body = {"display_name": NAME, "role": "officer", "scopes": list(person.scopes), **changes}
    return client.put(path_of(person), json=body, headers=header)


# An administrator of one organisation gives no more than the organisation has.


def test_an_administrator_of_tarout_makes_no_contractor(client, of_tarout, people):
    """Else this person saw work orders of every branch."""
    contractor = {"attributes": {"contractor": "contractor-1"}}
    refused = [("attributes", "attributes-of-the-municipality")]

    made = client.post("/v1/people", json={**NEW, **contractor}, headers=of_tarout())

    assert faults(made) == refused
    assert faults(amended(client, people["tariq"], of_tarout(), **contractor)) == refused


def test_attributes_of_the_municipality_stay_when_others_amend_the_person(
    client, admin, of_tarout, people
):
    given = {"attributes": {"departments": "cleaning"}}
    assert amended(client, people["tariq"], admin, **given).status_code == 200

    assert faults(amended(client, people["tariq"], of_tarout(), attributes={}))
    assert amended(client, people["tariq"], of_tarout()).json()["attributes"] == given["attributes"]
    assert amended(client, people["tariq"], of_tarout(), **given).status_code == 200


def test_an_administrator_of_tarout_gives_only_scopes_of_its_people(client, of_tarout, people):
    refused = [("scopes", "scope-of-the-municipality")]
    for scope in ("reports.contract", "organisation.admin"):
        made = client.post("/v1/people", json={**NEW, "scopes": [scope]}, headers=of_tarout())
        assert faults(made) == refused
        assert faults(amended(client, people["tariq"], of_tarout(), scopes=[scope])) == refused

    assert amended(client, people["tariq"], of_tarout(), scopes=RAWANS_SCOPES).status_code == 200


def test_an_administrator_is_amended_by_a_colleague_and_stays_one(
    client, session, of_tarout, people
):
    add_administrator(session, "huda", organisation="tarout", scopes=["organisation.admin"])
    huda = session.get(Person, "p_huda")

    assert amended(client, huda, of_tarout()).status_code == 200
    assert faults(amended(client, people["tariq"], of_tarout(), scopes=["organisation.admin"]))


def test_nobody_of_tarout_changes_the_own_scopes(client, of_tarout, people):
    header = of_tarout(people["tariq"].person_id)

    answer = amended(client, people["tariq"], header, scopes=["reports.read"])

    assert faults(answer) == [("scopes", "scopes-own")]
    assert amended(client, people["tariq"], header, role="chief").status_code == 200


# A suspension by the municipality is ended by the municipality.


def test_tarout_reinstates_nobody_whom_the_municipality_suspended(client, admin, of_tarout, people):
    for path in (path_of(people["tariq"]), "/v1/clients/tarout-feed"):
        assert client.post(f"{path}/suspend", json=REASON, headers=admin).status_code == 200

        answer = client.post(f"{path}/reinstate", headers=of_tarout())

        assert answer.json()["type"].endswith("/suspended-by-others")
        assert client.post(f"{path}/reinstate", headers=admin).status_code == 200


def test_tarout_reinstates_whom_it_suspended_itself(client, admin, of_tarout, people):
    """The last suspension counts."""
    path = path_of(people["tariq"])
    client.post(f"{path}/suspend", json=REASON, headers=admin)
    client.post(f"{path}/reinstate", headers=admin)
    assert client.post(f"{path}/suspend", json=REASON, headers=of_tarout()).status_code == 200

    assert client.post(f"{path}/reinstate", headers=of_tarout()).status_code == 200


# Nobody suspends their own account.


def test_an_administrator_suspends_a_colleague_and_never_their_own_account(
    client, session, of_tarout
):
    add_administrator(session, "huda", organisation="tarout", scopes=["organisation.admin"])
    path = path_of(session.get(Person, "p_huda"))

    refused = client.post(f"{path}/suspend", json=REASON, headers=of_tarout("p_huda"))

    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/suspends-oneself")
    assert client.get(path, headers=of_tarout()).json()["status"] == "active"
    assert client.post(f"{path}/suspend", json=REASON, headers=of_tarout()).status_code == 200


def test_an_administrator_of_all_suspends_another_organisation_and_never_their_own(
    client, admin, people
):
    own, other = "/v1/organisations/qatif", "/v1/organisations/tarout"

    refused = client.post(f"{own}/suspend", json=REASON, headers=admin)

    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/suspends-oneself")
    assert client.get(own, headers=admin).json()["status"] == "active"
    assert client.post(f"{other}/suspend", json=REASON, headers=admin).status_code == 200


def test_no_command_suspends_the_own_account_or_organisation(session, people):
    tariq = people["tariq"]
    actor = SystemActor(tariq.person_id, "desk", organisation="tarout")
    work = UnitOfWork(session, actor, datetime.now(UTC))

    for model, key in ((Person, tariq.person_id), (Organisation, "tarout")):
        with pytest.raises(SuspendsOneself):
            suspend(work, model, key, reason="بلاغ")


def test_an_administrator_of_all_changes_the_scopes_of_others_and_never_the_own(
    client, session, token, people
):
    add_administrator(session, "huda", organisation="qatif", scopes=["identity.admin"])
    huda = session.get(Person, "p_huda")
    header = token("identity.admin", organisation="qatif", sub="p_huda")

    answer = amended(client, huda, header, scopes=["reports.read"])

    assert faults(answer) == [("scopes", "scopes-own")]
    assert amended(client, huda, header, role="chief").status_code == 200
    assert amended(client, people["tariq"], header, scopes=["reports.read"]).status_code == 200


# Enrolment codes and resets.


def test_the_stolen_password_of_an_administrator_enrols_nothing(client, token, of_tarout, people):
    tariq, amal = people["tariq"], people["amal"]
    for person, header in (
        (tariq, of_tarout(tariq.person_id)),
        (amal, token("identity.admin", sub=amal.person_id)),
    ):
        answer = client.post(f"{path_of(person)}/enrolment-code", headers=header)
        assert answer.json()["type"].endswith("/another-person-needed")


def test_an_administrator_of_one_organisation_resets_no_factors(client, session, of_tarout, people):
    give_factor(session, people["rawan"].person_id)
    path = f"{path_of(people['rawan'])}/factor-reset"

    for header in (of_tarout(), of_tarout(**TWO_FACTORS)):
        assert client.post(path, json=REASON, headers=header).status_code == 403
        assert client.post(f"{path}/confirm", headers=header).status_code == 403


def test_a_reset_takes_two_factors_whatever_the_policy(client, session, admin, people, two_admins):
    give_factor(session, people["sara"].person_id)
    path = f"{path_of(people['sara'])}/factor-reset"

    refused = [client.post(path, json=REASON, headers=admin)]
    assert client.post(path, json=REASON, headers=two_admins[0]).status_code == 201
    refused.append(client.post(f"{path}/confirm", headers=admin))

    for answer in refused:
        assert answer.status_code == 403
        assert answer.json()["type"].endswith("/second-factor-needed")


@pytest.mark.parametrize("change", ["suspended", "no administrator", "organisation suspended"])
def test_the_request_of_somebody_who_administers_no_more_is_not_confirmed(
    client, session, people, boss, two_admins, change
):
    give_factor(session, people["sara"].person_id)
    path = f"{path_of(people['sara'])}/factor-reset"
    asked = client.post(path, json=REASON, headers=two_admins[0])
    assert asked.status_code == 201
    statements = {
        "suspended": "UPDATE person SET status = 'suspended' WHERE username = 'first'",
        "no administrator": "UPDATE person SET scopes = '{permits.read}' WHERE username = 'first'",
        "organisation suspended": "UPDATE organisation SET status = 'suspended' WHERE code = 'qatif'",
    }
    session.execute(text(statements[change]))
    session.expire_all()

    answer = client.post(f"{path}/confirm", headers=two_admins[1])

    assert answer.json()["type"].endswith("/no-reset-requested")


@pytest.mark.parametrize("enrols", [False, True])
def test_one_administrator_does_not_confirm_as_a_colleague(
    client, session, people, boss, two_admins, enrols
):
    """Who sets the password of a colleague without a factor, and makes the colleague's enrolment code, is one person
    still."""
    give_factor(session, people["sara"].person_id)
    amal = people["amal"]
    path = f"{path_of(people['sara'])}/factor-reset"
    assert client.post(path, json=REASON, headers=two_admins[0]).status_code == 201
    secret = {"password": "another long phrase"}
    changed = client.put(f"{path_of(amal)}/password", json=secret, headers=two_admins[0])
    assert changed.status_code == 200
    if enrols:
        give_factor(session, amal.person_id)
        session.execute(
            text("UPDATE factor SET created_at = now() + interval '1 hour' WHERE person_id = :p"),
            {"p": amal.person_id},
        )
        session.expire_all()
    # The sign-in as the colleague comes after the revocation of the old tokens.
    header = boss(amal.person_id, iat=int(time.time()) + 5)

    answer = client.post(f"{path}/confirm", headers=header)

    assert answer.json()["type"].endswith("/another-person-needed")
    assert session.scalars(select(Factor).where(Factor.person_id == people["sara"].person_id)).all()


@pytest.mark.parametrize("requests_as_colleague", [False, True])
@pytest.mark.parametrize(("days", "status"), [(6, 409), (8, 200)])
def test_a_colleague_enrolled_by_the_own_code_is_no_second_person_for_a_week(
    client, session, people, two_admins, requests_as_colleague, days, status
):
    sara, (first, second) = people["sara"], two_admins
    give_factor(session, sara.person_id)
    session.execute(
        text(
            "UPDATE factor SET enrolled_by = 'p_first', created_at = now() - make_interval(days => :d)"
            " WHERE person_id = 'p_second'"
        ),
        {"d": days},
    )
    session.expire_all()
    path = f"{path_of(sara)}/factor-reset"
    one, other = (second, first) if requests_as_colleague else (first, second)
    assert client.post(path, json=REASON, headers=one).status_code == 201

    assert client.post(f"{path}/confirm", headers=other).status_code == status


def test_the_operator_requests_a_reset_and_an_administrator_confirms(
    session, people, two_admins, client
):
    sara = people["sara"].person_id
    work = UnitOfWork(session, factors.OPERATOR, datetime.now(UTC))
    give_factor(session, sara)

    factors.request_reset(work, sara, reason="x")
    with pytest.raises(AnotherPersonNeeded):
        factors.confirm_reset(work, sara)

    path = f"{path_of(people['sara'])}/factor-reset/confirm"
    assert client.post(path, headers=two_admins[0]).status_code == 200


def test_an_administrator_requests_a_reset_and_the_operator_confirms(
    session, people, two_admins, client
):
    sara = people["sara"].person_id
    give_factor(session, sara)
    path = f"{path_of(people['sara'])}/factor-reset"
    assert client.post(path, json=REASON, headers=two_admins[0]).status_code == 201
    work = UnitOfWork(session, factors.OPERATOR, datetime.now(UTC))

    factors.confirm_reset(work, sara)

    with pytest.raises(NoResetRequested):
        factors.confirm_reset(work, sara)


# Sessions, failures and histories.


def test_the_enrolment_ends_the_sessions_of_the_password_alone(
    oauth, client, admin, session, people
):
    """A thief's session of before would go on for ten hours, after the person enrolled because of the thief."""
    thief, browser = oauth.browser(), oauth.browser()
    stolen = oauth.sign_in(browser=thief)
    assert stolen.status_code == 303
    path = f"{path_of(people['sara'])}/enrolment-code"
    code = client.post(path, headers=admin).json()["code"]
    page = submit(browser, oauth.sign_in(browser=browser), "enrol", code)

    page = submit(browser, page, "confirm-factor", code_at(key_on(page)))

    assert len(recovery_codes_on(page)) == 10
    assert thief.get("/authorize", params=oauth.reference()).status_code == 200
    assert oauth.redeem(oauth.returned(stolen)["code"]).json()["error"] == "invalid_grant"
    own = submit(browser, page, "continue")
    token = oauth.redeem(oauth.returned(own)["code"]).json()["access_token"]
    assert oauth.claims(token)["acr"] == "two-factors"


def test_a_new_password_forgets_the_failures_with_codes(oauth, client, admin, session, people):
    """The thief of the password made the person wait; the thief has the password no more."""
    secret = give_factor(session, people["sara"].person_id)
    thief, browser = oauth.browser(), oauth.browser()
    page = second_page(oauth, thief)
    for _ in range(5):
        submit(thief, page, "verify-code", "000000")
    assert session.scalars(select(FailedSignIn)).all()

    body = {"password": "another long phrase"}
    assert client.put(f"{path_of(people['sara'])}/password", json=body, headers=admin).is_success

    assert session.scalars(select(FailedSignIn)).all() == []
    page = oauth.sign_in("sara", body["password"], browser=browser)
    assert submit(browser, page, "verify-code", code_at(secret)).status_code == 303


def test_a_key_of_the_document_stands_in_the_history_as_provisions(
    client, admin, session, settings, people
):
    entry = next(one for one in REGISTER["people"] if one["username"] == "sara")
    document = {"people": [{**entry, "totp_secret": "A" * 32}]}

    apply(session, settings, document, datetime.now(UTC))

    history = client.get(f"{path_of(people['sara'])}/history", headers=admin).json()["items"]
    assert (history[-1]["action"], history[-1]["subject"]) == ("enrol", "provision")
