"""Five people around one shop: its owner, a delegate, a former delegate, a stranger, an officer."""

from collections.abc import Callable
from typing import Any

import pytest

OWNER, DELEGATE, FORMER, STRANGER = "1000000008", "1000000016", "1000000024", "2000000006"
SHOP, OTHER = "7000000005", "7000000013"
SCOPES = ("my-licences.read", "my-licences.write")


@pytest.fixture
def citizen(citizen_token: Any) -> Callable[..., dict[str, str]]:
    """`citizen(number, "7000000005 …")` → the header of the token of a citizen who acts for these establishments and
    signed in with `mobile`."""

    def header(number: str, acts_for: str | None = None, **more: Any) -> dict[str, str]:
        made: dict[str, str] = citizen_token(number, *SCOPES, acts_for=acts_for, **more)
        return made

    return header


@pytest.fixture
def everybody(citizen: Any, token: Any) -> dict[str, dict[str, str]]:
    """Returns headers by person. The last two can't exist: identity gives these scopes to citizens alone."""
    return {
        "owner": citizen(OWNER, SHOP),
        "delegate": citizen(DELEGATE, f"{SHOP} {OTHER}"),
        "former delegate": citizen(FORMER),
        "delegate of another": citizen(STRANGER, OTHER),
        "owner who acts for nothing": citizen(OWNER),
        "officer": token(*SCOPES, municipality="qatif"),
        "machine": token(*SCOPES, sid=None, client_kind="machine", municipality="saihat"),
    }
