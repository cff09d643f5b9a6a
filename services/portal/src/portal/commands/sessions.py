"""Sessions: a sign-in begins, a session begins, is resumed, gets a new token, ends.

A session's cookie is a secret of 256 bits, made when the sign-in is complete; nobody can know it before. The table has
its hash only.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from chassis.access.auth import Caller
from chassis.core.refusals import Refusal
from portal.domain import sessions as rules
from portal.domain.areas import Area
from portal.domain.tasks import Task
from portal.models import PendingSignIn, SavedForm, WebSession
from portal.outside.issuer import BegunSignIn, IssuedToken


class SignInUnknown(Refusal):
    """No sign-in of this browser waits for this answer."""

    problem = "sign-in-failed"


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A person's session in an area. `caller` is what the newest token says of the person; `key` is the token's DPoP
    key. `person`: the person's name and organisation, as the issuer wrote them beside the token."""

    session_id: str
    area: Area
    caller: Caller
    task: Task
    token: str
    key: Mapping[str, Any]
    person: Mapping[str, Any] | None
    last_search: str | None


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
    row.content = _content(caller, issued, task, row.content["last_search"])
    row.seen_at = now
    return True


def resume(session: Session, area: Area, cookie: str, now: datetime) -> SignedIn | None:
    """Returns the area's session of a cookie, and notes that the person was seen. A session that has ended is removed;
    a cookie of another area opens nothing."""
    row = session.get(WebSession, hashed(cookie)) if cookie else None
    if row is None or row.area != area.name:
        return None
    if rules.has_ended(row.signed_in_at, row.seen_at, now):
        session.delete(row)
        return None
    if now - row.seen_at > rules.SEEN_EVERY:
        row.seen_at = now
    content = row.content
    return SignedIn(
        session_id=row.session_id,
        area=area,
        caller=_caller(content["caller"]),
        task=area.tasks[content["task"]],
        token=content["token"],
        key=content["dpop_key"],
        person=content.get("person"),
        last_search=content["last_search"],
    )


def note_search(session: Session, session_id: str, address: str) -> None:
    """Keeps where the person's last results are, for the way back from a permit."""
    row = session.get(WebSession, session_id, with_for_update=True)
    if row is not None and row.content["last_search"] != address:
        row.content = {**row.content, "last_search": address}


def end(session: Session, session_id: str) -> None:
    """Ends a session; its saved searches go with it."""
    session.execute(delete(WebSession).where(WebSession.session_id == session_id))


def save_form(session: Session, session_id: str, typed: Mapping[str, Any], now: datetime) -> str:
    """Keeps what a person typed. Returns the id that the page's address has."""
    form_id = secrets.token_urlsafe(16)
    session.add(
        SavedForm(form_id=form_id, session_id=session_id, content=dict(typed), saved_at=now)
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
    return {
        "caller": {**asdict(caller), "scopes": sorted(caller.scopes)},
        "token": issued.token,
        "dpop_key": dict(issued.key),
        "person": issued.person,
        "task": task.name,
        "last_search": last_search,
    }


def _caller(kept: Mapping[str, Any]) -> Caller:
    return Caller(**{**kept, "scopes": frozenset(kept["scopes"])})
