"""What the bill system does wrong on demand.

`POST /faults` with `{"rates": {"accept-then-timeout": 0.1}}` changes what it names and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Before and after the bill system acts: what the biller can't tell apart, the ledger can.
KINDS = (
    "accept-then-timeout",  # done, and no answer until the biller gives up
    "timeout",  # not done, and no answer
    "accept-then-reset",
    "reset",
    "503",  # not done
    "accept-then-503",
    "refuse",  # a registration: 422
    "slow",  # done after `slow_seconds`
)


@dataclass(frozen=True, kw_only=True)
class Faults:
    """`once`: a reference is registered once. Notices come after `notice_seconds`; of them `repeated` come twice,
    `late` come `late_seconds` later and so behind others, `twins` are told again under another id, and `lost` never
    come. `wrong` payments are a riyal more or less than the bill. `unsettled` lines of the settlement are missing."""

    rates: Mapping[str, float] = field(default_factory=dict)
    once: bool = True
    slow_seconds: float = 3
    hold_seconds: float = 30
    notice_seconds: float = 0.2
    repeated: float = 0
    late: float = 0
    late_seconds: float = 3
    twins: float = 0
    lost: float = 0
    wrong: float = 0
    unsettled: float = 0
