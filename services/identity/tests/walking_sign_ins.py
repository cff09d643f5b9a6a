"""A state machine of sign-ins: people sign in and out, codes and tokens are had, used twice and late, and
administrators suspend, reinstate, revoke and change people, clients and organisations meanwhile.

The machine keeps who may act by the rules of the decisions. Each step is allowed exactly when these rules say so.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from joserfc import jws
from sqlalchemy import func, select

from chassis.core.actors import SystemActor
from chassis.data.unit_of_work import UnitOfWork
from chassis.testing_walks import Tally, WalkDatabase
from identity.commands import authorization, clients, organisations, revocations, sessions, tokens
from identity.commands.changes import reinstate, suspend
from identity.domain.errors import OAuthRefusal, WrongStatus
from identity.domain.tokens import LIFETIME_SECONDS, RevocationKind
from identity.models import Client, Organisation, Person, Revocation, SignInSession
from identity.void_tokens import is_void

from .oauth_clients import PASSWORD

OFFICER = SystemActor("p_admin", "portal")
BEGAN = datetime(2026, 11, 25, 8, tzinfo=UTC)
SCOPE = "building-permits.read"
ORGANISATION_OF = {"sara": "electricity", "walid": "water"}
# Who may sign in where: at a client of his organisation, or of the municipality.
CLIENTS = {"electricity-desk": "electricity", "water-desk": "water", "portal": "qatif"}
HOUR, SHIFT, MINUTE = timedelta(hours=1), timedelta(hours=10), timedelta(seconds=60)
WHO, CLIENT = st.sampled_from(list(ORGANISATION_OF)), st.sampled_from(list(CLIENTS))
WHICH = st.integers(0, 5)
TALLY = Tally("identity: sign-ins")


@dataclass
class SignIn:
    """A session as the rules have it."""

    who: str
    cookie: str
    sid: str
    began: datetime
    used: datetime
    ended: bool = False


@dataclass
class Code:
    text: str
    signed_in: SignIn
    client: str
    at: datetime
    is_used: bool = False


@dataclass
class Token:
    claims: Mapping[str, Any]
    code: Code
    at: datetime


@dataclass
class WalkFixtures:
    """The fixtures of pytest that a walk uses."""

    database: WalkDatabase
    settings: Any


class SignIns(RuleBasedStateMachine):
    def __init__(self, fixtures: WalkFixtures) -> None:
        super().__init__()
        self.fixtures, self.database = fixtures, fixtures.database
        self.session = self.database.session
        self.database.begin_walk()
        self.now, self.effects = BEGAN, 0
        known = dict(self.session.execute(select(Person.username, Person.person_id)).all())
        self.ids = {name: known[name] for name in ORGANISATION_OF}
        self.passwords = dict.fromkeys(ORGANISATION_OF, PASSWORD)
        self.lacks_scope: set[str] = set()  # people and clients
        self.suspended: set[str] = set()  # people, clients and organisations
        self.ends: list[tuple[str, str, datetime]] = []  # what was revoked, by kind and name
        self.sign_ins: list[SignIn] = []
        self.codes: list[Code] = []
        self.tokens: list[Token] = []
        self.published, self.kept = self.count_published(), self.count_kept()

    def teardown(self) -> None:
        self.database.end_walk()

    # ------------------------------------------------------------------------------------------------- the rules

    def count(self, step: str, led_to: str = "done") -> None:
        self.effects += 1
        TALLY.count_effect(step, led_to)

    def work(self) -> UnitOfWork:
        self.session.flush()
        return UnitOfWork(self.session, OFFICER, self.now)

    def is_current(self, one: SignIn) -> bool:
        """Returns whether a session goes on: not ended, within a shift, used in the last hour, its person active."""
        in_time = self.now < one.began + SHIFT and self.now < one.used + HOUR
        return in_time and not one.ended and self.may_act(one.who)

    def may_act(self, who: str) -> bool:
        return not self.suspended & {who, ORGANISATION_OF[who]}

    def may_serve(self, client: str) -> bool:
        return not self.suspended & {client, CLIENTS[client]}

    def end(self, kind: str, name: str) -> None:
        """Notes that a right ended: with it end the sessions that it names."""
        self.ends.append((kind, name, self.now))
        for one in self.sign_ins:
            named = {
                "session": one.sid,
                "person": self.ids[one.who],
                "organisation": ORGANISATION_OF[one.who],
            }
            one.ended = one.ended or named.get(kind) == name

    # ------------------------------------------------------------------------------------------------ signing in

    @initialize()
    def begin(self) -> None:
        for who, client in (("sara", "electricity-desk"), ("walid", "portal")):
            self.sign_in(who, "right")
            self.ask_for_code(-1, client)
            self.redeem(-1)

    @rule(who=WHO, password=st.sampled_from(["right", "right", "right", "old", "wrong"]))
    def sign_in(self, who: str, password: str) -> None:
        self.now += timedelta(seconds=1)
        typed = {"right": self.passwords[who], "old": PASSWORD, "wrong": "ليست كلمة المرور"}
        signed_in = sessions.sign_in(
            self.session, self.fixtures.settings, username=who, password=typed[password],
            source=f"198.51.100.{self.effects % 200}", now=self.now,
        )  # fmt: skip
        should = self.may_act(who) and typed[password] == self.passwords[who]
        assert (signed_in is not None) == should, f"signed in: {should} is right"
        if signed_in is not None:
            sid = signed_in.session.sid
            self.sign_ins.append(SignIn(who, signed_in.cookie, sid, self.now, self.now))
            self.count("sign in")

    @precondition(lambda self: self.sign_ins)
    @rule(which=WHICH, client=CLIENT)
    def ask_for_code(self, which: int, client: str) -> None:
        """As the authorization endpoint does for a browser that is signed in."""
        self.now += timedelta(seconds=1)
        one = self.sign_ins[which % len(self.sign_ins)]
        found = sessions.resume_employee(self.session, one.cookie, self.now)
        assert (found is not None) == self.is_current(one), "an ended session goes on"
        if found is None:
            return
        one.used = self.now
        admitted = CLIENTS[client] in ("qatif", ORGANISATION_OF[one.who])
        if not (admitted and self.may_serve(client)) or self.lacks_scope & {one.who, client}:
            return
        code = f"code-{len(self.codes)}"
        authorization.issue_code(
            self.session, code, client_id=client, signed_in=found[0], redirect_uri="https://x.example",
            scopes=[SCOPE], audience="partner-gateway", code_challenge="c" * 43, now=self.now,
        )  # fmt: skip
        self.codes.append(Code(code, one, client, self.now))
        self.count("code")

    @precondition(lambda self: self.codes)
    @rule(which=WHICH)
    def redeem(self, which: int) -> None:
        """As the token endpoint does: the transaction is committed after a refusal too."""
        self.now += timedelta(seconds=1)
        code = self.codes[which % len(self.codes)]
        should, claims = self.may_redeem(code), None
        try:
            row = authorization.redeem_code(self.session, code.text, code.client, now=self.now)
            subject = authorization.subject_of(self.session, row, self.now)
            signed = tokens.sign_token(
                self.session, self.fixtures.settings, subject, audience=row.audience, scope=row.scope,
                now=self.now,
            )  # fmt: skip
            claims = json.loads(jws.extract_compact(signed.encode()).payload)
        except OAuthRefusal:
            self.session.flush()
        assert (claims is not None) == should, "a token without a right" if claims else "refused"
        if code.is_used:
            self.end("session", code.signed_in.sid)
            self.count("redeem", "a second time")
        code.is_used = True
        if claims is not None:
            self.tokens.append(Token(claims, code, self.now))
            self.count("redeem")

    def may_redeem(self, code: Code) -> bool:
        one = code.signed_in
        is_good = not code.is_used and self.now < code.at + MINUTE and self.is_current(one)
        revoked = any(
            (kind, name) == ("client", code.client) and at >= code.at
            for kind, name, at in self.ends
        )
        return is_good and self.may_serve(code.client) and not revoked

    @precondition(lambda self: self.sign_ins)
    @rule(which=WHICH)
    def sign_out(self, which: int) -> None:
        self.now += timedelta(seconds=1)
        one = self.sign_ins[which % len(self.sign_ins)]
        found = sessions.resume_any_session(self.session, one.cookie, self.now)
        assert (found is not None) == self.is_current(one), "an ended session goes on"
        if found is not None:
            sessions.end_session(self.session, found[0].sid, now=self.now)
            self.end("session", one.sid)
            self.count("sign out")

    @precondition(lambda self: self.tokens)
    @rule(which=WHICH)
    def give_token_back(self, which: int) -> None:
        self.now += timedelta(seconds=1)
        claims = self.tokens[which % len(self.tokens)].claims
        tokens.void_token(self.session, claims, now=self.now)
        self.ends.append(("token", claims["jti"], self.now))
        self.count("give back")

    # -------------------------------------------------------------------------------------------- administrators

    @rule(kind=st.sampled_from(["person", "client", "organisation", "session"]), which=WHICH)
    def revoke(self, kind: str, which: int) -> None:
        self.now += timedelta(seconds=1)
        names = {
            "person": list(self.ids.values()),
            "client": list(CLIENTS),
            "organisation": list(ORGANISATION_OF.values()),
            "session": [one.sid for one in self.sign_ins],
        }[kind]
        if names:
            name = names[which % len(names)]
            named = {"reason": "بلاغ", "recorded_by": "p_admin", "now": self.now}
            revocations.revoke(self.session, RevocationKind(kind), name, **named)
            self.end(kind, name)
            self.count("revoke", kind)

    @rule(name=st.sampled_from([*ORGANISATION_OF, *CLIENTS, "electricity", "water", "qatif"]))
    def suspend(self, name: str) -> None:
        self.now += timedelta(seconds=1)
        model, key, kind = self.row_of(name)
        try:
            suspend(self.work(), model, key, reason="بلاغ")
        except WrongStatus:
            assert name in self.suspended, "not suspended"
            return
        assert name not in self.suspended, "suspended twice"
        self.suspended.add(name)
        self.end(kind, key)
        if kind == "organisation":
            for client in (one for one, owner in CLIENTS.items() if owner == key):
                self.end("client", client)
        self.count("suspend", kind)

    @rule(which=WHICH)
    def reinstate(self, which: int) -> None:
        self.now += timedelta(seconds=1)
        if self.suspended:
            name = sorted(self.suspended)[which % len(self.suspended)]
            model, key, kind = self.row_of(name)
            reinstate(self.work(), model, key)
            self.suspended.remove(name)
            self.count("reinstate", kind)

    def row_of(self, name: str) -> tuple[Any, str, str]:
        if name in self.ids:
            return Person, self.ids[name], "person"
        if name in CLIENTS:
            return Client, name, "client"
        return Organisation, name, "organisation"

    @rule(who=WHO)
    def set_password(self, who: str) -> None:
        self.now += timedelta(seconds=1)
        self.passwords[who] = f"كلمة مرور رقم {self.effects} الجديدة"
        organisations.set_password(self.work(), self.ids[who], password=self.passwords[who])
        self.end("person", self.ids[who])
        self.count("set password")

    @rule(who=WHO, holds=st.booleans())
    def amend_person(self, who: str, holds: bool) -> None:
        self.now += timedelta(seconds=1)
        terms = {"display_name": f"{who} (بيانات تجريبية)", "role": "officer"}
        scopes = [SCOPE] if holds else []
        organisations.amend_person(self.work(), self.ids[who], scopes=scopes, **terms)
        self.change_scopes(who, holds, "person", self.ids[who])

    @rule(client=CLIENT, holds=st.booleans())
    def amend_client(self, client: str, holds: bool) -> None:
        self.now += timedelta(seconds=1)
        row = self.session.get_one(Client, client)
        clients.amend_client(
            self.work(), client, name={"ar": row.name_ar, "en": row.name_en}, introspects=[],
            redirect_uris=row.redirect_uris, scopes=[SCOPE] if holds else [],
        )  # fmt: skip
        self.change_scopes(client, holds, "client", client)

    def change_scopes(self, name: str, holds: bool, kind: str, key: str) -> None:
        taken = not holds and name not in self.lacks_scope
        self.lacks_scope = self.lacks_scope - {name} if holds else self.lacks_scope | {name}
        if taken:
            self.end(kind, key)
        self.count("amend", f"{kind} {'holds' if holds else 'lacks'} the scope")

    @rule(seconds=st.sampled_from([1, 20, 61, 299, 3_500, 3_601, 36_000]))
    def pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.count("time passes")

    # -------------------------------------------------------------------------------------------------- promises

    @invariant()
    def promises_hold(self) -> None:
        self.session.flush()
        self.no_token_outlives_a_right()
        self.no_token_is_void_without_a_reason()
        self.sessions_are_what_the_rules_say()
        self.each_revocation_is_published()

    def no_token_outlives_a_right(self) -> None:
        for token in self.good_tokens():
            ended = [one for one in self.ends_of(token) if one >= token.at]
            assert not ended or self.is_void(token), "a token outlives a right"

    def no_token_is_void_without_a_reason(self) -> None:
        for token in self.good_tokens():
            assert self.ends_of(token) or not self.is_void(token), "void at once"
        if self.tokens and self.tokens[-1].at == self.now:
            assert not self.is_void(self.tokens[-1]), "void at once"

    def is_void(self, token: Token) -> bool:
        find = lambda: is_void(self.session, token.claims)  # noqa: E731
        return self.database.read(("void", token.claims["jti"]), find)

    def good_tokens(self) -> list[Token]:
        limit = timedelta(seconds=LIFETIME_SECONDS)
        return [one for one in self.tokens if self.now < one.at + limit]

    def ends_of(self, token: Token) -> list[datetime]:
        names = {
            ("token", token.claims["jti"]), ("session", token.claims["sid"]),
            ("person", token.claims["sub"]), ("client", token.claims["client_id"]),
            ("organisation", token.claims["organisation"]),
        }  # fmt: skip
        return [at for kind, name, at in self.ends if (kind, name) in names]

    def sessions_are_what_the_rules_say(self) -> None:
        rows = select(SignInSession.sid, SignInSession.ended_at)
        find = lambda: dict(self.session.execute(rows).all())  # noqa: E731
        ended = self.database.read("sessions", find)
        for one in self.sign_ins:
            if one.sid in ended:
                assert (ended[one.sid] is not None) == one.ended, "a session outlives a right"

    def each_revocation_is_published(self) -> None:
        published = self.count_published() - self.published
        assert published == self.count_kept() - self.kept, "not published once"

    def count_kept(self) -> int:
        return self.database.scalars(select(func.count()).select_from(Revocation))[0]

    def count_published(self) -> int:
        return sum(".revocation." in one.type for one in self.database.events())
