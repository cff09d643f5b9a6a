"""The label of the field before each fault of an error summary: several empty fields have the same fault.

The summary stands before the fields, so the labels are known once the page is rendered.
"""

import re

_BEGIN = "<span data-label-of="
_PLACE = re.compile(rf'{_BEGIN}"([^"]*)"></span>')
_MARK = re.compile("<[^>]*>")
_LABEL = re.compile(r'<label for="([^"]+)">(.*?)</label>', re.DOTALL)
_LEGEND = re.compile(r'<fieldset[^>]* id="([^"]+)"[^>]*>\s*<legend>(.*?)</legend>', re.DOTALL)


def name_fields(html: str) -> str:
    """Returns the page with the label of each field in its error summary. A field without a label isn't named."""
    if _BEGIN not in html:
        return html
    labels = {
        field: _text_of(words)
        for found in (_LEGEND, _LABEL)
        for field, words in found.findall(html)
    }
    return _PLACE.sub(lambda place: _before_fault(labels.get(place[1], "")), html)


def _text_of(words: str) -> str:
    """Returns the words of a label, without the marks in it."""
    return _MARK.sub("", words).strip()


def _before_fault(label: str) -> str:
    return f"{label}: " if label else ""
