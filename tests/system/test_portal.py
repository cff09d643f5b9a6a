"""The portal in the running system: a dispatcher's four queries by its pages."""

from saudi.days import legal_day

from .conftest import until
from .page_visitor import Browser, person_of


def test_a_dispatcher_finds_a_permit_by_each_query_and_reads_the_verdict(town):
    permit = town.issue(plan_number="713/7")
    number, land = permit["permit_number"], permit["land"]
    until(lambda: town.find(permit_number=number).json()["items"])
    browser = Browser(town.description["portal"]["url"])
    form = browser.sign_in("dispatch", person_of(town.description, "sec.dispatcher"))
    owner = permit["owners"][0]["id_number"]
    searches = [
        {"permit_number": number},
        {"plan_number": "٧١٣ / ٧", "plot": land["plots"][0]},
        {"issued_from": legal_day(permit["issued_at"]).isoformat()},
        {"owner_number": owner, "purpose": "meter-connection", "case_reference": "C-1"},
    ]

    for search in searches:
        found = browser.send(form, "/sec/permits", **search)
        assert found.status_code == 200
        assert permit["permit_id"] in found.text, search
        assert owner not in found.url

    shown = browser.get(f"/sec/permits/{permit['permit_id']}")
    assert 'class="verdict none"' in shown.text
    assert "لم يُطلب إطلاق التيار" in shown.text
