"""The walks through a citizen's start page, which asks several services within one sign-in."""

from portal_walks import Walk

from chassis.core import contracts

START = "/my/start"
LOOKS = "/v1/my/person-searches"
LISTS = {
    "/v1/my/licence-applications": ("licences", "ApplicationPage"),
    "/v1/my/licences": ("licences", "LicencePage"),
    "/v1/my/violations": ("licences", "ViolationPage"),
    "/v1/my/health-certificate-requests": ("health-certs", "RequestPage"),
    "/v1/my/transactions": ("transactions", "OwnTransactionPage"),
    "/v1/my/reports": ("reports", "MyReportPage"),
    "/v1/my/refunds": ("payments", "MyRefundPage"),
}
LOOK = {
    "at": "2026-11-24T09:00:00Z",
    "municipality": "qatif",
    "kind": "name",
    "kind_title": {"ar": "بحث بالاسم", "en": "Search by name"},
    "reason": "مراجع في الاستقبال يسأل عن رخصته",
}
NOTHING: dict[str, object] = {"items": [], "next_cursor": None}
EMPTY = dict.fromkeys(("/v1/my/permits", LOOKS, *LISTS), (200, NOTHING))
AWAY = {path: (503, {}) for path in ("/v1/my/permits", LOOKS, "/v1/my/violations")}
MY_SERVICES = [
    *("permits", "licences", "health-certs", "transactions", "reports", "identity", "notify"),
    "payments",
]


def _application_without_english_name() -> dict[str, object]:
    """Returns a page of applications whose trade name its owner wrote in Arabic alone, as most owners do."""
    page = contracts.openapi("licences")["components"]["examples"]["ApplicationPage"]["value"]
    (first, *_) = page["items"]
    named = {**first, "status": "returned", "trade_name": {"ar": first["trade_name"]["ar"]}}
    return {**page, "items": [named]}


ARABIC_NAME = {"/v1/my/licence-applications": (200, _application_without_english_name())}


def my_start_answers() -> dict[str, tuple[int, dict[str, object]]]:
    """Returns what services that are well answer a citizen, by path."""
    pages: dict[str, tuple[int, dict[str, object]]] = {
        path: (200, contracts.openapi(service)["components"]["examples"][name]["value"])
        for path, (service, name) in LISTS.items()
    }
    return {**pages, LOOKS: (200, {"items": [LOOK], "next_cursor": None})}


MY_START_WALKS = (
    Walk("my_start", "good", START, task="my-page"),
    Walk("my_start", "nothing", START, task="my-page", changed=EMPTY),
    Walk("my_start", "arabic_name", START, task="my-page", changed=ARABIC_NAME),
    Walk("my_start", "away", START, task="my-page", changed=AWAY),
)
