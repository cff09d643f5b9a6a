"""What an administrator does about people, applications, grants and organisations of the register. Pure.

The register is at `identity`, which decides what an administrator reaches. A kind is a row of `KINDS`, an action a row
of `ACTIONS`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from portal.domain.entry_form import EntryField
from portal.domain.inputs import read_whole_number
from portal.domain.tasks import ADMINISTER, ADMINISTER_OWN
from saudi import Malformed
from saudi.days import legal_day, midnight_after, parse_day
from saudi.text import fold_digits

Document = Mapping[str, Any]
Typed = Mapping[str, str]
_ALL, _BOTH = (ADMINISTER,), (ADMINISTER, ADMINISTER_OWN)
_REASON = EntryField("reason", "line", 120)
_VERSION = EntryField("version", "hidden")
_PASSWORD = EntryField("password", "secret", 128)
_TITLES = (
    EntryField("title_ar", "line", 120, "name.ar"),
    EntryField("title_en", "line", 120, "name.en"),
)
PERSON = (
    EntryField("display_name", "line", 120),
    EntryField("role", "code", 60),
    EntryField("scopes", "checks"),
)
# Facts about a person of a municipality, which become claims of the person's tokens.
ATTRIBUTES = (
    EntryField("departments", "checks", path="attributes.departments"),
    EntryField("contractor", "code", 60, "attributes.contractor"),
)
_CLIENT = (*_TITLES, EntryField("redirect_uris", "lines", 5_000), EntryField("scopes", "checks"))
_JWKS = EntryField("jwks", "json", 10_000)
_TERMS = (
    EntryField("purposes", "code", 400),
    EntryField("query_kinds", "checks"),
    EntryField("entry_kinds", "checks"),
    EntryField("widest_span_days", "code", 6),
    EntryField("fields", "checks"),
    EntryField("rows_per_day", "code", 10),
    EntryField("valid_from", "day"),
    EntryField("valid_until", "day"),
)
NEW: Mapping[str, tuple[EntryField, ...]] = {
    "people": (EntryField("username", "code", 60), *PERSON, _PASSWORD),
    "clients": (EntryField("client_id", "code", 60), EntryField("kind", "radios"), *_CLIENT, _JWKS),
    "grants": (EntryField("audience", "choice"), *_TERMS),
    "organisations": (
        EntryField("code", "code", 40),
        EntryField("kind", "radios"),
        *_TITLES,
        EntryField("municipality", "choice"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class RegisterAction:
    """An action on a registration. `method` and `path`: identity's operation; a path without a slash in front stands
    behind the thing. `scopes`: who is offered the action; `statuses`: the statuses in which it's offered. A `PUT` with
    a version is refused when somebody has changed the registration since the person read it. `needs_factor`: identity
    refuses a sign-in without a second factor."""

    name: str
    method: str = "POST"
    path: str = ""
    fields: tuple[EntryField, ...] = ()
    scopes: tuple[str, ...] = _BOTH
    statuses: tuple[str, ...] = ("active", "suspended")
    needs_factor: bool = False

    def is_offered(self, thing: Document, scopes: frozenset[str]) -> bool:
        """Returns whether a person with the scopes may do this to the thing now."""
        return thing["status"] in self.statuses and not scopes.isdisjoint(self.scopes)


_AMEND = RegisterAction(name="amend", method="PUT", fields=(*PERSON, _VERSION))
_SUSPEND = RegisterAction(name="suspend", path="suspend", fields=(_REASON,), statuses=("active",))
_REINSTATE = RegisterAction(name="reinstate", path="reinstate", statuses=("suspended",))
_REVOKE = RegisterAction(name="revoke", path="/v1/revocations", fields=(_REASON,), scopes=_ALL)


@dataclass(frozen=True, kw_only=True)
class RegisterKind:
    """A kind of registration. `id_field`: the field with the id; `revoked_as`: identity's kind of a revocation of the
    thing's tokens. `creators`: who may register one; nobody where it's empty."""

    name: str
    id_field: str
    creators: tuple[str, ...] = ()
    revoked_as: str = ""
    has_pages: bool = True
    has_filter: bool = True
    actions: Mapping[str, RegisterAction] = field(default_factory=dict, hash=False)

    @property
    def path(self) -> str:
        """Returns the list at identity."""
        return f"/v1/{self.name}"


def _by_name(*actions: RegisterAction) -> Mapping[str, RegisterAction]:
    return {one.name: one for one in actions}


# Actions on the second factors of a person. The person's page offers those that fit the factors as they are.
FACTOR_ACTIONS = _by_name(
    RegisterAction(name="enrolment-code", path="enrolment-code", statuses=("active",)),
    RegisterAction(
        name="factor-reset",
        path="factor-reset",
        fields=(_REASON,),
        scopes=_ALL,
        needs_factor=True,
    ),
    RegisterAction(
        name="factor-reset-confirm",
        path="factor-reset/confirm",
        scopes=_ALL,
        needs_factor=True,
    ),
    RegisterAction(
        name="factor-reset-withdraw",
        path="factor-reset/withdraw",
        fields=(_REASON,),
        scopes=_ALL,
    ),
)
KINDS: Mapping[str, RegisterKind] = {
    one.name: one
    for one in (
        RegisterKind(
            name="people",
            id_field="person_id",
            creators=_BOTH,
            revoked_as="person",
            actions=_by_name(
                _AMEND,
                RegisterAction(name="password", method="PUT", path="password", fields=(_PASSWORD,)),
                _SUSPEND,
                _REINSTATE,
                _REVOKE,
                *FACTOR_ACTIONS.values(),
            ),
        ),
        RegisterKind(
            name="clients",
            id_field="client_id",
            creators=_ALL,
            revoked_as="client",
            actions=_by_name(
                RegisterAction(name="keys", method="PUT", path="keys", fields=(_JWKS, _VERSION)),
                RegisterAction(
                    name="amend", method="PUT", fields=(*_CLIENT, _VERSION), scopes=_ALL
                ),
                _SUSPEND,
                _REINSTATE,
                _REVOKE,
            ),
        ),
        RegisterKind(
            name="grants",
            id_field="grant_id",
            creators=_ALL,
            actions=_by_name(
                RegisterAction(
                    name="amend",
                    method="PUT",
                    fields=(*_TERMS, _VERSION),
                    scopes=_ALL,
                    statuses=("active",),
                ),
                RegisterAction(
                    name="withdraw",
                    path="withdraw",
                    fields=(_REASON,),
                    scopes=_ALL,
                    statuses=("active",),
                ),
            ),
        ),
        RegisterKind(
            name="organisations",
            id_field="code",
            creators=_ALL,
            revoked_as="organisation",
            has_filter=False,
            actions=_by_name(
                RegisterAction(name="rename", method="PUT", fields=_TITLES, scopes=_ALL),
                RegisterAction(
                    name="policy",
                    method="PUT",
                    path="second-factor",
                    fields=(EntryField("second_factor", "radios"), _REASON),
                    scopes=_ALL,
                ),
                replace(_SUSPEND, scopes=_ALL),
                replace(_REINSTATE, scopes=_ALL),
                _REVOKE,
            ),
        ),
        RegisterKind(
            name="revocations", id_field="revocation_id", has_pages=False, has_filter=False
        ),
    )
}
# Lists that only the governorate's administrator sees.
FOR_ALL_ONLY = frozenset(("revocations",))


def unsaved_inputs() -> frozenset[str]:
    """Returns the names of the inputs whose values wait for no sign-in: secrets and keys."""
    actions = (one.fields for kind in KINDS.values() for one in kind.actions.values())
    return frozenset(
        one.name for fields in (*NEW.values(), *actions) for one in fields if not one.is_saved
    )


def kinds_for(scopes: frozenset[str]) -> list[str]:
    """Returns the kinds whose lists a person with the scopes sees."""
    return [name for name in KINDS if ADMINISTER in scopes or name not in FOR_ALL_ONLY]


def offered_actions(kind: RegisterKind, thing: Document, scopes: frozenset[str]) -> list[str]:
    """Returns the names of the actions on a thing that a person with the scopes may take now, without those on second
    factors."""
    return [
        one.name
        for one in kind.actions.values()
        if one.name not in FACTOR_ACTIONS and one.is_offered(thing, scopes)
    ]


def offered_factor_actions(
    person: Document, factors: Document, scopes: frozenset[str], *, administrator: str
) -> list[str]:
    """Returns the names of the actions on a person's second factors that fit the factors as they are. `administrator`:
    the id of the person who looks. Nobody acts on the own factors here, except to stop a reset; the administrator who
    requested a reset doesn't confirm it."""
    reset, has_factor = factors["reset"], bool(factors["items"])
    is_other = person["person_id"] != administrator
    fitting = {
        "enrolment-code": is_other and not has_factor,
        "factor-reset": is_other and has_factor and reset is None,
        "factor-reset-confirm": is_other
        and reset is not None
        and reset["requested_by"] != administrator,
        "factor-reset-withdraw": reset is not None,
    }
    return [
        one.name
        for one in FACTOR_ACTIONS.values()
        if fitting[one.name] and one.is_offered(person, scopes)
    ]


