"""The electricity company, entering what it found about a building's insulation as the gateway publishes it."""

from itertools import count
from typing import Any
from uuid import UUID

from chassis.core import contracts
from permits.commands import insulation_entries
from permits.domain.actors import SYSTEM
from permits.models import Certificate

Desk = Any
STAGES = ("walls", "roof", "windows")
ENTERED = "sa.gov.qatif.partner-gateway.insulation-inspection.entered.v1"


class Company:
    """Enters as the gateway publishes it, on the session of a desk; with `loops` the consumer takes the events."""

    def __init__(self, desk: Desk, loops: Any = None) -> None:
        self.desk, self.loops, self._numbers = desk, loops, count(1)

    def entry(self, permit: Any, kind: str = "inspection", **parts: Any) -> dict[str, Any]:
        """An entry that keeps its contract, made now unless `at` says when."""
        at = parts.pop("at", self.desk.now)
        entry = {
            "entry_id": str(UUID(int=int(at.timestamp() * 1_000_000) << 40 | next(self._numbers))),
            "kind": kind,
            "partner": "sec",
            "permit_id": permit.permit_id,
            "permit_number": permit.permit_number,
            "municipality": permit.municipality,
            "entered_at": at.isoformat(),
            "entered_by": {"subject": "p_inspector"},
            **dict.fromkeys(("stage", "result", "materials", "u_value", "inspected_on")),
            **dict.fromkeys(("inspector", "certificate_number", "reason")),
            "defects": [],
            **parts,
        }
        contracts.check_event(ENTERED, entry)
        return entry

    def take(self, entry: dict[str, Any]) -> dict[str, Any]:
        """permits takes the entry; its answer."""
        if self.loops is None:
            insulation_entries.answer_insulation(self.desk.work.acting_as(SYSTEM), entry)
        else:
            self._publish(entry)
        return self.answers(entry)[-1]

    def _publish(self, entry: dict[str, Any]) -> None:
        self.desk.session.flush()
        self.loops.now = self.desk.now
        self.loops.send("partner-gateway.insulation-inspection", ENTERED, entry)
        self.desk.session.expire_all()

    def answers(self, entry: dict[str, Any]) -> list[dict[str, Any]]:
        return [event.data for event in self.desk.published(entry["entry_id"])]

    def visit(self, permit: Any, stage: str, result: str = "pass", **parts: Any) -> dict[str, Any]:
        at = parts.get("at", self.desk.now)
        more = {"defects": ["فراغ في طبقة العزل"]} if result == "fail" else {}
        days = {"inspected_on": at.date().isoformat(), "inspector": "مفتش تجربة"}
        return self.entry(permit, stage=stage, result=result, **{**days, **more, **parts})

    def number(self, permit: Any, number: str = "SEC/1", **parts: Any) -> dict[str, Any]:
        return self.entry(permit, "certificate", certificate_number=number, **parts)

    def withdrawal(self, permit: Any, number: str | None = None, **parts: Any) -> dict[str, Any]:
        why = "تبين عدم تنفيذ العزل"
        return self.entry(permit, "revocation", certificate_number=number, reason=why, **parts)

    def insulated(self, permit: Any, number: str = "SEC/1") -> Certificate:
        """The certificate that three passed stages and a number make."""
        for stage in STAGES:
            self.take(self.visit(permit, stage))
        answer = self.take(self.number(permit, number))
        assert codes(answer) == ["certificate-issued"]
        return self.desk.session.get_one(Certificate, answer["certificate_id"])


def codes(answer: dict[str, Any]) -> list[str]:
    """What followed, or why not."""
    if answer["outcome"] == "refused":
        return [answer["reason"]["code"]]
    return [one["code"] for one in answer["effects"]]
