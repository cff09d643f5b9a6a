"""The links in texts to a reporter: each token opens one page, once, until its end."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from chassis.core.link_tokens import hash_token, new_token
from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from reports.models import NotSolvedToken, Report


def keep_link(
    session: Session, row: Report, expires_at: datetime | None, *, is_question: bool = False
) -> str:
    """Returns a new token of a closing or of a question; the table has its hash only."""
    token = new_token()
    session.add(
        NotSolvedToken(
            token_hash=hash_token(token),
            report_id=row.report_id,
            expires_at=expires_at,
            is_question=is_question,
        )
    )
    return token


def require_usable_link(
    work: UnitOfWork, token: str, *, is_question: bool = False
) -> NotSolvedToken:
    """Returns the link. Raises NotFound for a token that is unknown, used, expired or of the other kind."""
    found = work.session.get(NotSolvedToken, hash_token(token), populate_existing=True)
    if (
        found is None
        or found.is_question != is_question
        or found.used_at is not None
        or work.now > found.expires_at
    ):
        raise NotFound
    return found


def void_links(session: Session, row: Report, now: datetime) -> None:
    """Ends the links of a report that nobody has used."""
    unused = NotSolvedToken.report_id == row.report_id, NotSolvedToken.used_at.is_(None)
    session.execute(update(NotSolvedToken).where(*unused).values(used_at=now))
