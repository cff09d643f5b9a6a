"""For each operation the thing that it's about, what's sent, and what comes of it: for the matrix, in which an
operation without a row fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import scans
from .things import BRANCH, a_file


@dataclass(frozen=True)
class Row:
    """`state`: the method of Things; `body`: in the place of the contract's example, given today and what the state
    made; `named`: it names that. `act` is what the history has of it then, `duty` the one that it may break, `then`
    that duty's act where this one leads to it, `shows` what its answer has of its own branch's."""

    state: str
    act: str | None = None
    body: Callable[[str, Mapping[str, str]], Mapping[str, Any]] | None = None
    duty: str | None = None
    then: str | None = None
    shows: str | None = None
    named: bool = False


def _application(_today: str, _made: Mapping[str, str]) -> Mapping[str, Any]:
    return {}  # put in by the test: the house of the fixture


def _visit(today: str, _made: Mapping[str, str]) -> Mapping[str, Any]:
    return {"stage": "walls", "result": "pass", "inspected_on": today, "inspector": "م. تجربة"}


def _seen(today: str, _made: Mapping[str, str]) -> Mapping[str, Any]:
    return {"inspected_on": today, "inspector": "م. تجربة"}


def _passed(today: str, _made: Mapping[str, str]) -> Mapping[str, Any]:
    return {"result": "pass", **_seen(today, _made)}


def _refused(today: str, _made: Mapping[str, str]) -> Mapping[str, Any]:
    return {"reason": "ملاحظات السلامة", "defects": ["درج بلا درابزين"], **_seen(today, _made)}


def _first_owner(_today: str, _made: Mapping[str, str]) -> Mapping[str, Any]:
    return {"version": 1, "correct": [{"position": 0, "id_number": "1000000016"}]}


def _appealed(_today: str, made: Mapping[str, str]) -> Mapping[str, Any]:
    return {"against": "cancellation", "of": made["permit_id"], "grounds": "المخطط معتمد"}


def _plain(_today: str, _made: Mapping[str, str]) -> Mapping[str, Any]:
    return {}


def _file(_today: str, _made: Mapping[str, str]) -> Mapping[str, Any]:
    return {"file": a_file(2)}


def _file_of_branch(_today: str, _made: Mapping[str, str]) -> Mapping[str, Any]:
    return {"municipality": BRANCH["municipality"], "origin": "paper", "file": a_file(2)}


def _right(_today: str, _made: Mapping[str, str]) -> Mapping[str, Any]:
    return {"verdict": "right"}


def _own_scan(_today: str, made: Mapping[str, str]) -> Mapping[str, Any]:
    """What the person who asks has sent."""
    return {"files": [made[f"sent_by_{made['subject']}"]]}


def _own_scan_of_paper(today: str, made: Mapping[str, str]) -> Mapping[str, Any]:
    return {"code": "survey-report", **_own_scan(today, made)}


def _scan(_today: str, _made: Mapping[str, str]) -> Mapping[str, Any]:
    return {"file": scans.upload()}


SENT: Mapping[str, Any] = {"duty": "sent-releases", "then": "release_import"}
ROWS: Mapping[str, Row] = {
    "list_permit_requests": Row("draft", shows="request_id"),
    "submit_permit_request": Row("nothing", "submit", _application),
    "get_permit_request": Row("draft"),
    "get_permit_request_history": Row("draft"),
    "send_permit_request_to_office": Row("draft", "send_to_office"),
    "send_permit_request_to_technical_review": Row("with_office", "send_to_technical_review"),
    "pass_technical_review": Row("in_technical_review", "pass_technical_review"),
    "return_permit_request": Row("reviewed", "return"),
    "reveal_permit_request_owners": Row("reviewed", "reveal"),
    "edit_permit_request": Row("draft", "edit"),
    "correct_permit_request_owners": Row("draft", "edit", _first_owner),
    "resubmit_permit_request": Row("returned", "resubmit"),
    "approve_permit_request": Row("reviewed", "approve", duty="reviewed-approves"),
    "request_payment": Row("accepted", "request_payment", _plain),
    "withdraw_payment": Row("billed", "withdraw_payment"),
    "hand_in_paper": Row("draft", "hand_in_paper"),
    "take_back_paper": Row("handed_in", "take_back_paper"),
    "propose_amount": Row("accepted", "propose_amount"),
    "agree_to_amount": Row("proposed", "agree_to_amount"),
    "refuse_amount": Row("proposed", "refuse_amount"),
    "issue_permit": Row("paid", "issue", duty="amount-issues"),
    "reject_permit_request": Row("reviewed", "reject"),
    "cancel_permit_request": Row("billed", "cancel"),
    "expire_unpaid_permit_request": Row("overdue", "expire_unpaid"),
    "find_permits": Row("permit", shows="permit_id"),
    "list_person_searches": Row("looked_for", shows="reason"),
    "search_by_person": Row("permit", shows="permit_id"),
    "disclose_person_searches": Row("looked_for"),
    "list_my_person_searches": Row("looked_for", shows="reason"),
    "list_my_permits": Row("permit", shows="permit_id"),
    "enter_older_permit": Row("nothing", "enter", _application),
    "verify_permit": Row("older", "verify", duty="entered-verifies"),
    "upload_permit_attachment": Row("nothing", None, _scan),
    "list_permit_files": Row("scanned", shows="attachment_id"),
    "attach_permit_files": Row("scans_sent", "attach_file", _own_scan),
    "get_permit_file": Row("scanned", "read_file"),
    "remove_permit_file": Row("scanned", "remove_file"),
    "list_permit_request_files": Row("paper_scanned", shows="attachment_id"),
    "attach_permit_request_files": Row("paper_scans_sent", "attach_file", _own_scan_of_paper),
    "get_permit_request_file": Row("paper_scanned", "read_file"),
    "remove_permit_request_file": Row("paper_scanned", "remove_file"),
    "list_appeal_files": Row("appeal_scanned", shows="attachment_id"),
    "attach_appeal_files": Row("appeal_scans_sent", "attach_file", _own_scan),
    "get_appeal_file": Row("appeal_scanned", "read_file"),
    "remove_appeal_file": Row("appeal_scanned", "remove_file"),
    "list_permit_imports": Row("staged", shows="import_id"),
    "start_permit_import": Row("nothing", "send_file", _file_of_branch),
    "get_permit_import": Row("staged"),
    "list_permit_import_rows": Row("staged"),
    "send_permit_import_file": Row("staged", "send_file", _file),
    "draw_permit_import_sample": Row("staged", "draw_sample", **SENT),
    "judge_permit_import_row": Row("drawn", "judge", _right, **SENT),
    "release_permit_import": Row("judged", "release_import", **SENT),
    "withdraw_permit_import": Row("staged", "withdraw_import"),
    "get_permit": Row("permit"),
    "get_permit_history": Row("permit"),
    "get_permit_document": Row("permit", "print"),
    "suspend_permit": Row("permit", "suspend"),
    "reinstate_permit": Row("suspended", "reinstate"),
    "cancel_permit": Row("permit", "cancel"),
    "cancel_permit_for_owner": Row("permit", "cancel_for_owner"),
    "undo_permit_cancellation": Row("given_up", "undo_cancellation", duty="cancelled-undoes"),
    "amend_permit": Row("permit", "amend"),
    "list_permit_certificates": Row("permit"),
    "open_insulation_certificate": Row("permit", "open"),
    "issue_completion_certificate": Row(
        "insulated_permit", "complete", _seen, duty="inspected-completes"
    ),
    "refuse_completion": Row("insulated_permit", "refuse_completion", _refused),
    "get_certificate": Row("insulation"),
    "get_certificate_document": Row("insulation", "print"),
    "record_insulation_inspection": Row("opened", "record_inspection", _visit),
    "issue_insulation_certificate": Row("passed", "issue"),
    "reject_insulation_certificate": Row("opened", "reject"),
    "void_insulation_certificate": Row("insulation", "void"),
    "revoke_insulation_certificate": Row("insulation", "revoke"),
    "revoke_completion_certificate": Row("completion", "revoke"),
    "list_occupancy_certificates": Row("occupancy_asked", shows="certificate_id"),
    "request_occupancy_certificate": Row("completed_permit", "request"),
    "record_occupancy_inspection": Row("occupancy_asked", "record_inspection", _passed),
    "issue_occupancy_certificate": Row("occupancy_examined", "issue"),
    "reject_occupancy_certificate": Row("occupancy_asked", "reject"),
    "void_occupancy_certificate": Row("occupancy_asked", "void"),
    "revoke_occupancy_certificate": Row("occupancy", "revoke"),
    "list_releases": Row("release", shows="release_id"),
    "submit_release": Row("insulated_permit", "submit_release"),
    "get_release": Row("release"),
    "get_release_history": Row("release"),
    "record_site_inspection": Row("release", "inspect_site", _passed),
    "approve_release": Row("release_seen", "approve_partial"),
    "withdraw_release_approval": Row("release_approved", "withdraw_approval"),
    "return_release": Row("release", "return"),
    "resubmit_release": Row("release_returned", "resubmit"),
    "ask_full_release": Row("energised", "ask_full"),
    "refuse_release": Row("release", "refuse"),
    "cancel_release": Row("release", "cancel"),
    "order_disconnection": Row("energised", "order_disconnection"),
    "withdraw_disconnection": Row("ordered", "withdraw_disconnection"),
    "allow_reconnection": Row("disconnected", "allow_reconnection"),
    "list_appeals": Row("appealed", shows="appeal_id"),
    "file_appeal": Row("cancelled", "file_appeal", _appealed, named=True),
    "get_appeal": Row("appealed"),
    "get_appeal_history": Row("appealed"),
    "accept_appeal": Row("appealed", "decide_appeal", duty="decided-appealed"),
    "reject_appeal": Row("appealed", "decide_appeal", duty="decided-appealed"),
    "withdraw_appeal": Row(
        "appealed", "withdraw_appeal", then="decide_appeal", duty="decided-appealed"
    ),
    "list_document_keys": Row("nothing"),
    "get_document_revocations": Row("nothing"),
    "look_up_document": Row("nothing"),
    "verify_document_code": Row("nothing"),
    "show_document": Row("nothing"),
}
