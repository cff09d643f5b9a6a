"""The page with the form of an application: for a draft, for a correction, and for a renewal."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

import flask

from chassis.access.persons import acts_for
from pages.forms import NO_FAULTS, Faults, FieldFault
from pages.site import Visit
from pages.words import LANGUAGES
from portal import catalogue
from portal.api.my.licences.asking import list_activities
from portal.domain.licence_form import (
    ACTIVITIES,
    ESTABLISHMENT,
    FIELD_OF_INPUT,
    PLACE,
    PLACE_MARK,
    SECTIONS,
    FormField,
    Typed,
    inputs_of_part,
)
from portal.domain.licence_point import RANGES, has_both, outside_inputs
from saudi.bilingual import Bilingual

Choices = Sequence[tuple[str, str]]
_LISTS: Mapping[str, Sequence[str]] = {
    "kinds": ("shop", "professional", "engineering_office"),
    "sizes": ("micro", "small", "medium", "large"),
    "id_types": ("national_id", "iqama", "border_number"),
    "languages": ("ar", "en"),
    "sign_kinds": ("front", "roof", "pole", "window"),
}
PlaceGroups = Sequence[tuple[Bilingual, Sequence[tuple[str, Bilingual]]]]
_LEAST_ACTIVITIES = 3
# Input → its place on a page with the whole form.
_ORDER = {
    name: at for at, name in enumerate(one for part in SECTIONS for one in inputs_of_part(part))
}


def render_form(
    visit: Visit,
    template: str,
    typed: Typed,
    *,
    fields: Collection[FormField],
    asked: Collection[str] = (),
    parts_of_form: Mapping[str, Sequence[FormField]] = SECTIONS,
    places: PlaceGroups | None = None,
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    was_kept: bool = False,
    status: int = 200,
    **context: Any,
) -> flask.Response:
    """Renders the fields, part by part. `asked`: the parts that the municipality asks about; the others are folded, and
    open where there is a fault. `parts_of_form`, `places`: where another form than the citizens' has its own."""
    wrong = {one.field for one in faults.all}
    sections = [
        {
            "name": name,
            "fields": [field for field in parts if field in fields],
            "is_folded": bool(asked) and name not in asked and not _is_wrong(name, parts, wrong),
        }
        for name, parts in parts_of_form.items()
        if any(field in fields for field in parts)
    ]
    return visit.render(
        template,
        status=status,
        typed=typed,
        faults=Faults(_in_order(explain_point(visit, typed, faults.all))),
        is_away=is_away,
        was_kept=was_kept,
        sections=sections,
        lists=_lists_of(visit, typed),
        places=catalogue.places() if places is None else places,
        activities=_activity_choices(visit, typed),
        activity_inputs=_shown_activities(typed, wrong),
        **context,
    )


def _in_order(faults: Iterable[FieldFault]) -> list[FieldFault]:
    """Returns the faults in the order of the page; a fault of no input comes last."""
    return sorted(faults, key=lambda one: _ORDER.get(one.field, len(_ORDER)))


def explain_point(visit: Visit, typed: Typed, faults: Sequence[FieldFault]) -> Sequence[FieldFault]:
    """Returns the faults, with words for a latitude or a longitude that no place of the governorate has. The service
    names the limits of its contract, or, at the latitude, that the point lies elsewhere; the person reads which number
    is to be corrected, and what it may be."""
    outside = outside_inputs(typed)
    if not outside or all(one.field not in RANGES for one in faults):
        return faults
    replaced = RANGES if has_both(typed) else outside
    others = [one for one in faults if one.field not in replaced]
    return [*others, *(FieldFault(name, _outside_words(visit, name)) for name in outside)]


def _outside_words(visit: Visit, name: str) -> str:
    least, greatest = (f"{one:.2f}" for one in RANGES[name])
    field = label_of(visit, name)
    return visit.text("my_licence_point_outside", field=field, least=least, greatest=greatest)


def _is_wrong(name: str, fields: Sequence[FormField], wrong: Set[str]) -> bool:
    inputs = {field.input for field in fields}
    beside = {"place": {PLACE}, "licence": set(ACTIVITIES)}.get(name, set())
    return not wrong.isdisjoint(inputs | beside)


