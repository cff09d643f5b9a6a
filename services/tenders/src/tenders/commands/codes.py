"""One-time codes of people without an account: a code proves the mobile that wants to follow a tender or lease, or
that buys the booklet of a lease.

A wrong code raises nothing: its try has to be committed, so a command returns the attempt.
"""

from collections.abc import Mapping

from chassis.core.codes import Verdict
from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.one_time_codes import Attempt, CodeDesk, CodeHolder, SentCode
from tenders.commands import booklets, followers
from tenders.domain.booklets import require_sale
from tenders.domain.offerings import require_unsettled
from tenders.lookups import get_published
from tenders.models import BookletPurchase, Follower, Lease

FOLLOW, BOOKLET = "follow", "booklet"  # the purposes of codes


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


def send_booklet_code(
    work: UnitOfWork, desk: CodeDesk, number: str, mobile: str, *, language: str
) -> SentCode:
    """Sends a code to a mobile that buys a booklet, or that reads its purchase. Every mobile gets a code, so the answer
    tells no buyer. Raises NotFound for a draft, BookletNotSold and LimitReached."""
    lease = get_published(work.session, number, Lease)
    require_sale(lease.booklet_url)
    holder = CodeHolder(BOOKLET, number, mobile)
    return desk.send(holder, reaches=True, language=language, now=work.now)


def buy_with_code(
    work: UnitOfWork,
    desk: CodeDesk,
    number: str,
    buyer: Mapping[str, str],
    *,
    digits: str,
    bill_days: int,
) -> BookletPurchase | Attempt:
    """Bills the booklet to the buyer whose mobile the code proves. Raises NotFound for a draft, BookletNotSold,
    IllegalTransition, BidsAreClosed and LimitReached."""
    lease = get_published(work.session, number, Lease)
    require_sale(lease.booklet_url)
    attempt = desk.check(CodeHolder(BOOKLET, number, buyer["mobile"]), digits, work.now)
    if attempt.verdict is not Verdict.RIGHT:
        return attempt
    return booklets.buy(work, lease.lease_id, buyer, bill_days=bill_days)


def read_with_code(
    work: UnitOfWork, desk: CodeDesk, number: str, mobile: str, *, digits: str
) -> BookletPurchase | Attempt:
    """Returns the purchase of the mobile that the code proves. Raises NotFound for a draft and for a mobile without a
    purchase, and LimitReached."""
    lease = get_published(work.session, number, Lease)
    attempt = desk.check(CodeHolder(BOOKLET, number, mobile), digits, work.now)
    if attempt.verdict is not Verdict.RIGHT:
        return attempt
    purchase = booklets.find_purchase(work, lease.lease_id, mobile)
    if purchase is None:
        raise NotFound
    return purchase
