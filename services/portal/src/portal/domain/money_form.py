"""The forms of cashiers, accountants and second persons. Pure."""

from collections.abc import Mapping

from portal.domain.entry_form import EntryField

REASON_SIGNS = 500
_REASON = EntryField("reason", "text", REASON_SIGNS)
COUNTER = (
    EntryField("receipt", "code", 40),
    EntryField("method", "radios"),
    EntryField("amount", "code", 20),
)
# What may be proposed → its form. People write a bill's number; the page finds the bill's id.
PROPOSALS: Mapping[str, tuple[EntryField, ...]] = {
    "apply": (EntryField("bill_number", "code", 20), _REASON),
    "refund": (
        EntryField("account_given_at", "hidden", 40),
        EntryField("iban", "account", 40),
        EntryField("holder", "line", 200),
        _REASON,
    ),
    "dismiss": (_REASON,),
}
PAY_OUT = (EntryField("decision_id", "hidden"), EntryField("transfer", "code", 40))
# The number is typed from the bank's letter, so that nobody records the return at other money.
TRANSFER_RETURN = (EntryField("transfer", "code", 40), _REASON)
WORD = (EntryField("note", "text", REASON_SIGNS),)
