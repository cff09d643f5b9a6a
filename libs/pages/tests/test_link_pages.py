"""What a page behind a link says when no operation answered."""

import pytest

from chassis.http.problems import ErrorRequest, Problem
from pages.link_pages import Trouble, explain_trouble, trouble_of
from saudi.bilingual import Bilingual
from saudi.waits import word_wait


def request_by(method):
    return ErrorRequest(method=method, path="/r/x", query="", language="ar")


@pytest.mark.parametrize(
    ("method", "slug", "trouble"),
    [
        ("GET", "not-found", Trouble.UNKNOWN),
        ("POST", "not-found", Trouble.UNKNOWN),
        ("GET", "invalid-request", Trouble.UNKNOWN),
        ("PUT", "method-not-allowed", Trouble.UNKNOWN),
        ("POST", "invalid-request", Trouble.REFUSED),
        ("POST", "body-too-large", Trouble.REFUSED),
        ("POST", "unsupported-media-type", Trouble.REFUSED),
        ("POST", "conflict", Trouble.LATER),
        ("GET", "too-many-requests", Trouble.LATER),
        ("GET", "unavailable", Trouble.LATER),
        ("POST", "internal-error", Trouble.LATER),
    ],
)
def test_only_a_link_that_opens_nothing_is_called_wrong(method, slug, trouble):
    assert trouble_of(Problem(slug), request_by(method)) is trouble


def test_a_limit_says_how_long_to_wait_and_that_nothing_changed():
    limit = Problem("too-many-requests", params={"wait": word_wait(2544).pair()})
    told = explain_trouble(limit, request_by("POST"), unknown=Bilingual("", ""))
    assert "لم يتغير شيء؛ أعيدوا المحاولة بعد 43 دقيقة" in told.ar
    assert "Nothing has changed; try again in 43 minutes" in told.en
