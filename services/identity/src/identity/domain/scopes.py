"""The rules of scopes: who may hold a scope, and which scopes a request may have. A request is never narrowed
silently."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chassis.core.refusals import Findings
from identity.domain.errors import InvalidRegistration, OAuthRefusal

_SCOPE_TEXT = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*\Z")
_NOT_ALLOWED = "The scope is missing, unknown or not allowed here."


class ClientKind(StrEnum):
    """The kinds of clients: for named employees behind a browser, for a system, for citizens of the national login."""

    STAFF = "staff"
    MACHINE = "machine"
    CITIZEN = "citizen"


class OrganisationKind(StrEnum):
    """The kinds of organisations: the municipality of the governorate, an affiliated municipality, a partner, or a
    medical centre that examines workers for their health certificates."""

    MUNICIPALITY = "municipality"
    AFFILIATED_MUNICIPALITY = "affiliated_municipality"
    PARTNER = "partner"
    MEDICAL_CENTRE = "medical_centre"

    @property
    def is_municipal(self) -> bool:
        """Returns whether the organisation has the code of a municipality."""
        return self in {self.MUNICIPALITY, self.AFFILIATED_MUNICIPALITY}


@dataclass(frozen=True)
class Scope:
    """An entry of `contracts/scopes.yaml`. `titles` is {"ar": …, "en": …}."""

    name: str
    audience: str
    client_kinds: frozenset[str]
    organisation_kinds: frozenset[str]
    titles: Mapping[str, str]


@dataclass(frozen=True)
class Catalogue:
    """Every scope by its name."""

    scopes: Mapping[str, Scope]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Catalogue":
        """Reads the parsed `scopes.yaml`."""
        scopes = {
            name: Scope(
                name=name,
                audience=entry["audience"],
                client_kinds=frozenset(entry["client_kinds"]),
                organisation_kinds=frozenset(entry["organisation_kinds"]),
                titles={language: entry[language]["title"] for language in ("ar", "en")},
            )
            for name, entry in document["scopes"].items()
        }
        return cls(scopes)

    @property
    def audiences(self) -> frozenset[str]:
        """Returns every service with a scope."""
        return frozenset(scope.audience for scope in self.scopes.values())

    def check_client(self, names: Iterable[str], kind: str, organisation_kind: str) -> None:
        """Raises InvalidRegistration when a client of this kind and organisation may not hold one of the scopes.

        A staff client of the municipality (its portal) serves people of every organisation, so the person's
        organisation decides there, not the client's. Citizens belong to no organisation.
        """
        serves_everybody = kind == ClientKind.CITIZEN or (
            kind == ClientKind.STAFF and organisation_kind == OrganisationKind.MUNICIPALITY
        )
        self._check(names, kind, None if serves_everybody else organisation_kind)

    def check_person(self, names: Iterable[str], organisation_kind: str) -> None:
        """Raises InvalidRegistration when a person of this kind of organisation may not hold one of the scopes."""
        self._check(names, ClientKind.STAFF, organisation_kind)

    def _check(self, names: Iterable[str], client_kind: str, organisation_kind: str | None) -> None:
        findings = Findings(InvalidRegistration)
        for name in names:
            scope = self.scopes.get(name)
            if scope is None:
                findings.fault("scopes", "scope-unknown", scope=name)
            elif client_kind not in scope.client_kinds:
                findings.fault("scopes", "scope-client-kind", scope=name)
            elif organisation_kind not in {None, *scope.organisation_kinds}:
                findings.fault("scopes", "scope-organisation-kind", scope=name)
        findings.settle()

    def requested(self, text: str | None, *, client_kind: str, held: Collection[str]) -> list[str]:
        """Returns the requested scopes, in order. Raises `invalid_scope` unless the client holds each scope.

        An omitted scope is refused too: RFC 6749 section 3.3 allows a refusal or a default, and a default would hide
        the request.
        """
        if not text or not _SCOPE_TEXT.match(text):
            raise OAuthRefusal("invalid_scope", _NOT_ALLOWED)
        names = list(dict.fromkeys(text.split(" ")))
        for name in names:
            scope = self.scopes.get(name)
            if scope is None or name not in held or client_kind not in scope.client_kinds:
                raise OAuthRefusal("invalid_scope", _NOT_ALLOWED)
        return names

    def audience(self, names: Collection[str], resource: str | None) -> str:
        """Returns the service of the scopes. Raises `invalid_scope` for scopes of several services.

        `resource` (RFC 8707) is optional. Raises `invalid_target` for a resource that isn't the service.
        """
        audiences = {self.scopes[name].audience for name in names}
        if len(audiences) != 1:
            raise OAuthRefusal(
                "invalid_scope", "All scopes of one token have to belong to one service."
            )
        audience = audiences.pop()
        if resource is not None and resource != audience:
            raise OAuthRefusal(
                "invalid_target", "The resource is not the one that the scopes belong to."
            )
        return audience

    def first_audience(
        self, names: Sequence[str], resource: str | None, *, exchange_audiences: Collection[str]
    ) -> str:
        """Returns the service of the code: `resource`, or the service of the first scope.

        The scopes may belong to several services if the client may exchange its token for a token of each of them.
        Raises `invalid_scope` and `invalid_target`.
        """
        audiences = {self.scopes[name].audience for name in names}
        if len(audiences) == 1 or not audiences <= set(exchange_audiences):
            return self.audience(names, resource)
        first = resource or self.scopes[names[0]].audience
        if first not in audiences:
            raise OAuthRefusal("invalid_target", "No scope belongs to the resource.")
        return first

    def of_audience(self, names: Iterable[str], audience: str) -> list[str]:
        """Returns the scopes that belong to a service, in order."""
        return [name for name in names if self.scopes[name].audience == audience]

    def check_effective(
        self, names: Iterable[str], *, held: Collection[str], organisation_kind: str
    ) -> None:
        """Raises `access_denied` unless the person holds every scope and the organisation's kind allows it."""
        for name in names:
            if name not in held or organisation_kind not in self.scopes[name].organisation_kinds:
                raise OAuthRefusal("access_denied", "The person may not do what was asked for.")


def admits(
    *, client_organisation: str, client_organisation_kind: str, person_organisation: str
) -> bool:
    """Returns whether a person may sign in to a client: a client of the person's organisation or of the
    municipality."""
    return (
        client_organisation == person_organisation
        or client_organisation_kind == OrganisationKind.MUNICIPALITY
    )
