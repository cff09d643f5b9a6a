"""Older permits over HTTP."""

from typing import Any

from permits.domain.older import Origin

NUMBERLESS = {
    "name": "حسن بن علي آل تجربة (بيانات تجريبية)",
    "owner_type": "individual",
    "id_type": "none",
}


def body(paper: Any, **changes: Any) -> dict[str, Any]:
    written: dict[str, Any] = paper(**{"issued_on": "1446/09/01", **changes})
    return written


def test_a_paper_permit_is_entered_shown_and_verified_by_another(api: Any, paper: Any) -> None:
    entered = api.ask("enter_older_permit", body(paper, permit_number="١٤٤٦/٧٧/أ"))
    at = {"permit_id": entered["permit_id"]}

    assert (entered["permit_number"], entered["verified"]) == ("1446/77/أ", False)
    assert entered["origin"] == Origin.PAPER
    assert entered["source"] == {"reference": "أرشيف تجريبي، ملف 331"}
    assert entered["issued_on_hijri"] == "1446/09/01"

    assert api.ask("verify_permit", {"version": 1}, **at)["verified"] is True
    [found] = api.ask("find_permits", query={"permit_number": "1446/77/أ"})["items"]
    assert (found["origin"], found["verified"], found["request_number"]) == ("paper", True, None)
    assert len(api.ask("get_permit_history", **at)["items"]) == 2


def test_the_same_number_again_is_a_conflict_that_names_it(api: Any, paper: Any) -> None:
    written = body(paper)
    api.ask("enter_older_permit", written)

    again = api.send("enter_older_permit", written)

    assert again.status_code == 409
    assert again.json()["type"].endswith("/already-entered")
    assert written["permit_number"] in again.json()["detail"]


def test_what_is_built_on_an_unverified_one_is_refused_by_name(api: Any, paper: Any) -> None:
    entered = api.ask("enter_older_permit", body(paper))

    refused = api.send(
        "issue_completion_certificate", api.completion, permit_id=entered["permit_id"]
    )

    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/permit-unverified")


def codes(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["field"], one["code"]) for one in row["warnings"]]


def test_an_owner_without_a_number_is_entered_with_a_warning_until_the_number_is_added(
    api: Any, paper: Any
) -> None:
    entered = api.ask("enter_older_permit", body(paper, owners=[NUMBERLESS]))
    added = {"position": 0, "id_type": "national_id", "id_number": "1000000008"}
    owners = {"version": entered["version"], "correct": [added]}

    at = {"permit_id": entered["permit_id"]}
    corrected = api.ask("amend_permit", {"reason": "الهوية", "owners": owners}, **at)

    odd = ("owners.0.id_type", "owner-without-number")
    assert (odd in codes(entered), odd in codes(corrected)) == (True, False)
    assert [owner["id_number"] for owner in corrected["owners"]] == ["10******08"]


def test_many_owners_without_a_number_do_not_fill_the_warnings(api: Any, paper: Any) -> None:
    entered = api.ask("enter_older_permit", body(paper, owners=[NUMBERLESS] * 60))

    assert [code for _, code in codes(entered)].count("owner-without-number") == 20


def test_an_owner_without_a_number_is_refused_in_a_new_request(api: Any, application: Any) -> None:
    sent = application(owners=[NUMBERLESS])

    assert api.faults("submit_permit_request", sent) == {"owners.0.id_type": "not-of-owner-type"}


def test_a_number_that_the_branch_issued_itself_is_warned_of_until_the_permit_is_verified(
    api: Any, paper: Any, permit: dict[str, Any]
) -> None:
    written = body(paper, permit_number=permit["permit_number"])
    entered = api.ask("enter_older_permit", written)

    verified = api.ask("verify_permit", {"version": 1}, permit_id=entered["permit_id"])

    odd = ("permit_number", "number-of-another-origin")
    assert (odd in codes(entered), odd in codes(verified)) == (True, False)


def test_a_renewal_completes_what_the_old_record_leaves_out(
    api: Any, paper: Any, application: Any, house: Any
) -> None:
    building = {**house()["building"], "components": []}
    written = body(paper, building=building, land={**house()["land"], "plots": []})
    at = {"permit_id": api.ask("enter_older_permit", written)["permit_id"]}
    api.ask("verify_permit", {"version": 1}, **at)

    renewal = {"kind": "renewal", "previous_permit_id": at["permit_id"], "land__block": "4"}
    row = api.ask("submit_permit_request", application(**renewal))

    assert [one for one in codes(row) if one[1] == "not-in-previous"] == [
        ("land.block", "not-in-previous"),
        ("land.plots", "not-in-previous"),
        ("building.components", "not-in-previous"),
    ]


def test_every_field_at_fault_of_an_older_permit_is_named(api: Any, paper: Any) -> None:
    wrong = body(
        paper, permit_number="\u200f", kind="renewal", source={"reference": "\u200f  \u200f"}
    )

    assert set(api.faults("enter_older_permit", wrong)) >= {"permit_number"}


def test_what_a_paper_says_of_its_site_is_taken_in_either_calendar_and_shown_in_both(
    api: Any, paper: Any
) -> None:
    site = {
        "boundaries": {"north": {"description": "شارع عرض 20م", "length_m": 27}},
        "survey_decision": {"number": "1447/2210", "decided_on": "١٢-٥-١٤٤٧هـ"},
    }
    given = {"civil_defence": {"number": "1448/771", "approved_on": "2026-07-17"}}

    entered = api.ask("enter_older_permit", body(paper, site=site, clearances=given))
    at = {"permit_id": entered["permit_id"]}

    shown = api.ask("get_permit", **at)
    assert shown["site"]["survey_decision"] == {
        "number": "1447/2210",
        "decided_on": "2025-11-03",
        "decided_on_hijri": "1447/05/12",
    }
    assert shown["site"]["boundaries"]["south"] is None
    assert shown["clearances"]["civil_defence"]["approved_on_hijri"] == "1448/02/03"
    correction = {"reason": "حسب القرار المساحي", "site": {"front": "north"}}
    amended = api.ask("amend_permit", correction, **at)
    assert amended["site"]["boundaries"] == shown["site"]["boundaries"]
    told = api.ask("get_permit_history", **at)["items"][-1]["changes"]
    assert [(one["title"]["ar"], one["to"]) for one in told] == [("الواجهة", "شمال")]


def test_a_side_of_no_length_is_refused_by_its_path(api: Any, paper: Any) -> None:
    site = {"boundaries": {"north": {"length_m": 0}}}

    refused = api.send("enter_older_permit", body(paper, site=site))

    assert refused.status_code == 400
    assert [one["field"] for one in refused.json()["errors"]] == ["site.boundaries.north.length_m"]
