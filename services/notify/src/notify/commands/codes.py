"""One-time codes for clients of the API: the codes of the chassis, whose texts `notify` sends by itself.

The right code confirms the mobile, and releases the held texts of the mobile.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from chassis.core.codes import Verdict
from chassis.one_time_codes import Attempt, CodeHolder, KeptCodes
from notify.commands import floods
from notify.commands.messages import NewMessage, create_message, get_current_template
from notify.domain.floods import Caps
from notify.domain.messages import Origin


def holder_of(client_id: str, purpose: str, mobile: str) -> CodeHolder:
    """Returns the binding of a code: the client that asked for the code, the purpose, and the mobile (E.164)."""
    return CodeHolder(purpose, client_id, mobile)


def send_code(
    session: Session,
    holder: CodeHolder,
    *,
    language: str,
    seconds: int,
    caps: Caps,
    now: datetime,
) -> datetime:
    """Replaces the holder's code and adds its message. Returns the end of the code. Raises DayIsFull."""
    code = KeptCodes(session).draw(holder, seconds=seconds, now=now)
    floods.count_unheld(session, caps, now)
    new = NewMessage(
        origin=Origin.CODE,
        source=f"code/{code.code_id}",
        role="holder",
        language=language,
        event_at=now,
        recipient=holder.mobile,
        link=("", code.digits),
        hidden="code",
        expires_at=code.expires_at,
    )
    create_message(session, get_current_template(session, "code"), new, now=now)
    return code.expires_at


def check_code(
    session: Session,
    holder: CodeHolder,
    digits: str,
    *,
    most_tries: int,
    caps: Caps,
    now: datetime,
) -> Attempt:
    """Returns the verdict, and the number of tries left. A wrong code raises nothing, so that its try is committed."""
    attempt = KeptCodes(session).check(holder, digits, most_tries=most_tries, now=now)
    if attempt.verdict is Verdict.RIGHT:
        floods.confirm_mobile(session, holder.mobile, caps, by="code", now=now)
    return attempt
