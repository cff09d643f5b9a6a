"""Rules of a building's facts: certificates and releases, without a database."""

from datetime import date

import pytest

from chassis.core import contracts
from partner_gateway.domain import permit_documents, permit_queries

TODAY = date(2026, 11, 26)
WORDS = {"ar": "كلمة", "en": "word"}


def titled(kind, status):
    return {**WORDS, "en": f"{kind}/{status}"}


def certificate(number, status="issued", **changes):
    return {
        "certificate_id": f"0195ff10-4d00-7b22-9d3f-{number:012}",
        "kind": "insulation",
        "certificate_number": f"1448/{number}",
        "permit_number": "1448/1312",
        "status": status,
        "issued_on": "2026-11-01",
        "valid_until": None,
        "reason": None,
        "stages": [],
        **changes,
    }


def release(number, status="submitted", **changes):
    return {
        "release_id": f"0196ff10-4d00-7b22-9d3f-{number:012}",
        "release_number": f"1448/{number}",
        "permit_number": "1448/1312",
        "extent": "full",
        "status": status,
        **changes,
    }


def insulation(*certificates):
    return permit_documents.facts(certificates, (), titled)["insulation"]


def test_a_building_of_which_nothing_is_known_has_no_blocks():
    assert permit_documents.facts((), (), titled) == permit_documents.NOTHING


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ([(1, "issued")], 1),
        ([(1, "revoked"), (2, "pending")], 2),
        ([(2, "pending"), (1, "issued")], 1),
        ([(1, "rejected"), (2, "voided")], 2),
        ([(1, "issued"), (2, "rejected")], 1),
    ],
)
def test_the_insulation_that_counts_is_issued_else_pending_else_the_last(line, counts):
    shown = insulation(*(certificate(number, status) for number, status in line))

    assert shown["certificate_number"] == f"1448/{counts}"
    assert len(shown["others"]) == len(line) - 1


def test_a_revocation_is_seen_beside_the_certificate_that_is_pending_since():
    gone = certificate(1, "revoked", reason="طبقة ناقصة (بيانات تجريبية)", ended_on="2026-11-20")

    shown = insulation(gone, certificate(2, "pending"))

    assert shown["status_title"]["en"] == "insulation_certificate/pending"
    [other] = shown["others"]
    assert (other["status"], other["ended_on"]) == ("revoked", "2026-11-20")
    assert other["reason"] == "طبقة ناقصة (بيانات تجريبية)"


def test_a_failed_stage_is_shown_with_its_words_day_and_defects():
    stage = {
        "stage": "roof", "result": "fail", "inspected_on": "2026-11-05", "materials": None,
        "u_value": None, "defects": ["فراغ عند الحافة"], "warnings": ["out-of-order", "new-one"],
    }  # fmt: skip

    [shown] = insulation(certificate(1, "pending", stages=[stage]))["stages"]

    assert (shown["title"]["ar"], shown["result_title"]["ar"]) == ("السقف", "غير مجتاز")
    assert [one["title"]["en"] for one in shown["warnings"]] == [
        "Seen before a stage that comes first",
        "new-one",
    ]
    assert (shown["inspected_on"], shown["defects"]) == ("2026-11-05", ["فراغ عند الحافة"])


def test_a_certificate_past_its_last_valid_day_is_expired_on_that_day_and_not_before():
    facts = permit_documents.facts([certificate(1, valid_until="2026-11-25")], (), titled)

    assert permit_documents.fresh_until(facts) == date(2026, 11, 25)
    assert permit_documents.on_day(facts, date(2026, 11, 25), titled) == facts
    assert permit_documents.on_day(facts, TODAY, titled)["insulation"]["status"] == "expired"


def test_a_revoked_certificate_does_not_expire():
    facts = permit_documents.facts(
        [certificate(1, "revoked", valid_until="2026-11-25")], (), titled
    )

    assert permit_documents.fresh_until(facts) is None
    assert permit_documents.on_day(facts, TODAY, titled)["insulation"]["status"] == "revoked"


def test_a_temporary_occupancy_says_its_kind_and_ends_with_its_term():
    part = {"kind": "temporary", "requested_on": "2026-06-01", "use": "سكن", "inspection": None}
    one = certificate(
        5, kind="occupancy", valid_until="2026-11-24", occupancy=part, flagged=False, flag_reason=None
    )  # fmt: skip

    facts = permit_documents.facts([one, certificate(1)], (), titled)
    shown = permit_documents.on_day(facts, TODAY, titled)

    assert facts["occupancy"]["kind_title"]["ar"] == "مؤقتة"
    assert (facts["occupancy"]["status"], shown["occupancy"]["status"]) == ("issued", "expired")
    assert shown["insulation"]["status"] == "issued"


