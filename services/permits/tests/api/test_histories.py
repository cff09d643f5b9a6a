"""What a clerk reads in a history: of which thing, what changed, in Arabic words and not in codes."""

from collections.abc import Callable
from typing import Any


def test_the_history_says_of_which_thing_it_tells(
    api: Any, permit: dict[str, Any], insulation: dict[str, Any]
) -> None:
    at = {"permit_id": permit["permit_id"]}
    api.ask("issue_completion_certificate", api.completion, **at)
    revoked = {"reason": "استبدل العزل"}
    api.ask("revoke_insulation_certificate", revoked, certificate_id=insulation["certificate_id"])

    told = api.ask("get_permit_history", **at)["items"]

    issued = [one["aggregate_title"]["ar"] for one in told if one["action"] == "issue"]
    assert issued == ["طلب الرخصة", "الرخصة", "شهادة العزل الحراري", "شهادة إتمام البناء"]
    flags = {one["note"] for one in told if one["action"] == "flag"}
    assert flags == {"سُحبت شهادة العزل الحراري"}


def test_two_defects_are_no_change_in_a_history(api: Any, permit: dict[str, Any]) -> None:
    at = {"permit_id": permit["permit_id"]}
    defects = ["درج بلا درابزين", "مخرج مسدود"]
    found = {**api.completion, "reason": "ملاحظات السلامة", "defects": defects}

    api.ask("refuse_completion", found, **at)

    told = api.ask("get_permit_history", **at)["items"][-1]
    assert (told["details"]["defects"], told["changes"]) == (defects, [])


def test_codes_are_told_in_words_and_days_in_both_calendars(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    row = api.ask("submit_permit_request", application())
    at = {"request_id": row["request_id"]}
    decided = {"number": "1447/33", "decided_on": "1448/01/01"}
    wanted = {
        "use_class": "residential_commercial",
        "municipality": "safwa",
        "site": {"survey_decision": decided},
    }

    api.ask("edit_permit_request", wanted, **at)

    told = api.ask("get_permit_request_history", **at)["items"][-1]["changes"]
    changed = {one["field"]: (one["from"], one["to"]) for one in told}
    assert changed.pop("fee.amount")
    assert changed == {
        "use_class": ("سكني", "سكني تجاري"),
        "municipality": ("بلدية وسط القطيف", "بلدية صفوى"),
        "site.survey_decision.number": (None, "1447/33"),
        "site.survey_decision.decided_on": (None, "1448/01/01هـ الموافق 2026/06/16م"),
    }


def test_the_history_says_what_changed_in_words(api: Any, permit: dict[str, Any]) -> None:
    at = {"permit_id": permit["permit_id"]}
    land = {"plots": ["9", "10"], "latitude": 26.7, "longitude": 49.85}

    amended = api.ask("amend_permit", {"reason": "حسب الصك", "land": land}, **at)

    assert "far-from-town" in {one["code"] for one in amended["warnings"]}
    told = api.ask("get_permit_history", **at)["items"][-1]
    assert told["changes"][0] == {
        "field": "land.plots",
        "title": {"ar": "القطع", "en": "Plots"},
        "from": "215، 216",
        "to": "9، 10",
    }
