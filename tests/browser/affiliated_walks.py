"""The walks through the pages of affiliated municipalities."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from portal_walks import FORM, Walk, fault, press, send, words
from selenium.webdriver.common.by import By

from chassis.core import contracts

_EXAMPLES = contracts.openapi("partner-gateway")["components"]["examples"]
LIST, LICENCES, WEBHOOKS = "/v1/licence-applications", "/v1/licences", "/v1/webhooks"
BATCHES, MONTHS = "/v1/licence-application-batches", "/v1/licence-application-months"
LICENCES_TASK, READING_TASK, WEBHOOKS_TASK = (
    "municipal-licences",
    "municipal-reading",
    "municipal-webhooks",
)
AREA = "/affiliated"
PAGE, FILES, HELD = f"{AREA}/applications", f"{AREA}/files", f"{AREA}/licences"
MISSING = "01937c5e-8f00-7a11-8c2e-00000000dead"
NUMBER = "144804000017"


def example(name: str, **changes: Any) -> dict[str, Any]:
    """Returns an example of the contract."""
    return {**_EXAMPLES[name]["value"], **changes}


ISSUED, WEBHOOK = example("LicenceApplicationState"), example("Webhook")
ONE, HOOK = f"{LIST}/{ISSUED['application_id']}", f"{WEBHOOKS}/{WEBHOOK['webhook_id']}"
SHOWN, ADDRESS = f"{PAGE}/{ISSUED['application_id']}", f"{AREA}/addresses/{WEBHOOK['webhook_id']}"
WAITING = {
    **ISSUED,
    "status": "waiting", "status_title": words("في انتظار معلومة", "Waiting for a fact"),
    "awaits": "applicant", "awaits_title": words("مقدم الطلب", "The applicant"),
    "asked": {"codes": ["lease-term"], **words("عقد إيجار إلى 1448/12/30", "A lease until 1448/12/30")},
    "ends_on": "2026-12-16", "waits_for": ["owner-age"], "licence_no": None, "bill": None,
}  # fmt: skip
SENT = {**ISSUED, "version": 0, "status": "submitted", "application_no": None, "details": None,
        "awaits": "municipality", "awaits_title": words("البلدية", "The municipality"),
        "status_title": words("مقدم", "Submitted"), "bill": None, "licence_no": None}  # fmt: skip
UNPROVED = {**WEBHOOK, "state": "pending", "state_title": words("بانتظار الإثبات", "Not proved"), "test": None,
            "challenge": {"asked_at": "2026-11-26T06:01:00Z", "outcome": "time-out"}}  # fmt: skip
REFUSAL = {"type": "…/webhook-not-active", "title": "x", "detail": "أثبتوا ملكيته قبل 1448/06/20"}
NOTHING = {"items": [], "next_cursor": None}


def affiliated_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a gateway that is well answers a municipality, by path. Each walk has them: `licences` answers the
    municipality's own staff at paths of the same names."""
    accepted = example("AcceptedApplication")
    lines = (example("BatchAccepted"), example("BatchRefused"))
    return {
        # The list and the submission have one path.
        LIST: (200, {**accepted, "items": [WAITING, SENT, ISSUED], "next_cursor": "c2"}),
        ONE: (200, WAITING),
        **{f"{ONE}/{name}": (202, accepted) for name in ("corrections", "withdrawals")},
        LICENCES: (200, {"items": [example("LicenceState")], "next_cursor": "c2"}),
        f"{LICENCES}/{NUMBER}": (200, example("LicenceState")),
        **{f"{LICENCES}/{NUMBER}/{name}": (202, accepted) for name in ("renewals", "cancellations")},
        BATCHES: (200, b"".join(json.dumps(line).encode() + b"\n" for line in lines)),
        MONTHS: (200, example("LicenceApplicationMonths")),
        WEBHOOKS: (201, {**example("WebhookWithSecret"), "items": [WEBHOOK, UNPROVED]}),
        HOOK: (200, WEBHOOK),
        f"{HOOK}/deliveries": (200, example("DeliveryPage")),
        f"{HOOK}/secret": (200, example("WebhookWithSecret")),
        **{f"{HOOK}/{name}": (202, WEBHOOK) for name in ("challenge", "test", "remove")},
    }  # fmt: skip


