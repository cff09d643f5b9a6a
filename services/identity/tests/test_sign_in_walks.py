"""Walks over sign-ins, codes, tokens and what administrators do meanwhile: nobody's token outlives a right, and nobody
is shut out without a reason. Each deliberate bug is caught by the promise that is named beside it.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from chassis.data.unit_of_work import UnitOfWork
from chassis.testing_walks import (
    WalkDatabase,
    answer_no,
    do_nothing,
    require_broken_promise,
    switch_off,
    take_walks,
)
from identity import passwords
from identity.commands import (
    authorization,
    changes,
    clients,
    organisations,
    revocations,
    sessions,
    tokens,
)
from identity.commands.signing_keys import ensure_signing_keys
from identity.models import Client, Person

from .oauth_clients import PASSWORD
from .walking_sign_ins import (
    BEGAN,
    CLIENTS,
    OFFICER,
    ORGANISATION_OF,
    SCOPE,
    TALLY,
    SignIns,
    WalkFixtures,
)


@pytest.fixture
def fixtures(
    session: Any,
    database: Any,
    settings: Any,
    register: None,
    monkeypatch: pytest.MonkeyPatch,
) -> WalkFixtures:
    """The trial register, in which everybody holds one scope, with signing keys, and with passwords whose hashes cost
    little."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", cheap)
    before = BEGAN - timedelta(days=1)
    ensure_signing_keys(session, settings, before)
    for row in session.scalars(select(Person).where(Person.username.in_(ORGANISATION_OF))):
        work = UnitOfWork(session, OFFICER, before)
        organisations.set_password(work, row.person_id, password=PASSWORD)
        organisations.amend_person(
            work, row.person_id, display_name=row.display_name, role=row.role, scopes=[SCOPE]
        )
    for client in CLIENTS:
        of = session.get_one(Client, client)
        clients.amend_client(
            UnitOfWork(session, OFFICER, before), client, scopes=[SCOPE], introspects=[],
            name={"ar": of.name_ar, "en": of.name_en}, redirect_uris=of.redirect_uris,
        )  # fmt: skip
    session.flush()
    return WalkFixtures(WalkDatabase(session, database), settings)


def test_no_order_lets_a_token_outlive_a_right(fixtures: WalkFixtures) -> None:
    take_walks(
        partial(SignIns, fixtures),
        TALLY,
        connection=fixtures.database.session.connection(),
        few=5,
        steps=60,
    )


# ------------------------------------------------------------------------------------------------------- stories


def have_a_token(walk: SignIns) -> None:
    walk.begin()
    walk.promises_hold()


def have_a_code(walk: SignIns) -> None:
    walk.sign_in("sara", "right")
    walk.ask_for_code(-1, "electricity-desk")


def use_a_code_twice(walk: SignIns) -> None:
    have_a_token(walk)
    walk.redeem(-1)
    walk.promises_hold()


def suspend_between_code_and_token(walk: SignIns) -> None:
    have_a_code(walk)
    walk.suspend("sara")
    walk.reinstate(0)
    walk.redeem(-1)


def suspend_the_organisation(walk: SignIns) -> None:
    have_a_token(walk)
    walk.suspend("electricity")
    walk.reinstate(0)
    walk.promises_hold()


def suspend_the_portals_organisation(walk: SignIns) -> None:
    have_a_token(walk)
    walk.suspend("qatif")


def leave_a_session_idle(walk: SignIns) -> None:
    have_a_token(walk)
    walk.pass_time(3_601)
    walk.ask_for_code(0, "electricity-desk")


def redeem_a_code_late(walk: SignIns) -> None:
    have_a_code(walk)
    walk.pass_time(61)
    walk.redeem(-1)


def set_another_password(walk: SignIns) -> None:
    have_a_token(walk)
    walk.set_password("sara")


def take_a_scope_away(walk: SignIns) -> None:
    have_a_token(walk)
    walk.amend_person("sara", holds=False)


def suspend_the_client(walk: SignIns) -> None:
    have_a_code(walk)
    walk.suspend("electricity-desk")
    walk.redeem(-1)


def revoke_the_client(walk: SignIns) -> None:
    have_a_code(walk)
    walk.revoke("client", 0)
    walk.redeem(-1)


def sign_out(walk: SignIns) -> None:
    have_a_token(walk)
    walk.sign_out(0)


