"""Each promise of each world is broken once, in evidence made by hand, and named."""

import importlib
import json
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from .desk import Answer
from .entries import examples as of_entries
from .entries.load import FATES, Building, plans
from .findings import Finding
from .history import History, shortest
from .licences import examples as of_licences
from .licences.load import ApplicationLoad
from .licences.submissions import Wanted
from .payments.load import amount_of, invoice_id_of
from .permits import examples as of_permits
from .permits.evidence import Evidence
from .reports import examples as of_reports
from .reports.load import ReportLoad, mobile_of, submission_of
from .run import WORLDS, world_of
from .trial import Plan


def examples_of(name: str) -> Any:
    return importlib.import_module(f"tests.faults.{name.replace('-', '_')}.examples")


BROKEN = [(name, *example) for name in WORLDS for example in examples_of(name).BROKEN]
PERMITS, REPORTS, LICENCES, ENTRIES = (
    world_of(name).promises for name in ("permits", "reports", "licences", "entries")
)


@pytest.mark.parametrize("name", WORLDS)
def test_good_evidence_breaks_no_promise(name: str) -> None:
    assert world_of(name).promises.broken(examples_of(name).GOOD) == []


@pytest.mark.parametrize(("name", "promise", "evidence"), BROKEN)
def test_a_broken_promise_is_named(name: str, promise: str, evidence: Any) -> None:
    found = {finding.promise for finding in world_of(name).promises.broken(evidence)}

    assert promise in found
    assert name != "feed" or found == {promise}


@pytest.mark.parametrize("name", WORLDS)
def test_every_promise_can_be_broken(name: str) -> None:
    world = world_of(name)

    assert {promise for promise, _ in examples_of(name).BROKEN} == set(world.promises)
    assert not world.checked or set(world.checked) == set(world.promises)


# ------------------------------------------------------------------------------------------------------------ permits


def test_a_run_without_anything_breaks_no_promise() -> None:
    assert PERMITS.broken(Evidence()) == []


def test_an_unknown_call_may_be_stored_or_not() -> None:
    good = of_permits.GOOD
    *others, last = good.actions
    stored = replace(good, actions=[*others, replace(last, words=frozenset(["m3"]))])

    assert PERMITS.broken(stored) == []


def test_a_bill_that_was_asked_for_again_leaves_no_trace_if_the_unknown_call_was_carried_out() -> (
    None
):
    entry, good = of_permits.entry, of_permits.GOOD
    again = [
        entry(11, "unknown", "request-payment", "m11", "request-1"),
        entry(12, "ok", "request-payment", "m12", "request-1"),
    ]
    history = [*good.history, *again]
    first, second, *others = good.actions
    billed = [first, replace(second, words=second.words | {"m11"}), *others]

    assert PERMITS.broken(replace(good, history=history, actions=billed)) == []
    assert [one.about for one in PERMITS.broken(replace(good, history=history))] == ["m12"]


def test_the_shortest_prefix_has_the_faults_and_what_concerns_the_finding() -> None:
    entry = of_permits.entry
    fault = entry(1, "fault", "sigkill-permits-work", "", "")
    history = [
        entry(0, "invoke", "issue", "m1"),
        fault,
        entry(2, "ok", "issue", "m1"),
        entry(3, "ok", "amend", "m4"),
    ]
    other = entry(1, "ok", "issue", "m7", of_permits.OTHER)

    assert shortest([*history[:2], other, *history[2:]], 2, "m1") == history[:3]


# ------------------------------------------------------------------------------------------------------------ reports


def test_a_call_with_an_unknown_outcome_may_have_filed_its_report_or_not() -> None:
    good = of_reports.GOOD
    filed = replace(
        good,
        reports=[*good.reports, of_reports.row_of(3, "assigned")],
        ledger=[*good.ledger, of_reports.text_of(3, of_reports.RECEIPT)],
        messages=[*good.messages, of_reports.message_of(3, of_reports.RECEIPT)],
    )

    assert REPORTS.broken(filed) == []


def test_each_report_has_an_id_and_a_mobile_of_its_own_in_every_run() -> None:
    wanted = [(run, number) for run in (1, 2, 20) for number in (1, 2, 99_999)]

    assert len({mobile_of(*one) for one in wanted}) == len(wanted)
    assert len({submission_of(*one) for one in wanted}) == len(wanted)
    assert all(len(mobile_of(*one)) == len("+966500000001") for one in wanted)


class LosingDesk:
    """Reports, of which every third call is carried out and not answered."""

    def __init__(self) -> None:
        self.reports: dict[str, str] = {}
        self.calls = 0

    def call(self, _who: str, operation: str, url: str, body: Any, **_names: Any) -> Answer:
        self.calls += 1
        report_id = body["submission_id"] if operation == "file" else url.split("/")[-2]
        self.reports[report_id] = operation
        found = Answer("ok", 200, {"report_id": report_id})
        return Answer("unknown", 0, None) if self.calls % 3 == 0 else found

    def look(self, url: str, **_names: Any) -> Any:
        status = {"start": "in_progress", "resolve": "resolved", "close": "closed"}
        return {"status": status.get(self.reports[url.rpartition("/")[2]], "new")}


