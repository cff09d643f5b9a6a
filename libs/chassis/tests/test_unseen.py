"""Signs that nobody sees: names and keys lose all of them, free text keeps a joiner that changes the writing."""

import pytest

from chassis.core.unseen import all_without_unseen, free_texts_of, without_unseen
from chassis.core.unseen import without_unseen_but_joiners as free

ZWNJ, ZWJ = "\u200c", "\u200d"


@pytest.mark.parametrize(
    "written",
    [
        f"می{ZWNJ}خواهم",  # Persian
        f"مِی{ZWNJ}روم",  # the letter before the joiner has a mark
        f"ශ්{ZWJ}රී ලංකා",  # Sinhala
        f"അവന്{ZWJ} വന്നു",  # Malayalam, at the end of a word
        f"അവന്{ZWJ}",
        f"র{ZWJ}্যাব",  # Bengali
        f"👨{ZWJ}👩{ZWJ}👧{ZWJ}👦",
        f"👩🏽{ZWJ}⚕\ufe0f و❤\ufe0f{ZWJ}🔥",
    ],
)
def test_free_text_keeps_a_joiner_that_changes_the_writing(written):
    assert free(written) == written


@pytest.mark.parametrize("written", [f"می{ZWNJ}خواهم", f"👨{ZWJ}👩", f"ශ්{ZWJ}රී"])
def test_names_numbers_and_keys_keep_no_joiner(written):
    assert ZWNJ not in without_unseen(written)
    assert ZWJ not in without_unseen(written)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (f"05{ZWJ}00{ZWNJ}000001", "0500000001"),
        (f"٠٥{ZWNJ}٠٠", "٠٥٠٠"),
        (f"ab{ZWJ}c", "abc"),
        (f"{ZWNJ}بلاغ{ZWNJ} عن حفرة{ZWJ}", "بلاغ عن حفرة"),
        (f"می{ZWNJ}{ZWNJ}{ZWJ}خواهم", f"می{ZWNJ}خواهم"),
        (f"می{ZWNJ}\u202eخواهم\u200b", f"می{ZWNJ}خواهم"),
        (f"👨{ZWNJ}👩", "👨👩"),
        ("سطر\u2028آخر\u200b", "سطر\nآخر"),
    ],
)
def test_free_text_loses_every_other_sign_that_nobody_sees(written, shown):
    assert free(written) == shown


def test_free_text_below_allof_is_found():
    text = {"type": "string", "x-free-text": True}
    schema = {"allOf": [{"properties": {"text": text}}], "properties": {"note": {"allOf": [text]}}}

    assert free_texts_of(schema) == {"text": True, "note": True}


def test_a_body_keeps_joiners_only_where_the_contract_says_free_text():
    text = {"type": "string", "x-free-text": True}
    schema = {
        "properties": {
            "text": text,
            "name": {"type": "string"},
            "items": {"type": "array", "items": {"properties": {"text": text}}},
        }
    }
    word = f"می{ZWNJ}خواهم"

    body = {"text": word, "name": word, "items": [{"text": word, "other": word}]}

    assert all_without_unseen(body, free_texts_of(schema)) == {
        "text": word,
        "name": "میخواهم",
        "items": [{"text": word, "other": "میخواهم"}],
    }
