"""One-time codes of people without an account: a code proves the mobile that wants to follow a tender or lease.

A wrong code raises nothing: its try has to be committed, so a command returns the attempt.
"""

from chassis.core.codes import Verdict
from chassis.data.unit_of_work import UnitOfWork
from chassis.one_time_codes import Attempt, CodeDesk, CodeHolder, SentCode
from tenders.commands import followers
from tenders.domain.offerings import require_unsettled
from tenders.lookups import get_published
from tenders.models import Follower

FOLLOW = "follow"  # the purpose of codes


def send_follow_code(
    work: UnitOfWork, desk: CodeDesk, number: str, mobile: str, *, language: str
) -> SentCode:
    """Sends a code to a mobile that wants to follow an offering. Every mobile gets a code, so the answer tells no
    follower. Raises NotFound for a draft and after the settlement, and LimitReached."""
    row = get_published(work.session, number)
    require_unsettled(row.settled_at)
    holder = CodeHolder(FOLLOW, number, mobile)
    return desk.send(holder, reaches=True, language=language, now=work.now)


def follow_with_code(
    work: UnitOfWork,
    desk: CodeDesk,
    number: str,
    mobile: str,
    *,
    digits: str,
    language: str,
) -> Follower | Attempt:
    """Lets the mobile follow that the code proves. Raises NotFound for a draft and after the settlement, and
    LimitReached."""
    row = get_published(work.session, number)
    require_unsettled(row.settled_at)
    attempt = desk.check(CodeHolder(FOLLOW, number, mobile), digits, work.now)
    if attempt.verdict is not Verdict.RIGHT:
        return attempt
    return followers.follow(work, row, mobile=mobile, language=language)
