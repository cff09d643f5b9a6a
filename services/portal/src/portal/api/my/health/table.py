"""The pages of health certificates in the area `/my`."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.my.health import changes, requests
from portal.domain import tasks
from portal.domain.areas import MY

_READ, _WRITE = needs(MY, tasks.READ_MY_HEALTH), needs(MY, tasks.WRITE_MY_HEALTH)
_REQUEST = f"{requests.PATH}/requests/<uuid:request_id>"
_CHANGE = f"{_REQUEST}/<change>"
_CERTIFICATE = f"{requests.PATH}/certificates/<certificate_no>"

PAGES = (
    Page("my_health", requests.PATH, _READ, requests.show_health),
    Page("my_health_apply", changes.APPLY, _WRITE, changes.show_application),
    Page(
        "my_health_apply_entry",
        changes.APPLY,
        _WRITE,
        changes.submit_application,
        methods=("POST",),
    ),
    Page("my_health_request", _REQUEST, _READ, requests.show_request),
    Page("my_health_photo", f"{_REQUEST}/photo", _READ, requests.send_photo, is_download=True),
    Page("my_health_change", _CHANGE, _WRITE, changes.show_change),
    Page("my_health_change_entry", _CHANGE, _WRITE, changes.submit_change, methods=("POST",)),
    Page(
        "my_health_pdf", f"{_CERTIFICATE}.pdf", _READ, requests.send_certificate, is_download=True
    ),
    Page("my_health_renewal", f"{_CERTIFICATE}/renewal", _WRITE, changes.show_renewal),
    Page(
        "my_health_renewal_entry",
        changes.RENEWALS,
        _WRITE,
        changes.submit_renewal,
        methods=("POST",),
    ),
    Page("my_health_cancel", f"{_CERTIFICATE}/cancel", _WRITE, changes.show_cancel),
    Page(
        "my_health_cancel_entry",
        f"{_CERTIFICATE}/cancel",
        _WRITE,
        changes.submit_cancel,
        methods=("POST",),
    ),
)
NAVIGATION = (
    NavigationRow("my_health", tasks.READ_MY_HEALTH, requests.PATH, "nav_my_health"),
    NavigationRow("my_health_apply", tasks.WRITE_MY_HEALTH, changes.APPLY, "nav_my_health_apply"),
)
