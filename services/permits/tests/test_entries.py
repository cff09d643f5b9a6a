"""What the company enters about insulation, taken by the consumer: what takes effect and what follows, what is refused,
and the one answer."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import text

from chassis.core import contracts
from permits import catalogue, queries
from permits.commands import completion, insulation
from permits.commands.insulation import VisitReport
from permits.domain.certificates import CompletionRefused
from permits.domain.insulation import CompanyInspects, Effect, EntryRefusal

from .entering import STAGES, Company, codes

Desk = Any


@pytest.fixture
def company(desk: Desk, loops: Any) -> Company:
    return Company(desk, loops)


def test_the_last_stage_and_the_companys_number_issue_the_certificate(
    desk: Desk, company: Company
) -> None:
    permit = desk.issued(municipality="safwa")

    certificate = company.insulated(permit)

    assert certificate.status == "issued"
    published = desk.published(certificate.certificate_id)
    assert [e.happened for e in published] == ["opened", *["inspected"] * 3, "issued"]
    state = published[-1].data
    assert state["partner_certificate_number"] == "SEC/1"
    assert state["certificate_number"].startswith("1448/")
    assert {(one["stage"], one["by"]) for one in state["stages"]} == {
        (stage, "partner") for stage in STAGES
    }
    assert desk.complete(permit).insulation_certificate_id == certificate.certificate_id


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_order_of_arrival_makes_no_difference(
    desk: Desk, company: Company, order: tuple[int, ...]
) -> None:
    permit = desk.issued()
    made = [*(company.visit(permit, stage) for stage in STAGES), company.number(permit)]

    answers = [company.take(made[place]) for place in order]

    assert [answer["outcome"] for answer in answers] == ["effective"] * 4
    assert codes(answers[-1])[-1] == "certificate-issued"


def test_an_entry_is_answered_with_what_followed_and_without_its_owner(
    desk: Desk, company: Company
) -> None:
    permit = desk.issued()

    answer = company.take(company.visit(permit, "walls"))

    assert answer == {
        "entry_id": answer["entry_id"],
        "source": "insulation-inspection",
        "kind": "inspection",
        "partner": "sec",
        "permit_id": permit.permit_id,
        "permit_number": permit.permit_number,
        "municipality": "central-qatif",
        "outcome": "effective",
        "reason": None,
        "effects": [
            {"code": "recorded", "ar": "سُجلت المعاينة.", "en": "The inspection was recorded."}
        ],
        "certificate_id": answer["certificate_id"],
        "certificate_number": None,
        "decided_at": "2026-11-24T09:00:00Z",
    }


def test_the_same_entry_a_second_time_does_nothing_and_is_not_answered_again(
    desk: Desk, company: Company
) -> None:
    permit = desk.issued()
    entry = company.visit(permit, "walls")
    answer = company.take(entry)
    before = len(desk.published(answer["certificate_id"]))

    company.take(entry)

    assert len(company.answers(entry)) == 1
    assert len(desk.published(answer["certificate_id"])) == before


def test_a_failed_stage_after_the_issue_revokes_the_certificate_and_flags_the_completion(
    desk: Desk, company: Company
) -> None:
    permit = desk.issued()
    certificate = company.insulated(permit)
    done = desk.complete(permit)
    desk.now += timedelta(days=400)

    answer = company.take(company.visit(permit, "roof", "fail"))

    assert codes(answer) == ["recorded", "certificate-revoked", "completion-flagged"]
    assert (certificate.status, certificate.ended_on) == ("revoked", desk.now.date())
    assert certificate.reason == "لم تجتز المعاينة بعد الإصدار: السقف (2027/12/29م)."
    assert (done.flagged, done.flag_reason) == (True, "insulation-revoked")
    state = desk.published(permit.permit_id)[-1].data
    assert state["completion"]["flagged_on"] == "2027-12-29"


def test_a_failure_that_lies_before_the_issue_revokes_it_however_late_it_arrives(
    desk: Desk, company: Company
) -> None:
    permit = desk.issued()
    late = company.visit(permit, "walls", "fail", at=desk.now + timedelta(hours=1))
    certificate = company.insulated(permit)
    desk.now += timedelta(days=30)

    assert codes(company.take(late)) == ["recorded", "certificate-revoked"]
    assert certificate.status == "revoked"


def test_a_failure_that_was_mended_before_the_issue_is_only_history(
    desk: Desk, company: Company
) -> None:
    permit = desk.issued()
    failed = company.visit(permit, "walls", "fail")
    desk.now += timedelta(days=5)
    certificate = company.insulated(permit)

    assert codes(company.take(failed)) == ["recorded-as-earlier"]
    assert certificate.status == "issued"
    assert len(certificate.inspections) == 4


def test_after_a_late_failure_only_that_stage_has_to_pass_again_under_a_new_number(
    desk: Desk, company: Company
) -> None:
    permit = desk.issued()
    company.insulated(permit, "SEC/1")
    desk.now += timedelta(days=1)
    company.take(company.visit(permit, "roof", "fail"))
    desk.now += timedelta(days=1)

    mended = company.take(company.visit(permit, "roof"))
    used = company.take(company.number(permit, "SEC/1"))
    new = company.take(company.number(permit, "SEC/2"))

    assert codes(mended) == ["recorded"]
    assert codes(used) == ["certificate-number-used"]
    assert codes(new) == ["certificate-issued"]
    [*_, state] = desk.published(new["certificate_id"])
    assert {one["stage"] for one in state.data["stages"]} == set(STAGES)


def test_the_company_withdraws_its_certificate_and_everything_begins_anew(
    desk: Desk, company: Company
) -> None:
    permit = desk.issued()
    certificate = company.insulated(permit)
    done = desk.complete(permit)
    desk.now += timedelta(days=1)

    answer = company.take(company.withdrawal(permit, "SEC/1"))

    assert codes(answer) == ["withdrawal-recorded", "certificate-revoked", "completion-flagged"]
    assert (certificate.status, certificate.reason) == ("revoked", "تبين عدم تنفيذ العزل")
    assert done.flagged
    completion.revoke_completion(desk.work, done.certificate_id, reason="سحب العزل")
    company.insulated(permit, "SEC/2")
    assert desk.complete(permit).status == "issued"


def test_a_withdrawal_that_overtakes_its_certificate_still_prevents_it(
    desk: Desk, company: Company
) -> None:
    permit = desk.issued()
    made = [*(company.visit(permit, stage) for stage in STAGES), company.number(permit)]
    withdrawn = company.withdrawal(permit, "SEC/1", at=desk.now + timedelta(hours=1))

    first = company.take(withdrawn)
    answers = [company.take(entry) for entry in made]

    assert codes(first) == ["withdrawal-recorded"]
    assert [codes(answer) for answer in answers] == [["recorded-as-earlier"]] * 3 + [
        ["withdrawn-since"]
    ]
    with pytest.raises(CompletionRefused):
        desk.complete(permit)


def test_a_withdrawal_of_another_number_is_refused(desk: Desk, company: Company) -> None:
    permit = desk.issued()
    certificate = company.insulated(permit)

    assert codes(company.take(company.withdrawal(permit, "SEC/7"))) == ["other-certificate"]
    assert certificate.status == "issued"
    ours = certificate.certificate_number
    assert "certificate-revoked" in codes(company.take(company.withdrawal(permit, ours)))


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"permit_id": "01937c5e-8f00-7a11-8c2e-00000000dead"}, "permit-unknown"),
        ({"municipality": "safwa"}, "permit-unknown"),
        ({"inspected_on": "2026-11-23"}, "before-permit"),
        ({"inspected_on": "2026-11-25"}, "future-date"),
        ({"materials": "اتصلوا على 0501234567"}, "personal-number"),
        ({"inspector": "م. تجربة 1000000008"}, "personal-number"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_with_its_reason(
    desk: Desk, company: Company, parts: dict[str, Any], code: str
) -> None:
    permit = desk.issued()
    entry = company.visit(permit, "walls", **parts)

    answer = company.take(entry)

    assert codes(answer) == [code]
    assert answer["effects"] == []
    assert queries.certificates_of(desk.session, desk.officer, permit.permit_id) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"u_value": "15.0"}, "u-value-implausible"),
        ({"materials": "x"}, "materials-unclear"),
        ({"materials": "5 - 7"}, "materials-unclear"),
    ],
)
def test_a_slip_in_the_last_stage_issues_no_certificate(
    desk: Desk, company: Company, changes: dict[str, str], code: str
) -> None:
    permit = desk.issued()
    company.take(company.number(permit, "SEC/7731"))
    for stage in ("walls", "windows"):
        company.take(company.visit(permit, stage))

    refused = company.take(company.visit(permit, "roof", **changes))
    [certificate] = queries.certificates_of(desk.session, desk.officer, permit.permit_id)

    assert (codes(refused), certificate.status) == ([code], "pending")
    company.take(company.visit(permit, "roof", u_value="0.2", materials="PU"))
    assert certificate.status == "issued"


def test_the_record_says_when_stages_came_out_of_order_and_what_is_odd(
    desk: Desk, company: Company
) -> None:
    permit = desk.issued()

    failed = company.visit(permit, "windows", "fail", u_value="15", materials="زجاج")

    answer = company.take(failed)

    [*_, event] = desk.published(answer["certificate_id"])
    [stage] = event.data["stages"]
    assert stage["warnings"] == ["out-of-order", "unusual-u-value"]
    desk.now += timedelta(days=1)
    for name in ("walls", "roof", "windows"):
        company.take(company.visit(permit, name))
    [*_, event] = desk.published(answer["certificate_id"])
    assert [one["warnings"] for one in event.data["stages"]] == [[], [], []]


def test_the_history_names_the_company_and_the_defects_and_its_employee_by_an_opaque_id(
    desk: Desk, company: Company
) -> None:
    permit = desk.issued()

    company.take(company.visit(permit, "walls", "fail"))

    entry = queries.history_of_permit(desk.session, desk.officer, permit.permit_id)[-1]
    assert (entry.subject, entry.name, entry.organisation, entry.client_id) == (
        *("p_inspector", None),
        *("sec", "partner-gateway"),
    )
    assert entry.note == "الجدران: لم تجتز، فراغ في طبقة العزل"
    assert entry.details["stage"] == "walls"


def test_an_officer_of_a_branch_without_a_rule_enters_no_inspection_and_issues_nothing(
    desk: Desk,
) -> None:
    permit = desk.issued(municipality="safwa")
    certificate = insulation.open_insulation(desk.work, permit.permit_id)
    seen = VisitReport(
        stage="walls", result="pass", inspected_on=desk.now.date(), inspector="م. تجربة"
    )

    with pytest.raises(CompanyInspects):
        insulation.record_inspection(desk.work, certificate.certificate_id, seen)
    with pytest.raises(CompanyInspects):
        insulation.issue_insulation(desk.work, certificate.certificate_id)
    assert certificate.inspections == []


def test_every_answer_has_its_words() -> None:
    for code in (*EntryRefusal, *Effect):
        assert catalogue.entry_words(code.value)["ar"]
    reference = contracts.read("reference/entry-reasons.yaml")
    assert {*map(str, Effect)} <= set(reference["effects"])
    assert {*map(str, EntryRefusal)} <= set(reference["refusals"])


def test_a_certificate_from_before_partners_entered_anything_is_revoked_by_a_late_failure(
    desk: Desk, company: Company
) -> None:
    """Its row has neither `stages` nor `numbered_at`, and its visits no `entered_at`."""
    permit = desk.issued()
    certificate = desk.insulated(permit)
    desk.session.flush()
    old = {"id": certificate.certificate_id}
    for statement in (
        "UPDATE inspection SET entered_at = NULL, defects = NULL WHERE certificate_id = :id",
        "UPDATE certificate SET numbered_at = NULL, stages = NULL WHERE certificate_id = :id",
    ):
        desk.session.execute(text(statement), old)
    desk.session.expire_all()
    desk.now += timedelta(days=10)

    passed = company.take(company.visit(permit, "walls"))
    failed = company.take(company.visit(permit, "roof", "fail"))

    assert codes(passed) == ["recorded"]
    assert codes(failed) == ["recorded", "certificate-revoked"]
