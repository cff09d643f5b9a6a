"""What each operation is about, in a state in which it's carried out: for the matrix, an operation without a row fails.

One person, the desk's reviewer, does every act that comes first in a duty; the desk's officer does the others. So each
state says of itself who may go on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from permits.commands import (
    appeals,
    billing,
    fees,
    insulation,
    people,
    permits,
    releasing,
    requests,
)
from permits.commands.appeals import Filing
from permits.commands.supplying import answer_supply
from permits.domain.appeals import Against
from permits.models import Certificate, Permit, Release

from .buildings import approved, asked, completed, examined, occupied, seen, submitted
from .test_supply import entry

BRANCH = {"municipality": "tarout", "land__town": "تاروت"}
REVIEWED = ("send_to_office", "send_to_technical_review", "pass_technical_review")
WHY = "بلاغ تحقق منه المهندس"


class Things:
    """Each method makes a thing of the branch and answers the values of a path."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.at = {"now": desk.now}
        self.by = (desk.session, desk.officer)
        self.first = (desk.session, desk.reviewer)

    def nothing(self) -> dict[str, str]:
        return {}

    # ------------------------------------------------------------------------------------------ requests

    def draft(self) -> dict[str, str]:
        return self._request(self.desk.submit(**BRANCH))

    def with_office(self) -> dict[str, str]:
        return self._request(self.desk.take(self.desk.submit(**BRANCH), *REVIEWED[:1]))

    def in_technical_review(self) -> dict[str, str]:
        return self._request(self.desk.take(self.desk.submit(**BRANCH), *REVIEWED[:2]))

    def reviewed(self) -> dict[str, str]:
        return self._request(self.desk.take(self.desk.submit(**BRANCH), *REVIEWED))

    def returned(self) -> dict[str, str]:
        found = self.reviewed()
        requests.return_request(*self.by, found["request_id"], notes=WHY, **self.at)
        return found

    def accepted(self) -> dict[str, str]:
        return self._request(self.desk.approved(**BRANCH))

    def proposed(self) -> dict[str, str]:
        found = self.accepted()
        wanted = {"amount_halalas": 60000, "reason": "قرار"}
        fees.propose_amount(*self.by, found["request_id"], **wanted, **self.at)
        return found

    def billed(self) -> dict[str, str]:
        return self._request(self.desk.billed(**BRANCH))

    def overdue(self) -> dict[str, str]:
        """Its bill was due a month ago."""
        now = self.desk.now
        self.desk.now -= timedelta(days=60)
        row = self.desk.approved(**BRANCH)
        wanted = billing.Wanted(due_on=self.desk.now.date() + timedelta(days=30))
        billing.request_payment(*self.first, row.request_id, wanted, now=self.desk.now)
        self.desk.now = now
        return self._request(row)

    def paid(self) -> dict[str, str]:
        return self._request(self.desk.paid(**BRANCH))

    def looked_for(self) -> dict[str, str]:
        """Somebody of the branch looked for the owner."""
        self.desk.session.flush()
        clerk = Clerk()
        wanted = {"id_number": "1000000008", "reason": str(uuid4())}
        people.search(self.desk.session, clerk, wanted, **self.at)
        return {"reason": wanted["reason"]}

    # ------------------------------------------------------------------------------------------- permits

    def permit(self) -> dict[str, str]:
        return self._permit(self.desk.issued(**BRANCH))

    def older(self) -> dict[str, str]:
        """From before the system, and nobody has verified it."""
        officer, self.desk.officer = self.desk.officer, self.desk.reviewer
        row = self.desk.older(**BRANCH)
        self.desk.officer = officer
        return self._permit(row)

    def suspended(self) -> dict[str, str]:
        found = self.permit()
        permits.suspend(*self.by, found["permit_id"], reason=WHY, body="الدفاع المدني", **self.at)
        return found

    def cancelled(self) -> dict[str, str]:
        found = self.permit()
        permits.cancel_permit(*self.first, found["permit_id"], reason=WHY, **self.at)
        return found

    def appealed(self) -> dict[str, str]:
        """Against a cancellation."""
        of = self.cancelled()["permit_id"]
        filing = Filing(against=Against.CANCELLATION, of=of, grounds="المخطط معتمد")
        return {"appeal_id": appeals.file(*self.by, filing, **self.at).appeal_id}

    def insulated_permit(self) -> dict[str, str]:
        row = self.desk.issued(**BRANCH)
        self.desk.insulated(row)
        return self._permit(row)

    def completed_permit(self) -> dict[str, str]:
        return self._permit(completed(self.desk, **BRANCH))

    # -------------------------------------------------------------------------------------- certificates

    def opened(self) -> dict[str, str]:
        row = self.desk.issued(**BRANCH)
        made = insulation.open_insulation(*self.by, row.permit_id, **self.at)
        return {"certificate_id": made.certificate_id}

    def passed(self) -> dict[str, str]:
        found = self.opened()
        row = self.desk.session.get_one(Certificate, found["certificate_id"])
        for stage in ("walls", "roof", "windows"):
            self.desk.inspect(row, stage)
        return found

    def insulation(self) -> dict[str, str]:
        row = self.desk.insulated(self.desk.issued(**BRANCH))
        return {"certificate_id": row.certificate_id}

    def completion(self) -> dict[str, str]:
        row = self.desk.issued(**BRANCH)
        self.desk.insulated(row)
        return {"certificate_id": self.desk.complete(row).certificate_id}

    def occupancy_asked(self) -> dict[str, str]:
        row = asked(self.desk, completed(self.desk, **BRANCH))
        return {"certificate_id": row.certificate_id}

    def occupancy_examined(self) -> dict[str, str]:
        row = examined(self.desk, asked(self.desk, completed(self.desk, **BRANCH)))
        return {"certificate_id": row.certificate_id}

    def occupancy(self) -> dict[str, str]:
        row = occupied(self.desk, completed(self.desk, **BRANCH))
        return {"certificate_id": row.certificate_id}

    # ------------------------------------------------------------------------------------------ releases

    def _insulated(self) -> Permit:
        row: Permit = self.desk.issued(**BRANCH)
        self.desk.insulated(row)
        return row

    def release(self) -> dict[str, str]:
        return self._release(submitted(self.desk, self._insulated()))

    def release_seen(self) -> dict[str, str]:
        return self._release(seen(self.desk, submitted(self.desk, self._insulated())))

    def release_returned(self) -> dict[str, str]:
        row = seen(self.desk, submitted(self.desk, self._insulated()), "مكان العداد غير مهيأ")
        return self._release(row)

    def energised(self) -> dict[str, str]:
        row = self._insulated()
        given = approved(self.desk, seen(self.desk, submitted(self.desk, row, "partial")))
        self._enter(row, "energised")
        return self._release(given)

    def ordered(self) -> dict[str, str]:
        found = self.energised()
        releasing.order_disconnection(*self.by, found["release_id"], reason=WHY, **self.at)
        return found

    def disconnected(self) -> dict[str, str]:
        found = self.ordered()
        row = self.desk.session.get_one(Release, found["release_id"])
        self._enter(self.desk.session.get_one(Permit, row.permit_id), "disconnected")
        return found

    def _enter(self, permit: Permit, kind: str) -> None:
        answer_supply(self.desk.session, entry(self.desk, permit, kind), **self.at)

    @staticmethod
    def _request(row: Any) -> dict[str, str]:
        return {"request_id": row.request_id}

    @staticmethod
    def _permit(row: Any) -> dict[str, str]:
        return {"permit_id": row.permit_id}

    @staticmethod
    def _release(row: Any) -> dict[str, str]:
        return {"release_id": row.release_id}


