"""The visitor's tokens, one for each service of the task: the first by the sign-in, the others by exchange."""

from dataclasses import replace

from chassis.access.auth import InvalidToken, KeysUnknown
from chassis.http.problems import Problem
from pages.site import Visit
from portal.commands import sessions
from portal.commands.sessions import ServiceToken, SignedIn
from portal.domain.areas import Area
from portal.outside.issuer import SignInRefused
from portal.resources import AreaAccess


def access_of(visit: Visit, area: Area) -> AreaAccess:
    """Returns how the people of an area sign in and what they ask."""
    found: AreaAccess = visit.process.resources.access[area.name]
    return found


def fetch_token(visit: Visit, service: str) -> None:
    """Gets a token for a service of the task by exchange, and keeps the token in the session. The visit knows the token
    from then on. Raises IssuerAway and SignInRefused."""
    signed_in: SignedIn = visit.known
    if not signed_in.area.exchanges:
        raise SignInRefused("no exchange in this area")
    access = access_of(visit, signed_in.area)
    issued = access.issuer.exchange(
        signed_in.first_token,
        signed_in.key,
        service=service,
        scopes=signed_in.task.scope_of(service),
    )
    try:
        caller = access.verifiers[service].verify(issued)
    except InvalidToken as error:
        raise SignInRefused(str(error)) from None
    except KeysUnknown:
        raise Problem("unavailable") from None
    if caller.subject != signed_in.newest_caller.subject:
        raise SignInRefused("the token of another person")
    token = ServiceToken(token=issued, caller=caller)
    with visit.process.database.transaction() as session:
        sessions.keep_token(session, signed_in, service, token)
    if visit.visitor is not None:
        visit.visitor = replace(visit.visitor, known=signed_in.with_token(service, token))
