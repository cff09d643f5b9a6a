"""What a gateway that is well answers the staff of a municipality, from the examples of its contract."""

from chassis.core import contracts
from portal.outside.services import FileReply, Reply

EXAMPLES = contracts.openapi("partner-gateway")["components"]["examples"]
LIST, LICENCES = "/v1/licence-applications", "/v1/licences"
BATCHES, MONTHS = "/v1/licence-application-batches", "/v1/licence-application-months"
WEBHOOKS, EXPORTS = "/v1/webhooks", "/v1/licence-exports"
APPLICATION_ID = EXAMPLES["LicenceApplicationState"]["value"]["application_id"]
WEBHOOK_ID = EXAMPLES["Webhook"]["value"]["webhook_id"]
NUMBER = "144804000017"


def example(name, **changes):
    return {**EXAMPLES[name]["value"], **changes}


def waiting(**changes):
    """Returns an application that waits for its applicant."""
    asked = {"codes": ["lease-term"], "ar": "عقد الإيجار", "en": "The lease"}
    return example(
        "LicenceApplicationState",
        status="waiting", status_title={"ar": "في انتظار معلومة", "en": "Waiting for a fact"},
        awaits="applicant", awaits_title={"ar": "مقدم الطلب", "en": "The applicant"},
        asked=asked, ends_on="2026-12-16", waits_for=["lease-term"], licence_no=None, bill=None,
        **changes,
    )  # fmt: skip


def answers():
    """Returns the answers by path."""
    one, webhook = f"{LIST}/{APPLICATION_ID}", f"{WEBHOOKS}/{WEBHOOK_ID}"
    state, accepted = example("LicenceApplicationState"), example("AcceptedApplication")
    return {
        # The list and the submission have one path.
        LIST: Reply(200, {**accepted, "items": [state, waiting()], "next_cursor": "c2"}),
        one: Reply(200, waiting()),
        f"{one}/corrections": Reply(202, accepted),
        f"{one}/withdrawals": Reply(202, accepted),
        LICENCES: Reply(200, {"items": [example("LicenceState")], "next_cursor": None}),
        f"{LICENCES}/{NUMBER}": Reply(200, example("LicenceState")),
        f"{LICENCES}/{NUMBER}/renewals": Reply(202, accepted),
        f"{LICENCES}/{NUMBER}/cancellations": Reply(202, accepted),
        BATCHES: Reply(200, {"lines": [example("BatchAccepted"), example("BatchRefused")]}),
        MONTHS: Reply(200, example("LicenceApplicationMonths")),
        f"{MONTHS}.csv": FileReply("\ufeffالشهر\r\n".encode(), "text/csv; charset=utf-8"),
        EXPORTS: FileReply(b"licence_no\r\n", "text/csv; charset=utf-8"),
        WEBHOOKS: Reply(200, {**example("WebhookWithSecret"), "items": [example("Webhook")]}),
        webhook: Reply(200, example("Webhook")),
        f"{webhook}/deliveries": Reply(200, example("DeliveryPage")),
        f"{webhook}/secret": Reply(200, example("WebhookWithSecret")),
        **{f"{webhook}/{one}": Reply(202, example("Webhook")) for one in ("challenge", "test", "remove")},
    }  # fmt: skip
