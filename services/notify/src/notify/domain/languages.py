"""The language that takes the place of another: of a text that isn't written yet, and of a name."""

from collections.abc import Collection

# Arabic is the municipality's language, and its script is Urdu's: a reader of Urdu reads its names and days. A reader
# of Hindi or Bengali has the script of English on the telephone and on documents.
_STAND_INS = {"ar": "ar", "ur": "ar"}


def stand_in(language: str) -> str:
    """Returns Arabic or English, the two languages of every text and every name."""
    return _STAND_INS.get(language, "en")


def spoken(language: str, written: Collection[str]) -> str:
    """Returns the language of a text for a reader of the language. `written`: the languages in which the text is."""
    return language if language in written else stand_in(language)
