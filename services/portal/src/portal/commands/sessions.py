"""Sessions: a sign-in begins, a session begins, is resumed, gets a new token, ends.

A session's cookie is a secret of 256 bits, made when the sign-in is complete; nobody can know it before. The table has
its hash only.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from chassis.access.auth import Caller
from chassis.core.refusals import Refusal
from portal.domain import sessions as rules
from portal.domain.areas import Area
from portal.domain.tasks import Task
from portal.models import PendingSignIn, SavedForm, WebSession
from portal.outside.issuer import BegunSignIn, IssuedToken

# A session's row, made into a statement once.
_OF_COOKIE = select(WebSession.__table__).where(
    WebSession.__table__.c.session_id == bindparam("session_id")
)


class SignInUnknown(Refusal):
    """No sign-in of this browser waits for this answer."""

    problem = "sign-in-failed"


@dataclass(frozen=True, kw_only=True)
class ServiceToken:
    """A token for one service. `caller` is what the token says of the person."""

    token: str = field(repr=False)
    caller: Caller


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A person's session in an area, at a page that asks `service`.

    `first_token` is the token of the sign-in, which is exchanged for tokens of other services; `tokens` are the newest
    tokens by service, and `key` is the DPoP key of all of them. `person`: the person's name, and an employee's
    organisation, as the issuer wrote them beside the token. `first_session`: the session of this browser in which the
    person signed in first, of which the session took over the saved forms.
    """

    session_id: str
    area: Area
    task: Task
    service: str
    first_token: str = field(repr=False)
    tokens: Mapping[str, ServiceToken]
    key: Mapping[str, Any] = field(repr=False)
    person: Mapping[str, Any] | None
    last_search: str | None
    first_session: str

    @property
    def caller(self) -> Caller:
        """Returns what the token of the page's service says of the person; without one, what the newest token says."""
        kept = self.tokens.get(self.service)
        return kept.caller if kept else self.newest_caller

    @property
    def newest_caller(self) -> Caller:
        """Returns what the newest token says of the person."""
        return max((one.caller for one in self.tokens.values()), key=lambda one: one.issued_at)

    @property
    def scopes(self) -> frozenset[str]:
        """Returns what the person may do in this session. The sign-in gives all scopes of the task or none, and the
        token of the sign-in has those of the task's service."""
        of_others = (scope for scopes in self.task.other_services.values() for scope in scopes)
        return self.tokens[self.task.service].caller.scopes | frozenset(of_others)

    def has_token(self, service: str, now: datetime) -> bool:
        """Returns whether a token for the service is at hand that lives long enough for a request."""
        kept = self.tokens.get(service)
        return kept is not None and not rules.is_worn_out(kept.caller.expires_at, now)

    def with_token(self, service: str, token: ServiceToken) -> "SignedIn":
        """Returns the session with a newer token for a service."""
        return replace(self, tokens={**self.tokens, service: token})


def new_secret() -> str:
    """Returns a secret for a cookie."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """Returns the form in which the tables know a secret."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def keep_sign_in(
    session: Session,
    begun: BegunSignIn,
    *,
    area: Area,
    browser: str,
    task: Task,
    return_to: str,
    now: datetime,
) -> None:
    """Keeps a sign-in until the browser comes back. `browser` is the secret of its cookie."""
    session.add(
        PendingSignIn(
            state_hash=hashed(begun.state),
            browser_hash=hashed(browser),
            area=area.name,
            content={"secrets": begun.secrets, "task": task.name, "return_to": return_to},
            started_at=now,
        )
    )


def take_sign_in(
    session: Session, *, area: Area, state: str, browser: str, now: datetime
) -> dict[str, Any]:
    """Returns the sign-in that this browser began in the area, and removes it: an answer is used once. Raises
    SignInUnknown."""
    row = session.get(PendingSignIn, hashed(state), with_for_update=True)
    if row is None or row.area != area.name or row.browser_hash != hashed(browser):
        raise SignInUnknown
    session.delete(row)
    if now - row.started_at > rules.SIGN_IN:
        raise SignInUnknown
    content: dict[str, Any] = row.content
    return content


def begin_session(
    session: Session,
    *,
    area: Area,
    caller: Caller,
    issued: IssuedToken,
    task: Task,
    now: datetime,
) -> str:
    """Begins a session. Returns the secret of its cookie."""
    secret = new_secret()
    session.add(
        WebSession(
            session_id=hashed(secret),
            area=area.name,
            subject=caller.subject,
            content=_content(caller, issued, task, None),
            signed_in_at=now,
            seen_at=now,
        )
    )
    return secret


def renew_token(
    session: Session,
    signed_in: SignedIn,
    *,
    caller: Caller,
    issued: IssuedToken,
    now: datetime,
) -> bool:
    """Gives the session of the same person a new token. Returns False when there is no such session."""
    row = session.get(WebSession, signed_in.session_id, with_for_update=True)
    if row is None or row.subject != caller.subject:
        return False
    if rules.has_ended(row.signed_in_at, row.seen_at, now):
        return False
    task = signed_in.area.tasks[row.content["task"]]
    renewed = _content(caller, issued, task, row.content["last_search"])
    row.content = {**row.content, **renewed}
    row.seen_at = now
    return True


def keep_token(session: Session, signed_in: SignedIn, service: str, token: ServiceToken) -> None:
    """Keeps a token that came by exchange, for the next pages that ask the service. A token of a sign-in that was
    renewed meanwhile is bound to the older key, and isn't kept."""
    row = session.get(WebSession, signed_in.session_id, with_for_update=True)
    if row is not None and row.content["first_token"] == signed_in.first_token:
        kept = {**row.content["tokens"], service: _token_content(token)}
        row.content = {**row.content, "tokens": kept}


