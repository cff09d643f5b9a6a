"""The screen of a waiting hall: numbers in both languages, which come back by themselves."""

import pytest
from public_asking import example, refusal

from portal.outside.services import Reply, TokenRefused

ID = "0195ff10-4d00-7b22-9d3f-000000000d01"
SCREEN, FEED = f"/appointments/display/{ID}", f"/v1/displays/{ID}"
DEPARTMENTS = "/v1/public/appointment-departments"


@pytest.fixture(autouse=True)
def appointments(asked_services):
    service = asked_services["appointments"]
    service.replies[FEED] = Reply(200, example("appointments", "Display"))
    return service


@pytest.fixture
def departments(public_services):
    listed = example("appointments", "PublicDepartmentList")
    shown = {**listed["items"][0], "department_id": ID}
    public_services["appointments"].replies[DEPARTMENTS] = Reply(200, {"items": [shown]})
    return shown


def asked_feeds(service):
    return [path for path, _ in service.asked if path == FEED]


def test_a_screen_shows_numbers_in_both_languages_without_a_sign_in(client, departments):
    answer = client.get(SCREEN)

    assert answer.status_code == 200
    assert answer.headers["refresh"] == "15"
    for one in (departments["title"]["ar"], departments["title"]["en"], "الشباك", "Counter"):
        assert one in answer.text
    assert ">14</bdi>" in answer.text
    assert "<script" not in answer.text
    assert "<form" not in answer.text


def test_a_screen_shows_no_more_than_the_newest_calls(client, appointments):
    called = [{"queue_number": 900 + at, "counter": 1} for at in range(20)]
    appointments.replies[FEED] = Reply(200, {"called": called, "waiting": 0})

    text = client.get(SCREEN).text

    assert "905" in text
    assert "906" not in text


def test_all_screens_of_a_hall_cost_one_question(
    client, appointments, departments, public_services, system_issuer
):
    for _ in range(5):
        client.get(SCREEN)

    assert len(asked_feeds(appointments)) == 1
    assert [path for path, _ in public_services["appointments"].asked] == [DEPARTMENTS]
    assert system_issuer.asked == ["appointments.display"]


@pytest.mark.parametrize("part", ["service", "issuer"])
def test_a_screen_without_numbers_says_so_and_comes_back(client, appointments, system_issuer, part):
    if part == "service":
        appointments.replies[FEED] = None
    system_issuer.is_away = part == "issuer"

    answer = client.get(SCREEN)

    assert answer.status_code == 503
    assert answer.headers["refresh"] == "15"
    assert "الأرقام غير متاحة الآن" in answer.text


def test_a_token_that_is_refused_is_fetched_anew(client, appointments, system_issuer):
    appointments.replies[FEED] = TokenRefused()

    answer = client.get(SCREEN)

    assert answer.status_code == 503
    assert len(system_issuer.asked) == 2


def test_an_unknown_department_has_no_screen(client, appointments):
    appointments.replies[FEED] = refusal("not-found", status=404)

    assert client.get(SCREEN).status_code == 404
