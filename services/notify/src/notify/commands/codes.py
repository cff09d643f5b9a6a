"""One-time codes: sent to a mobile for a caller and a purpose, and checked a few times.

The right code confirms the mobile, and releases the held texts of the mobile.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis.core import codes
from chassis.core.ids import new_id
from chassis.data.lock_order import note_lock
from chassis.data.sealed import keys_of
from notify.commands import floods
from notify.commands.messages import NewMessage, create_message, get_current_template
from notify.domain.floods import Caps
from notify.domain.messages import Origin
from notify.models import Code


@dataclass(frozen=True)
class Holder:
    """The binding of a code: the client that asked for the code, the purpose, and the mobile (E.164)."""

    client_id: str
    purpose: str
    mobile: str


def send_code(
    session: Session, holder: Holder, *, language: str, seconds: int, caps: Caps, now: datetime
) -> Code:
    """Adds a code and its message. The new code replaces an earlier code. Raises DayIsFull."""
    digits = codes.new_code(secrets.randbelow)
    code = Code(
        code_id=new_id(),
        client_id=holder.client_id,
        purpose=holder.purpose,
        mobile=holder.mobile,
        mobile_key=holder.mobile,
        digits_key="",
        tries=0,
        created_at=now,
        expires_at=now + timedelta(seconds=seconds),
    )
    code.digits_key = _hashes(session, code.code_id, digits)[0]
    session.add(code)
    floods.count_unheld(session, caps, now)
    new = NewMessage(
        origin=Origin.CODE,
        source=f"code/{code.code_id}",
        role="holder",
        language=language,
        event_at=now,
        recipient=holder.mobile,
        link=("", digits),
        hidden="code",
        expires_at=code.expires_at,
    )
    create_message(session, get_current_template(session, "code"), new, now=now)
    return code


def check_code(
    session: Session, holder: Holder, digits: str, *, most_tries: int, now: datetime
) -> tuple[codes.Verdict, int]:
    """Returns the verdict, and the number of tries left. A wrong code raises nothing, so that its try is committed."""
    code = _lock_newest(session, holder)
    if code is None:
        return codes.Verdict.OVER, 0
    right = any(
        hmac.compare_digest(code.digits_key, one) for one in _hashes(session, code.code_id, digits)
    )
    state = codes.CodeState(code.expires_at, code.tries, code.used_at is not None)
    verdict = codes.judge(state, right=right, most_tries=most_tries, now=now)
    if verdict is codes.Verdict.WRONG:
        code.tries += 1
    if verdict is codes.Verdict.RIGHT:
        code.used_at = now
        floods.confirm_mobile(session, holder.mobile, by="code", now=now)
    return verdict, max(0, most_tries - code.tries)


def delete_old_codes(session: Session, before: datetime) -> None:
    """Deletes codes that ended before a time."""
    session.execute(delete(Code).where(Code.expires_at < before))


def _lock_newest(session: Session, holder: Holder) -> Code | None:
    """Returns the last code of the holder, locked, so that parallel tries are counted one after the other."""
    mobiles = keys_of(session).index.keys(holder.mobile)
    statement = (
        select(Code)
        .where(
            Code.mobile_key.in_(mobiles),
            Code.client_id == holder.client_id,
            Code.purpose == holder.purpose,
        )
        .order_by(Code.created_at.desc(), Code.code_id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    note_lock(session, Code.__tablename__)
    return session.scalar(statement)


def _hashes(session: Session, code_id: str, digits: str) -> Sequence[str]:
    """Returns the keyed hashes of a code's digits, the current key's first. The code's id is hashed too, so that equal
    digits have different hashes."""
    return keys_of(session).index.keys(f"code/{code_id}/{digits}")
