"""Templates in one language. A text without values stands in the compiled template: a page says some hundred texts, and
texts change with a release only."""

from collections.abc import Mapping, MutableMapping
from functools import partial
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from pages import marks, origins
from pages.words import AR, EN, Words, direction_of
from saudi.bilingual import Bilingual

_OF_EVERY_DICT = frozenset(dir(dict))


class Templates(jinja2.Environment):
    """The templates that `loader` finds, with the words and days of a language."""

    def __init__(self, loader: jinja2.BaseLoader, words: Words, language: str) -> None:
        super().__init__(
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,  # a template changes with a release, and a look at each file costs every page
            loader=loader,
        )
        self._say = _Saying(words.plain(language))
        self.filters |= {
            "code": marks.code,
            "arabic": marks.arabic,
            "sentence": marks.sentence,
            "short_day": marks.short_day,
            "tag": marks.tag,
        }
        self.globals |= {
            "language": language,
            "direction": direction_of(language),
            "direction_of": direction_of,
            "other_language": EN if language == AR else AR,
            "t": partial(words.text, language),
            "t_has": words.has,
            "t_of": partial(words.of_code, language),
            "n": partial(words.count, language),
            "day": partial(marks.day, language=language),
            "moment": partial(marks.moment, language=language),
            "weekday": partial(marks.weekday, language=language),
            "words": partial(_words, language=language),
            "csrf_input": _csrf_input,
        }

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Jinja looks for an attribute before it looks for a key; most of what pages show are keys."""
        if type(obj) is dict and attribute in obj and attribute not in _OF_EVERY_DICT:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Jinja lays globals of the template's own over those of all templates, and reads both in Python. No template
        of ours has any."""
        return super().make_globals(d) if d else self.globals

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """Jinja's step between the source and its code."""
        parsed: nodes.Template = self._say.visit(super()._parse(source, name, filename))
        return parsed


class _Saying(NodeTransformer):
    """Puts the text into the place of `t("its name")`. Any other call stays."""

    def __init__(self, texts: Mapping[str, Markup]) -> None:
        self._texts = texts

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        match node:
            case nodes.Call(
                node=nodes.Name(name="t"), args=[nodes.Const(value=str(key))], kwargs=[]
            ) if key in self._texts:
                return nodes.Const(self._texts[key], lineno=node.lineno)
        return node


@jinja2.pass_context
def _csrf_input(context: Context) -> Markup:
    """Returns the input that binds a form to the visitor's session, behind one that's named after the person: a browser
    that goes back fills a form in again by the names of its first two inputs, and mustn't for the next person."""
    token = escape(context["csrf_token"])
    return Markup(  # noqa: S704 - escaped
        f'<input type="hidden" name="{origins.person_input(token)}">'
        f'<input type="hidden" name="csrf_token" value="{token}">'
    )


def _words(pair: Mapping[str, str | None] | Bilingual, language: str) -> str:
    """Returns the words in the language. A name that its owner wrote in Arabic alone is Arabic on every page."""
    if isinstance(pair, Bilingual):
        return pair.in_language(language)
    return pair.get(language) or marks.arabic(pair[AR])
