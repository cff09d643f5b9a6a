"""Two of each process between a municipality's system and its licence, the bill system, and the outside bodies."""

from collections import Counter

from tests.faults.history import History
from tests.faults.nemesis import BACKENDS, MOMENT
from tests.faults.payments.world import MISBEHAVES, TIMES
from tests.faults.trial import Outcome, Plan, in_words
from tests.faults.world import Seat, World, pair

from saudi.money import riyals

from .checker import PROMISES
from .evidence import Evidence, read
from .load import GATEWAY, ApplicationLoad


class LicenceWorld(World):
    name = "licences"
    seating = (
        Seat("identity", "serve"),
        Seat("identity", "work"),
        *pair(GATEWAY, "serve"),
        *pair(GATEWAY, "work"),
        *pair("licences", "work"),
        Seat("payments", "serve"),
        *pair("payments", "work"),
    )
    settings = {
        "payments": TIMES,
        GATEWAY: {f"{name}_PER_MINUTE": "100000000" for name in ("SUBMISSIONS", "EVENTS")},
    }
    # Everybody pays what is owed, once: other money is the matter of the world of payments.
    provider_faults = {**MISBEHAVES, "wrong": 0}
    lanes = {
        "processes": {
            "sigkill-partner-gateway-serve": MOMENT,
            "sigkill-partner-gateway-worker": MOMENT,
            "sigkill-partner-gateway-work": MOMENT,
            "sigkill-licences-work": MOMENT,
            "sigkill-payments-work": MOMENT,
            "sigkill-payments-serve": MOMENT,
            "sigstop-licences-work": ((3.0, 4.0), (3.0, 8.0)),
            "sigterm-licences-work": MOMENT,
        },
        **BACKENDS,
        "provider": {"sigkill-provider": MOMENT},
    }
    promises = PROMISES
    options = {"applications": 2_000, "seconds": 90.0, "fees-every": 5}
    bug_options = {"applications": 150, "seconds": 24.0, "fees-every": 3}
    bug_haste = {"processes": 0.4}  # a process that's killed again has had time to decide
    # An application has so long to be accepted, on a slow machine.
    patience_s, bug_patience_s, each_s = 300.0, 60.0, 0.2
    settles_s = 4.0
    # Topic and group, all the way of an application.
    reads = (
        ("partner-gateway.licence-application", "licences"),
        ("licences.invoice", "payments"),
        ("payments.bill", "licences"),
        ("payments.payment", "licences"),
        ("licences.application", GATEWAY),
        ("licences.licence", GATEWAY),
    )
    unfinished = {
        "questions": ("licences", "SELECT count(*) FROM ask WHERE application_id::text >= :since"),
        "bills": (
            "payments",
            """SELECT count(*) FROM bill
            WHERE bill_id::text >= :since AND (task IS NOT NULL OR status = 'registered')""",
        ),
    }

    def load(self, plan: Plan, run: int, history: History) -> ApplicationLoad:
        return ApplicationLoad(self, plan, run, history)

    def evidence(self, load: ApplicationLoad, drained_s: float | None) -> Evidence:
        return read(self, load, drained_s)

    def remains(self, load: ApplicationLoad) -> str:
        """Says what is under way; what was heard since the last question counts too."""
        return super().remains(load) or load.heard_anew()

    def headline(self, outcome: Outcome[ApplicationLoad, Evidence]) -> str:
        evidence = outcome.evidence
        kinds = Counter(entry.kind for entry in evidence.history)
        states = Counter(one.status for one in evidence.applications)
        billed = sum(one.amount_halalas for one in evidence.bills)
        paid = sum(sum(amounts) for amounts in evidence.paid.values())
        return (
            f"{sum(map(bool, evidence.answered.values()))} of {len(evidence.wanted)} applications accepted in"
            f" {outcome.seconds:.0f} s ({kinds['ok']} calls answered, {kinds['unknown']} not,"
            f" {kinds['fail']} refused), {outcome.faults} faults;"
            f" {in_words(states)};"
            f" {len({one.licence_no for one in evidence.licences})} numbers of licences;"
            f" billed {riyals(billed)}, paid {riyals(paid)}; {len(evidence.events)} changes,"
            f" heard {sum(map(len, evidence.heard.values()))} times; {outcome.drained}"
        )


WORLD = LicenceWorld
