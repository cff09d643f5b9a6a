"""What operations are about, in states in which they're carried out: for the matrix.

One person, the desk's reviewer, does every act that comes first in a duty; the desk's officer does the others. So each
state says of itself who may go on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from chassis.core.uploads import Upload
from chassis.data.unit_of_work import UnitOfWork
from permits import workers
from permits.commands import (
    attach_files,
    bill,
    change_permit,
    fees,
    handle_appeal,
    insulation,
    release_current,
    review,
    search_people,
)
from permits.commands.handle_appeal import Filing
from permits.commands.import_older import read_files, release_batch
from permits.commands.supply_entries import answer_supply
from permits.domain.actors import SYSTEM
from permits.domain.appeals import Against
from permits.domain.files import Of
from permits.domain.imports import Status
from permits.models import Certificate, Permit, Release

from . import csv_files
from .buildings import approved, asked, completed, examined, occupied, seen, submitted
from .test_supply import entry

BRANCH = {"municipality": "tarout", "land__town": "تاروت", "land__district": "الديرة"}
REVIEWED = ("send_to_office", "send_to_technical_review", "pass_technical_review")
WHY = "بلاغ تحقق منه المهندس"


class Things:
    """Each method makes a thing of the branch and answers the values of a path."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.at = {"now": desk.now}
        self.work = desk.work
        self.first_work = self.work.acting_as(desk.reviewer)

    def nothing(self) -> dict[str, str]:
        return {}

    # ------------------------------------------------------------------------------------------ requests

    def draft(self) -> dict[str, str]:
        return self._request(self.desk.submit(**BRANCH))

    def handed_in(self) -> dict[str, str]:
        """A draft with its survey report."""
        found = self.draft()
        brought = attach_files.HandedInPaper(code="survey-report", reference="ملف 331")
        attach_files.hand_in(self.work, found["request_id"], brought)
        return found

    def paper_scans_sent(self) -> dict[str, str]:
        """For the survey report of a draft."""
        return {**self.handed_in(), **self._sent()}

    def paper_scanned(self) -> dict[str, str]:
        found = self.handed_in()
        scan = self._attached(Of.REQUEST, found["request_id"], "survey-report")
        return {**found, "attachment_id": scan}

    def with_office(self) -> dict[str, str]:
        return self._request(self.desk.take(self.desk.submit(**BRANCH), *REVIEWED[:1]))

    def in_technical_review(self) -> dict[str, str]:
        return self._request(self.desk.take(self.desk.submit(**BRANCH), *REVIEWED[:2]))

    def reviewed(self) -> dict[str, str]:
        return self._request(self.desk.take(self.desk.submit(**BRANCH), *REVIEWED))

    def returned(self) -> dict[str, str]:
        found = self.reviewed()
        review.return_request(self.work, found["request_id"], notes=WHY)
        return found

    def accepted(self) -> dict[str, str]:
        return self._request(self.desk.approved(**BRANCH))

    def proposed(self) -> dict[str, str]:
        found = self.accepted()
        wanted = {"amount_halalas": 60000, "reason": "قرار"}
        fees.propose_amount(self.work, found["request_id"], **wanted)
        return found

    def billed(self) -> dict[str, str]:
        return self._request(self.desk.billed(**BRANCH))

    def overdue(self) -> dict[str, str]:
        """Its bill was due a month ago."""
        now = self.desk.now
        self.desk.now -= timedelta(days=60)
        row = self.desk.approved(**BRANCH)
        wanted = bill.PaymentRequest(due_on=self.desk.now.date() + timedelta(days=30))
        then = self.desk.work.acting_as(self.desk.reviewer)
        bill.request_payment(then, row.request_id, wanted)
        self.desk.now = now
        return self._request(row)

    def paid(self) -> dict[str, str]:
        return self._request(self.desk.paid(**BRANCH))

    def looked_for(self) -> dict[str, str]:
        """Somebody of the branch looked for the owner."""
        self.desk.session.flush()
        clerk = Clerk()
        wanted = {"id_number": "1000000008", "reason": str(uuid4())}
        search_people.search(UnitOfWork(self.desk.session, clerk, self.at["now"]), wanted)
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

    def scans_sent(self) -> dict[str, str]:
        """For an older permit, by everybody who may attach some in the matrix."""
        return {**self.older(), **self._sent()}

    def _sent(self) -> dict[str, str]:
        who = (Sender("p_fresh"), Sender("p_reviewer"))
        return {f"sent_by_{one.subject}": self.desk.upload(one) for one in who}

    def scanned(self) -> dict[str, str]:
        """An older permit with a scan."""
        found = self.older()
        return {**found, "attachment_id": self._attached(Of.PERMIT, found["permit_id"])}

    def _attached(self, of: Of, thing_id: str, code: str | None = None) -> str:
        scan: str = self.desk.upload()
        attach_files.attach(self.work, of, thing_id, [scan], code=code)
        return scan

    def suspended(self) -> dict[str, str]:
        found = self.permit()
        change_permit.suspend(
            self.work,
            found["permit_id"],
            reason=WHY,
            body="الدفاع المدني",
        )
        return found

    def cancelled(self) -> dict[str, str]:
        found = self.permit()
        change_permit.cancel_permit(self.first_work, found["permit_id"], reason=WHY)
        return found

    def given_up(self) -> dict[str, str]:
        """Cancelled at the owner's request."""
        found = self.permit()
        asked = change_permit.OwnersRequest(reason=WHY, papers=("طلب المالك",))
        change_permit.cancel_for_owner(self.first_work, found["permit_id"], asked)
        return found

    def appealed(self) -> dict[str, str]:
        """Against a cancellation."""
        of = self.cancelled()["permit_id"]
        filing = Filing(against=Against.CANCELLATION, of=of, grounds="المخطط معتمد")
        return {"appeal_id": handle_appeal.file(self.work, filing).appeal_id}

    def appeal_scans_sent(self) -> dict[str, str]:
        return {**self.appealed(), **self._sent()}

    def appeal_scanned(self) -> dict[str, str]:
        found = self.appealed()
        return {**found, "attachment_id": self._attached(Of.APPEAL, found["appeal_id"])}

    def insulated_permit(self) -> dict[str, str]:
        row = self.desk.issued(**BRANCH)
        self.desk.insulated(row)
        return self._permit(row)

    def completed_permit(self) -> dict[str, str]:
        return self._permit(completed(self.desk, **BRANCH))

    # ----------------------------------------------------------------------------------- older permits' files

    def staged(self) -> dict[str, str]:
        """A batch whose only row was read."""
        place = {"municipality": BRANCH["municipality"], "origin": "paper"}
        row = read_files.start(self.first_work, file=a_file(1), **place)
        while workers.take_step(self.desk.session, Status.READING, **self.at):
            self.desk.session.flush()
        return {"import_id": row.import_id}

    def drawn(self) -> dict[str, str]:
        found = self.staged()
        release_batch.draw_sample(self.work, found["import_id"], reason=WHY)
        return {**found, "row_number": "1"}

    def judged(self) -> dict[str, str]:
        found = self.staged()
        release_batch.draw_sample(self.work, found["import_id"], reason=WHY)
        release_batch.judge(self.work, found["import_id"], 1, verdict="right")
        return found

    # -------------------------------------------------------------------------------------- certificates

    def opened(self) -> dict[str, str]:
        row = self.desk.issued(**BRANCH)
        made = insulation.open_insulation(self.work, row.permit_id)
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

    def release_approved(self) -> dict[str, str]:
        row = seen(self.desk, submitted(self.desk, self._insulated(), "partial"))
        return self._release(approved(self.desk, row))

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
        release_current.order_disconnection(self.work, found["release_id"], reason=WHY)
        return found

    def disconnected(self) -> dict[str, str]:
        found = self.ordered()
        row = self.desk.session.get_one(Release, found["release_id"])
        self._enter(self.desk.session.get_one(Permit, row.permit_id), "disconnected")
        return found

    def _enter(self, permit: Permit, kind: str) -> None:
        answer_supply(
            UnitOfWork(self.desk.session, SYSTEM, self.at["now"]), entry(self.desk, permit, kind)
        )

    @staticmethod
    def _request(row: Any) -> dict[str, str]:
        return {"request_id": row.request_id}

    @staticmethod
    def _permit(row: Any) -> dict[str, str]:
        return {"permit_id": row.permit_id}

    @staticmethod
    def _release(row: Any) -> dict[str, str]:
        return {"release_id": row.release_id}


def a_file(number: int) -> Upload:
    """Returns a file of the branch with one row."""
    return csv_files.upload([csv_files.row(number, town=BRANCH["land__town"], district="الديرة")])


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
class Sender:
    """Sends files with a token of the tests."""

    subject: str
    client_id: str = "test-client"
