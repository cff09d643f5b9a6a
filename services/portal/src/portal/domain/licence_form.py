"""The form of an application for a licence: its fields, what was typed, and the body for `licences`. Pure.

The rules about an application are those of `licences`. This module brings what was typed into the shape of the contract
(`LicenceApplication`, `LicenceRenewal`), and the faults that come back to the inputs that they belong to.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.domain.inputs import is_id, tidy_input
from saudi.text import fold_digits

PLACE_MARK = "|"  # stands between town and district in a choice of the place
MOST_ACTIVITIES = 10
# Beside the fields of the contract: the choice of the place, which is a town or a town and its district.
PLACE = "place"
_NUMBER = re.compile(r"-?[0-9]{1,9}([.٫][0-9]{1,12})?")
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_ACTIVITY = re.compile(r"activities\.([0-9])")


@dataclass(frozen=True)
class FormField:
    """A field of the contract. `control`: `line`, `code` (written from the left), `number`, `whole`, `day`, or the list
    from which one chooses."""

    path: str
    control: str = "line"
    most: int = 60

    @property
    def input(self) -> str:
        """Returns the name of the field's input."""
        return self.path.replace(".", "-")

    @property
    def group(self) -> str:
        """Returns the object of the contract that the field belongs to, or the field itself."""
        return self.path.partition(".")[0]

    def value(self, text: str) -> Any:
        """Returns what was typed as the contract wants it. What is no number stays text, and the service says so."""
        folded = fold_digits(text)
        if self.control == "whole" and _WHOLE.fullmatch(folded):
            return int(folded)
        if self.control == "number" and _NUMBER.fullmatch(folded):
            return float(folded.replace("٫", "."))
        return text


def _person(group: str) -> tuple[FormField, ...]:
    return (
        FormField(f"{group}.name", "line", 150),
        FormField(f"{group}.id_type", "id_types"),
        FormField(f"{group}.id_number", "code", 10),
        FormField(f"{group}.birth_date", "day", 20),
        FormField(f"{group}.mobile", "code", 20),
        FormField(f"{group}.language", "languages"),
    )


# Part of the form → its fields, in the order of the page.
SECTIONS: Mapping[str, Sequence[FormField]] = {
    "licence": (FormField("kind", "kinds"), FormField("years", "whole", 1)),
    "establishment": (
        FormField("establishment.unified_number", "establishments"),
        FormField("establishment.trade_name.ar", "line", 150),
        FormField("establishment.trade_name.en", "line", 150),
        FormField("establishment.size", "sizes"),
        FormField("establishment.cr_number", "code", 10),
    ),
    "owner": _person("owner"),
    "place": (
        FormField("place.district", "line", 60),
        FormField("place.street", "line", 100),
        FormField("place.plan", "code", 20),
        FormField("place.plot", "code", 15),
        FormField("place.latitude", "number", 20),
        FormField("place.longitude", "number", 20),
        FormField("area_m2", "number", 10),
        FormField("building_permit_no", "code", 30),
        FormField("replaces_licence_no", "code", 14),
    ),
    "lease": (
        FormField("lease.ejar_no", "code", 20),
        FormField("lease.starts_on", "day", 20),
        FormField("lease.ends_on", "day", 20),
    ),
    "safety": (
        FormField("safety_certificate.number", "code", 30),
        FormField("safety_certificate.expires_on", "day", 20),
        FormField("cleaning_contract", "code", 60),
    ),
    "workers": (FormField("workers", "whole", 6),),
    "sign": (
        FormField("sign.kind", "sign_kinds"),
        FormField("sign.width_m", "number", 6),
        FormField("sign.height_m", "number", 6),
        FormField("sign.text", "line", 150),
    ),
    "engineering": (
        FormField("engineering.classification_no", "code", 30),
        FormField("engineering.grade", "grades"),
    ),
    "manager": _person("manager"),
}
FIELDS = tuple(field for fields in SECTIONS.values() for field in fields)
# Step of an application → its parts. Every part stands in one step.
STEPS: Mapping[str, Sequence[str]] = {
    "activity": ("licence", "sign", "engineering"),
    "place": ("place", "lease", "safety"),
    "people": ("establishment", "owner", "workers", "manager"),
}
FIRST_STEP = next(iter(STEPS))
# The parts that most applications leave empty.
_SELDOM = frozenset(("engineering", "sign", "manager"))
ACTIVITIES = tuple(f"activity-{place}" for place in range(MOST_ACTIVITIES))
# Inputs that say something only together.
_TOGETHER = (
    *(ACTIVITIES, (PLACE, "place-district"), ("place-latitude", "place-longitude")),
    *(tuple(field.input for field in SECTIONS[who]) for who in ("owner", "manager")),
)
FIELD_OF_INPUT = {field.input: field for field in FIELDS}
INPUTS = (*FIELD_OF_INPUT, PLACE, *ACTIVITIES)
# Empty: the application is in the person's own name.
ESTABLISHMENT = "establishment-unified_number"
# What a renewal may change; everything else stays as it is in the licence.
_RENEWABLE = frozenset(
    ("years", "workers", "lease", "safety_certificate", "building_permit_no", "engineering")
)
RENEWAL_FIELDS = tuple(field for field in FIELDS if field.group in _RENEWABLE)
# Condition that an application lacks → the part of the form that names its paper.
SECTION_OF_CONDITION: Mapping[str, str] = {
    "lease-term": "lease",
    "civil-defence": "safety",
    "cleaning-contract": "safety",
    "building-use": "place",
    "engineering-classification": "engineering",
}

