"""An officer publishes, edits and amends what the officer has read."""

from typing import Any

import pytest

from tenders.models import Lease, Tender
from tenders.sample import sample_lease, sample_tender

from .stages import as_json, bring
from .test_life import NOW

BOTH = pytest.mark.parametrize(
    ("model", "sample"), [(Tender, sample_tender), (Lease, sample_lease)]
)
CHANGED = (409, "offering-changed")


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