def test_each_report_is_closed_though_calls_stay_without_an_answer() -> None:
    options = {"reports": 20, "seconds": 0.0, "clients": 1}
    plan = Plan(seed=1, kinds=(), options=options, patience_s=1.0)
    system = SimpleNamespace(description=dict, urls_of=lambda _service: ["http://reports"])
    load = ReportLoad(system, plan, 1, History())  # type: ignore[arg-type]
    load._desk = desk = LosingDesk()  # type: ignore[assignment]

    load.begin()
    troubles = list(load.wait(30))

    assert (troubles, load.lost, load.closed) == ([], [], 20)
    assert set(desk.reports.values()) == {"close"}


# ----------------------------------------------------------------------------------------------------------- payments


def test_each_invoice_has_an_id_and_halalas_of_its_own() -> None:
    wanted = [(run, number) for run in (1, 2, 20) for number in (1, 2, 999)]

    assert len({invoice_id_of(*one) for one in wanted}) == len(wanted)
    assert all(amount_of(*one) % 100 for one in wanted)


# ------------------------------------------------------------------------------------------------------------ entries


def test_an_entry_that_permits_never_answered_is_named_beside_the_wait() -> None:
    good = of_entries.GOOD
    pending = {**of_entries.TAKEN, "e1": "pending"}
    lost = replace(good, entries=pending, decided=good.decided[1:], drained_s=None)

    found = {finding.promise for finding in ENTRIES.broken(lost)}

    assert found == {"drained", "every entry is answered once"}


def test_an_answer_that_never_reached_the_company_is_named() -> None:
    pending = {**of_entries.TAKEN, "e1": "pending"}

    found = {
        finding.promise
        for finding in ENTRIES.broken(replace(of_entries.GOOD, entries=pending, drained_s=None))
    }

    assert found == {"drained", "the company sees what permits decided"}


def test_each_fate_comes_with_and_without_waiting_for_the_completion() -> None:
    buildings = [Building(f"p{n}", f"1448/{n}", "qatif") for n in range(2 * len(FATES))]

    assert {(one.fate.name, one.waits) for one in plans(buildings)} == {
        (fate.name, waits) for fate in FATES for waits in (True, False)
    }


# ----------------------------------------------------------------------------------------------------------- licences


def test_nothing_is_lost_before_all_had_the_time_to_end() -> None:
    good = of_licences.GOOD
    under_way = replace(
        good, drained_s=None, answered={3: ["a3"]}, shown={}, bills=[], registered=[], paid={},
        heard={}, applications=[of_licences.application("a3", "submitted")], licences=[],
        events=good.events[:1],
    )  # fmt: skip

    found = LICENCES.broken(under_way)

    assert found == [Finding("drained", "", found[0].text)]


def test_the_three_municipalities_submit_of_everything() -> None:
    wanted = [Wanted(1, number, 5) for number in range(1, 501)]

    for municipality in ("saihat", "tarout", "safwa"):
        ours = [one for one in wanted if one.municipality == municipality]
        assert len(ours) > 150
        assert any(one.has_fee for one in ours)
        assert any(one.is_minor for one in ours)
    assert len({one.body["owner"]["id_number"] for one in wanted}) == len(wanted)
    assert len({one.fee for one in wanted}) > 20


class LosingGateway:
    """A gateway that loses every third answer, and remembers each key and each reference."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.calls = 0
        self._lock = threading.Lock()

    def send(self, _municipality: str, place: str, content: bytes, key: str) -> Answer:
        with self._lock:
            self.calls += 1
            if place.endswith("batches"):
                lines = [json.loads(line)["reference"] for line in content.splitlines()]
                body: Any = [{"application_id": self._id_of(reference)} for reference in lines]
            else:
                body = {"application_id": self._id_of(key)}
            return Answer("unknown", 0, None) if self.calls % 3 == 0 else Answer("ok", 202, body)

    def _id_of(self, name: str) -> str:
        return self.known.setdefault(name, f"a-{name}")


class LosingLoad(ApplicationLoad):
    """Applications that are sent to a gateway without a system."""

    def attendants(self) -> list[Any]:
        return []

    def _counter(self) -> Any:
        return LosingGateway()


def test_the_load_asks_again_until_each_application_is_answered() -> None:
    options = {"applications": 120, "fees-every": 5, "seconds": 0.0}
    plan = Plan(seed=1, kinds=(), options=options, patience_s=1.0)
    load = LosingLoad(SimpleNamespace(), plan, 1, History())  # type: ignore[arg-type]

    load.begin()
    troubles = list(load.wait(30))

    assert troubles == []
    assert (load.refused, load.lost) == ([], [])
    assert set(load.answered) == set(range(1, 121))
    assert all(set(ids) == {f"a-1-{number}"} for number, ids in load.answered.items())
    assert any(len(ids) > 1 for ids in load.answered.values())
