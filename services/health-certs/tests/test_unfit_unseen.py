"""«Unfit» beside «not examined in time»: what everybody but the worker and the few who may know sees of a request is
equal, at every moment, and nothing of it comes before the deadline.

Whatever the contract lets them read or try is asked, so an operation that's added is compared with the others.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.data.deadlines import Deadline
from documents.encoding import from_text
from health_certs.models import Request

from . import examined
from .doing import deadline_due
from .mine.conftest import SHOP, citizen
from .test_matrix import OPERATIONS, ROWS, expected, header, request

__all__ = ["citizen", "header"]  # fixtures

TOPICS = ("health-certs.request", "health-certs.certificate", "health-certs.invoice")
# The people who may not know. The officer has every scope of the staff; operations of the one that may are left out.
WATCHERS = ("delegate", "officer", "inspector")
OF_RESULTS = {"get_my_examination", "get_request_examination"}
# A document doesn't exist before its certificate.
ASKED = sorted(
    name
    for name in set(ROWS) - OF_RESULTS
    if not re.search("{(document|code)", OPERATIONS[name][1])
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SEALED = re.compile(r'"([A-Za-z0-9_-]{60,})"')
_VARIES = {"date", "x-request-id", "traceparent"}


@dataclass
class Story:
    """One request on its way to the examination's deadline, and after it."""

    context: Any
    row: Request
    look: Callable[[], Any]
    pays: Any
    educates: Any

    def at(self, days: float) -> Any:
        return replace(self.context, now=self.row.submitted_at + timedelta(days=days))

    def enter(self, days: float, result: str, corrects: str | None = None) -> str:
        at = self.at(days)
        why = "entry-error" if corrects else None
        told = examined.result_document(
            self.row, at.now, result=result, corrects=corrects, reason=why
        )
        event = examined.entry(told)
        examined.deliver(at, event)
        return event.subject

    def deadline(self, kind: str, days: float) -> None:
        due = Deadline(
            aggregate_type="request", aggregate_id=self.row.request_id, kind=kind,
            due_at=self.at(days).now,
        )  # fmt: skip
        deadline_due(self.context.session, due, now=self.at(days).now)


def no_entry(_story: Story, _days: float) -> None:
    """The worker never went to the centre."""


def unfit(story: Story, days: float) -> None:
    story.enter(days, "unfit")


def unfit_after_a_correction(story: Story, days: float) -> None:
    first = story.enter(days, "unfit")
    second = story.enter(days + 0.1, "unfit", corrects=first)
    story.enter(days + 0.2, "unfit", corrects=second)


Enters = Callable[[Story, float], None]


def paid_first(story: Story, enters: Enters) -> list[Any]:
    story.educates(story.row, at=story.at(1).now)
    story.pays(story.row, at=story.at(2).now)
    seen = [story.look()]
    enters(story, 3)
    return [*seen, story.look()]


def examined_first(story: Story, enters: Enters) -> list[Any]:
    enters(story, 1)
    seen = [story.look()]
    story.pays(story.row, at=story.at(2).now)
    seen.append(story.look())
    story.educates(story.row, at=story.at(3).now)
    return [*seen, story.look()]


def never_paid(story: Story, enters: Enters) -> list[Any]:
    enters(story, 1)
    seen = [story.look()]
    story.educates(story.row, at=story.at(2).now)
    return [*seen, story.look()]


def examined_on_the_last_day(story: Story, enters: Enters) -> list[Any]:
    story.pays(story.row, at=story.at(2).now)
    story.educates(story.row, at=story.at(3).now)
    seen = [story.look()]
    enters(story, 29.5)
    return [*seen, story.look()]


def ended(story: Story) -> list[Any]:
    """The deadline, what's seen at it and a long time after."""
    story.deadline("examination", 30)
    seen = [story.look()]
    story.deadline("completion", 60)
    return [*seen, story.look()]


