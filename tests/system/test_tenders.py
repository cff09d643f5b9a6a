"""A lease in the running system, by the pages of its people: from the draft to the award; and the screen of a hall."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import text

from saudi.days import hijri_text, legal_day

from .page_visitor import Browser, person_of

PEOPLE = {
    "qatif.tender-officer": "tender-office",
    "qatif.clerk": "bid-receipt",
    "qatif.opening-committee": "bid-opening",
    "qatif.award-committee": "tender-awards",
}
MARK, MARK_EN = "(بيانات تجريبية)", "(sample data)"
SECRET, ASKED = "48123", "هل يُسمح بالجلوس في الخارج؟ (بيانات تجريبية)"


@pytest.fixture(scope="module")
def desks(town: Any) -> dict[str, Browser]:
    """A browser of each person, in which the person is signed in for the person's own task."""
    found = {}
    for username, task in PEOPLE.items():
        found[task] = Browser(town.description["portal"]["url"])
        page = found[task].sign_in(task, person_of(town.description, username), area="desk")
        assert page.status_code == 200, page.text
    return found


def fill(browser: Browser, address: str, **inputs: str) -> requests.Response:
    """Opens a form and sends it. The person comes to the page behind it."""
    saved = browser.send(browser.get(address), address, **inputs)
    assert "?done=" in saved.url, saved.text
    return saved


def draft_lease(officer: Browser) -> str:
    """Drafts a lease by its form, with Hijri days. Returns its page."""
    far = {
        f"{name}{part}": value
        for days, name in enumerate(("questions_until", "bids_until", "opens_at"), 10)
        for part, value in (("", hijri_text(legal_day(datetime.now(UTC)) + timedelta(days=days))), ("_time", "12:00"))
    }  # fmt: skip
    saved = fill(
        officer, "/desk/leases/new", municipality="saihat",
        title_ar=f"تأجير كشك {MARK}", title_en=f"Lease of a kiosk {MARK_EN}",
        description_ar=f"كشك للقهوة {MARK}", description_en=f"A coffee kiosk {MARK_EN}",
        kind="temporary", activity_ar="مقهى", activity_en="Coffee shop", district="الكورنيش",
        area_m2="٢٤٫٥", term_days="90", minimum_rent=SECRET, booklet_price="500", guarantee_percent="25",
        document_0_kind="plan", document_0_title_ar="مخطط", document_0_title_en="Plan",
        document_0_url="https://furas.example/plan.pdf", **far,
    )  # fmt: skip
    return urlsplit(saved.url).path


def ask(town: Any, number: str) -> None:
    """Asks a question as somebody without an account."""
    answer = requests.post(
        f"{town.url('tenders')}/v1/public/leases/{number}/questions", json={"question": ASKED}, timeout=10
    )  # fmt: skip
    assert answer.status_code == 202, answer.text


def let_the_opening_come(town: Any, page: str) -> None:
    """Moves the published times of the lease into the past: nobody waits for them."""
    past = "now() - interval '1 second'"
    moved = f"questions_until = {past}, bids_until = {past}, opens_at = {past}"
    with town.databases["tenders"].transaction() as session:
        session.execute(
            text(f"UPDATE lease SET {moved} WHERE lease_id = CAST(:lease_id AS uuid)"),
            {"lease_id": page.rpartition("/")[2]},
        )


def test_a_lease_is_published_answered_received_opened_and_awarded_by_four_people(town, desks):
    officer, clerk = desks["tender-office"], desks["bid-receipt"]
    page = draft_lease(officer)

    published = fill(officer, f"{page}/actions/publish").text
    number = re.search(r"1[0-9]{5}4[0-9]{7}", published)[0]
    public = f"/auctions/{number}"
    ask(town, number)
    asked = re.search(rf'href="({page}/questions/[^"]+/answer)"', officer.get(page).text)[1]
    fill(officer, asked, question="هل يُسمح بالجلوس؟", answer="نعم، في حدود الموقع.")
    fill(clerk, f"{page}/actions/receive", receipt_number="F-101", source="furas")
    before = officer.get(public).text
    seen_by_officer = officer.get(page).text
    early = desks["bid-opening"].get(page).text
    let_the_opening_come(town, page)
    fill(
        desks["bid-opening"], f"{page}/open", minutes_number="م-1", bid_0_bidder=f"مؤسسة الواحة {MARK}",
        bid_0_unified_number="7000000005", bid_0_amount="60000", bid_0_accepted="yes",
    )  # fmt: skip
    fill(
        desks["tender-awards"], f"{page}/actions/award", receipt_number="F-101", minutes_number="م-2"
    )  # fmt: skip
    after = officer.get(public).text

    assert "نعم، في حدود الموقع." in before
    assert ASKED not in before
    assert SECRET not in before
    assert "F-101" not in seen_by_officer
    assert f'href="{page}/open"' not in early
    assert "مؤسسة الواحة" in after
    assert SECRET in after


def test_the_screen_of_a_hall_reads_the_numbers_as_a_machine(town):
    department = {"municipality": "tarout", "code": "finance"}
    made = town.visitor.post("qatif.officer", "/v1/departments", department, "appointments").json()
    screen = f"{town.description['portal']['url']}/appointments/display/{made['department_id']}"

    answer = requests.get(screen, timeout=20)

    assert answer.status_code == 200, answer.text
    assert answer.headers["Refresh"] == "15"
    assert "لا نداء الآن" in answer.text
