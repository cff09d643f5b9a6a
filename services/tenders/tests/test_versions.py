"""An officer publishes, edits and amends what the officer has read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.core.ids import new_id
from tenders.models import Lease, Tender
from tenders.sample import sample_lease, sample_tender

from .people import CANCELLATION
from .stages import DAY, as_json, bring
from .test_life import NOW

BOTH = pytest.mark.parametrize(
    ("model", "sample"), [(Tender, sample_tender), (Lease, sample_lease)]
)
CHANGED = (409, "offering-changed")
AWARD = {"receipt_number": "E-1", "minutes_number": "م-15"}


@BOTH
def test_a_draft_that_a_colleague_changed_is_not_published_unread(
    api: Any, session: Any, happened: Any, model: Any, sample: Any
) -> None:
    row = bring(session, model, "draft")
    kind, read = row.aggregate_type, row.version
    at = {f"{kind}_id": row.aggregate_id}
    api.ask(f"edit_{kind}", as_json(sample(NOW)), version=read, **at)

    edited = api.refused(f"edit_{kind}", as_json(sample(NOW)), version=read, **at)
    published = api.refused(f"publish_{kind}", version=read, **at)

    assert (edited, published) == (CHANGED, CHANGED)
    session.expire_all()
    assert (row.status, row.version, happened()) == ("draft", read + 1, [])


@BOTH
def test_an_amendment_of_an_older_edition_is_refused(
    api: Any, session: Any, model: Any, sample: Any
) -> None:
    row = bring(session, model, "published")
    kind, reason = row.aggregate_type, {"ar": "بطلب المتنافسين", "en": "As bidders asked"}
    at = {f"{kind}_id": row.aggregate_id}
    amendment = {"reason": reason, "documents": []}

    assert api.refused(f"amend_{kind}", amendment, version=row.version - 1, **at) == CHANGED
    session.expire_all()
    assert row.edition == 1


def test_a_lease_under_negotiation_is_not_awarded_from_a_page_of_before(
    api: Any, session: Any
) -> None:
    row = bring(session, Lease, "opened", now=datetime.now(UTC) - 21 * DAY)
    at, read = {"lease_id": row.aggregate_id}, row.version
    api.ask("negotiate_lease", {"note": "مع صاحب أعلى عرض"}, version=read, **at)

    assert api.refused("award_lease", AWARD, version=read, **at) == CHANGED
    awarded = api.ask("award_lease", AWARD, version=read + 1, **at)
    assert api.refused("cancel_lease", CANCELLATION, version=read + 1, **at) == CHANGED
    assert awarded["status"] == "awarded"


@BOTH
def test_a_button_that_is_pressed_twice_acts_once(
    api: Any, session: Any, happened: Any, model: Any, sample: Any
) -> None:
    row = bring(session, model, "opened", now=datetime.now(UTC) - 21 * DAY)
    kind, key = row.aggregate_type, {"version": row.version, "idempotency_key": new_id()}
    at = {f"{kind}_id": row.aggregate_id}

    first = api.send(f"award_{kind}", AWARD, **key, **at)
    published = happened()
    again = api.send(f"award_{kind}", AWARD, **key, **at)

    assert (first.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert happened() == published