Typed = dict[str, str]


def read_form(value_of: Callable[[str], str]) -> Typed:
    """Returns what was typed, by the names of the inputs. The activities move together, so that a fault of the second
    activity leads to the second input."""
    typed = {name: tidy_input(name, value_of(name)) for name in INPUTS}
    chosen = [typed[name] for name in ACTIVITIES if typed[name]]
    return {**typed, **dict(zip(ACTIVITIES, [*chosen, *[""] * MOST_ACTIVITIES], strict=False))}


def fill_in(known: Mapping[str, str]) -> Typed:
    """Returns every input, with what is known of it."""
    return {name: known.get(name, "") for name in INPUTS}


def typed_part(typed: Mapping[str, str]) -> Typed:
    """Returns what a draft keeps: the inputs that aren't empty."""
    kept = _own_name(typed)
    return {name: kept[name] for name in INPUTS if kept.get(name)}


def without_establishment(typed: Mapping[str, str]) -> Typed:
    """Returns the inputs without those of an establishment."""
    of_establishment = {field.input for field in SECTIONS["establishment"]}
    return {name: text for name, text in typed.items() if name not in of_establishment}


def _own_name(typed: Mapping[str, str]) -> Mapping[str, str]:
    """Returns the form, without what only an establishment has where a professional applies in person."""
    is_in_person = typed.get("kind") == "professional" and not typed.get(ESTABLISHMENT)
    return without_establishment(typed) if is_in_person else typed


def read_draft(form: Mapping[str, Any]) -> Typed:
    """Returns what a draft keeps, and `again`, the ended application that it's a copy of. Whoever acts for the
    establishment may have written the draft, by a page or otherwise: what no page of ours writes is left out."""
    kept = form.get("typed")
    known = kept if isinstance(kept, Mapping) else {}
    texts = {name: known[name] for name in INPUTS if isinstance(known.get(name), str)}
    again = form.get("again")
    return {**fill_in(texts), "again": again if isinstance(again, str) and is_id(again) else ""}


def base_of(step: str, typed: Mapping[str, str]) -> str:
    """Returns what a step shows of a draft, as its form carries it."""
    return json.dumps({name: typed[name] for name in inputs_of(step) if typed[name]})


def merge_step(step: str, base: str, typed: Typed, present: Mapping[str, str]) -> Typed:
    """Returns a step with the inputs that the person changed, and the others as the draft has them now. `base`: what
    the form showed; without it every input counts as changed."""
    shown = _read_base(base)
    if shown is None:
        return typed
    groups = {name: group for group in _TOGETHER for name in group}
    untouched = {
        name: present[name]
        for name in inputs_of(step)
        if all(typed[one] == shown.get(one, "") for one in groups.get(name, (name,)))
    }
    return {**typed, **untouched}


def changed_inputs(step: str, base: str, present: Mapping[str, str]) -> list[str]:
    """Returns the inputs that the draft has otherwise now than the form showed; without `base` all of the step."""
    shown = _read_base(base)
    names = inputs_of(step)
    return [one for one in names if shown is None or present[one] != shown.get(one, "")]


def _read_base(base: str) -> dict[str, Any] | None:
    try:
        shown = json.loads(base)
    except (ValueError, RecursionError):
        return None
    return shown if isinstance(shown, dict) else None


def application_of(typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body of an application. An empty input is left out, so that the service names it where it's needed;
    owner and place are always there, so that the service names each of their fields."""
    body: dict[str, Any] = {"owner": {}, "place": {}}
    _put_fields(body, FIELDS, _own_name(typed))
    town, _, district = typed[PLACE].partition(PLACE_MARK)
    named = {"town": town, "district": district}
    body["place"] |= {name: text for name, text in named.items() if text}
    return body | activities_of([typed[name] for name in ACTIVITIES if typed[name]])


def activities_of(codes: Sequence[str]) -> dict[str, Any]:
    """Returns the activities of an application, the first as the main one; nothing without any."""
    chosen = [{"code": code, "main": place == 0} for place, code in enumerate(codes)]
    return {"activities": chosen} if chosen else {}


def renewal_of(typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body of a renewal."""
    body: dict[str, Any] = {}
    _put_fields(body, RENEWAL_FIELDS, typed)
    return body


def _put_fields(
    body: dict[str, Any], fields: Iterable[FormField], typed: Mapping[str, str]
) -> None:
    for field in fields:
        text = typed.get(field.input, "")
        if text:
            *groups, name = field.path.split(".")
            inner = body
            for group in groups:
                inner = inner.setdefault(group, {})
            inner[name] = field.value(text)


def typed_of(form: Mapping[str, Any], places: Collection[str]) -> Typed:
    """Returns a form of the service as it would be typed. `places`: the choices of a place; a district that isn't among
    them stands in the field of the district."""
    known = {field.input: _text_at(form, field.path) for field in FIELDS}
    place = form.get("place") or {}
    town, district = place.get("town") or "", place.get("district") or ""
    both = f"{town}{PLACE_MARK}{district}"
    is_listed = both in places
    known |= {PLACE: both if is_listed else town, "place-district": "" if is_listed else district}
    main_first = sorted(form.get("activities") or (), key=lambda one: not one["main"])
    known |= dict(zip(ACTIVITIES, [one["code"] for one in main_first], strict=False))
    return fill_in(known)


def _text_at(form: Mapping[str, Any], path: str) -> str:
    value: Any = form
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)


