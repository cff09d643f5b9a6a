"""What the service `licences` answers in the tests: the examples of its contract, with changes."""

from typing import Any

from chassis.core import contracts
from portal.outside.services import Reply

EXAMPLES = contracts.openapi("licences")["components"]["examples"]
APPLICATION_ID = "0195ff10-4d00-7b22-9d3f-000000000101"
DRAFT_ID = "0195ff10-4d00-7b22-9d3f-000000000301"
VIOLATION_ID = "0195ff10-4d00-7b22-9d3f-000000000201"
FILE_ID = "0195ff10-4d00-7b22-9d3f-0000000000b1"
LICENCE_NO = "144804000017"
APPLICATIONS, LICENCES = "/v1/my/licence-applications", "/v1/my/licences"
VIOLATIONS, DRAFTS = "/v1/my/violations", "/v1/my/licence-drafts"
APPLICATION, LICENCE = f"{APPLICATIONS}/{APPLICATION_ID}", f"{LICENCES}/{LICENCE_NO}"
VIOLATION, DRAFT = f"{VIOLATIONS}/{VIOLATION_ID}", f"{DRAFTS}/{DRAFT_ID}"
UPLOADS = "/v1/my/licence-attachments"
START, CHECK = "/v1/my/licence-application-start", "/v1/my/licence-application-check"
GUIDE, FEE = "/v1/public/licence-activities", "/v1/public/licence-fee"
MISSING = Reply(404, {"type": "urn:qatif:problem/not-found", "title": "Not found"})
TYPED = {
    "kind": "shop", "activity-0": "960111", "years": "1",
    "establishment-unified_number": "7000000005", "establishment-trade_name-ar": "مغسلة الواحة (بيانات تجريبية)",
    "establishment-size": "micro", "owner-name": "بيانات تجريبية", "owner-id_type": "national_id",
    "owner-id_number": "1000000008", "owner-mobile": "0500000001", "owner-language": "ar",
    "place": "سيهات|الكوثر", "place-latitude": "26.4834", "place-longitude": "50.0468", "area_m2": "٤٥", "workers": "2",
    "lease-ejar_no": "10423344550", "lease-starts_on": "1448/05/21", "lease-ends_on": "2028-10-31",
}  # fmt: skip
SENT = {
    "kind": "shop", "activities": [{"code": "960111", "main": True}], "years": 1,
    "establishment": {
        "unified_number": "7000000005", "trade_name": {"ar": "مغسلة الواحة (بيانات تجريبية)"}, "size": "micro",
    },
    "owner": {
        "name": "بيانات تجريبية", "id_type": "national_id", "id_number": "1000000008", "mobile": "0500000001",
        "language": "ar",
    },
    "place": {"town": "سيهات", "district": "الكوثر", "latitude": 26.4834, "longitude": 50.0468},
    "area_m2": 45.0, "workers": 2,
    "lease": {"ejar_no": "10423344550", "starts_on": "1448/05/21", "ends_on": "2028-10-31"},
}  # fmt: skip


def example(name: str, **changes: Any) -> dict[str, Any]:
    """Returns an example of the contract."""
    return {**EXAMPLES[name]["value"], **changes}


def problem(slug: str, status: int, *faults: tuple[str, str], **more: Any) -> Reply:
    """Returns a refusal that names fields with their words."""
    errors = [{"field": field, "code": "x", "detail": detail} for field, detail in faults]
    document = {"type": f"urn:qatif:problem/{slug}", "title": slug, **more}
    return Reply(status, {**document, **({"errors": errors} if errors else {})})


def draft(**typed: str) -> dict[str, Any]:
    """Returns a draft that has everything."""
    return example("LicenceDraft", form={"typed": {**TYPED, **typed}, "again": ""})


def licence_replies() -> dict[str, Reply]:
    """Returns what a service that is well answers, by path."""
    page = {"next_cursor": None}
    return {
        APPLICATIONS: Reply(200, {"items": [example("Application")], **page}),
        APPLICATION: Reply(200, example("Application")),
        f"{APPLICATION}/decision": Reply(200, example("Explanation")),
        f"{APPLICATION}/files": Reply(200, example("MyFiles")),
        f"{APPLICATION}/form": Reply(200, example("ApplicationForm")),
        LICENCES: Reply(200, {"items": [example("Licence")], **page}),
        LICENCE: Reply(200, example("Licence")),
        VIOLATIONS: Reply(200, {"items": [example("Violation")], **page}),
        VIOLATION: Reply(200, example("Violation")),
        f"{VIOLATION}/files": Reply(200, example("ViolationFiles")),
        DRAFTS: Reply(200, {"items": [draft()]}),
        DRAFT: Reply(200, draft()),
        f"{DRAFT}/files": Reply(200, example("MyFiles")),
        START: Reply(200, example("ApplicationStart")),
        CHECK: Reply(204, {}),
        UPLOADS: Reply(201, example("FileUpload")),
    }


def guide_replies() -> dict[str, Reply]:
    """Returns what everybody reads before an application, by path."""
    return {
        GUIDE: Reply(200, example("ActivityGuideList")),
        FEE: Reply(200, example("FeeEstimate")),
    }
