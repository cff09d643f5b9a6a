"""Templates and words of a service's pages: the service's own templates, and those that all pages share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from chassis.http.problems import Problem
from pages.error_summary import complete_summary
from pages.templating import Templates
from pages.words import LANGUAGES, Words

# What a page shows around its content, while nothing is known of the visitor.
EMPTY_FRAME: Mapping[str, Any] = {
    "toggle": None, "area": None, "nav": (), "person": None, "here": None, "csrf_token": "",
    "find": None, "says_done": False,
}  # fmt: skip


class Rendering:
    """Templates, words and filters of a service's pages, made once per process. `package` and `folder`: where the
    service has its templates."""

    def __init__(self, package: str, texts: Sequence[Path], folder: str = "api/templates") -> None:
        self.words = Words(texts)
        loader = jinja2.ChoiceLoader(
            [jinja2.PackageLoader(package, folder), jinja2.PackageLoader("pages")]
        )
        self.templates = {name: Templates(loader, self.words, name) for name in LANGUAGES}

    def render(self, template: str, language: str, **context: Any) -> str:
        """Renders a template with the words and days of a language."""
        shown = {"faults": (), "home": "/", "base": "", **context}
        return complete_summary(self.templates[language].get_template(template).render(shown))

    def error_page(self, problem: Problem, language: str, **frame: Any) -> str:
        """Renders the page of an error."""
        document = {"detail": None, **problem.document(language)}
        shown = {"status": problem.status, "problem": document, "form_page": None}
        return self.render("error.html", language, **{**EMPTY_FRAME, **shown, **frame})