def send_file(content: str) -> Callable[[Any], None]:
    """Returns the act of choosing a file with this content and sending it."""

    def act(browser: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "applications.csv"
            file.write_text(content, "utf-8")
            browser.find_element(By.ID, "file").send_keys(str(file))
            press(browser, FORM)

    return act


GOOD_FILE = (
    "المرجع,نوع الرخصة,الأنشطة\nS-2026-000017,محل تجاري,960111\nS-2026-000018,محل تجاري,960111\n"
)
AWAY = dict.fromkeys(
    (LIST, ONE, f"{ONE}/corrections", f"{ONE}/withdrawals", LICENCES, BATCHES, MONTHS, WEBHOOKS, HOOK),
    (503, {}),
)  # fmt: skip
ENDED = {ONE: (200, ISSUED)}
NEW, CORRECTION, WITHDRAWAL = f"{PAGE}/new", f"{SHOWN}/correction", f"{SHOWN}/withdrawal"
LICENCE, RENEWAL = f"{HELD}/{NUMBER}", f"{HELD}/{NUMBER}/renewal"
ADDRESSES = f"{AREA}/addresses"
TEST_BUTTON = f'form[action="{ADDRESS}/test"] button'
_LICENCES_WALKS = (
    ("affiliated", "good", AREA, {"task": None}),
    ("affiliated", "other-tasks", f"{AREA}?tasks=all", {}),
    ("affiliated_sign_in", "unknown-task", f"{AREA}/sign-in/none", {"task": None}),
    ("affiliated_signed_in", "foreign-answer", f"{AREA}/signed-in?state=x&code=y", {"task": None}),
    ("affiliated_sign_out", "no-page", f"{AREA}/nothing", {}),
    ("aff_applications", "good", PAGE, {}),
    ("aff_applications", "nothing", f"{PAGE}?status=refused", {"changed": {LIST: (200, NOTHING)}}),
    ("aff_applications", "away", PAGE, {"changed": AWAY}),
    ("aff_search", "good", PAGE, {"act": send(number=NUMBER)}),
    ("aff_search", "fault", PAGE, {"act": send(number="1000000008"), "is_error": True}),
    ("aff_application", "good", SHOWN, {}),
    ("aff_application", "ended", SHOWN, {"changed": ENDED}),
    ("aff_application", "just-sent", f"{SHOWN}?done=submitted", {"changed": {ONE: (200, SENT)}}),
    ("aff_application", "missing", f"{PAGE}/{MISSING}", {}),
    ("aff_new", "good", NEW, {}),
    ("aff_new_entry", "good", NEW, {"act": send()}),
    ("aff_new_entry", "fault", NEW, {"act": send(), "changed": {LIST: fault("owner.id_number")}, "is_error": True}),
    ("aff_new_entry", "away", NEW, {"act": send(), "changed": AWAY}),
    ("aff_correction", "good", CORRECTION, {}),
    ("aff_correction", "missing", f"{PAGE}/{MISSING}/correction", {}),
    ("aff_correction_entry", "good", CORRECTION, {"act": send()}),
    (
        "aff_correction_entry", "fault", CORRECTION,
        {"act": send(), "changed": {f"{ONE}/corrections": fault("lease.ends_on")}, "is_error": True},
    ),
    ("aff_withdrawal", "good", WITHDRAWAL, {}),
    ("aff_withdrawal", "away", WITHDRAWAL, {"changed": AWAY}),
    ("aff_withdrawal_entry", "good", WITHDRAWAL, {"act": send(reason="عدل المالك")}),
    (
        "aff_withdrawal_entry", "fault", WITHDRAWAL,
        {"act": send(reason="x"), "changed": {f"{ONE}/withdrawals": fault("reason")}, "is_error": True},
    ),
    ("aff_file", "good", FILES, {}),
    ("aff_file", "lost", f"{FILES}?lost=file", {}),
    ("aff_file_entry", "good", FILES, {"act": send_file(GOOD_FILE)}),
    ("aff_file_entry", "no-file", FILES, {"act": send(), "is_error": True}),
    ("aff_file_entry", "fault", FILES, {"act": send_file("المرجع,غريب\nS-1,x\n"), "is_error": True}),
    ("aff_file_entry", "away", FILES, {"act": send_file(GOOD_FILE), "changed": AWAY}),
    ("aff_results", "good", FILES, {"act": send_file(GOOD_FILE)}),
    ("aff_results", "missing", f"{FILES}/results?file=none", {}),
    ("aff_results_file", "missing", f"{FILES}/results.csv?file=none", {}),
    ("aff_licences", "good", HELD, {}),
    ("aff_licences", "nothing", f"{HELD}?status=closed", {"changed": {LICENCES: (200, NOTHING)}}),
    ("aff_licences", "away", HELD, {"changed": AWAY}),
    ("aff_licence", "good", LICENCE, {}),
    ("aff_licence", "missing", f"{HELD}/144804999999", {}),
    ("aff_request", "good", RENEWAL, {}),
    ("aff_request", "end", f"{LICENCE}/cancellation", {}),
    ("aff_request", "no-page", f"{LICENCE}/destruction", {}),
    ("aff_request_entry", "good", RENEWAL, {"act": send()}),
    (
        "aff_request_entry", "fault", RENEWAL,
        {"act": send(), "changed": {f"{LICENCES}/{NUMBER}/renewals": fault("years")}, "is_error": True},
    ),
    ("aff_months", "good", f"{AREA}/months?year=1448", {}),
    ("aff_months", "away", f"{AREA}/months", {"changed": AWAY}),
    ("aff_months", "fault", f"{AREA}/months?year=0", {"changed": {MONTHS: fault("year")}, "is_error": True}),
    ("aff_months_file", "missing", f"{AREA}/months.csv", {}),
    ("aff_template", "no-permission", f"{FILES}/template.csv", {"task": READING_TASK}),
    ("aff_licences_file", "no-permission", f"{HELD}.csv", {"task": READING_TASK}),
)  # fmt: skip
_WEBHOOKS_WALKS = (
    ("aff_addresses", "good", ADDRESSES, {}),
    ("aff_addresses", "nothing", ADDRESSES, {"changed": {WEBHOOKS: (200, NOTHING)}}),
    ("aff_addresses", "away", ADDRESSES, {"changed": AWAY}),
    ("aff_address_entry", "good", ADDRESSES, {"act": send(url="https://licences.saihat.gov.sa/3-5")}),
    ("aff_address_entry", "away", ADDRESSES, {"act": send(url="https://x.example/"), "meanwhile": AWAY}),
    ("aff_address", "good", ADDRESS, {}),
    ("aff_address", "not-proved", ADDRESS, {"changed": {HOOK: (200, UNPROVED)}}),
    ("aff_address", "missing", f"{ADDRESSES}/{MISSING}", {}),
    ("aff_address_action", "good", ADDRESS, {"act": send(TEST_BUTTON)}),
    (
        "aff_address_action", "refused", ADDRESS,
        {"act": send(TEST_BUTTON), "changed": {f"{HOOK}/test": (409, REFUSAL)}},
    ),
)  # fmt: skip
AFFILIATED_WALKS = tuple(
    Walk(
        page,
        state,
        address,
        **{
            "task": task,
            **more,
            "changed": {**affiliated_answers(), **more.get("changed", {})},
        },
    )
    for task, walks in ((LICENCES_TASK, _LICENCES_WALKS), (WEBHOOKS_TASK, _WEBHOOKS_WALKS))
    for page, state, address, more in walks
)
