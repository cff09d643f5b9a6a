"""The SMS texts as shipped: a file with a fault fails here, before `migrate` puts it into a database."""

from typing import Any

import pytest

from chassis.core import contracts
from notify.catalogue import read_wordings
from notify.domain import templates
from notify.routes import TOPICS

WORDINGS = read_wordings()
HOSTS = ("qatif.gov.sa",)
FIELDS = {"title", "kind", "when_unsure", "expires_seconds", "text"}


@pytest.mark.parametrize("name", WORDINGS)
def test_a_shipped_text_passes_the_check_that_editors_pass(name: str) -> None:
    wording: dict[str, Any] = WORDINGS[name]

    assert set(wording) == FIELDS
    assert set(wording["title"]) == {"ar", "en"}
    assert wording["kind"] in {"notice", "information"}
    assert wording["when_unsure"] in {"twice", "lost"}
    assert wording["expires_seconds"] > 0
    assert set(wording["text"]) <= {*templates.LANGUAGES, *templates.FURTHER}
    templates.check_wording(
        wording["text"],
        known=templates.known_parameters(name),
        needed=templates.needed_parameters(name),
        hosts=HOSTS,
    )


def test_every_template_that_an_event_speaks_by_is_shipped() -> None:
    spoken = {route.template for topic in TOPICS.values() for route in topic.routes}

    assert spoken <= set(WORDINGS)


@pytest.mark.parametrize("name", ["permit-suspended", "permit-cancelled"])
def test_a_text_about_a_decision_says_how_long_one_may_appeal(name: str) -> None:
    [rule] = contracts.read("reference/appeals.yaml")["rules"]

    for text in WORDINGS[name]["text"].values():
        assert str(rule["file_within_days"]) in text
