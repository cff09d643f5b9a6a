"""What several connections do to each other, on real commits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, text, update

from chassis.core.actors import SystemActor
from chassis.data.unit_of_work import UnitOfWork
from chassis.testing import wait_for_a_lock
from identity import passwords
from identity.cli import BY
from identity.commands import changes, citizens, delegations, organisations, sessions
from identity.commands.authorization import issue_code, redeem_code, subject_of
from identity.commands.clients import use_assertion
from identity.commands.revocations import revoke
from identity.commands.tokens import sign_token
from identity.domain.assertions import Assertion
from identity.domain.citizens import Verified
from identity.domain.errors import OAuthRefusal
from identity.domain.tokens import RevocationKind
from identity.models import Organisation, Person, SignInSession

PASSWORD = "four palms by the sea"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.fixture
def swept(real_database, register):
    yield real_database
    with real_database.transaction() as session:
        session.execute(
            text(
                "TRUNCATE authorization_code, sign_in_session, used_assertion, failed_sign_in, revocation,"
                " token_revocation, outbox"
            )
        )
        session.execute(text("UPDATE person SET status = 'active'"))
        session.execute(text("UPDATE organisation SET status = 'active'"))


def together(count, work):
    """Runs `work(n)` in as many threads at the same moment; the results in order."""
    barrier = Barrier(count)

    def run(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def signed_in(session, settings, now):
    return sessions.sign_in(
        session, settings, username="sara", password=PASSWORD, source="192.0.2.1", now=now
    )


def new_code(database, settings, code="the-code"):
    now = datetime.now(UTC)
    with database.transaction() as session:
        issue_code(
            session,
            code,
            client_id="electricity-desk",
            signed_in=signed_in(session, settings, now).session,
            redirect_uri="https://desk.electricity.example/callback",
            scopes=["building-permits.read"],
            audience="partner-gateway",
            code_challenge=CHALLENGE,
            now=now,
        )
    return code


def test_of_two_uses_of_a_code_at_the_same_moment_one_wins_and_the_session_is_voided(
    swept, settings
):
    code = new_code(swept, settings)

    def redeem():
        with swept.transaction() as session:
            try:
                redeem_code(session, code, "electricity-desk", now=datetime.now(UTC))
            except OAuthRefusal as refusal:
                return refusal.error
            return "won"

    with ThreadPoolExecutor(1) as pool:
        with swept.transaction() as first:
            redeem_code(first, code, "electricity-desk", now=datetime.now(UTC))
            second = pool.submit(redeem)
            wait_for_a_lock(swept)
        assert second.result() == "invalid_grant"
    with swept.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM revocation WHERE kind = 'session'")) == 1


def test_of_many_uses_of_an_assertion_at_the_same_moment_one_wins(swept):
    assertion = Assertion("gateway", "one", datetime.now(UTC).timestamp() + 60)

    def use(_):
        with swept.transaction() as session:
            return use_assertion(session, assertion, datetime.now(UTC))

    assert together(4, use).count(True) == 1


def test_a_revocation_waits_for_a_change_of_own_factors(swept, settings):
    """Both lock the person and the person's session: in another order each would wait for the other."""
    now = datetime.now(UTC)
    with swept.transaction() as session:
        begun = signed_in(session, settings, now)
        cookie, person_id = begun.cookie, begun.person.person_id

    def revoke_person():
        named = {"reason": "بلاغ", "recorded_by": "p_admin", "now": datetime.now(UTC)}
        with swept.transaction() as session:
            revoke(session, RevocationKind.PERSON, person_id, **named)

    with ThreadPoolExecutor(1) as pool:
        with swept.transaction() as session:
            later = now + timedelta(seconds=1)
            assert sessions.resume_to_change(session, cookie, later) is not None
            session.flush()
            revoking = pool.submit(revoke_person)
            wait_for_a_lock(swept)
            assert sessions.lock_active(session, person_id, later) is not None
        revoking.result()
    with swept.transaction() as session:
        assert session.scalar(select(SignInSession.ended_at)) is not None


def test_an_address_tries_a_name_once_at_a_time(swept, settings):
    """Otherwise any number of guesses at the same moment would each find fewer than five failures."""
    now = datetime.now(UTC)
    with swept.transaction() as first, swept.transaction() as second:

        def attempt(session, password, source):
            return sessions.sign_in(
                session, settings, username="sara", password=password, source=source, now=now
            )

        attempt(first, "wrong one", "192.0.2.9")

        meanwhile = [attempt(second, one, "192.0.2.9") for one in (PASSWORD, "wrong two")]
        elsewhere = attempt(second, PASSWORD, "192.0.2.8")
        wrong_elsewhere = attempt(second, "wrong one", "192.0.2.7")

    assert meanwhile == [sessions.SimultaneousSignIn()] * 2
    assert isinstance(elsewhere, sessions.NewSession)
    assert wrong_elsewhere is None


