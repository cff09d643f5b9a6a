"""What staff correct over HTTP: an amount, a request, a bill, an owner."""

from collections.abc import Callable
from typing import Any


def test_another_amount_takes_two_people_over_http(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    row = api.ask("submit_permit_request", application())
    at = {"request_id": row["request_id"]}
    assert (row["fee"]["amount"], row["fee"]["proposal"]) == ("744.60", None)
    for step in (
        *("send_permit_request_to_office", "send_permit_request_to_technical_review"),
        *("pass_technical_review", "approve_permit_request"),
    ):
        api.ask(step, **at)

    proposed = api.ask("propose_amount", {"amount": "٦٠٠", "reason": "خصم مقرر"}, **at)["fee"]
    alone = api.send("agree_to_amount", **at).json()
    api.claims = {"sub": "p_second", "name": "موظف ثان"}
    agreed = api.ask("agree_to_amount", {"note": "اطلعت"}, **at)["fee"]
    again = api.send("refuse_amount", {"reason": "تأخر"}, **at).json()

    assert (proposed["amount"], proposed["proposal"]["amount"]) == ("744.60", "600.00")
    assert alone["type"].endswith("/another-person-agrees")
    assert (agreed["amount"], agreed["proposal"]["status"]) == ("600.00", "agreed")
    assert [line["amount"] for line in agreed["lines"]] == ["744.60", "-144.60"]
    assert again["type"].endswith("/amount-not-proposed")
    assert api.ask("request_payment", {}, **at)["invoice"]["amount"] == "600.00"


def test_nobody_agrees_to_an_amount_that_took_the_place_of_the_seen_amount(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    at = {"request_id": api.ask("submit_permit_request", application())["request_id"]}
    for step in (
        *("send_permit_request_to_office", "send_permit_request_to_technical_review"),
        *("pass_technical_review", "approve_permit_request"),
    ):
        api.ask(step, **at)
    api.ask("propose_amount", {"amount": "600", "reason": "خصم مقرر"}, **at)
    api.ask("propose_amount", {"amount": "5", "reason": "خصم مقرر"}, **at)
    api.claims = {"sub": "p_second", "name": "موظف ثان"}

    agreed = api.send("agree_to_amount", {"amount": "600.00"}, **at).json()
    refused = api.send("refuse_amount", {"reason": "لا ينطبق", "amount": "600.00"}, **at).json()

    assert agreed["type"].endswith("/changed-meanwhile")
    assert refused["type"].endswith("/changed-meanwhile")
    assert api.ask("get_permit_request", **at)["fee"]["proposal"]["status"] == "proposed"
    assert api.ask("agree_to_amount", {"amount": "5.00"}, **at)["fee"]["amount"] == "5.00"


def test_a_request_is_edited_corrected_and_its_bill_withdrawn_over_http(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    row = api.ask("submit_permit_request", application())
    at = {"request_id": row["request_id"]}

    edited = api.ask("edit_permit_request", {"use_class": "commercial", "note": "خطأ"}, **at)
    wanted = {"version": edited["version"], "correct": [{"position": 0, "id_number": "1000000016"}]}
    corrected = api.ask("correct_permit_request_owners", wanted, **at)
    stale = api.send("correct_permit_request_owners", wanted, **at).json()
    same = api.faults("edit_permit_request", {"use_class": "commercial"}, **at)
    for step in (
        *("send_permit_request_to_office", "send_permit_request_to_technical_review"),
        *("pass_technical_review", "approve_permit_request", "request_payment"),
    ):
        api.ask(step, {} if step == "request_payment" else None, **at)
    withdrawn = api.ask("withdraw_payment", {"reason": "قبل أوانها"}, **at)

    assert corrected["owners"][0]["id_number"] == "10******16"
    assert stale["type"].endswith("/changed-meanwhile")
    assert same == {"body": "no-change"}
    assert (withdrawn["status"], withdrawn["invoice"]["status"]) == ("approved", "withdrawn")


def test_a_permits_owner_is_corrected_over_http(api: Any, permit: dict[str, Any]) -> None:
    at = {"permit_id": permit["permit_id"]}
    owners = {"version": permit["version"], "correct": [{"position": 0, "share": "1/1"}]}

    amended = api.ask("amend_permit", {"reason": "حسب الصك", "owners": owners}, **at)

    assert amended["owners"][0]["share"] == "1/1"
    assert amended["owners"][0]["name"] == permit["owners"][0]["name"]


def test_a_paper_is_recorded_over_http_and_the_history_names_it_in_arabic(
    api: Any, house: Any
) -> None:
    made = api.ask("submit_permit_request", house(request_number="44129977"))
    at = {"request_id": made["request_id"]}
    body = {"code": "survey-report", "reference": "ملف 331", "handed_in_on": "2026-01-10"}

    shown = api.ask("hand_in_paper", body, **at)

    assert shown["papers"][0]["title"]["ar"] == "تقرير مساحي"
    assert "papers.survey-report" in {one["field"] for one in made["warnings"]}
    assert "papers.survey-report" not in {one["field"] for one in shown["warnings"]}
    [change] = api.ask("get_permit_request_history", **at)["items"][-1]["changes"]
    assert (change["title"]["ar"], change["to"]) == ("تقرير مساحي", "ملف 331")
    back = api.ask("take_back_paper", {"code": "survey-report", "reason": "لقطعة أخرى"}, **at)
    assert back["papers"] == []


def test_days_that_are_not_known_are_sent_back_as_they_are_shown(api: Any, house: Any) -> None:
    """A form that shows a request sends back what it got."""
    site = {"survey_decision": {"number": "1447/2210"}}
    given = {"civil_defence": {"number": "1448/771"}}
    made = api.ask(
        "submit_permit_request", house(request_number="44129978", site=site, clearances=given)
    )
    at = {"request_id": made["request_id"]}
    shown = {
        "site": {"survey_decision": _without_hijri(made["site"]["survey_decision"])},
        "clearances": {"civil_defence": _without_hijri(made["clearances"]["civil_defence"])},
    }
    assert shown["site"]["survey_decision"]["decided_on"] is None
    assert shown["clearances"]["civil_defence"]["approved_on"] is None

    same = api.faults("edit_permit_request", shown, **at)

    assert same == {"body": "no-change"}


def _without_hijri(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if not name.endswith("_hijri")}


def test_a_permits_day_that_is_not_known_is_corrected_as_it_is_shown(
    api: Any, permit: dict[str, Any]
) -> None:
    decision = {"number": "1447/2211", "decided_on": None}
    body = {"reason": "حسب القرار", "site": {"survey_decision": decision}}

    amended = api.ask("amend_permit", body, permit_id=permit["permit_id"])

    assert amended["site"]["survey_decision"] == {**decision, "decided_on_hijri": None}