def moved(typed: Mapping[str, str], licence_no: str) -> Typed:
    """Returns the form for another place of the same shop: what belonged to the old place is empty."""
    of_place = {field.input for name in ("place", "lease", "safety") for field in SECTIONS[name]}
    stays = {name: "" if name in (*of_place, PLACE) else text for name, text in typed.items()}
    return {**stays, "replaces_licence_no": licence_no}


def input_of_fault(path: str) -> str:
    """Returns the input that a field of the contract stands for; empty for a field that the form doesn't have. The
    fault of a whole object leads to its first input."""
    if found := _ACTIVITY.match(path):
        return ACTIVITIES[int(found[1])]
    if path == "activities":
        return ACTIVITIES[0]
    if path in ("place", "place.town"):
        return PLACE
    exact = (field.input for field in FIELDS if field.path == path)
    within = (field.input for field in FIELDS if field.path.startswith(f"{path}."))
    return next(exact, "") or next(within, "")


def sections_of(conditions: Collection[str]) -> frozenset[str]:
    """Returns the parts of the form that name the papers of the conditions."""
    found = (SECTION_OF_CONDITION.get(one) for one in conditions)
    return frozenset(one for one in found if one is not None)


def is_said_at_once(name: str, typed: Mapping[str, str]) -> bool:
    """Returns whether a fault of an input is said when its step is kept; what is still empty waits for the review. The
    type of a number that is there doesn't wait: without it nobody can check the number."""
    number = name.removesuffix("-id_type") + "-id_number"
    return bool(typed[name]) or name == ESTABLISHMENT or bool(typed.get(number))


def fields_of(step: str) -> tuple[FormField, ...]:
    """Returns the fields of a step, in the order of its page."""
    return tuple(field for name in STEPS[step] for field in SECTIONS[name])


def inputs_of_part(name: str) -> tuple[str, ...]:
    """Returns the inputs of a part of the form, in the order of its page."""
    inputs = tuple(field.input for field in SECTIONS[name])
    if name == "licence":
        return (inputs[0], *ACTIVITIES, *inputs[1:])
    return (PLACE, *inputs) if name == "place" else inputs


def inputs_of(step: str) -> tuple[str, ...]:
    """Returns the inputs of a step, in the order of its page."""
    return tuple(one for name in STEPS[step] for one in inputs_of_part(name))


def place_in_form(name: str) -> int:
    """Returns the place of an input among all inputs of the form, in the order of its steps."""
    return [one for step in STEPS for one in inputs_of(step)].index(name)


def step_of_input(name: str) -> str:
    """Returns the step that has an input."""
    return next((step for step in STEPS if name in inputs_of(step)), FIRST_STEP)


def step_after(step: str) -> str | None:
    """Returns the step behind a step; None behind the last one."""
    steps = list(STEPS)
    return next(iter(steps[steps.index(step) + 1 :]), None)


def open_sections_of(step: str, typed: Mapping[str, str]) -> frozenset[str]:
    """Returns the parts of a step that aren't folded: all but those that are seldom needed, and are empty."""
    is_office = typed["kind"] == "engineering_office"
    needed = {"engineering"} if is_office else set()
    filled = {
        name
        for name in STEPS[step]
        if any(typed[field.input] for field in SECTIONS[name] if field.control != "languages")
    }
    return frozenset(STEPS[step]) - _SELDOM | (filled | needed) & frozenset(STEPS[step])


def fee_question(typed: Mapping[str, str]) -> dict[str, Any] | None:
    """Returns what the estimate of the fee is asked for; None while the form lacks something that the fee depends
    on."""
    town = typed[PLACE].partition(PLACE_MARK)[0]
    asked = {
        "activity": typed[ACTIVITIES[0]],
        "town": town,
        "area_m2": fold_digits(typed["area_m2"]),
        "years": fold_digits(typed["years"]),
        "kind": typed["kind"],
    }
    if not all(asked.values()):
        return None
    width, height = (
        FormField("sign", "number").value(typed[name]) for name in ("sign-width_m", "sign-height_m")
    )
    if isinstance(width, float) and isinstance(height, float):
        asked["sign_m2"] = f"{width * height:g}"
    return asked
