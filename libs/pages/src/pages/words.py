"""The words of pages: one file of texts for each language, and counting in the forms of CLDR."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Formatter
from typing import Any

from markupsafe import Markup, escape

from saudi.plurals import category

AR, EN = "ar", "en"
LANGUAGES = (AR, EN)
_FROM_THE_RIGHT = (AR, "ur")
# The forms that a text which counts has in each language (CLDR).
FORMS = {AR: ("zero", "one", "two", "few", "many", "other"), EN: ("one", "other")}
_FILE = Path(__file__).parent / "texts.json"


def direction_of(language: str) -> str:
    """Returns how a text of a language runs, which may be another one than the page's."""
    return "rtl" if language in _FROM_THE_RIGHT else "ltr"


class Words:
    """The texts of some files `{"ar": {key: text}, "en": {key: text}}`; a later file may replace a text.

    A text that counts is an object with the forms of its language, in which `{count}` stands for the number.
    """

    def __init__(self, files: Iterable[Path] = ()) -> None:
        texts: dict[str, dict[str, Any]] = {language: {} for language in LANGUAGES}
        for file in (_FILE, *files):
            read = json.loads(file.read_text("utf-8"))
            for language in LANGUAGES:
                texts[language] |= read[language]
        _check(texts)
        self._texts = {language: _escape_all(read) for language, read in texts.items()}

    def text(self, language: str, key: str, **values: Any) -> Markup:
        """Returns a text with the values in the places of their names, escaped. Raises KeyError."""
        return _fill(self._texts[language][key], values)

    def count(self, language: str, key: str, count: int, **values: Any) -> Markup:
        """Returns the form of a text that fits the number: «لا نتائج», «نتيجتان», «3 نتائج»."""
        forms = self._texts[language][key]
        form = category(count) if language == AR else ("one" if count == 1 else "other")
        return _fill(forms[form], {"count": f"{count:,}", **values})

    def of_code(self, language: str, list_name: str, code: str) -> Markup:
        """Returns the words of a code of a list. A code that the texts don't know is shown as it is, because a service
        may add a state before its pages have words for the state."""
        key = f"{list_name}_{code}"
        return self.text(language, key) if self.has(key) else escape(code)

    def plain(self, language: str) -> dict[str, Markup]:
        """Returns the texts without values and without counting, by their names."""
        texts = self._texts[language].items()
        return {key: text for key, text in texts if isinstance(text, Markup) and "{" not in text}

    def has(self, key: str) -> bool:
        """Returns whether there is a text of that name."""
        return key in self._texts[AR]


def _escape_all(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the texts, and the forms of those that count, as Markup: a page says some hundred of them."""
    return {
        key: _escape_all(text) if isinstance(text, dict) else escape(text)
        for key, text in texts.items()
    }


def _fill(text: Markup, values: Mapping[str, Any]) -> Markup:
    """Puts the values into the text, escaped: only a value that is Markup already stays as it is."""
    if "{" not in text:
        return text
    # The text is escaped already. Markup's own `format` does the same in Python, at five times the cost.
    return Markup(str.format(text, **{name: escape(one) for name, one in values.items()}))  # noqa: S704


def _check(texts: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises ValueError for a text that one language lacks, for a missing form, and for another set of values."""
    if missing := texts[AR].keys() ^ texts[EN].keys():
        raise ValueError(f"texts in one language only: {', '.join(sorted(missing))}")
    for key, arabic in texts[AR].items():
        english = texts[EN][key]
        for language, text in ((AR, arabic), (EN, english)):
            if isinstance(text, dict) and tuple(text) != FORMS[language]:
                raise ValueError(f"{key} has other forms in {language} than {FORMS[language]}")
        if isinstance(arabic, dict) != isinstance(english, dict):
            raise ValueError(f"{key} counts in one language only")
        if isinstance(arabic, str) and _names(arabic) != _names(english):
            raise ValueError(f"{key} names other values in English")


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