def plain(content: str) -> str:
    """With ids replaced, and what is sealed by its length."""
    lengths = _SEALED.sub(lambda match: str(len(match[1])), content)
    return _UUID.sub("id", lengths)


def said(name: str, content: str) -> str:
    """An answer as it's compared. The list of revocations is signed anew each minute: of it what it lists."""
    if name != "get_document_revocations":
        return plain(content)
    claims = json.loads(from_text(json.loads(content)["list"].split(".")[1]))
    return json.dumps([claims["documents"], claims["keys"]])


@pytest.fixture
def looks(client: Any, header: Any, database: Any, session: Any, outbox_rows: Any) -> Any:
    """`looks(request)` → all that everybody but those who know is shown at this moment."""

    def shown(row: Request) -> Mapping[str, Any]:
        session.flush()
        found: dict[str, Any] = {}
        values = {
            "request_id": row.request_id,
            "certificate_no": "1448048000001",
            "list_id": "01937c5e-8f00-7a11-8c2e-00000000aaaa",
            "unified_number": SHOP,
        }
        for name in ASKED:
            for who in WATCHERS:
                if expected(name, who, "by the shop") not in ("answered", "hidden"):
                    continue
                turn = database.connection.begin_nested()
                answer = request(client, name, values, header(who, name))
                headers = {k: v for k, v in answer.headers.items() if k not in _VARIES}
                kept = answer.status_code, said(name, answer.text), plain(json.dumps(headers))
                found[f"{name} {who}"] = kept
                turn.rollback()
        found["events"] = [
            (one.type, plain(json.dumps(one.envelope["data"], sort_keys=True)))
            for one in outbox_rows()
            if one.topic in TOPICS
        ]
        journal = text(
            "SELECT version, action, note, details, subject, at FROM journal"
            " WHERE aggregate_id = :key ORDER BY entry_id"
        )
        rows = session.execute(journal, {"key": row.request_id})
        found["journal"] = [plain(str(tuple(one))) for one in rows]
        return found

    return shown


@pytest.fixture
def run(session: Any, context: Any, make_request: Any, looks: Any, pays: Any, educates: Any) -> Any:
    """`run(order, enters)` → all that was shown, from the request to its end; nothing of it stays."""

    def told(order: Callable[[Story, Enters], list[Any]], enters: Enters) -> list[Any]:
        savepoint = session.begin_nested()
        row = make_request(profession="cook")
        story = Story(context, row, lambda: looks(row), pays, educates)
        seen = [story.look(), *order(story, enters), *ended(story)]
        assert row.status == "not_issued"
        savepoint.rollback()
        return seen

    return told


ORDERS = (paid_first, examined_first, never_paid, examined_on_the_last_day)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.__name__)
def test_unfit_looks_like_not_examined_at_every_moment(run: Any, order: Any) -> None:
    absent = run(order, no_entry)

    for enters in (unfit, unfit_after_a_correction):
        told = run(order, enters)
        for moment, (one, other) in enumerate(zip(told, absent, strict=True)):
            assert {k: v for k, v in one.items() if v != other[k]} == {}, (enters.__name__, moment)
    assert len(absent[0]) > 25
    assert len(absent[-1]["events"]) > len(absent[0]["events"])


def test_a_fit_result_that_is_corrected_to_unfit_in_time_is_no_trace(run: Any) -> None:
    def outdone(story: Story, days: float) -> None:
        first = story.enter(days, "fit")
        story.enter(days + 0.1, "unfit", corrects=first)

    assert run(never_paid, outdone) == run(never_paid, no_entry)


def test_the_search_would_see_a_difference(run: Any, session: Any) -> None:
    """A break of the promise is seen: an entry that counts a version of the request."""

    def told(story: Story, days: float) -> None:
        unfit(story, days)
        story.row.version += 1
        story.context.session.flush()

    assert run(never_paid, told) != run(never_paid, no_entry)
