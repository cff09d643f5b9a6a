"""Two of each process of reports and notify, and providers that fail by rates and keep a ledger."""

from collections import Counter
from collections.abc import Callable, Mapping

from tests.faults.history import History
from tests.faults.nemesis import BACKENDS, MOMENT, Fault, pause
from tests.faults.trial import Outcome, Plan, in_words
from tests.faults.world import Seat, World, pair

from .checker import PROMISES
from .evidence import Evidence, read
from .load import ReportLoad

PROVIDERS = ("unifonic", "taqnyat")
# No reference is taken only once: a message that is sent twice shows twice.
MISBEHAVES = {
    "rates": {"accept-then-timeout": 0.10, "503": 0.05, "reset": 0.02},
    "once": False,
    "query": True,
    "hold_seconds": 4,
    "lost": 0.3,  # of the receipts
    "repeated": 0.2,
    "dead": False,
}


class ReportWorld(World):
    name = "reports"
    seating = (
        Seat("identity", "serve"),
        Seat("identity", "work"),
        *pair("reports", "serve"),
        *pair("reports", "work"),
        Seat("notify", "serve"),
        *pair("notify", "work"),
    )
    # The times of notify, shortened; in the same order as in operation.
    settings = {
        "notify": {
            "PROVIDER_TIMEOUT_SECONDS": "2",
            "LEASE_SECONDS": "8",
            "ASK_AFTER_SECONDS": "0.5",
            "SETTLE_SECONDS": "3",
            "RETRY_SECONDS": "2",
            "RETRIES": "500",
            "RECEIPT_WAIT_SECONDS": "20",
            "BREAKER_PROBE_SECONDS": "1",
            "SENDING_POLL_SECONDS": "0.1",
            "UNIFONIC_ONCE": "false",
            "TAQNYAT_ONCE": "false",
        }
    }
    provider_faults = dict.fromkeys(PROVIDERS, MISBEHAVES)
    lanes = {
        "processes": {
            "sigkill-reports-serve": MOMENT,
            "sigkill-reports-worker": MOMENT,
            "sigkill-reports-work": MOMENT,
            "sigkill-notify-work": MOMENT,
            "sigkill-notify-serve": MOMENT,
            # Shorter than the lease: a process that is frozen for longer may send what another has sent meanwhile.
            "sigstop-notify-work": ((3.0, 4.0), (3.0, 5.0)),
            "sigterm-notify-work": MOMENT,
        },
        **BACKENDS,
        "provider": {
            "sigkill-provider": MOMENT,
            "dead-provider": ((2.0, 4.0), (4.0, 10.0)),
            "dead-providers": ((1.0, 2.0), (2.0, 6.0)),
        },
    }
    promises = PROMISES
    options = {"reports": 2_000, "seconds": 120.0, "clients": 12}
    bug_options = {"reports": 120, "seconds": 12.0}
    patience_s, bug_patience_s, each_s = 180.0, 90.0, 0.25
    reads = (("reports.report", "notify"),)
    unfinished = {
        "messages": (
            "notify",
            "SELECT count(*) FROM message WHERE state IN ('created', 'sending', 'unsure')",
        )
    }

    def load(self, plan: Plan, run: int, history: History) -> ReportLoad:
        return ReportLoad(self, plan, run, history)

    def evidence(self, load: ReportLoad, drained_s: float | None) -> Evidence:
        return read(self, load, drained_s)

    def headline(self, outcome: Outcome[ReportLoad, Evidence]) -> str:
        evidence, plan = outcome.evidence, outcome.plan
        kinds = Counter(entry.kind for entry in evidence.history)
        states = Counter(message.state for message in evidence.messages)
        return (
            f"{outcome.load.closed} of {plan['reports']} reports closed in {outcome.seconds:.0f} s"
            f" ({kinds['fail']} refused, {kinds['unknown']} unknown), {outcome.faults} faults;"
            f" {len(evidence.ledger)} texts accepted; {outcome.drained};"
            f" {in_words(states)}"
        )

    def faults(self, _load: ReportLoad) -> Mapping[str, Callable[[Fault], str]]:
        return {
            "dead-provider": lambda fault: self._deaden(PROVIDERS[fault.pick % 2], fault=fault),
            "dead-providers": lambda fault: self._deaden(*PROVIDERS, fault=fault),
        }

    def _deaden(self, *names: str, fault: Fault) -> str:
        """Lets providers refuse connections for a while."""
        self.misbehave(**{name: {**MISBEHAVES, "dead": True} for name in names})
        try:
            pause(fault.seconds)
        finally:
            self.misbehave()
        return " and ".join(names)


WORLD = ReportWorld
