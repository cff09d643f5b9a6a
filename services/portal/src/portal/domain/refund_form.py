"""The form of a payer to whom money goes back, and the states of a refund. Pure."""

from portal.domain.entry_form import EntryField

ACCOUNT = (EntryField("iban", "account", 40),)
ACCOUNT_WANTED = "account_wanted"
# The states in which the payer may give an account, or another one.
PAYER_ACTS = (ACCOUNT_WANTED, "account_given")
_TONES = {ACCOUNT_WANTED: "warning", "transferred": "success"}


def tone_of(state: str) -> str:
    """Returns the tone of a state's tag."""
    return _TONES.get(state, "info")
