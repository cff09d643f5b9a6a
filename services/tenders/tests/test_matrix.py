"""Every operation of staff × everybody × whose thing it is: no wrong cell.

An operation without a row fails. To an officer of another branch a thing looks as if it weren't there, and whoever
lacks the scope is refused before.
"""

from typing import Any

import pytest

from chassis.files.attachments import Attachment
from tenders.commands import questions
from tenders.domain.actors import CLOCK
from tenders.models import Lease, Tender
from tenders.sample import sample_lease, sample_tender

from .over_http import OPERATIONS
from .people import CANCELLATION, opening
from .stages import as_json, bring, work
from .test_life import NOW

OFFICERS = {
    "officer": {"organisation_kind": "affiliated_municipality", "municipality": "saihat"},
    "officer elsewhere": {"organisation_kind": "affiliated_municipality", "municipality": "tarout"},
    "governorate": {"organisation_kind": "municipality", "municipality": "qatif"},
    "officer of no municipality": {"municipality": None},
}
IN_REACH = {"officer", "governorate"}
ANSWER = {"question": "هل تشمل الري؟", "answer": "نعم."}
NOTE = {"note": "بقرار اللجنة"}
REASON = {"ar": "بطلب المتنافسين", "en": "As bidders asked"}
BOTH: dict[str, Any] = {
    "get_{}": None,
    "publish_{}": None,
    "amend_{}": {"reason": REASON},
    "record_{}_bid": {"receipt_number": "E-9", "source": "paper"},
    "withdraw_{}_receipt": {"receipt_number": "E-9", "reason": "سُجل خطأ"},
    "open_{}": as_json(opening()),
    "award_{}": {"receipt_number": "E-1", "minutes_number": "م-15"},
    "contract_{}": {"contract_number": "ع-88", "signed_on": "2026-12-24"},
    "cancel_{}": CANCELLATION,
    "list_{}_questions": None,
    "set_{}_files": {"files": []},
    "get_{}_file": None,
    "answer_{}_question": ANSWER,
    "dismiss_{}_question": {"reason": "repeated"},
}
# Operation → the body that it takes; the thing is one of Saihat's.
THINGS: dict[str, Any] = {
    **{name.format(kind): body for name, body in BOTH.items() for kind in ("tender", "lease")},
    "edit_tender": as_json(sample_tender(NOW)),
    "edit_lease": as_json(sample_lease(NOW)),
    "list_booklet_buyers": None,
    "negotiate_lease": NOTE,
    "hand_over_lease": {"report_number": "ت-3", "handed_over_on": "2026-12-25"},
    "extend_lease": NOTE,
    "return_lease": NOTE,
}
# Without a thing of one branch.
LISTS = {"list_tenders", "list_leases", "draft_tender", "draft_lease", "upload_document_file"}
SECURED = {name for name, (_, _, one) in OPERATIONS.items() if one["security"]}
AN_ID = "0195ff10-4d00-7b22-9d3f-0000000000a1"


def test_every_operation_of_staff_has_a_row() -> None:
    assert set(THINGS) | LISTS == SECURED


@pytest.fixture
def things(session: Any, api: Any) -> dict[str, dict[str, str]]:
    found = {}
    for name, model in (("tender", Tender), ("lease", Lease)):
        row = bring(session, model, "published")
        question = questions.ask(work(session, CLOCK), row, text="هل تشمل الري؟")
        file = session.get_one(Attachment, api.upload())
        file.owner_type, file.owner_id = name, row.aggregate_id
        found[name] = {
            f"{name}_id": row.aggregate_id,
            "question_id": question.question_id,
            "attachment_id": file.attachment_id,
        }
    session.flush()
    return found


@pytest.mark.parametrize("who", OFFICERS)
@pytest.mark.parametrize("name", THINGS)
def test_a_thing_answers_the_officers_of_its_branch_and_the_governorate_alone(
    api: Any, things: dict[str, dict[str, str]], name: str, who: str
) -> None:
    url = OPERATIONS[name][1]
    known = things["lease" if "{lease_id}" in url else "tender"]
    path = {one: value for one, value in known.items() if f"{{{one}}}" in url}

    status = api.send(name, THINGS[name], claims=OFFICERS[who], **path).status_code

    assert (status != 404) is (who in IN_REACH), status
    assert status < 500


@pytest.mark.parametrize("name", sorted(SECURED))
def test_nobody_is_let_in_without_the_scope(client: Any, token: Any, name: str) -> None:
    verb, path, _ = OPERATIONS[name]
    url = path.format(tender_id=AN_ID, lease_id=AN_ID, question_id=AN_ID, attachment_id=AN_ID)

    without = client.request(verb, url)
    other = client.request(verb, url, headers=token("reports.read"))

    assert (without.status_code, other.status_code) == (401, 403)


@pytest.mark.parametrize("name", ["tender", "lease"])
def test_lists_show_the_own_branch_only(
    api: Any, things: dict[str, dict[str, str]], name: str
) -> None:
    for who, claims in OFFICERS.items():
        rows = api.ask(f"list_{name}s", claims=claims)["items"]

        assert bool(rows) is (who in IN_REACH)


@pytest.mark.parametrize("name", ["tender", "lease"])
def test_an_officer_drafts_nothing_for_another_branch(api: Any, name: str) -> None:
    samples = {"tender": sample_tender, "lease": sample_lease}
    body = as_json(samples[name](NOW, municipality="saihat"))

    refused = api.refused(f"draft_{name}", body, claims=OFFICERS["officer elsewhere"])

    assert refused == (400, "invalid-request")