def sign_in_right_after_a_revocation(walk: SignIns) -> None:
    have_a_token(walk)
    walk.revoke("person", 0)
    walk.sign_in("sara", "right")
    for step in (lambda: walk.ask_for_code(-1, "electricity-desk"), lambda: walk.redeem(-1)):
        walk.now -= timedelta(seconds=1)  # all in the second after the revocation
        step()


def sign_in_while_suspended(walk: SignIns) -> None:
    walk.suspend("sara")
    walk.sign_in("sara", "right")


# ---------------------------------------------------------------------------------------------------------- bugs


def true(*_: Any, **__: Any) -> bool:
    return True


def redeem_again(patch: Any) -> None:
    """A code that was used counts as unused."""
    really = authorization.redeem_code

    def redeem_code(session: Any, code: str, client_id: str, *, now: Any) -> Any:
        row = session.get(authorization.AuthorizationCode, authorization.fingerprint(code))
        row.redeemed_at = None
        session.flush()
        return really(session, code, client_id, now=now)

    patch.setattr(authorization, "redeem_code", redeem_code)


def ignore_client(patch: Any) -> None:
    patch.setattr(authorization, "lock_subject", do_nothing)
    patch.setattr(tokens, "lock_subject", do_nothing)
    patch.setattr(authorization, "_revoked_since", answer_no)


def date_no_token_later(patch: Any) -> None:
    really = tokens._key_and_void_until
    patch.setattr(tokens, "_key_and_void_until", lambda *known: (really(*known)[0], None))


def let_idle_sessions_go_on(patch: Any) -> None:
    patch.setattr(sessions, "session_is_current", lambda *, ended_at, **_: ended_at is None)


Story = Callable[[SignIns], None]
# The bug → its story, the bug itself, and the words of the promise that catches it.
BUGS: dict[str, tuple[Story, Callable[[Any], None], str]] = {
    "a second use of a code voids nothing": (
        use_a_code_twice, switch_off(authorization, "revoke"), "outlives a right"),
    "a code is good twice": (use_a_code_twice, redeem_again, "a token without a right"),
    "a code is good for an hour": (
        redeem_a_code_late, switch_off(authorization, "CODE_LIFETIME", timedelta(hours=1)), "a token without"),
    "a suspension ends nothing": (
        suspend_between_code_and_token, switch_off(changes, "void_tokens_of"), "a token without a right"),
    "a revocation ends no session": (
        suspend_the_organisation, switch_off(revocations, "_end_sessions"), "a session outlives"),
    "an idle session goes on": (
        leave_a_session_idle, let_idle_sessions_go_on, "an ended session goes on"),
    "another password ends nothing": (
        set_another_password, switch_off(organisations, "void_tokens_of"), "outlives a right"),
    "a scope that is taken away stays in tokens": (
        take_a_scope_away, switch_off(organisations, "void_tokens_of"), "outlives a right"),
    "a suspended client gets tokens": (
        suspend_the_client, ignore_client, "a token without a right"),
    "a code outlives its client's revocation": (
        revoke_the_client, switch_off(authorization, "_revoked_since", answer_no), "a token without"),
    "signing out ends nothing": (sign_out, switch_off(sessions, "revoke"), "outlives a right"),
    "a token after a revocation is void": (
        sign_in_right_after_a_revocation, date_no_token_later, "void at once"),
    "a suspended person signs in": (
        sign_in_while_suspended, switch_off(sessions, "_lock_unchanged", true), "signed in"),
    "a revocation isn't published": (
        sign_out, switch_off(revocations, "publish"), "not published once"),
}  # fmt: skip
STORIES = sorted(
    {suspend_the_portals_organisation, *(one[0] for one in BUGS.values())},
    key=lambda one: one.__name__,
)


@pytest.mark.parametrize("story", STORIES, ids=lambda one: one.__name__)
def test_each_story_is_fine_while_the_rules_hold(fixtures: WalkFixtures, story: Story) -> None:
    play(fixtures, story)


@pytest.mark.parametrize("bug", BUGS)
def test_each_bug_is_caught_by_name(
    fixtures: WalkFixtures, monkeypatch: pytest.MonkeyPatch, bug: str
) -> None:
    story, put_in, words = BUGS[bug]

    require_broken_promise(monkeypatch, put_in, words, lambda: play(fixtures, story))


def play(fixtures: WalkFixtures, story: Story) -> None:
    walk = SignIns(fixtures)
    try:
        story(walk)
        walk.promises_hold()
    finally:
        walk.teardown()