def resume(session: Session, area: Area, cookie: str, now: datetime) -> SignedIn | None:
    """Returns the area's session of a cookie, and notes that the person was seen. A session that has ended is removed;
    a cookie of another area opens nothing. Each of its statements may be a transaction of its own."""
    row = session.execute(_OF_COOKIE, {"session_id": hashed(cookie)}).one_or_none()
    if row is None or row.area != area.name or not row.content["tokens"]:
        return None
    if rules.has_ended(row.signed_in_at, row.seen_at, now):
        end(session, row.session_id)
        return None
    if now - row.seen_at > rules.SEEN_EVERY:
        seen = update(WebSession).where(WebSession.session_id == row.session_id)
        session.execute(seen.values(seen_at=now))
    content = row.content
    task = area.tasks[content["task"]]
    return SignedIn(
        session_id=row.session_id,
        area=area,
        task=task,
        service=task.service,
        first_token=content["first_token"],
        tokens={
            name: ServiceToken(token=kept["token"], caller=_caller(kept["caller"]))
            for name, kept in content["tokens"].items()
        },
        key=content["dpop_key"],
        person=content.get("person"),
        last_search=content["last_search"],
        first_session=content.get("first_session", row.session_id),
    )


def note_search(session: Session, session_id: str, address: str) -> None:
    """Keeps where the person's last results are, for the way back from a permit."""
    row = session.get(WebSession, session_id, with_for_update=True)
    if row is not None and row.content["last_search"] != address:
        row.content = {**row.content, "last_search": address}


def end(session: Session, session_id: str) -> None:
    """Ends a session; its saved forms go with it."""
    session.execute(delete(WebSession).where(WebSession.session_id == session_id))


def close(session: Session, session_id: str) -> None:
    """Closes a session whose token is refused or void: it opens nothing any more. Its saved forms wait until the same
    person signs in anew (`replace_session`), or until the session has ended by itself."""
    row = session.get(WebSession, session_id, with_for_update=True)
    if row is not None:
        nothing: dict[str, Any] = {"first_token": "", "tokens": {}, "dpop_key": {}, "person": None}
        row.content = {**row.content, **nothing}


def replace_session(session: Session, area: Area, cookie: str, *, by: str, now: datetime) -> bool:
    """Ends the session of the browser's cookie after a new sign-in. The saved forms move to the new session, whose
    cookie is `by`, if both are of the same person: what somebody typed for one task is there again after a sign-in for
    another task. The new session has a secret of its own, so an older cookie opens nothing. Returns whether the browser
    may have been another person's."""
    row = session.get(WebSession, hashed(cookie), with_for_update=True) if cookie else None
    if row is None or row.area != area.name:
        return bool(cookie)
    newer = session.get_one(WebSession, hashed(by))
    if row.subject == newer.subject and not rules.has_ended(row.signed_in_at, row.seen_at, now):
        session.flush()
        session.execute(
            update(SavedForm)
            .where(SavedForm.session_id == row.session_id)
            .values(session_id=newer.session_id)
        )
        first_session = row.content.get("first_session", row.session_id)
        newer.content = {**newer.content, "first_session": first_session}
    end(session, row.session_id)
    return row.subject != newer.subject


def save_form(
    session: Session, session_id: str, purpose: str, typed: Mapping[str, Any], now: datetime
) -> str:
    """Keeps what a person typed. Returns the id that the page's address has."""
    form_id = secrets.token_urlsafe(16)
    session.add(
        SavedForm(
            form_id=form_id,
            session_id=session_id,
            purpose=purpose,
            content=dict(typed),
            saved_at=now,
        )
    )
    return form_id


def add_to_form(session: Session, session_id: str, form_id: str, found: Mapping[str, Any]) -> None:
    """Keeps what was found by a form beside what was typed."""
    row = session.get(SavedForm, form_id, with_for_update=True)
    if row is not None and row.session_id == session_id:
        row.content = {**row.content, **found}


def drop_ended(session: Session, now: datetime) -> None:
    """Removes sessions that have ended, and sign-ins that nobody completed."""
    idle, oldest = now - rules.IDLE, now - rules.ABSOLUTE
    session.execute(
        delete(WebSession).where((WebSession.seen_at < idle) | (WebSession.signed_in_at < oldest))
    )
    session.execute(delete(PendingSignIn).where(PendingSignIn.started_at < now - rules.SIGN_IN))


def _content(
    caller: Caller, issued: IssuedToken, task: Task, last_search: str | None
) -> dict[str, Any]:
    first = ServiceToken(token=issued.token, caller=caller)
    return {
        "first_token": issued.token,
        "tokens": {task.service: _token_content(first)},
        "dpop_key": dict(issued.key),
        "person": issued.person,
        "task": task.name,
        "last_search": last_search,
    }


# The fields of a caller that are sets: JSON keeps them as lists.
_SETS = ("scopes", "amr")


def _token_content(token: ServiceToken) -> dict[str, Any]:
    sets = {name: sorted(getattr(token.caller, name)) for name in _SETS}
    return {"token": token.token, "caller": {**asdict(token.caller), **sets}}


def _caller(kept: Mapping[str, Any]) -> Caller:
    """Returns the caller of a kept token. A session from before a field was kept has the field's default."""
    sets = {name: frozenset(kept[name]) for name in _SETS if name in kept}
    return Caller(**{**kept, **sets})