class KeysUnreadable(Exception):
    """The text is no JWKS, or has a private key. `fault` names a text of the pages."""

    def __init__(self, fault: str, *, is_private: bool = False) -> None:
        super().__init__(fault)
        self.fault, self.is_private = fault, is_private


_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def read_jwks(text: str) -> Any:
    """Reads a pasted JWKS, or one key of it. Raises KeysUnreadable, also for a private key: such a key goes no
    further."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise KeysUnreadable("register_jwks_unreadable") from None
    if isinstance(document, dict) and "keys" not in document:
        document = {"keys": [document]}
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise KeysUnreadable("register_jwks_unreadable")
    if any(isinstance(one, dict) and _PRIVATE_MEMBERS & set(one) for one in keys):
        raise KeysUnreadable("register_jwks_private", is_private=True)
    try:
        json.dumps(keys, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:  # half of a surrogate pair, or a number that no JSON has
        raise KeysUnreadable("register_jwks_unreadable") from None
    return {"keys": keys}


def body_of(fields: Sequence[EntryField], typed: Typed) -> dict[str, Any]:
    """Returns the body for identity. An empty line is left out, so that identity names it where it's needed; an empty
    choice of several is an empty list. Raises KeysUnreadable."""
    body: dict[str, Any] = {}
    for one in fields:
        value = _value_of(one, typed[one.name])
        if one.name == "version" or value is None:
            continue
        part, _, name = one.place.rpartition(".")
        (body.setdefault(part, {}) if part else body)[name] = value
    return body


def person_attributes(typed: Typed) -> dict[str, str]:
    """Returns the attributes of a person of a municipality. An empty attribute is none."""
    return {one.name: typed[one.name] for one in ATTRIBUTES if typed[one.name]}


def _value_of(one: EntryField, text: str) -> Any:
    if one.kind == "checks":
        return text.split()
    if one.kind == "lines":
        return [line.strip() for line in text.split("\n") if line.strip()]
    if one.kind == "json":
        return read_jwks(text) if text else None
    if one.name == "purposes":
        return text.split()
    if one.name in _NUMBERS:
        return _number_of(text)
    if one.kind == "day":
        return _moment_of(text, is_last=one.name == "valid_until")
    return text or None


def _moment_of(text: str, *, is_last: bool) -> str | None:
    """Returns the moment at which the day begins in Riyadh, or the moment after the last day; the text as it was typed
    where it names no day, so that identity's refusal names the field."""
    try:
        after = midnight_after(parse_day(text))
    except Malformed:
        return text or None
    return (after if is_last else after - timedelta(days=1)).isoformat()


