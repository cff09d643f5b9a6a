"""The error summary in the order of the form, with the label of the field before each fault: several empty fields have
the same fault.

The summary stands before the fields, so their labels and their order are known once the page is rendered.
"""

import re

_SUMMARY = re.compile(r'<div class="problem".*?</ul>', re.DOTALL)
_FAULT = re.compile(r"<li>.*?</li>", re.DOTALL)
_LINK = re.compile(r'href="#([^"]+)"')
_BEGIN = "<span data-label-of="
_PLACE = re.compile(rf'{_BEGIN}"([^"]*)"></span>')
_MARK = re.compile("<[^>]*>")
_LABEL = re.compile(r'<label for="([^"]+)">(.*?)</label>', re.DOTALL)
_LEGEND = re.compile(r'<fieldset[^>]* id="([^"]+)"[^>]*>\s*<legend>(.*?)</legend>', re.DOTALL)


def complete_summary(html: str) -> str:
    """Returns the page with its faults in the order of their fields, those of the whole form first, and the label of
    each field. A field without a label isn't named."""
    if _BEGIN not in html:
        return html
    return _name_fields(_SUMMARY.sub(lambda summary: _sort_faults(summary[0], html), html, count=1))


def _sort_faults(summary: str, html: str) -> str:
    faults = iter(sorted(_FAULT.findall(summary), key=lambda fault: _place_of(fault, html)))
    return _FAULT.sub(lambda _: next(faults), summary)


def _place_of(fault: str, html: str) -> int:
    """Returns where the fault's field stands in the page; -1 for a fault without a field."""
    link = _LINK.search(fault)
    return html.find(f' id="{link[1]}"') if link else -1


def _name_fields(html: str) -> str:
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
