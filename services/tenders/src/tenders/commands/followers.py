"""Followers: a mobile follows by a code, the link of a text ends it, and a notice reaches everybody in batches."""

from sqlalchemy import select

from chassis.core.ids import new_id
from chassis.core.link_tokens import hash_token, new_token
from chassis.core.refusals import NotFound
from chassis.data.deadlines import set_deadline
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact, contacts_of
from chassis.events.outbox import publish
from chassis.one_time_codes import CodeDesk, CodeHolder, SentCode
from tenders import events
from tenders.commands.recording import TELL
from tenders.domain.notices import is_overtaken
from tenders.domain.offerings import require_unsettled
from tenders.lookups import follower_of_link, get_published
from tenders.models import Follower, FollowerNotice, Offering

FOLLOW = "follow"  # the purpose of codes
BATCH = 100  # contacts of one event


def send_follow_code(
    work: UnitOfWork, desk: CodeDesk, holder: CodeHolder, *, language: str
) -> SentCode:
    """Sends a code to a mobile that wants to follow an offering. Every mobile gets a code, so the answer tells no
    follower. Raises NotFound for a draft and after the settlement, and LimitReached."""
    require_unsettled(get_published(work.session, holder.about).settled_at)
    return desk.send(holder, reaches=True, language=language, now=work.now)


def add_follower(work: UnitOfWork, row: Offering, *, mobile: str, language: str) -> Follower:
    """Lets a mobile follow that a one-time code proved. A mobile that follows already goes on, in the new language. The
    offering stays locked, so that two requests of one mobile at once leave one follower, and nobody follows what is
    settled at the same moment. Raises NotFound after the settlement."""
    require_unsettled(work.lock(type(row), row.aggregate_id).settled_at)
    known = keys_of(work.session).index.keys(mobile)
    which = (Follower.offering_id == row.aggregate_id, Follower.mobile_key.in_(known))
    follower = work.session.scalars(select(Follower).where(*which)).first()
    if follower is not None:
        follower.contact = {**follower.contact, "language": language}
    else:
        token = new_token()
        follower = Follower(
            follower_id=new_id(),
            offering_id=row.aggregate_id,
            contact={"mobile": mobile, "language": language, "token": token},
            mobile_key=mobile,
            token_hash=hash_token(token),
            followed_at=work.now,
        )
        work.session.add(follower)
    work.session.flush()
    return follower


def end_following(work: UnitOfWork, token: str) -> None:
    """Deletes the follower whose texts have the link. Raises NotFound for an unknown token, and after the end."""
    which = select(Follower).where(follower_of_link(token))
    follower = work.session.scalars(which.with_for_update()).first()
    if follower is None:
        raise NotFound
    work.session.delete(follower)
    work.session.flush()


def tell_batch(work: UnitOfWork, notice_id: str) -> int:
    """Publishes the notice for the next hundred followers, and sets the deadline of the batch after them. Returns how
    many were told. A follower who came after the notice was made isn't told: both got their id under the
    offering's lock, and ids count up. What a later change has overtaken is told to nobody any more."""
    notice = work.lock(FollowerNotice, notice_id)
    if notice.finished_at is not None:
        return 0
    if _is_overtaken(work, notice):
        notice.finished_at = work.now
        return 0
    followers = _next_followers(work, notice)
    if followers:
        _publish_batch(work, notice, followers)
        notice.last_follower_id = followers[-1].follower_id
    if len(followers) == BATCH:
        set_deadline(work.session, "notice", notice_id, TELL, work.now)
    else:
        notice.finished_at = work.now
    work.session.flush()
    return len(followers)


def _is_overtaken(work: UnitOfWork, notice: FollowerNotice) -> bool:
    later = select(FollowerNotice.happened).where(
        FollowerNotice.offering_id == notice.offering_id,
        FollowerNotice.notice_id > notice.notice_id,
    )
    return is_overtaken(notice.happened, work.session.scalars(later).all())


def _next_followers(work: UnitOfWork, notice: FollowerNotice) -> list[Follower]:
    which = [Follower.offering_id == notice.offering_id, Follower.follower_id < notice.notice_id]
    if notice.last_follower_id is not None:
        which.append(Follower.follower_id > notice.last_follower_id)
    statement = select(Follower).where(*which).order_by(Follower.follower_id).limit(BATCH)
    return list(work.session.scalars(statement))


def _publish_batch(work: UnitOfWork, notice: FollowerNotice, followers: list[Follower]) -> None:
    batch_id = new_id()
    contacts = [Contact(role="holder", confirmed=True, **one.contact) for one in followers]
    event = events.notice_event(
        notice.happened,
        notice.facts,
        notice_id=batch_id,
        contacts=contacts_of(work.session).seal(batch_id, contacts),
        now=work.now,
    )
    publish(work.session, event)