def test_a_suspension_waits_for_the_token_that_is_being_signed_and_voids_it(swept, settings):
    code = new_code(swept, settings)
    with swept.transaction() as session:
        person_id = session.scalar(select(Person.person_id).where(Person.username == "sara"))

    def suspend():
        with swept.transaction() as session:
            changes.suspend(
                UnitOfWork(session, BY, datetime.now(UTC)), Person, person_id, reason="test"
            )

    with ThreadPoolExecutor(1) as pool:
        with swept.transaction() as session:
            now = datetime.now(UTC)
            subject = subject_of(
                session, redeem_code(session, code, "electricity-desk", now=now), now
            )
            sign_token(session, settings, subject, audience="a", scope="s", now=now)
            suspension = pool.submit(suspend)
            wait_for_a_lock(swept)
        suspension.result()
    with swept.transaction() as session:
        assert now < session.scalar(
            text("SELECT not_before FROM token_revocation WHERE kind = 'person'")
        )


def test_a_token_that_comes_after_a_suspension_is_not_signed(swept, settings):
    code = new_code(swept, settings)

    def ask():
        now = datetime.now(UTC)
        with swept.transaction() as session:
            try:
                subject_of(session, redeem_code(session, code, "electricity-desk", now=now), now)
            except OAuthRefusal as refusal:
                return refusal.error
            return "signed"

    with ThreadPoolExecutor(1) as pool:
        with swept.transaction() as session:
            person_id = session.scalar(select(Person.person_id).where(Person.username == "sara"))
            changes.suspend(
                UnitOfWork(session, BY, datetime.now(UTC)), Person, person_id, reason="test"
            )
            token = pool.submit(ask)
            wait_for_a_lock(swept)
        assert token.result() == "unauthorized_client"


def test_a_sign_in_goes_well_beside_a_change_of_the_person(swept, settings):
    with swept.transaction() as session:
        person = session.scalar(select(Person).where(Person.username == "sara"))
        with swept.transaction() as other:
            organisations.amend_person(
                UnitOfWork(other, BY, datetime.now(UTC)),
                person.person_id,
                display_name=person.display_name,
                role="officer",
                scopes=person.scopes,
            )

        signed_in = sign_in(session, settings, PASSWORD)

    assert signed_in is not None


@pytest.fixture
def sara(swept):
    """The id of a person, whose password is the old one again afterwards."""
    with swept.transaction() as session:
        person = session.scalar(select(Person).where(Person.username == "sara"))
        person_id, before = person.person_id, person.password_hash
    yield person_id
    with swept.transaction() as session:
        session.execute(
            update(Person).where(Person.person_id == person_id).values(password_hash=before)
        )


def set_password(session, person_id):
    work = UnitOfWork(session, BY, datetime.now(UTC))
    organisations.set_password(work, person_id, password="five palms by the sea")


def suspend_and_reinstate(session, person_id):
    changes.suspend(UnitOfWork(session, BY, datetime.now(UTC)), Person, person_id, reason="test")
    changes.reinstate(UnitOfWork(session, BY, datetime.now(UTC)), Person, person_id)


def suspend_organisation(session, person_id):
    """Without the journal, which other tests read and nobody can empty."""
    code = session.get_one(Person, person_id).organisation
    named = update(Organisation).where(Organisation.code == code)
    session.execute(named.values(status="suspended"))
    revoke(session, "organisation", code, reason="test", recorded_by="test", now=datetime.now(UTC))


def suspend_and_reinstate_organisation(session, person_id):
    suspend_organisation(session, person_id)
    session.execute(update(Organisation).values(status="active"))


CHANGES = [set_password, suspend_and_reinstate, suspend_and_reinstate_organisation]


def sessions_of(database, person_id):
    """The sessions that can still be used."""
    with database.transaction() as session:
        rows = select(SignInSession).where(
            SignInSession.person_id == person_id, SignInSession.ended_at.is_(None)
        )
        return session.scalars(rows).all()


@pytest.mark.parametrize("change", CHANGES)
def test_a_sign_in_under_way_does_not_survive_a_change_that_ends_sessions(
    swept, settings, sara, monkeypatch, change
):
    """The change is committed between the hash and the lock."""
    really_right = passwords.is_right

    def changed_meanwhile(password, stored):
        right = really_right(password, stored)
        with swept.transaction() as other:
            change(other, sara)
        return right

    monkeypatch.setattr(passwords, "is_right", changed_meanwhile)

    with swept.transaction() as session:
        found = sign_in(session, settings, PASSWORD)

    assert found is None
    assert sessions_of(swept, sara) == []


