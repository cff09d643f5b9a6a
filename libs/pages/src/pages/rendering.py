"""Templates and words of a service's pages: the service's own templates, and those that all pages share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from chassis.http.problems import Problem
from pages import marks
from pages.fault_labels import name_fields
from pages.words import AR, EN, Words
from saudi.bilingual import Bilingual

# What a page shows around its content, while nothing is known of the visitor.
EMPTY_FRAME: Mapping[str, Any] = {
    "toggle": None, "area": None, "nav": (), "person": None, "here": None, "csrf_token": "",
    "find": None,
}  # fmt: skip


class Rendering:
    """Templates, words and filters of a service's pages, made once per process. `package` and `folder`: where the
    service has its templates."""

    def __init__(self, package: str, texts: Sequence[Path], folder: str = "api/templates") -> None:
        self.words = Words(texts)
        self.jinja = jinja2.Environment(
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,  # a template changes with a release, and a look at each file costs every page
            loader=jinja2.ChoiceLoader(
                [
                    jinja2.PackageLoader(package, folder),
                    jinja2.PackageLoader("pages"),
                ]
            ),
        )
        self.jinja.filters |= {
            "code": marks.code,
            "arabic": marks.arabic,
            "sentence": marks.sentence,
            "short_day": marks.short_day,
        }

    def render(self, template: str, language: str, **context: Any) -> str:
        """Renders a template with the words and days of a language."""
        html = self.jinja.get_template(template).render(
            language=language,
            direction="rtl" if language == AR else "ltr",
            other_language=EN if language == AR else AR,
            t=lambda key, **values: self.words.text(language, key, **values),
            t_has=self.words.has,
            t_of=lambda list_name, code: self.words.of_code(language, list_name, code),
            n=lambda key, count, **values: self.words.count(language, key, count, **values),
            day=lambda value: marks.day(value, language),
            moment=lambda value: marks.moment(value, language),
            weekday=lambda value: marks.weekday(value, language),
            words=lambda pair: _words(pair, language),
            **{"faults": (), "home": "/", "base": "", **context},
        )
        return name_fields(html)

    def error_page(self, problem: Problem, language: str, **frame: Any) -> str:
        """Renders the page of an error."""
        document = {"detail": None, **problem.document(language)}
        shown = {"status": problem.status, "problem": document}
        return self.render("error.html", language, **{**EMPTY_FRAME, **shown, **frame})


def _words(pair: Mapping[str, str] | Bilingual, language: str) -> str:
    return pair.in_language(language) if isinstance(pair, Bilingual) else pair[language]
