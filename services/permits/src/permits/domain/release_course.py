"""The course of a release of current: what people decided about it, and what the company did."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from permits.domain.release_rules import Extent


class Status(StrEnum):
    SUBMITTED = "submitted"
    PERMIT_CHECKED = "permit_checked"
    INSULATION_OK = "insulation_ok"
    SITE_INSPECTION = "site_inspection"
    PARTIAL_APPROVED = "partial_release_approved"
    OCCUPANCY_ISSUED = "occupancy_issued"
    FULL_APPROVED = "full_release_approved"
    ENERGISED = "energised"
    RETURNED = "returned"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    DISCONNECTION_REQUESTED = "disconnection_requested"
    DISCONNECTED = "disconnected"
    RECONNECTION_ALLOWED = "reconnection_allowed"


ENDS = frozenset({Status.REFUSED, Status.CANCELLED})
STATUS_TITLES = {
    Status.SUBMITTED: ("مقدم", "Submitted"),
    Status.PERMIT_CHECKED: ("بانتظار العزل الحراري", "Waiting for insulation"),
    Status.INSULATION_OK: ("تحقق العزل", "Insulation verified"),
    Status.SITE_INSPECTION: ("عوين الموقع", "Inspected"),
    Status.PARTIAL_APPROVED: ("معتمد جزئيًا", "Partial release approved"),
    Status.OCCUPANCY_ISSUED: ("صدرت شهادة الإشغال", "Occupancy issued"),
    Status.FULL_APPROVED: ("معتمد كليًا", "Full release approved"),
    Status.ENERGISED: ("أُطلق التيار", "Energised"),
    Status.RETURNED: ("معاد للاستكمال", "Returned for completion"),
    Status.REFUSED: ("مرفوض", "Refused"),
    Status.CANCELLED: ("ملغى", "Cancelled"),
    Status.DISCONNECTION_REQUESTED: ("أُمر بفصل التيار", "Disconnection ordered"),
    Status.DISCONNECTED: ("مفصول", "Disconnected"),
    Status.RECONNECTION_ALLOWED: ("سُمح بإعادة التيار", "Reconnection allowed"),
}


class Supplied(StrEnum):
    """The current that the company has given, from less to more."""

    NONE = "none"
    TEMPORARY = "temporary"
    PARTIAL = "partial"
    FULL = "full"


_MORE = (Supplied.NONE, Supplied.TEMPORARY, Supplied.PARTIAL, Supplied.FULL)


def rank(supplied: Supplied) -> int:
    """Returns the rank of the extent; more is greater."""
    return _MORE.index(supplied)


def needed_extent(supplied: Supplied) -> Extent:
    """Returns the approval that the supply needs. A partial approval covers a temporary supply too."""
    return Extent.FULL if supplied is Supplied.FULL else Extent.PARTIAL


@dataclass(frozen=True)
class Approval:
    """`withdrawn_on`: its ground fell away before the current was given, the release ended, or an officer withdrew it
    (`revoked`)."""

    extent: Extent
    approved_on: date
    withdrawn_on: date | None = None
    insulation_certificate_id: str | None = None
    occupancy_certificate_id: str | None = None
    revoked: bool = False


@dataclass(frozen=True)
class Supply:
    """`energised_on`: the first day of that extent."""

    extent: Supplied = Supplied.NONE
    energised_on: date | None = None
    meter_numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """An order to disconnect for danger (Reg. art. 20). Two of one day are told apart by their ids."""

    order_id: str
    reason: str
    ordered_on: date
    acknowledged_on: date | None = None
    executed_on: date | None = None
    withdrawn_on: date | None = None
    reconnection_allowed_on: date | None = None
    reconnected_on: date | None = None

    @property
    def holds(self) -> bool:
        """Returns whether the order stands: not withdrawn before its execution, and not undone by a reconnection."""
        withdrawn = self.withdrawn_on is not None and self.executed_on is None
        return self.reconnected_on is None and not withdrawn


@dataclass(frozen=True)
class Site:
    """The latest inspection of the place."""

    result: str
    inspected_on: date
    defects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Course:
    """The decisions and acts of a release. `ended`: refused or cancelled."""

    wanted: Extent
    ended: Status | None = None
    returned: bool = False
    site: Site | None = None
    approvals: tuple[Approval, ...] = ()
    supply: Supply = Supply()
    order: Order | None = None

    @property
    def approval(self) -> Approval | None:
        """Returns the greatest approval that isn't withdrawn."""
        standing = [one for one in self.approvals if one.withdrawn_on is None]
        full = [one for one in standing if one.extent is Extent.FULL]
        return next(iter(full or standing), None)

    @property
    def inspected_until(self) -> date | None:
        """Returns the day before which another inspection changes nothing: of the last inspection, or on which an
        officer withdrew an approval."""
        days = [one.withdrawn_on for one in self.approvals if one.revoked and one.withdrawn_on]
        return max([*days, *([self.site.inspected_on] if self.site else [])], default=None)

    @property
    def connected(self) -> bool:
        """Returns whether current flows."""
        cut = self.order is not None and self.order.holds and self.order.executed_on is not None
        return self.supply.extent is not Supplied.NONE and not cut

    @property
    def given(self) -> bool:
        """Returns whether the company gave all that the approval allows."""
        approval = self.approval
        return approval is not None and _gives(self.supply, approval)


def _gives(supply: Supply, approval: Approval) -> bool:
    """Returns whether the company used the approval. A partial approval allows a temporary supply too."""
    least = Supplied.FULL if approval.extent is Extent.FULL else Supplied.TEMPORARY
    return rank(supply.extent) >= rank(least)


def used_up(supply: Supply, approval: Approval) -> bool:
    """Returns whether nothing more can be given on the approval."""
    most = Supplied.FULL if approval.extent is Extent.FULL else Supplied.PARTIAL
    return rank(supply.extent) >= rank(most)
