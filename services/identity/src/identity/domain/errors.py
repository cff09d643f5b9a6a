"""Refusals. A refusal of the register becomes a problem; a refusal of OAuth becomes an RFC 6749 error."""

from datetime import datetime

from chassis.core.refusals import Conflict, IllegalTransition, InvalidFields, Refusal


class InvalidRegistration(InvalidFields):
    """A registration breaks rules. Names every field at fault."""

    problem = "invalid-registration"


class OrganisationExists(Conflict):
    """Another organisation has the code."""

    problem = "organisation-exists"


class UsernameTaken(Conflict):
    """Another person has the username."""

    problem = "username-taken"


class ClientExists(Conflict):
    """Another client has the id."""

    problem = "client-exists"


class GrantExists(Conflict):
    """The organisation has an active grant for the service."""

    problem = "grant-exists"


class WrongStatus(IllegalTransition):
    """The present status doesn't allow the change."""

    problem = "wrong-status"


class RegistrationChanged(Conflict):
    """The registration has changed since the caller read it."""

    problem = "registration-changed"


class DelegationExists(Conflict):
    """The person acts for the establishment already."""

    problem = "delegation-exists"


class TooManyDelegations(Conflict):
    """The person acts for as many establishments as one token can name."""

    problem = "too-many-delegations"


class NotTheOwner(Conflict):
    """The commercial register doesn't name the caller as the owner of the establishment."""

    problem = "not-the-owner"


class RegisterAway(Refusal):
    """The commercial register doesn't answer, or its answer is older than a delegation. Nothing was changed."""

    problem = "unavailable"
    retry_after = 30


class SigningKeyTooYoung(Conflict):
    """The next signing key hasn't been published long enough for every service to have it."""

    problem = "signing-key-too-young"

    def __init__(self, ready_at: datetime) -> None:
        super().__init__(ready_at=ready_at)


class FactorExists(Conflict):
    """The person has a second factor: an enrolment code is for the first one."""

    problem = "factor-exists"


class NoFactor(Conflict):
    """The person has no second factor to reset."""

    problem = "no-factor"


class NoResetRequested(Conflict):
    """No reset of the person's factors is requested, or the request has expired."""

    problem = "no-reset-requested"


class AnotherPersonNeeded(Conflict):
    """A reset takes two administrators, and the person is neither. Nobody makes the own enrolment code."""

    problem = "another-person-needed"


class SecondFactorNeeded(Refusal):
    """The operation takes a sign-in with a second factor, whatever the policy of the organisation."""

    problem = "second-factor-needed"


class SuspendsOneself(Conflict):
    """Nobody suspends their own account or organisation: nobody could be left to undo it."""

    problem = "suspends-oneself"


class SuspendedByOthers(Conflict):
    """The municipality suspended the registration, so only the municipality reinstates it."""

    problem = "suspended-by-others"


class OAuthRefusal(Exception):
    """An OAuth endpoint refuses a request, with a registered error code and words for the client's developer."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
