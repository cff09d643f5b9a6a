"""The pages of a contractor's work orders."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.desk.work_orders import orders
from portal.domain import large_forms, tasks
from portal.domain.areas import DESK

_CONTRACT = needs(DESK, tasks.CONTRACT)
_ORDER = f"{orders.PATH}/<uuid:report_id>"
_PHOTO = f"{_ORDER}/photos/<uuid:attachment_id>"

PAGES = (
    Page("work_orders", orders.PATH, _CONTRACT, orders.show_orders),
    Page("work_order", _ORDER, _CONTRACT, orders.show_order),
    Page("work_order_photo", _PHOTO, _CONTRACT, orders.show_photo, is_download=True),
    Page("work_order_finish", f"{_ORDER}/done", _CONTRACT, orders.show_finish),
    Page(
        "work_order_finish_entry",
        large_forms.FINISHED_WORK,
        _CONTRACT,
        orders.submit_finish,
        methods=("POST",),
    ),
)
NAVIGATION = (NavigationRow("work_orders", tasks.CONTRACT, orders.PATH, "nav_work_orders"),)
