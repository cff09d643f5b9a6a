"""Texts stand in both languages, count in six Arabic forms, and never let a value become markup."""

import json

import pytest
from markupsafe import Markup

from pages.words import Words, direction_of

COUNTED = {
    "ar": {
        "found": {
            "zero": "لا نتائج",
            "one": "نتيجة واحدة",
            "two": "نتيجتان",
            "few": "{count} نتائج",
            "many": "{count} نتيجة",
            "other": "{count} نتيجة أيضًا",
        }
    },
    "en": {"found": {"one": "{count} result", "other": "{count} results"}},
}


def words_of(folder, texts):
    file = folder / "texts.json"
    file.write_text(json.dumps(texts), "utf-8")
    return Words([file])


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "لا نتائج"),
        (1, "نتيجة واحدة"),
        (2, "نتيجتان"),
        (3, "3 نتائج"),
        (11, "11 نتيجة"),
        (100, "100 نتيجة أيضًا"),
        (103, "103 نتائج"),
    ],
)
def test_arabic_counts_in_six_forms(tmp_path, count, said):
    assert words_of(tmp_path, COUNTED).count("ar", "found", count) == said


def test_english_counts_in_two_forms(tmp_path):
    words = words_of(tmp_path, COUNTED)

    assert [words.count("en", "found", count) for count in (1, 2)] == ["1 result", "2 results"]


def test_a_missing_form_is_refused(tmp_path):
    texts = json.loads(json.dumps(COUNTED))
    del texts["ar"]["found"]["two"]

    with pytest.raises(ValueError, match="found has other forms in ar"):
        words_of(tmp_path, texts)


def test_a_text_in_one_language_only_is_refused(tmp_path):
    with pytest.raises(ValueError, match="one language only: title"):
        words_of(tmp_path, {"ar": {"title": "عنوان"}, "en": {}})


def test_a_text_that_names_other_values_in_english_is_refused(tmp_path):
    with pytest.raises(ValueError, match="other values"):
        words_of(tmp_path, {"ar": {"title": "رقم {number}"}, "en": {"title": "Number"}})


def test_a_value_never_becomes_markup_unless_it_is_markup(tmp_path):
    words = words_of(tmp_path, {"ar": {"by": "طبعها {name}"}, "en": {"by": "By {name}"}})

    assert words.text("en", "by", name="<script>") == "By &lt;script&gt;"
    assert words.text("en", "by", name=Markup("<bdi>1</bdi>")) == "By <bdi>1</bdi>"


def test_a_code_that_the_texts_do_not_know_is_shown_as_it_is(tmp_path):
    texts = {"ar": {"status_paid": "مسددة"}, "en": {"status_paid": "Paid"}}
    words = words_of(tmp_path, texts)

    assert words.of_code("en", "status", "paid") == "Paid"
    assert words.of_code("ar", "status", "split<b>") == "split&lt;b&gt;"


def test_arabic_and_urdu_run_from_the_right():
    directions = {one: direction_of(one) for one in ("ar", "ur", "en", "hi", "bn")}

    assert [one for one, runs in directions.items() if runs == "rtl"] == ["ar", "ur"]
