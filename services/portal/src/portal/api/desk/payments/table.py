"""The pages of the desk for bills and money."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.desk.payments import bills, changes, days, money
from portal.domain import tasks
from portal.domain.areas import DESK

_READ, _TAKE = needs(DESK, tasks.READ_MONEY), needs(DESK, tasks.TAKE_MONEY)
_DECIDE, _APPROVE = needs(DESK, tasks.DECIDE_MONEY), needs(DESK, tasks.APPROVE_MONEY)
_POST = ("POST",)
_COUNTER = f"{bills.BILL}/<uuid:bill_id>/counter"
_PAYMENT = f"{money.PAYMENT}/<uuid:payment_id>"
_PROPOSAL, _PAY_OUT = f"{_PAYMENT}/proposals/<kind>", f"{_PAYMENT}/pay-out"
_RETURN = f"{_PAYMENT}/transfer-return"
_WORD = f"{_PAYMENT}/decisions/<uuid:decision_id>/<word>"
_DAY = f"{days.PATH}/<source>/<day>"

PAGES = (
    Page("desk_bills", bills.PATH, _READ, bills.show_bills),
    Page("desk_bill_search", bills.PATH, _READ, bills.submit_search, methods=_POST),
    Page("desk_bill", f"{bills.BILL}/<uuid:bill_id>", _READ, bills.show_bill),
    Page("desk_counter", _COUNTER, _TAKE, changes.show_counter),
    Page("desk_counter_entry", _COUNTER, _TAKE, changes.submit_counter, methods=_POST),
    Page("desk_money", money.WAITING, _READ, money.show_waiting),
    Page("desk_payment", _PAYMENT, _READ, money.show_payment),
    Page("desk_proposal", _PROPOSAL, _DECIDE, changes.show_proposal),
    Page("desk_proposal_entry", _PROPOSAL, _DECIDE, changes.submit_proposal, methods=_POST),
    Page("desk_pay_out", _PAY_OUT, _DECIDE, changes.show_pay_out),
    Page("desk_pay_out_entry", _PAY_OUT, _DECIDE, changes.submit_pay_out, methods=_POST),
    Page("desk_transfer_return", _RETURN, _DECIDE, changes.show_return),
    Page("desk_transfer_return_entry", _RETURN, _DECIDE, changes.submit_return, methods=_POST),
    Page("desk_decisions", money.DECISIONS, _READ, money.show_decisions),
    Page("desk_decision", f"{money.DECISIONS}/<uuid:decision_id>", _DECIDE, money.show_decision),
    Page("desk_word", _WORD, _APPROVE, changes.show_word),
    Page("desk_word_entry", _WORD, _APPROVE, changes.submit_word, methods=_POST),
    Page("desk_days", days.PATH, _DECIDE, days.show_days),
    Page("desk_day", _DAY, _DECIDE, days.show_day),
    Page("desk_day_csv", f"{_DAY}.csv", _DECIDE, days.send_differences, is_download=True),
    Page("desk_settlement", days.SETTLEMENTS, _DECIDE, days.show_settlement),
    Page("desk_settlement_entry", days.SETTLEMENTS, _DECIDE, days.submit_settlement, methods=_POST),
)
NAVIGATION = (
    NavigationRow("desk_bills", tasks.READ_MONEY, bills.PATH, "nav_bills"),
    NavigationRow("desk_money", tasks.READ_MONEY, money.WAITING, "nav_money"),
    NavigationRow("desk_decisions", tasks.READ_MONEY, money.DECISIONS, "nav_decisions"),
    NavigationRow("desk_days", tasks.DECIDE_MONEY, days.PATH, "nav_days"),
)