def test_a_refused_completion_is_handed_on_with_its_reasons():
    refusals = [{"code": "insulation-missing", "ar": "لا توجد شهادة عزل", "en": "No insulation"}]
    refused = certificate(
        3, "rejected", kind="completion", refusals=refusals, defects=[], reason=None, ended_on="2026-11-20"
    )  # fmt: skip

    shown = permit_documents.facts([refused, certificate(1)], (), titled)["completion_refused"]

    assert (shown["refusals"], shown["ended_on"]) == (refusals, "2026-11-20")


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ([(1, "energised")], 1),
        ([(1, "refused"), (2, "submitted")], 2),
        ([(1, "energised"), (2, "cancelled")], 1),
        ([(1, "refused"), (2, "cancelled")], 2),
    ],
)
def test_the_release_that_goes_on_is_shown_before_one_that_ended(line, counts):
    releases = [release(number, status) for number, status in line]

    shown = permit_documents.facts((), releases, titled)["release"]

    assert shown["release_number"] == f"1448/{counts}"


def test_a_flagged_completion_says_why_in_words():
    shown = permit_documents.completion({"flagged": True, "flag_reason": "insulation-revoked"})

    assert shown["flag_title"]["ar"] == "سُحبت شهادة العزل الحراري"
    assert permit_documents.completion(None) is None


def test_the_text_of_blocks_is_read_back():
    facts = permit_documents.facts([certificate(1)], [release(1)], titled)

    assert permit_documents.blocks_of(permit_documents.text_of(facts).encode()) == facts


@pytest.mark.parametrize(
    ("is_known", "status", "reason"),
    [
        (True, None, "left-out"),
        (False, None, "unknown"),
        (False, "draft", "draft"),
        (False, "technical_review", "under-review"),
        (False, "rejected", "ended"),
        (False, "issued", "on-its-way"),
    ],
)
def test_a_number_without_an_answer_says_why(is_known, status, reason):
    request = {"request_number": "44120981", "kind": "new", "status": status} if status else None

    shown = permit_queries.explain_absence(is_known=is_known, request=request)

    assert shown["reason"] == reason
    assert (shown["request"] is None) == (status is None)


def test_the_words_are_those_of_the_contract():
    schemas = contracts.openapi("partner-gateway")["components"]["schemas"]

    assert schemas["Kind"]["x-titles"] == permit_queries.KINDS
    assert schemas["Status"]["x-titles"] == permit_queries.STATUSES
    statuses = contracts.openapi("permits")["components"]["schemas"]["RequestStatus"]["x-titles"]
    assert statuses == permit_queries.REQUEST_STATUSES
    reasons = schemas["Page"]["properties"]["absence"]["properties"]["reason"]["enum"]
    assert set(reasons) == set(permit_queries.ABSENCES)


def connection_of(*releases, certificates=(), on=TODAY):
    building = permit_documents.facts(certificates, releases, titled)
    return permit_documents.on_day(building, on, titled)["connection"]


def codes(verdict):
    return verdict["extent"], [one["code"] for one in verdict["reasons"]]


PARTIAL, FULL = ({"extent": one, "approved_on": "2026-11-20"} for one in ("partial", "full"))
WITHDRAWN, LIFTED = (
    {"order_id": "x", "ordered_on": "2026-11-21", one: "2026-11-22"}
    for one in ("withdrawn_on", "reconnection_allowed_on")
)
ORDER = {"order_id": "x", "ordered_on": "2026-11-21", "withdrawn_on": None}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"approval": PARTIAL}, ("partial", ["approved"])),
        ({"approval": FULL}, ("full", ["approved"])),
        ({"approval": None}, ("none", ["not-approved"])),
        ({"status": "refused", "approval": None}, ("none", ["release-refused"])),
        ({"status": "cancelled", "approval": FULL}, ("none", ["release-cancelled"])),
        ({"approval": FULL, "disconnection": ORDER}, ("none", ["disconnection-ordered"])),
        ({"approval": FULL, "disconnection": WITHDRAWN}, ("full", ["approved"])),
        ({"approval": FULL, "disconnection": LIFTED}, ("full", ["approved"])),
        (
            {"approval": None, "flagged": True, "flag_reason": "insulation-revoked"},
            ("none", ["insulation-revoked", "not-approved"]),
        ),
        ({"approval": FULL, "flagged": True, "flag_reason": "new-code"}, ("none", ["new-code"])),
    ],
)  # fmt: skip
def test_the_verdict_on_connecting_is_the_approval_and_what_stands_in_its_way(changes, expected):
    assert codes(connection_of(release(1, **changes))) == expected


def test_without_a_release_no_current_may_be_given():
    assert codes(connection_of()) == ("none", ["no-release"])
    assert codes(permit_documents.NOTHING["connection"]) == ("none", ["no-release"])


def test_the_day_on_which_a_certificate_expires_changes_the_verdict():
    insulated = certificate(1, valid_until="2026-11-26", stages=[])
    approved = release(1, approval=FULL)

    assert codes(connection_of(approved, certificates=[insulated])) == ("full", ["approved"])
    next_day = connection_of(approved, certificates=[insulated], on=date(2026, 11, 27))
    assert codes(next_day) == ("none", ["insulation-expired"])
