"""How fresh and how strong a person's sign-in has to be for an operation (RFC 9470).

The contract says it beside `security`: `x-authentication: {max_age: 900, second_factor: policy}`. `max_age` is in
seconds. `second_factor: policy` asks for two factors of the people of organisations that demand them. Machines and API
keys have no sign-in, so neither concerns them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chassis.access.auth import CITIZEN, LEEWAY_SECONDS, STAFF, Caller
from chassis.core import contracts

FIELD = "x-authentication"
ERROR = "insufficient_user_authentication"
TWO_FACTORS, SEVERAL_METHODS = "two-factors", "mfa"


@dataclass(frozen=True)
class Requirement:
    """What an operation requires of a person's sign-in."""

    max_age: int | None = None
    second_factor: bool = False

    @classmethod
    def read(cls, declared: Mapping[str, Any]) -> "Requirement":
        """Returns the requirement that a contract declares. Raises ValueError."""
        max_age, second_factor = declared.get("max_age"), declared.get("second_factor")
        if (
            not declared
            or set(declared) - {"max_age", "second_factor"}
            or (max_age is not None and (type(max_age) is not int or max_age < 1))
            or second_factor not in (None, "policy")
        ):
            raise ValueError(f"{FIELD}: {dict(declared)}")
        return cls(max_age, second_factor == "policy")

    def lacks(self, caller: Caller, now: float) -> list[str]:
        """Returns the parameters of the challenge for a sign-in that isn't enough; none for one that is."""
        if caller.kind not in (STAFF, CITIZEN) or caller.sid is None:
            return []
        lacking = []
        if self.second_factor and _misses_factor(caller):
            lacking.append(f'acr_values="{TWO_FACTORS}"')
        if self.max_age is not None and _age(caller, now) > self.max_age + LEEWAY_SECONDS:
            lacking.append(f'max_age="{self.max_age}"')
        return lacking


def requirements_of(service: str) -> dict[str, Requirement]:
    """Returns the requirements of a service's operations. Raises ValueError for one that isn't known here."""
    operations = [
        item[method]
        for item in contracts.openapi(service)["paths"].values()
        for method in contracts.METHODS
        if method in item
    ]
    return {one["operationId"]: Requirement.read(one[FIELD]) for one in operations if FIELD in one}


def _misses_factor(caller: Caller) -> bool:
    return (
        caller.kind == STAFF
        and caller.must_have_second_factor
        and SEVERAL_METHODS not in caller.amr
    )


def _age(caller: Caller, now: float) -> float:
    """Returns the age of the sign-in in seconds. An unknown age is too great for any limit."""
    return float("inf") if caller.authenticated_at is None else now - caller.authenticated_at
