"""What can be wrong. Rules of the register become problems; rules of OAuth become RFC 6749 errors."""

from datetime import datetime
from typing import Any


class RuleBroken(Exception):
    """A registration breaks a rule: `code` says which, `field` where."""

    problem = "invalid-registration"

    def __init__(self, field: str, code: str, **params: Any) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code
        self.params = params


class AlreadyThere(Exception):
    """What was to be registered has been registered before."""

    def __init__(self, problem: str, **params: Any) -> None:
        super().__init__(problem)
        self.problem = problem
        self.params = params


class NotThere(Exception):
    """There is no such thing in the register."""

    problem = "not-found"


class WrongStatus(Exception):
    """The present status doesn't allow the change."""

    problem = "wrong-status"

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.params = {"status": status}


class SigningKeyTooYoung(Exception):
    """The next signing key hasn't been published long enough for every service to have it."""

    problem = "signing-key-too-young"

    def __init__(self, ready_at: datetime) -> None:
        super().__init__(ready_at.isoformat())
        self.params = {"ready_at": ready_at.isoformat(timespec="seconds")}


class OAuthRefusal(Exception):
    """A request that an OAuth endpoint refuses: a registered error code, and words for the client's developer."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
