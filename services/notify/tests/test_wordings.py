"""The SMS texts as shipped become versions of templates, and give way to an editor's."""

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from notify import catalogue
from notify.domain.templates import length
from notify.migrations import wordings
from notify.models import Template, TemplateVersion


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The shipped templates, which the test may change."""
    read = catalogue.read_wordings()
    monkeypatch.setattr(catalogue, "read_wordings", lambda: read)
    return read


# The facts of these don't fit into the 70 characters of one part.
LONG = {
    *("bill-registered", "bill-settled", "bill-cancelled"),
    *("payment-twice", "payment-differs", "payment-too-late"),
    *("payment-refund-wanted", "payment-account-wanted", "payment-refunded"),
    *("health-request-received", "health-request-not-issued", "health-certificates-ending"),
    *("licence-application-asked", "licence-application-not-issued"),
    *("permit-suspended", "permit-cancelled", "permit-cancelled-for-owner", "permit-transferred"),
    *("disconnection-ordered", "appeal-rejected"),
    "delegation-made",
    *("appointment-booked", "appointment-requested", "appointment-moved", "appointment-offered"),
    *("appointment-affected", "appointment-kept", "appointment-request-kept"),
    "appointment-cancelled-for-you",
    *("appointment-missed", "appointment-reminder", "appointment-link"),
    *("report-linked-external", "report-closed", "report-alert", "report-escalated"),
    "report-question",
    *("violation-warned", "violation-notified", "violation-owed-again"),
    *("violation-cancelled-refund", "violation-refund-requested"),
    *("tender-deadline", "tender-amended", "tender-answered", "tender-awarded", "tender-cancelled"),
    *("lease-deadline", "lease-amended", "lease-answered", "lease-awarded", "lease-cancelled"),
}


def test_an_arabic_text_is_one_part_unless_its_facts_need_more() -> None:
    found = {
        name
        for name, template in catalogue.read_wordings().items()
        if length(template["text"]["ar"], "ar").parts > 1
    }

    assert found <= LONG


def versions_of(session: Session, name: str) -> list[tuple[int, str, str]]:
    session.expire_all()
    statement = (
        select(TemplateVersion.number, TemplateVersion.body_ar, TemplateVersion.created_by)
        .join(Template, Template.template_id == TemplateVersion.template_id)
        .where(Template.name == name)
        .order_by(TemplateVersion.number)
    )
    return [tuple(row) for row in session.execute(statement)]


def test_a_second_migrate_adds_no_version(session: Session) -> None:
    before = session.scalar(text("SELECT count(*) FROM template_version"))

    wordings.seed(session.connection())

    assert session.scalar(text("SELECT count(*) FROM template_version")) == before


def test_a_text_that_changed_is_a_new_version_of_its_template(
    session: Session, shipped: dict[str, Any]
) -> None:
    (first,) = versions_of(session, "report-received")
    shipped["report-received"]["text"]["ar"] = "وصلنا بلاغكم رقم ((number)). ((municipality))"

    wordings.seed(session.connection())

    changed = (2, "وصلنا بلاغكم رقم ((number)). ((municipality))", "notify")
    assert versions_of(session, "report-received") == [first, changed]
    current = select(Template.current, Template.version).where(Template.name == "report-received")
    assert tuple(session.execute(current).one()) == (2, 2)


def test_an_editors_newer_version_stays(session: Session, shipped: dict[str, Any]) -> None:
    session.execute(
        text(
            "UPDATE template_version SET created_by = 'p_editor' FROM template"
            " WHERE template.template_id = template_version.template_id AND name = 'report-received'"
        )
    )
    before = versions_of(session, "report-received")
    shipped["report-received"]["text"]["ar"] = "وصلنا بلاغكم رقم ((number)). ((municipality))"

    wordings.seed(session.connection())

    assert versions_of(session, "report-received") == before
