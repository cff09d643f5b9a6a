"""The municipality's desk in the running system: an officer's report, and what each person sees."""

import re
from typing import Any

import pytest
import requests

from .page_visitor import Browser, person_of

PEOPLE = {"qatif.report-officer": "referral", "qatif.cleaning": "treatment", "qatif.operator": "calls"}  # fmt: skip
LINK = re.compile(r'href="/desk/reports/([0-9a-f-]{36})"')
NEW = {
    "channel": "call",
    "description": "حاوية ممتلئة (بيانات تجريبية)",
    "location": {"town": "صفوى", "landmark": "أمام المسجد"},
    "reporter": {"name": "علي بن حسن آل تجربة (بيانات تجريبية)", "mobile": "0500000001"},
}


def file_report(town: Any, category: str) -> dict[str, Any]:
    """Files a report by the operator's own token."""
    answer = requests.post(
        town.url("reports") + "/v1/reports",
        json={**NEW, "category": category},
        headers=town.headers("qatif.operator", "reports"),
        timeout=10,
    )
    assert answer.status_code == 201, answer.text
    filed: dict[str, Any] = answer.json()
    return filed


def desk(town: Any, username: str) -> Browser:
    """A browser in which somebody of the municipality is signed in."""
    browser = Browser(town.description["portal"]["url"])
    page = browser.sign_in(PEOPLE[username], person_of(town.description, username), area="desk")
    assert page.status_code == 200, page.text
    return browser


@pytest.fixture(scope="module")
def filed(town: Any) -> dict[str, dict[str, Any]]:
    """A report of the department of cleaning, and a report of another department."""
    return {kind: file_report(town, kind) for kind in ("container-full", "pothole")}


@pytest.mark.parametrize("username", list(PEOPLE))
def test_the_inbox_is_exactly_what_the_service_answers_to_the_person(town, filed, username):
    answer = requests.get(
        town.url("reports") + "/v1/reports",
        params={"limit": 20},
        headers=town.headers(username, "reports"),
        timeout=10,
    )
    shown = desk(town, username).get("/desk/reports?view=all").text

    assert LINK.findall(shown) == [one["report_id"] for one in answer.json()["items"]]
    assert (filed["pothole"]["report_id"] in shown) is (username != "qatif.cleaning")


def test_an_officer_refers_a_report_and_is_told_when_somebody_was_faster(town, filed):
    browser, report = desk(town, "qatif.report-officer"), filed["container-full"]
    path = f"/desk/reports/{report['report_id']}"
    first, second = (browser.get(f"{path}/actions/refer") for _ in range(2))

    saved = browser.send(first, f"{path}/actions/refer", department="cleaning", note="قرب المسجد")
    refused = browser.send(second, f"{path}/actions/refer", department="roads", note="لا تضيع")

    assert saved.url.endswith(f"{path}?done=refer")
    assert "قرب المسجد" in saved.text
    assert refused.status_code == 409
    assert "لم يُحفظ: تغير البلاغ قبلكم" in refused.text
    assert "لا تضيع</textarea>" in refused.text
    assert "+966500000001" not in saved.text


def test_a_department_begins_the_work_and_another_departments_report_is_not_found(town, filed):
    browser = desk(town, "qatif.cleaning")
    path = f"/desk/reports/{filed['container-full']['report_id']}"

    form = browser.get(f"{path}/actions/start")
    begun = browser.send(form, f"{path}/actions/start")

    assert "قيد المعالجة" in begun.text
    assert browser.get(f"/desk/reports/{filed['pothole']['report_id']}").status_code == 404
