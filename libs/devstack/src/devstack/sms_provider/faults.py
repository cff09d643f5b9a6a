"""What an SMS provider does wrong on demand.

`POST /faults` with `{"unifonic": {"rates": {"accept-then-timeout": 0.1}}}` changes what it names and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Before and after the message is accepted: what the sender can't tell apart, the ledger can.
KINDS = (
    "accept-then-timeout",  # accepted, and no answer until the sender gives up
    "timeout",  # not accepted, and no answer
    "accept-then-reset",
    "reset",
    "503",  # without a body, not accepted
    "html",  # a proxy's page with 200, not accepted
    "refuse",  # success: false, or statusCode 400
    "too-many",  # 429
    "slow",  # accepted after `slow_seconds`
)


@dataclass(frozen=True, kw_only=True)
class Faults:
    """The faults of one provider. `dead`: its port refuses connections. `query`, `once`: whether the provider tells the
    fate of a reference and takes a reference once. Receipts come after `receipt_seconds`; `failed` of them say so,
    `lost` never come, and `repeated` come twice and out of order."""

    rates: Mapping[str, float] = field(default_factory=dict)
    dead: bool = False
    query: bool = True
    once: bool = True
    slow_seconds: float = 3
    hold_seconds: float = 30
    receipt_seconds: float = 1
    failed: float = 0
    lost: float = 0
    repeated: float = 0