@pytest.mark.parametrize("change", [set_password, suspend_organisation])
def test_a_sign_in_waits_for_a_change_that_ends_sessions_and_is_refused(
    swept, settings, sara, change
):
    def meanwhile():
        with swept.transaction() as session:
            return sign_in(session, settings, PASSWORD)

    with ThreadPoolExecutor(1) as pool:
        with swept.transaction() as other:
            change(other, sara)
            waiting = pool.submit(meanwhile)
            wait_for_a_lock(swept)
        found = waiting.result()

    assert found is None
    assert sessions_of(swept, sara) == []


def test_a_sign_in_with_the_old_password_does_not_bring_it_back(swept, settings, sara, monkeypatch):
    """The old password's hash is stored anew when it's outdated; not when another password was set meanwhile."""
    monkeypatch.setattr(passwords, "is_outdated", lambda _hash: True)
    with swept.transaction() as session:
        session.get_one(Person, sara)
        with swept.transaction() as other:
            set_password(other, sara)

        found = sign_in(session, settings, PASSWORD)

    with swept.transaction() as session:
        now_stored = session.get_one(Person, sara).password_hash
    assert found is None
    assert passwords.is_right("five palms by the sea", now_stored)


def test_nobody_holds_a_person_by_guessing(swept, settings, sara):
    with swept.transaction() as guessing:
        assert sign_in(guessing, settings, "wrong one") is None

        with swept.transaction() as other:
            free = select(Person.person_id).where(Person.person_id == sara)
            assert other.scalar(free.with_for_update(nowait=True)) == sara


def test_a_code_of_a_session_that_is_older_than_a_revocation_gives_no_token(swept, settings, sara):
    """The code may be younger: the session ought to have ended."""
    code = new_code(swept, settings)
    with swept.transaction() as session:
        set_password(session, sara)
        session.execute(update(SignInSession).values(ended_at=None))
        session.execute(
            text("UPDATE authorization_code SET created_at = created_at + interval '1 hour'")
        )

    now = datetime.now(UTC)
    with swept.transaction() as session:
        redeemed = redeem_code(session, code, "electricity-desk", now=now)
        with pytest.raises(OAuthRefusal):
            subject_of(session, redeemed, now)


def sign_in(session, settings, password):
    return sessions.sign_in(
        session,
        settings,
        username="sara",
        password=password,
        source="192.0.2.1",
        now=datetime.now(UTC),
    )


def test_two_sign_ins_of_a_citizen_at_the_same_moment_both_succeed(swept):
    """The second one meets a row that the first has changed since."""
    now = datetime.now(UTC)

    def sign_in(session, mobile):
        told = Verified(
            subject="x", id_number="1000000081", name="بيانات تجريبية", mobile=mobile, acr=""
        )
        return citizens.sign_in(session, told, {}, now).session.citizen_id

    def second():
        with swept.transaction() as session:
            return sign_in(session, "+966500000082")

    with swept.transaction() as session:
        known = sign_in(session, "+966500000081")
    with ThreadPoolExecutor(1) as pool:
        with swept.transaction() as first:
            assert sign_in(first, "+966500000083") == known
            other = pool.submit(second)
            wait_for_a_lock(swept)
        assert other.result() == known


def test_a_sign_in_of_a_citizen_that_waits_for_a_revocation_begins_no_session(swept):
    """Its tokens would be refused until the citizen signs out."""
    told = Verified(subject="x", id_number="1000000081", name="بيانات تجريبية", mobile=None, acr="")
    began_at = datetime.now(UTC)

    def sign_in(at):
        with swept.transaction() as session:
            return citizens.sign_in(session, told, {}, at).session.citizen_id

    citizen_id = sign_in(began_at)
    with ThreadPoolExecutor(1) as pool:
        with swept.transaction() as session:
            named = {"reason": "بلاغ", "recorded_by": "p_admin", "now": datetime.now(UTC)}
            revoke(session, RevocationKind.PERSON, citizen_id, **named)
            waiting = pool.submit(sign_in, began_at)
            wait_for_a_lock(swept)
        with pytest.raises(citizens.RevokedMeanwhile):
            waiting.result()
    assert sign_in(datetime.now(UTC)) == citizen_id


def test_two_owners_claim_an_establishment_one_at_a_time(swept):
    """They have no delegate in common. Otherwise neither would see what the other adds."""
    seller, buyer = "1000000057", "1000000065"

    def claim(session, who):
        now = datetime.now(UTC)
        owner = citizens.get_or_create_citizen(UnitOfWork(session, BY, now), who)
        work = UnitOfWork(session, SystemActor(owner.citizen_id, "portal"), now)
        delegations.claim_establishment(
            work, lambda _number: {who}, owner=who, unified_number="7000000039"
        )

    def claim_as_seller():
        with swept.transaction() as session:
            claim(session, seller)
            session.rollback()

    with ThreadPoolExecutor(1) as pool:
        with swept.transaction() as session:
            claim(session, buyer)
            waiting = pool.submit(claim_as_seller)
            wait_for_a_lock(swept)
            session.rollback()
        waiting.result()
