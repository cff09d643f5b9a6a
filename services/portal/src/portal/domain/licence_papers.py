"""The papers of an application for a licence whose numbers its form doesn't name yet. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from portal.domain.licence_form import ACTIVITIES, place_in_form

# Condition → the input in which the number of its paper stands.
_NUMBERS: Mapping[str, str] = {
    "lease-term": "lease-ejar_no",
    "civil-defence": "safety_certificate-number",
    "cleaning-contract": "cleaning_contract",
    "building-use": "building_permit_no",
    "engineering-classification": "engineering-classification_no",
}


def unwritten_papers(
    typed: Mapping[str, str], activities: Iterable[Mapping[str, Any]]
) -> list[tuple[str, Mapping[str, Any]]]:
    """Returns the papers that the chosen activities need and whose numbers the form doesn't name, each behind its
    input, in the order of the form. `activities`: as the guide tells of them."""
    chosen = {typed[name] for name in ACTIVITIES}
    papers = {
        paper["code"]: paper
        for one in activities
        if one["code"] in chosen
        for kind in one["kinds"]
        if kind["kind"] == typed["kind"]
        for paper in kind["papers"]
    }
    unwritten = [
        (_NUMBERS[code], paper)
        for code, paper in papers.items()
        if code in _NUMBERS and not typed[_NUMBERS[code]]
    ]
    return sorted(unwritten, key=lambda one: place_in_form(one[0]))
