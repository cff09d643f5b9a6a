"""The page behind a document's code, when there is no document to show."""

import pytest

from chassis.http.problems import ErrorRequest, Problem
from documents.issuing.pages import Pages
from saudi.bilingual import Bilingual


@pytest.mark.parametrize(
    ("method", "slug", "arabic", "english"),
    [
        ("GET", "not-found", "لا توجد وثيقة بهذا الرمز", "There is no such document"),
        ("POST", "body-too-large", "لم يُقبل ما أرسلتموه", "Nothing can be sent here"),
        ("GET", "unavailable", "تعذر فتح الصفحة الآن", "The page cannot be shown now"),
    ],
)
def test_a_page_without_a_document_says_why_in_both_languages(method, slug, arabic, english):
    pages, problem = Pages(lambda: Bilingual("البلدية", "Municipality"), {}), Problem(slug)

    for query, words in (("", arabic), ("lang=en", english)):
        asked = ErrorRequest(method=method, path="/documents/x", query=query, language="ar")
        body, status, _ = pages.trouble(problem, asked)
        assert f"<h1>{words}</h1>" in body.decode()
        assert status == problem.status