def explain_own_name(
    visit: Visit, typed: Typed, faults: Iterable[FieldFault]
) -> Sequence[FieldFault]:
    """Returns the faults of an application. In the person's own name an establishment's number isn't missing: the
    person chose to have none, and reads what such an application is for."""
    if typed[ESTABLISHMENT]:
        return list(faults)
    words = visit.text("my_licence_own_name_professional")
    others = {field.input for field in SECTIONS["establishment"]} - {ESTABLISHMENT}
    return [
        replace(one, text=words) if one.field == ESTABLISHMENT else one
        for one in faults
        if one.field not in others or typed[one.field]
    ]


def label_of(visit: Visit, name: str) -> str:
    """Returns the label of an input."""
    if name in ACTIVITIES:
        return visit.text("my_licence_field_activity", place=ACTIVITIES.index(name) + 1)
    return visit.text(f"my_licence_field_{name.replace('-', '_')}")


def _lists_of(visit: Visit, typed: Typed) -> dict[str, Choices]:
    """Returns the lists from which fields are chosen. The establishments are those for which the person acts."""
    named = {
        name: [(code, visit.text(f"my_licence_{name}_{code}")) for code in codes]
        for name, codes in _LISTS.items()
    }
    chosen = typed["establishment-unified_number"]
    own = sorted({*acts_for(visit.known.caller), *([chosen] if chosen else [])})
    grades = [(grade, grade) for grade in "12345"]
    return {**named, "establishments": [(one, one) for one in own], "grades": grades}


def words_by_list(visit: Visit) -> dict[str, list[tuple[str, str]]]:
    """Returns the lists from which fields are chosen, each code with its words in both languages."""
    words = visit.site.rendering.words
    return {
        name: [
            (code, str(words.text(language, f"my_licence_{name}_{code}")))
            for code in codes
            for language in LANGUAGES
        ]
        for name, codes in _LISTS.items()
    }


def choice_words(visit: Visit) -> dict[str, list[str]]:
    """Returns the words of each list, in the language of the page."""
    return {
        name: [visit.text(f"my_licence_{name}_{code}") for code in codes]
        for name, codes in _LISTS.items()
    }


def words_of_choice(visit: Visit, field: FormField, text: str) -> str:
    """Returns the words of what was chosen from a list; the text itself of any other field."""
    is_known = text in _LISTS.get(field.control, ())
    return visit.text(f"my_licence_{field.control}_{text}") if is_known else text


def rows_of(
    visit: Visit, names: Collection[str], typed: Typed, activities: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Returns the labels of inputs, with the words of what was typed or chosen; empty words for an empty input.
    `activities`: their names by code."""

    def words_of(name: str) -> str:
        if name in ACTIVITIES:
            return activities.get(typed[name], typed[name])
        if name == PLACE:
            return typed[name].replace(PLACE_MARK, "، ")
        return words_of_choice(visit, FIELD_OF_INPUT[name], typed[name])

    return [(label_of(visit, name), words_of(name)) for name in names]


def _activity_choices(visit: Visit, typed: Typed) -> Choices:
    """Returns the activities that are licensed, and those that were chosen although they can't be read now."""
    offered = {one["code"]: one[visit.language] for one in list_activities(visit) or ()}
    chosen = {typed[name]: typed[name] for name in ACTIVITIES if typed[name]}
    return sorted({**chosen, **offered}.items(), key=lambda one: one[1])


def _shown_activities(typed: Typed, wrong: Set[str]) -> Sequence[str]:
    """Returns the inputs of activities that the page shows: those that are filled, and one more."""
    last = max(
        (at for at, name in enumerate(ACTIVITIES) if typed[name] or name in wrong), default=0
    )
    return ACTIVITIES[: max(_LEAST_ACTIVITIES, last + 2)]


def listed_places() -> frozenset[str]:
    """Returns the choices of a place."""
    return frozenset(code for _, choices in catalogue.places() for code, _ in choices)
