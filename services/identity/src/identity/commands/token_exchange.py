"""The exchange of the token of a sign-in for a token of another service, within the person's session (RFC 8693)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity import catalogue
from identity.commands.authorization import subject_of
from identity.domain.errors import OAuthRefusal
from identity.domain.token_exchange import SubjectToken, check_named, refuse_subject_token
from identity.domain.tokens import RevocationKind, Subject
from identity.models import Person, Revocation, SignInSession


def subject_of_exchange(
    session: Session, token: SubjectToken, *, scopes: Sequence[str], now: datetime
) -> Subject:
    """Returns the person of the token's session, as the person is now. Raises OAuthRefusal unless the session goes on,
    the sign-in page named every scope to the person, and the person still holds every scope.

    An exchange counts as use of the session, as a visit of the sign-in page does. The session ends all the same ten
    hours after the sign-in, and after an hour without use.
    """
    if _was_given_back(session, token.jti):
        raise refuse_subject_token()
    try:
        subject = subject_of(session, token, now, keeps_session=True)
    except OAuthRefusal:
        raise refuse_subject_token() from None
    named = session.get_one(SignInSession, token.sid).confirmed
    check_named(scopes, named.get(token.client_id, ()))
    if token.person_id is not None:
        _check_rights(session, token.person_id, scopes)
    return subject


def _was_given_back(session: Session, jti: str) -> bool:
    """Returns whether the token was voided by itself, which ends no session."""
    statement = select(Revocation.revocation_id).where(
        Revocation.kind == RevocationKind.TOKEN, Revocation.value == jti
    )
    return session.scalar(statement.limit(1)) is not None


def _check_rights(session: Session, person_id: str, scopes: Sequence[str]) -> None:
    """Raises `invalid_scope` unless the employee holds every scope. All citizens may do the same."""
    person = session.get_one(Person, person_id)
    try:
        catalogue.scopes().check_effective(
            scopes, held=person.scopes, organisation_kind=person.of.kind
        )
    except OAuthRefusal as refusal:
        raise OAuthRefusal("invalid_scope", refusal.description) from None
