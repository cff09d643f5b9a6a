"""The rules of a refund as its payer sees it: how far it is, and when the payer may give an account."""

from dataclasses import dataclass, field
from enum import StrEnum

from chassis.core.refusals import Conflict, InvalidFields
from payments.domain.payments import Status
from saudi.bank_accounts import parse_iban
from saudi.malformed import Malformed

GIVE_ACCOUNT = "give-account"  # the action in the history of a payment


class AccountGiver(StrEnum):
    """Who gave an account: the citizen who paid, or somebody who acts for the establishment that paid."""

    PAYER = "payer"
    ESTABLISHMENT = "establishment"


@dataclass(frozen=True)
class Payer:
    """A citizen who pays. `establishments`: the unified numbers of those for which the citizen acts."""

    id_number: str = field(repr=False)
    establishments: frozenset[str] = frozenset()

    @property
    def numbers(self) -> frozenset[str]:
        """Returns the numbers under which the citizen pays."""
        return self.establishments | {self.id_number}

    def gives_as(self, number: str) -> AccountGiver:
        """Returns as whom the citizen gives an account for the payer with this number."""
        return AccountGiver.PAYER if number == self.id_number else AccountGiver.ESTABLISHMENT


class AccountChanged(Conflict):
    """The payer gave another account after the accountant had read the earlier one."""

    problem = "account-changed"


class RefundState(StrEnum):
    """How far a refund is. `being_decided`: a second person hasn't decided yet what becomes of the money."""

    ACCOUNT_WANTED = "account_wanted"
    ACCOUNT_GIVEN = "account_given"
    BEING_DECIDED = "being_decided"
    AGREED = "agreed"
    TRANSFERRED = "transferred"


class AccountNotWanted(Conflict):
    """People of the municipality deal with the refund already, or the money was transferred."""

    problem = "account-not-wanted"


def read_iban(typed: str | None) -> str:
    """Returns the IBAN of an account for a refund. Raises InvalidFields."""
    try:
        return parse_iban(typed or "")
    except Malformed as error:
        code = error.code if typed else "required"
        raise InvalidFields.of("iban", code, **error.params) from None


def refund_state(
    status: Status, *, is_returned: bool, has_proposal: bool, has_account: bool
) -> RefundState:
    """Returns how far the refund of a payment is. `is_returned`: the bank has returned the transfer; `has_proposal`:
    a second person hasn't decided yet what becomes of the money."""
    if has_proposal:
        return RefundState.BEING_DECIDED
    if status is Status.REFUNDING:
        return RefundState.AGREED
    if status is Status.REFUNDED and not is_returned:
        return RefundState.TRANSFERRED
    return RefundState.ACCOUNT_GIVEN if has_account else RefundState.ACCOUNT_WANTED


def require_account_wanted(state: RefundState) -> None:
    """Raises AccountNotWanted unless the payer may give an account."""
    if state not in (RefundState.ACCOUNT_WANTED, RefundState.ACCOUNT_GIVEN):
        raise AccountNotWanted
