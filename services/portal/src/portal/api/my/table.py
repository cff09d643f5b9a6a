"""The pages of the area `/my`."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.my import messages, permits, refunds, reports, start
from portal.domain import tasks
from portal.domain.areas import MY

_ANSWER = f"{reports.PATH}/<number>/answer"
_REFUND = f"{refunds.PATH}/<uuid:payment_id>"
_MESSAGES = needs(MY, tasks.WRITE_MY_MESSAGES)

PAGES = (
    Page("my_start", "/my/start", needs(MY, tasks.READ_MY_PERMITS), start.show_start),
    Page("my_permits", "/my/permits", needs(MY, tasks.READ_MY_PERMITS), permits.show_permits),
    Page("my_reports", reports.PATH, needs(MY, tasks.READ_MY_REPORTS), reports.show_reports),
    Page("my_report_answer", _ANSWER, needs(MY, tasks.WRITE_MY_REPORTS), reports.show_answer),
    Page(
        "my_report_answer_entry",
        _ANSWER,
        needs(MY, tasks.WRITE_MY_REPORTS),
        reports.submit_answer,
        ("POST",),
    ),
    Page("my_refunds", refunds.PATH, needs(MY, tasks.READ_MY_REFUNDS), refunds.show_refunds),
    Page("my_refund", _REFUND, needs(MY, tasks.WRITE_MY_REFUNDS), refunds.show_account),
    Page(
        "my_refund_entry",
        _REFUND,
        needs(MY, tasks.WRITE_MY_REFUNDS),
        refunds.submit_account,
        ("POST",),
    ),
    Page("my_messages", messages.PATH, _MESSAGES, messages.show_language),
    Page("my_messages_entry", messages.PATH, _MESSAGES, messages.submit_language, ("POST",)),
)
NAVIGATION = (
    NavigationRow("my_start", tasks.READ_MY_PERMITS, "/my/start", "nav_my_start"),
    NavigationRow("my_permits", tasks.READ_MY_PERMITS, "/my/permits", "nav_my_permits"),
    NavigationRow("my_reports", tasks.READ_MY_REPORTS, reports.PATH, "nav_my_reports"),
    NavigationRow("my_refunds", tasks.READ_MY_REFUNDS, refunds.PATH, "nav_my_refunds"),
    NavigationRow("my_messages", tasks.WRITE_MY_MESSAGES, messages.PATH, "nav_my_messages"),
)
