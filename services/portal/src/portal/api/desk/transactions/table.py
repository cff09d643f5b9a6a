"""The pages of the desk of transactions."""

from functools import partial

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.desk import action_forms
from portal.api.desk.transactions import entry, inbox
from portal.api.desk.transactions.views import TRANSACTION
from portal.domain import large_forms, tasks
from portal.domain.areas import DESK
from portal.domain.transaction_desk import PATH

_READ = needs(DESK, tasks.READ_TRANSACTIONS)
_ENTER = needs(DESK, tasks.ENTER_TRANSACTIONS)
_OVERSEE = needs(DESK, tasks.OVERSEE_TRANSACTIONS)
_POST = ("POST",)
_ONE, _WORKLOAD = f"{PATH}/<uuid:transaction_id>", f"{PATH}/workload"
_DOCUMENT, _LETTER = f"{_ONE}/documents/<uuid:attachment_id>", f"{_ONE}/letters/<uuid:letter_id>"
_ACTION = f"{PATH}/<uuid:thing_id>/actions/<action>"
_SHOW_ACTION = partial(action_forms.show_action, kind=TRANSACTION)
_SUBMIT_ACTION = partial(action_forms.submit_action, kind=TRANSACTION)

PAGES = (
    Page("transactions", PATH, _READ, inbox.show_inbox),
    Page("transactions_search", PATH, _READ, inbox.submit_search, _POST),
    Page("transaction_entry", large_forms.COUNTER_TRANSACTIONS, _ENTER, entry.show_entry),
    Page(
        "transaction_entering", large_forms.COUNTER_TRANSACTIONS, _ENTER, entry.submit_entry, _POST
    ),
    Page("transaction_completion", f"{_ONE}/actions/complete", _ENTER, entry.show_completion),
    Page(
        *("transaction_completing", large_forms.COUNTER_COMPLETIONS, _ENTER),
        *(entry.submit_completion, _POST),
    ),
    Page("transactions_workload", _WORKLOAD, _OVERSEE, inbox.show_workload),
    Page("transaction", _ONE, _READ, inbox.show_transaction),
    Page("transaction_document", _DOCUMENT, _READ, inbox.send_document, is_download=True),
    Page("transaction_letter", _LETTER, _READ, inbox.send_letter, is_download=True),
    Page("transaction_action", _ACTION, _READ, _SHOW_ACTION),
    Page("transaction_action_entry", _ACTION, _READ, _SUBMIT_ACTION, _POST),
)
NAVIGATION = (
    NavigationRow("transactions", tasks.READ_TRANSACTIONS, PATH, "nav_transactions"),
    NavigationRow("transactions_workload", tasks.OVERSEE_TRANSACTIONS, _WORKLOAD, "nav_workload"),
)