@dataclass(frozen=True)
class Clerk:
    """Looks for people, for the branch."""

    subject: str = "p_clerk"
    client_id: str = "portal"
    organisation: str | None = "tarout"
    name: str | None = "موظف تجربة"

    @property
    def attributes(self) -> Mapping[str, str]:
        return {"municipality": "tarout"}


@dataclass(frozen=True)
class Row:
    """`state`: the method of Things; `body`: in the place of the contract's example, given today and what the state
    made; `named`: it names that. `act` is what the history has of it then, `duty` the one that it may break, `shows`
    what its answer has of its own branch's."""

    state: str
    act: str | None = None
    body: Callable[[str, Mapping[str, str]], Mapping[str, Any]] | None = None
    duty: str | None = None
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


# Operations and a duty on batches of older permits, whose files and rows this matrix makes none of yet.
ELSEWHERE = {
    *("list_permit_imports", "start_permit_import", "get_permit_import", "list_permit_import_rows"),
    *("send_permit_import_file", "draw_permit_import_sample", "judge_permit_import_row"),
    *("release_permit_import", "withdraw_permit_import", "sent-releases"),
}
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
    "enter_older_permit": Row("nothing", "enter", _application),
    "verify_permit": Row("older", "verify", duty="entered-verifies"),
    "get_permit": Row("permit"),
    "get_permit_history": Row("permit"),
    "get_permit_document": Row("permit", "print"),
    "suspend_permit": Row("permit", "suspend"),
    "reinstate_permit": Row("suspended", "reinstate"),
    "cancel_permit": Row("permit", "cancel"),
    "cancel_permit_for_owner": Row("permit", "cancel_for_owner"),
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
    "withdraw_appeal": Row("appealed", "withdraw_appeal"),
    "list_document_keys": Row("nothing"),
    "get_document_revocations": Row("nothing"),
    "look_up_document": Row("nothing"),
    "verify_document_code": Row("nothing"),
    "show_document": Row("nothing"),
}
