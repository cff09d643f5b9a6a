"""Two processes each of transactions' `serve` and `work`; clerks of four branches enter, and the survey moves on."""

from collections.abc import Iterator
from functools import partial

from tests.faults.history import History
from tests.faults.load import Piece, spread
from tests.faults.registers.checker import register_promises
from tests.faults.registers.load import Call, RegisterLoad
from tests.faults.registers.world import RegisterWorld, lanes_of, seats_of
from tests.faults.trial import Plan

MARK = "(بيانات تجريبية)"
BRANCHES = ("central-qatif", "safwa", "saihat", "tarout")
SURVEYOR = "qatif.survey"
# What the survey does after the entry, in this order: path and body.
MOVES = {
    "notes": {"text": f"وردت مخاطبة سابقة {MARK}"},
    "return": {"note": f"نرجو إرفاق صورة الصك {MARK}"},
    "decide": {"outcome": "approved", "note": f"لا مانع {MARK}"},
    "file": {"reason": f"انتهت المعاملة {MARK}"},
}


class EntryLoad(RegisterLoad):
    service, key_name = "transactions", "transaction_id"

    def pieces(self) -> Iterator[Piece]:
        count = self._plan["entries"]
        todo = [(f"entry-{number}", partial(self._enter, number)) for number in range(count)]
        yield from spread(todo, self._plan.seconds * 0.9, self.stop)

    def _enter(self, number: int) -> None:
        """Enters a transaction of the branch whose turn it is, and carries out some of the moves."""
        body = {
            "municipality": BRANCHES[number % len(BRANCHES)],
            "kind": "survey-decision",
            "channel": "counter",
            "subject": f"قرار مساحي {MARK}",
            "applicant": {
                "type": "person",
                "name": f"بيانات تجريبية {MARK}",
                "number": "1000000008",
                "mobile": "0500000001",
            },
        }
        made = self.make(Call(f"{number}-enter", "/v1/transactions", body))
        chance = self.chance(number, "moves")
        for what, said in MOVES.items() if made else ():
            if chance.random() < 0.4:
                path = f"/v1/transactions/{made}/{what}"
                self.move(Call(f"{number}-{what}", path, said, SURVEYOR))


class TransactionWorld(RegisterWorld):
    name = "transactions"
    seating = seats_of("transactions")
    lanes = lanes_of("transactions")
    promises = register_promises()
    options = {"entries": 600, "seconds": 60.0}
    bug_options = {"entries": 120, "seconds": 12.0}
    things = """SELECT transaction_id::text AS thing_id, number, version, 1 AS first FROM transaction
        WHERE entered_at >= :since"""
    topic = "transactions.transaction"

    def load(self, plan: Plan, run: int, history: History) -> EntryLoad:
        return EntryLoad(self, plan, run, history)


WORLD = TransactionWorld
