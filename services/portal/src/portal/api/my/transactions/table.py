"""The pages of a citizen's transactions."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.my.transactions import entry, files, transactions
from portal.api.my.transactions.entry import ANSWERS, NEW
from portal.api.my.transactions.transactions import PATH
from portal.domain import tasks
from portal.domain.areas import MY

_READ = needs(MY, tasks.READ_MY_TRANSACTIONS)
_WRITE = needs(MY, tasks.WRITE_MY_TRANSACTIONS)
_POST = ("POST",)
_ONE = f"{PATH}/<uuid:transaction_id>"
_DOCUMENT, _LETTER = f"{_ONE}/documents/<uuid:attachment_id>", f"{_ONE}/letters/<uuid:letter_id>"

PAGES = (
    Page("my_transactions", PATH, _READ, transactions.show_transactions),
    Page("my_transaction_entry", NEW, _WRITE, entry.show_entry),
    Page("my_transaction_entering", NEW, _WRITE, entry.submit_entry, _POST),
    Page("my_transaction_answering", ANSWERS, _WRITE, entry.submit_answer, _POST),
    Page("my_transaction", _ONE, _READ, transactions.show_transaction),
    Page("my_transaction_withdrawal", _ONE, _WRITE, transactions.withdraw_transaction, _POST),
    Page("my_transaction_answer", f"{_ONE}/answer", _WRITE, entry.show_answer),
    Page("my_transaction_document", _DOCUMENT, _READ, files.send_document, is_download=True),
    Page("my_transaction_letter", _LETTER, _READ, files.send_letter, is_download=True),
)
NAVIGATION = (
    NavigationRow("my_transactions", tasks.READ_MY_TRANSACTIONS, PATH, "nav_my_transactions"),
)
