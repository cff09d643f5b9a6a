"""Walks through delegations: owners name and end, shops are sold, people are suspended, days pass. However they go,
nobody acts by a right that had ended, and every token that named it is void; and each rule that is broken on purpose is
caught."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)
from sqlalchemy import select

from chassis.access.revocations import RevokedSince
from chassis.core.actors import SystemActor
from chassis.core.refusals import Refusal
from chassis.data.unit_of_work import UnitOfWork
from chassis.testing_walks import (
    Tally,
    WalkDatabase,
    do_nothing,
    require_broken_promise,
    switch_off,
    take_walks,
)
from identity.commands import citizens, delegations
from identity.commands.changes import ACTIVE, reinstate
from identity.domain.citizens import TOKENS_END
from identity.domain.errors import NotTheOwner, RegisterAway
from identity.models import Citizen, Delegation
from identity.void_tokens import is_void

TALLY = Tally("identity: delegations")
PEOPLE = ("1000000016", "1000000024", "1000000032", "1000000040")
SHOPS = ("7000000005", "7000000013")
WHO, SHOP = st.sampled_from(PEOPLE), st.sampled_from(SHOPS)
OFFICER = SystemActor("p_officer", "desk")
BEGAN = datetime(2026, 11, 25, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Token:
    """A token as it was signed: whom it names, for which shops, and when."""

    person: str
    claims: dict[str, Any]
    at: datetime


class Delegations(RuleBasedStateMachine):
    """`ended`: when a right of a person for a shop was ended by somebody. `register`: the owners of the moment."""

    def __init__(self, database: WalkDatabase) -> None:
        super().__init__()
        self.database, self.session = database, database.session
        database.begin_walk()
        self.now = BEGAN
        self.register: dict[str, set[str]] = {SHOPS[0]: {PEOPLE[0]}, SHOPS[1]: {PEOPLE[1]}}
        self.tokens: list[Token] = []
        self.ended: dict[tuple[str, str], datetime] = {}
        self.suspended: dict[str, datetime] = {}
        self.asked: str | None = None
        work = UnitOfWork(self.session, OFFICER, self.now)
        made = {one: citizens.get_or_create_citizen(work, one) for one in PEOPLE}
        self.ids = {number: row.citizen_id for number, row in made.items()}
        self.numbers = {key: number for number, key in self.ids.items()}

    def teardown(self) -> None:
        self.database.end_walk()

    # ------------------------------------------------------------------------------------------------- doing

    def work(self, who: str | None = None) -> UnitOfWork:
        actor = SystemActor(self.ids[who], "portal") if who else OFFICER
        return UnitOfWork(self.session, actor, self.now)

    def owners(self, shop: str) -> set[str]:
        return self.register[shop]

    def rows(self) -> list[Delegation]:
        active = select(Delegation).where(Delegation.status == ACTIVE)
        return list(self.database.scalars(active.order_by(Delegation.delegation_id)))

    def attempt(self, what: str, command: Any) -> bool:
        """Some seconds later, in a savepoint of its own. Notes which rights it ended."""
        self.now += timedelta(seconds=5)
        before = {(one.citizen_id, one.unified_number): one.valid_until for one in self.rows()}
        try:
            self.database.attempt(command)
        except (Refusal, RevokedSince) as refused:
            TALLY.count_refusal(what, refused)
            return False
        TALLY.count_effect(what)
        after = {(one.citizen_id, one.unified_number) for one in self.rows()}
        for key in before.keys() - after:
            if before[key] > self.now:
                self.ended[key] = self.now
        return True

    @initialize()
    def begin(self) -> None:
        self.claim(PEOPLE[0], SHOPS[0])
        self.name(PEOPLE[0], SHOPS[0], PEOPLE[2], 90)

    @rule(who=WHO, shop=SHOP)
    def claim(self, who: str, shop: str) -> None:
        named = {"owner": who, "unified_number": shop}
        done = self.attempt(
            "claim", lambda: delegations.claim_establishment(self.work(who), self.owners, **named)
        )
        self.asked = shop if done else None
        if done:
            assert who in self.register[shop], "claimed by a stranger"
            assert who not in self.suspended, "claimed by a suspended person"

    @rule(who=WHO, shop=SHOP, delegate=WHO, days=st.sampled_from([1, 90]))
    def name(self, who: str, shop: str, delegate: str, days: int) -> None:
        named: dict[str, Any] = {"owner": who, "delegate": delegate, "unified_number": shop}
        named["until"] = self.now + timedelta(days=days)
        done = self.attempt(
            "name", lambda: delegations.delegate_by_owner(self.work(who), self.owners, **named)
        )
        self.asked = shop if done else None
        if done:
            assert who in self.register[shop], "named by a stranger"
            assert who != delegate, "named himself"
            assert who not in self.suspended, "named by a suspended person"

    @rule(shop=SHOP, delegate=WHO)
    def name_by_officer(self, shop: str, delegate: str) -> None:
        named: dict[str, Any] = {"delegate": delegate, "unified_number": shop, "proof": "تفويض"}
        named["until"] = self.now + timedelta(days=60)
        self.attempt(
            "name by officer", lambda: delegations.delegate_by_officer(self.work(), **named)
        )
        self.asked = None

    @rule(who=WHO, which=st.integers(0, 5), as_owner=st.booleans())
    def end(self, who: str, which: int, as_owner: bool) -> None:
        self.asked, rows = None, self.rows()
        if not rows:
            return
        row = rows[which % len(rows)]
        key, shop, concerned = row.delegation_id, row.unified_number, {row.citizen_id, row.made_by}
        named: dict[str, Any] = {"owner": who, "unified_number": shop, "delegation_id": key}
        if as_owner:
            done = self.attempt(
                "end as owner",
                lambda: delegations.end_delegation_as_owner(
                    self.work(who), self.owners, **named, reason="انتهى"
                ),
            )
            assert not done or who in self.register[shop], "ended by a stranger"
        else:
            done = self.attempt(
                "end own",
                lambda: delegations.end_own_delegation(self.work(who), key, reason="انتهى"),
            )
            assert not done or self.ids[who] in concerned, "ended by a stranger"

    @rule(shop=SHOP, to=WHO)
    def sell(self, shop: str, to: str) -> None:
        self.register[shop], self.asked = {to}, None
        TALLY.count_effect("sell")

    @rule(who=WHO)
    def suspend(self, who: str) -> None:
        self.asked = None
        if self.attempt(
            "suspend",
            lambda: delegations.suspend_citizen(self.work(), self.ids[who], reason="بلاغ"),
        ):
            self.suspended[who] = self.now
            self.ended |= {
                (one.claims["sub"], shop): self.now
                for one in self.tokens
                if one.person == who
                for shop in one.claims["acts_for"].split()
            }

    @rule(who=WHO)
    def reinstate(self, who: str) -> None:
        self.asked = None
        if self.attempt("reinstate", lambda: reinstate(self.work(), Citizen, self.ids[who])):
            del self.suspended[who]

    @rule(who=WHO)
    def sign(self, who: str) -> None:
        """A token of the moment, as the token endpoint makes its claims."""
        self.asked, self.now = None, self.now + timedelta(seconds=5)
        if who in self.suspended:
            return
        shops = citizens.establishments(self.session, self.ids[who], self.now)
        claims = {
            "sub": self.ids[who], "client_id": "portal", "acts_for": " ".join(shops),
            "iat": int(self.now.timestamp()),
        }  # fmt: skip
        self.tokens.append(Token(who, claims, self.now))
        TALLY.count_effect("sign")

    @rule(hours=st.sampled_from([1, 25, 24 * 31]))
    def pass_time(self, hours: int) -> None:
        self.asked, self.now = None, self.now + timedelta(hours=hours)

    # ---------------------------------------------------------------------------------------------- promises

    @invariant()
    def nobody_acts_by_a_right_that_ended(self) -> None:
        rows = self.rows()
        keys = [(one.citizen_id, one.unified_number) for one in rows]
        assert len(keys) == len(set(keys)), "two rights for one shop"
        for row in rows:
            maker = self.numbers.get(row.made_by)
            if row.basis == "owner":
                assert maker not in self.suspended, "by the word of a suspended owner"
            if row.basis != "officer" and row.unified_number == self.asked:
                assert maker in self.register[row.unified_number], "by a former owner's word"
        for token in self.tokens:
            named = token.claims["acts_for"].split()
            for shop in named:
                ended = self.ended.get((token.claims["sub"], shop))
                if ended is not None and ended > token.at:
                    assert self.is_void(token), "a token outlives its right"
        if self.tokens:
            last = self.tokens[-1]
            until = {one.unified_number: one.valid_until for one in rows
                     if one.citizen_id == last.claims["sub"]}  # fmt: skip
            if last.at == self.now:
                for shop in last.claims["acts_for"].split():
                    assert until[shop] > self.now + TOKENS_END, "a token outlives its delegation"

    def is_void(self, token: Token) -> bool:
        name = ("void", *sorted(token.claims.items()))
        return self.database.read(name, lambda: is_void(self.session, token.claims))


@pytest.fixture
def kept(session: Any, database: Any) -> WalkDatabase:
    return WalkDatabase(session, database)


def test_no_order_lets_a_right_outlive_what_it_rests_on(kept: WalkDatabase) -> None:
    take_walks(lambda: Delegations(kept), TALLY, connection=kept.session.connection(), steps=30)


A, B, C, D = PEOPLE


def sell_and_claim(walk: Delegations) -> None:
    walk.begin()
    walk.sign(C)
    walk.sell(SHOPS[0], D)
    walk.claim(D, SHOPS[0])


def sell_and_name(walk: Delegations) -> None:
    walk.begin()
    walk.sell(SHOPS[0], D)
    walk.name(D, SHOPS[0], B, 90)


def suspend_the_owner(walk: Delegations) -> None:
    walk.begin()
    walk.sign(C)
    walk.suspend(A)


def name_while_suspended(walk: Delegations) -> None:
    walk.suspend(A)
    walk.name(A, SHOPS[0], C, 90)


def claim_as_a_stranger(walk: Delegations) -> None:
    walk.claim(C, SHOPS[0])


def end_and_use_the_token(walk: Delegations) -> None:
    walk.begin()
    walk.sign(C)
    walk.end(A, 1, as_owner=False)


def end_as_a_stranger(walk: Delegations) -> None:
    walk.begin()
    walk.end(D, 1, as_owner=True)


def sign_before_the_end(walk: Delegations) -> None:
    walk.begin()
    walk.now += timedelta(days=30) - timedelta(minutes=3)
    walk.sign(A)


def active(walk: Any, *_: Any) -> Any:
    return walk.session.get_one(Citizen, walk.actor.subject)


BUGS = {
    "a claim leaves the seller's": (
        sell_and_claim,
        "_end_delegations_of_former_owners",
        do_nothing,
    ),
    "a naming leaves the seller's": (
        sell_and_name,
        "_end_delegations_of_former_owners",
        do_nothing,
    ),
    "an end voids no token": (end_and_use_the_token, "revoke", do_nothing),
    "a sale voids no token": (sell_and_claim, "revoke", do_nothing),
    "a suspended owner's delegates go on": (suspend_the_owner, "_end_all", do_nothing),
    "a suspended owner names": (name_while_suspended, "_lock_maker", active),
    "a stranger claims": (claim_as_a_stranger, "check_owner", do_nothing),
    "a stranger ends": (end_as_a_stranger, "check_owner", do_nothing),
}
# The promise that each bug breaks.
PROMISES = {
    "a claim leaves the seller's": "by a former owner's word",
    "a naming leaves the seller's": "by a former owner's word",
    "an end voids no token": "a token outlives its right",
    "a sale voids no token": "a token outlives its right",
    "a suspended owner's delegates go on": "by the word of a suspended owner",
    "a suspended owner names": "named by a suspended person",
    "a stranger claims": "claimed by a stranger",
    "a stranger ends": "ended by a stranger",
}


@pytest.mark.parametrize(
    "story", sorted({one[0] for one in BUGS.values()}, key=lambda one: one.__name__)
)
def test_each_story_is_fine_while_the_rules_hold(kept: WalkDatabase, story: Any) -> None:
    walk = Delegations(kept)

    story(walk)

    walk.nobody_acts_by_a_right_that_ended()


@pytest.mark.parametrize("bug", BUGS)
def test_each_bug_is_caught(kept: WalkDatabase, monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    story, name, stands_in = BUGS[bug]
    put_in, walk = switch_off(delegations, name, stands_in), Delegations(kept)

    require_broken_promise(monkeypatch, put_in, PROMISES[bug], lambda: _play(walk, story))


def test_a_token_that_is_signed_too_late_is_caught(
    kept: WalkDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in, walk = switch_off(citizens, "counts_until", lambda now: now), Delegations(kept)
    promise = "a token outlives its delegation"

    require_broken_promise(monkeypatch, put_in, promise, lambda: _play(walk, sign_before_the_end))


def _play(walk: Delegations, story: Any) -> None:
    story(walk)
    walk.nobody_acts_by_a_right_that_ended()


def claim(walk: Delegations, who: str, owners: Any) -> Any:
    named = {"owner": who, "unified_number": SHOPS[0]}
    return delegations.claim_establishment(walk.work(who), owners, **named)


def name(walk: Delegations, who: str, owners: Any) -> Any:
    named: dict[str, Any] = {"owner": who, "unified_number": SHOPS[0], "delegate": B}
    named["until"] = walk.now + timedelta(days=90)
    return delegations.delegate_by_owner(walk.work(who), owners, **named)


@pytest.mark.parametrize("ask", [claim, name])
def test_an_old_answer_of_the_register_ends_nothing_of_the_new_owner(
    kept: WalkDatabase, ask: Any
) -> None:
    """The shop is sold while the seller's request is under way with the register's answer."""
    walk = Delegations(kept)
    walk.begin()

    def answer_before_the_sale(shop: str) -> set[str]:
        before = set(walk.register[shop])
        walk.sell(shop, D)
        walk.claim(D, shop)
        walk.name(D, shop, C, 90)
        walk.sign(D)
        return before

    with pytest.raises(RegisterAway):
        ask(walk, A, answer_before_the_sale)

    assert {one.made_by for one in walk.rows()} == {walk.ids[D]}
    assert {one.citizen_id for one in walk.rows()} == {walk.ids[D], walk.ids[C]}
    assert not walk.is_void(walk.tokens[-1])
    with pytest.raises(NotTheOwner):
        ask(walk, A, walk.owners)  # the seller tries again
