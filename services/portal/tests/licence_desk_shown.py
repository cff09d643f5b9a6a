"""Applications, licences, violations and visits as the desk reads them: the examples of the contract."""

from typing import Any

from licences_shown import example

from portal.outside.services import FileReply, Reply

APPLICATION_ID = "0195ff10-4d00-7b22-9d3f-000000000101"
VIOLATION_ID = "0195ff10-4d00-7b22-9d3f-000000000201"
VISIT_ID = "0195ff10-4d00-7b22-9d3f-000000000401"
FILE_ID = "0195ff10-4d00-7b22-9d3f-0000000000b1"
NUMBER, APPLICATION_NO = "144804000017", "1448040000123"
APPLICATIONS, LICENCES = "/v1/licence-applications", "/v1/licences"
VIOLATIONS, VISITS = "/v1/violations", "/v1/licence-inspections"
APPLICATION, LICENCE = f"{APPLICATIONS}/{APPLICATION_ID}", f"{LICENCES}/{NUMBER}"
VIOLATION, VISIT = f"{VIOLATIONS}/{VIOLATION_ID}", f"{VISITS}/{VISIT_ID}"
ITEMS, UPLOADS = "/v1/violation-items", "/v1/violation-attachments"
# What the service names for the states of the examples, and more, so that scopes alone tell what is offered.
OF_APPLICATION = ["verify", "approve", "order_inspection", "return", "refuse", "withdraw"]
OF_LICENCE = ["renew", "suspend", "reinstate", "correct", "cancel"]
OF_VIOLATION = [
    *("warn", "correct", "confirm", "notify", "bill", "object", "decide", "sue", "judge"),
    *("close_place", "close", "cancel"),
]


def application(**changes: Any) -> dict[str, Any]:
    return example("Application", staff_actions=OF_APPLICATION, **changes)


def licence(**changes: Any) -> dict[str, Any]:
    return example("Licence", staff_actions=OF_LICENCE, **changes)


def violation(**changes: Any) -> dict[str, Any]:
    return example("Violation", staff_actions=OF_VIOLATION, **changes)


def decision() -> dict[str, Any]:
    """Returns a decision with a condition that holds and one about which nothing is known."""
    shown = example("Explanation")
    unknown = {
        "code": "lease-term", "satisfied": None, "ar": "عقد الإيجار: لم يصل ما يثبته بعد",
        "en": "The lease: nothing is known yet", "inputs": {}, "source": None,
    }  # fmt: skip
    return {**shown, "conditions": [*shown["conditions"], unknown]}


def desk_replies() -> dict[str, Any]:
    """Returns what a service that is well answers, by path."""
    made = Reply(200, application())
    changed, acted = Reply(200, licence()), Reply(200, violation())
    return {
        APPLICATIONS: Reply(200, example("ApplicationPage")),
        APPLICATION: Reply(200, application()),
        f"{APPLICATION}/decision": Reply(200, decision()),
        f"{APPLICATION}/form": Reply(200, example("ApplicationForm")),
        f"{APPLICATION}/files": Reply(200, example("MyFiles")),
        f"{APPLICATION}/files/{FILE_ID}": FileReply(b"\xff\xd8\xff", "image/jpeg"),
        f"{APPLICATION}/history": Reply(200, example("History")),
        **{
            f"{APPLICATION}/{path}": made
            for path in ("approve", "refuse", "return", "inspection-order", "documents")
        },
        LICENCE: Reply(200, licence()),
        f"{LICENCE}/decision": Reply(200, decision()),
        f"{LICENCE}/history": Reply(200, example("History")),
        f"{LICENCE}/document": FileReply(b"%PDF-1.7", "application/pdf"),
        **{f"{LICENCE}/{path}": changed for path in ("suspend", "correction", "cancel")},
        VIOLATIONS: Reply(200, example("ViolationPage") | violation()),
        VIOLATION: Reply(200, violation()),
        f"{VIOLATION}/files": Reply(200, example("ViolationFiles")),
        f"{VIOLATION}/files/{FILE_ID}": FileReply(b"\xff\xd8\xff", "image/jpeg"),
        f"{VIOLATION}/history": Reply(200, example("ViolationHistory")),
        **{f"{VIOLATION}/{path}": acted for path in ("decide", "warn", "bill", "close-place")},
        VISITS: Reply(200, example("InspectionPage")),
        VISIT: Reply(200, example("Inspection")),
        f"{VISIT}/result": Reply(200, example("Inspection")),
        ITEMS: Reply(200, example("ViolationItemList")),
        UPLOADS: Reply(201, example("FileUpload")),
    }
