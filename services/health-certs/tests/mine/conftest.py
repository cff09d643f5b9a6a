"""The people around one request, with the tokens of their kind."""

from collections.abc import Callable
from typing import Any

import pytest

WORKER, DELEGATE, FORMER, STRANGER = "2000000006", "1000000016", "1000000024", "1000000032"
SHOP, OTHER = "7000000005", "7000000013"
SCOPES = ("my-health-certs.read", "my-health-certs.write")


@pytest.fixture
def citizen(citizen_token: Any) -> Callable[..., dict[str, str]]:
    """`citizen(number, "7000000005 …")` → the header of a citizen's token, who acts for these, and signed in with
    `mobile`."""

    def header(number: str, acts_for: str | None = None, **more: Any) -> dict[str, str]:
        made: dict[str, str] = citizen_token(number, *SCOPES, acts_for=acts_for, **more)
        return made

    return header


@pytest.fixture
def everybody(citizen: Any, token: Any) -> dict[str, dict[str, str]]:
    """Headers by who it is. Nobody gets the last two: identity gives these scopes to citizens alone."""
    return {
        "worker": citizen(WORKER, mobile="+966500000001"),
        "delegate": citizen(DELEGATE, f"{SHOP} {OTHER}", mobile="+966500000016"),
        "former delegate": citizen(FORMER),
        "delegate of another": citizen(STRANGER, OTHER),
        "officer": token(*SCOPES, municipality="saihat"),
        "machine": token(*SCOPES, sid=None, client_kind="machine", municipality="saihat"),
    }
