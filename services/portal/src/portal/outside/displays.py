"""The numbers on the screens of waiting halls, which the portal asks as a machine: no person signs in at a screen."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from requests_oauth2client import DPoPToken

from portal.outside.bound_tokens import BoundToken
from portal.outside.issuer import Issuer, IssuerAway, SignInRefused
from portal.outside.kept_answers import KeptAnswers
from portal.outside.services import AskedService, Reply, ServiceAway, TokenRefused

Departments = Sequence[Mapping[str, Any]]
_SCOPE = "appointments.display"
# All screens of a hall cost one question: they ask every few seconds.
_KEPT, _NAMES_KEPT = timedelta(seconds=3), timedelta(minutes=10)
# A token isn't used in its last moments.
_LEEWAY_SECONDS = 30


class Displays:
    """Made once per process. Several threads may ask at once: then each gets an answer of its own."""

    def __init__(self, issuer: Issuer, appointments: AskedService) -> None:
        self._issuer = issuer
        self._appointments = appointments
        self._token: DPoPToken | None = None
        self._replies = KeptAnswers[str, Reply](_KEPT)
        self._departments = KeptAnswers[None, Departments](_NAMES_KEPT)

    def read(self, department_id: str, language: str, now: datetime) -> Reply:
        """Returns the numbers of a department, at most some seconds old. Raises ServiceAway."""
        path = f"/v1/displays/{department_id}"
        return self._replies.read(department_id, now, lambda: self._ask(path, language))

    def list_departments(self, now: datetime, ask: Callable[[], Departments]) -> Departments:
        """Returns the departments with their names, at most ten minutes old. Raises what `ask` raises."""
        return self._departments.read(None, now, ask)

    def _ask(self, path: str, language: str) -> Reply:
        """Asks with the token of before, and once more with a new one if the service doesn't take it any more."""
        try:
            try:
                return self._appointments.get(self._ready_token(), path, language)
            except TokenRefused:
                self._token = None
                return self._appointments.get(self._ready_token(), path, language)
        except (IssuerAway, SignInRefused, TokenRefused) as error:
            raise ServiceAway(type(error).__name__) from None

    def _ready_token(self) -> BoundToken:
        token = self._token
        if token is None or token.is_expired(_LEEWAY_SECONDS):
            token = self._token = self._issuer.client_token(_SCOPE)
        return BoundToken(token.access_token, token.dpop_key.private_key.to_dict())
