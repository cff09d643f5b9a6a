"""A worker of calls without a database: rows by name, and what becomes of them."""

from collections import Counter
from threading import Event

from chassis.data.calls import CallWorker, Row


class Ledger(CallWorker):
    """Rows by name. `raises`, `unrecorded`: what a call or its record raises; `away`: what the next turns raise."""

    name = "test"

    def __init__(self, *rows, raises=None, unrecorded=None, places=4, together=True):
        super().__init__(None, places=places, poll_seconds=0.01, together=together)
        self.due = list(rows)
        self.raises = raises or {}
        self.unrecorded = unrecorded or {}
        self.away = []
        self.recorded = {}
        self.postponed = []
        self.turns = Counter()
        self.waits = {}

    def record_and_claim(self, completed, room):
        if self.away:
            raise self.away.pop(0)
        self.record(None, completed)
        self.turns[len(completed)] += 1
        claimed, self.due = self.due[:room], self.due[room:]
        return claimed

    def record(self, _session, completed):
        results = {}
        for one in completed:
            error = self.unrecorded.get((one.job, one.result))
            if error:
                raise error
            results[one.job] = one.result
        self.recorded |= results

    def call(self, job, waited):
        self.waits.get(job, Event()).wait(0.0 if job not in self.waits else 10)
        if job in self.raises:
            raise self.raises[job]
        return "well"

    def failed(self, job, why):
        if job == "hopeless":
            raise ZeroDivisionError
        return why

    def row_of(self, job):
        return Row("row", job)

    def _postpone(self, row, error):
        super()._postpone(row, error)
        self.postponed.append(row.key)


def work_off(made):
    for _ in range(20):
        made.turn()
        made.settle()
        if not made._to_record and not made.under_way():
            return
    raise AssertionError("it never comes to an end")
