"""Texts stand in the compiled template, and are said as before."""

import pytest
from jinja2 import DictLoader

from pages.templating import Templates
from pages.words import Words

WORDS = Words()


@pytest.fixture
def render():
    """`render(source, **shown)` → the page in English."""

    def render(source, **shown):
        return (
            Templates(DictLoader({"page": source}), WORDS, "en").get_template("page").render(shown)
        )

    return render


@pytest.mark.parametrize("key", ["skip", "other_language", "municipality"])
def test_a_text_is_the_same_in_the_template_and_by_its_name(render, key):
    shown = render('{{ t("%s") }}|{{ t(key) }}' % key, key=key)  # noqa: UP031 - braces are Jinja's

    assert shown == f"{WORDS.text('en', key)}|{WORDS.text('en', key)}"


def test_a_text_with_values_gets_those_of_the_page(render):
    assert render('{{ t("riyals", amount=amount) }}', amount="<5>") == WORDS.text(
        "en", "riyals", amount="<5>"
    )


def test_a_text_that_is_missing_matters_where_it_is_said_only(render):
    assert render('{% if t_has("no such text") %}{{ t("no such text") }}{% endif %}') == ""


def test_a_key_is_found_before_an_attribute_unless_every_dictionary_has_it(render):
    shown = {"name": "<b>", "items": "hidden"}

    assert render("{{ one.name }} {{ one.items()|list|length }}", one=shown) == "&lt;b&gt; 2"


def test_the_input_of_a_form_is_escaped(render):
    assert render("{{ csrf_input() }}", csrf_token='"') == (
        '<input type="hidden" name="of-"><input type="hidden" name="csrf_token" value="&#34;">'
    )


@pytest.mark.parametrize("name", [{"ar": "واحة"}, {"ar": "واحة", "en": None}])
def test_a_name_that_has_no_english_is_shown_in_arabic(render, name):
    assert render("{{ words(name) }}", name=name) == '<bdi lang="ar" dir="rtl">واحة</bdi>'