_NUMBERS = ("widest_span_days", "rows_per_day")


def _number_of(text: str) -> Any:
    """Returns the number, or the text as it was typed, which identity's refusal names."""
    digits = fold_digits(text)
    return (
        int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 9 else text or None
    )


def version_of(typed: Typed) -> int | None:
    """Returns the version that the person has read; None where the form has none."""
    return read_whole_number(typed.get("version", ""))


def fill_in_fields(fields: Sequence[EntryField], thing: Document) -> dict[str, str]:
    """Returns what a form of a change begins with: the thing as it is. A secret and a key set begin empty."""
    return {one.name: _text_of(one, thing) for one in fields}


def _text_of(one: EntryField, thing: Document) -> str:
    if one.kind in ("secret", "json") or one.name == "reason":
        return ""
    value: Any = thing
    for name in one.place.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if one.kind == "day" and value:
        moment = datetime.fromisoformat(str(value))
        last = moment - timedelta(microseconds=1) if one.name == "valid_until" else moment
        return f"{legal_day(last):%Y/%m/%d}"
    if isinstance(value, list):
        return ("\n" if one.kind == "lines" else " ").join(map(str, value))
    return "" if value is None else str(value)


def changes_of(details: Document | None) -> list[tuple[str, Sequence[str], Sequence[str]]]:
    """Returns what an entry of a history changed: the field, what came and what went. A value that isn't kept, such as
    a person's name, is without both. A detail that is a word or a number changed nothing."""
    found: list[tuple[str, Sequence[str], Sequence[str]]] = []
    for name, pair in (details or {}).items():
        if pair is not None and not (isinstance(pair, list) and len(pair) == 2):
            continue
        before, after = pair or (None, None)
        came = [one for one in _listed(after) if one not in _listed(before)]
        went = [one for one in _listed(before) if one not in _listed(after)]
        found.append((name, came, went))
    return found


def _listed(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return [str(one) for one in value]
    if isinstance(value, Mapping):
        return [f"{name}: {one}" for name, one in value.items()]
    return [str(value)]
