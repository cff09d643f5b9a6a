"""What the desk's templates show of requests, permits, certificates, releases of current and appeals. Words of states
come from the service, in both languages; words of fields and lists from the texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from markupsafe import Markup

from pages import marks
from pages.site import Visit
from portal.api.desk.journal import JournalEntry
from portal.api.places import place_of
from portal.domain.permit_actions import PermitAction

Document = Mapping[str, Any]
Rows = list[tuple[str, Any]]
PATH = "/desk/permits"
_TONES = {
    **dict.fromkeys(("valid", "completed", "issued", "energised", "accepted"), "success"),
    **dict.fromkeys(("partial_release_approved", "full_release_approved", "paid"), "success"),
    **dict.fromkeys(("expired", "suspended", "cancelled", "rejected", "revoked"), "error"),
    **dict.fromkeys(("voided", "refused", "disconnected", "disconnection_requested"), "error"),
    **dict.fromkeys(("returned", "pending", "awaiting_payment", "received"), "warning"),
    **dict.fromkeys(("municipality_review", "technical_review", "approved"), "info"),
}


@dataclass(frozen=True)
class Section:
    """A part of a thing's page: its title's text, and rows of a label and what it is."""

    title: str
    rows: Rows


@dataclass(frozen=True)
class Gate:
    """Something on which the next step rests: in words, and whether it is there. `is_binding`: the service refuses the
    step without it."""

    words: Any
    is_met: bool
    more: Any = None
    is_binding: bool = True

    @property
    def text(self) -> str:
        """Returns the name of the text of its state."""
        if self.is_met:
            return "permit_gate_met"
        return "permit_gate_open" if self.is_binding else "permit_gate_advised"


@dataclass(frozen=True)
class Link:
    """A link to another thing: its words and its address."""

    words: Any
    address: str


@dataclass(frozen=True)
class ThingView:
    """A thing's page: number and state, parts, gates, and links to what belongs to the thing."""

    number: str | None
    title: str
    status: str
    tone: str
    sections: list[Section]
    gates: list[Gate] = field(default_factory=list)
    gates_title: str = "permit_gates"
    links: list[Link] = field(default_factory=list)


def is_in_force(certificate: Document, today: date) -> bool:
    """Returns whether the certificate is issued, and its days aren't over."""
    until = certificate["valid_until"]
    is_over = until is not None and date.fromisoformat(until) < today
    return certificate["status"] == "issued" and not is_over


def tone_of(status: str) -> str:
    """Returns the tone of the tag of a state."""
    return _TONES.get(status, "neutral")


def address_of(kind: str, thing_id: str) -> str:
    return f"{PATH}/{kind}/{thing_id}"


class Words:
    """Writes values in the language of the page. Each function answers None for an absent value, so that its row is
    left out."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self.language = visit.language

    def text(self, key: str, **values: Any) -> str:
        return self._visit.text(key, **values)

    def title(self, title: Document | None) -> str | None:
        return title[self.language] if title else None

    def day(self, value: str | None) -> Markup | None:
        return marks.day(value, self.language) if value else None

    def moment(self, value: str | None) -> Markup | None:
        return marks.moment(value, self.language) if value else None

    def choice(self, group: str, value: str | None) -> str | None:
        """Returns the words of a code of a list of the texts."""
        return self._visit.words_of(f"permit_{group}", value) if value else None

    def yes_or_no(self, value: bool) -> str:
        return self.text("permit_yes" if value else "permit_no")

    def joined(self, *items: Any) -> Markup:
        """Returns items in one line; an empty item is left out."""
        return Markup(" ").join(Markup("{}").format(one) for one in items if one)

    def lines(self, items: Iterable[Any]) -> Markup | None:
        """Returns items one below the other."""
        shown = [Markup("{}").format(one) for one in items]
        return Markup("<br>").join(shown) if shown else None


def code(value: Any) -> Markup | None:
    return marks.code(value) if value not in (None, "") else None


def arabic(value: str | None) -> Markup | None:
    return marks.arabic(value) if value else None


def sentence(value: str | None) -> Markup | None:
    return marks.sentence(value) if value else None


def plot_words(words: Words, land: Document) -> str | Markup | None:
    """Returns plan and plots."""
    if not land.get("plan_number"):
        return words.text("no_plan")
    plots = "، ".join(land.get("plots") or ())
    pair = Markup("{} {} {} {}")
    return pair.format(
        words.text("permit_plan"),
        marks.code(land["plan_number"]),
        words.text("permit_plot"),
        marks.sentence(plots),
    )


def land_section(words: Words, thing: Document) -> Section:
    """Returns site and building of a request or a permit."""
    land, building, site = thing["land"], thing["building"], thing.get("site") or {}
    decision = site.get("survey_decision") or {}
    rows: Rows = [
        (words.text("plan_and_plot"), plot_words(words, land)),
        (words.text("column_place"), place_of(land, words.language)),
        (words.text("permit_street"), arabic(land.get("street"))),
        (words.text("permit_deed"), code((land.get("deed") or {}).get("number"))),
        (words.text("permit_land_area"), code(land.get("area_m2"))),
        (words.text("permit_area_by_nature"), code(site.get("area_by_nature_m2"))),
        (words.text("permit_use_symbol"), sentence(site.get("use_symbol"))),
        (words.text("permit_survey_decision"), code(decision.get("number"))),
        *_sides(words, site.get("boundaries") or {}),
        (words.text("permit_point"), code(_point(land))),
        (words.text("permit_works"), sentence(building.get("description"))),
        (words.text("permit_built_area"), code(building.get("built_area_m2"))),
        (words.text("permit_floors"), code(building.get("floors"))),
        (words.text("permit_units"), code(building.get("units"))),
    ]
    return Section("permit_block_site", rows)


def _sides(words: Words, boundaries: Document) -> Rows:
    """Returns each side of the land: what lies beyond it, its length and the setback."""
    rows: Rows = []
    for side in ("north", "south", "east", "west"):
        found = boundaries.get(side) or {}
        lengths = [
            words.text(f"permit_{name}", metres=marks.code(found[name]))
            for name in ("length_m", "street_width_m", "setback_m")
            if found.get(name) is not None
        ]
        said = [sentence(found.get("description")), *lengths]
        shown = words.lines(one for one in said if one)
        rows.append((words.text(f"permit_side_{side}"), shown))
    return rows


def _point(land: Document) -> str | None:
    latitude, longitude = land.get("latitude"), land.get("longitude")
    return None if latitude is None else f"{latitude}, {longitude}"


def parties_section(words: Words, thing: Document) -> Section:
    """Returns owners and representative with masked numbers, and the offices."""
    owners = [owner_words(words, one) for one in thing["owners"]]
    agent, office = thing.get("representative"), thing.get("engineering_office") or {}
    rows: Rows = [
        (words.text("owners"), words.lines(owners)),
        (words.text("permit_representative"), _agent_words(words, agent) if agent else None),
        (words.text("permit_office"), arabic(office.get("name"))),
        *(
            (words.text(f"permit_{name}"), arabic((thing.get(name) or {}).get("name")))
            for name in ("contractor", "supervising_office")
        ),
    ]
    return Section("permit_block_parties", rows)


def owner_words(words: Words, owner: Document) -> Markup:
    """Returns an owner in one line: name, number, share and mobile as they came."""
    parts: list[Any] = [marks.arabic(owner["name"])]
    parts += [marks.code(owner[name]) for name in ("id_number", "mobile") if owner.get(name)]
    if owner.get("share"):
        parts.append(words.text("permit_share", share=marks.code(owner["share"])))
    return words.joined(*parts)


def _agent_words(words: Words, agent: Document) -> Markup:
    capacity = words.choice("capacity", agent["capacity"])
    return Markup("{} ({}) {}").format(
        marks.arabic(agent["name"]), capacity, marks.code(agent["authority_number"])
    )


def warnings_of(thing: Document, words: Words) -> list[Markup]:
    """Returns what staff check twice, in the service's words. Missing papers stand among the gates."""
    return [
        marks.sentence(words.title(one["title"]))
        for one in thing.get("warnings") or ()
        if not one["field"].startswith("papers.")
    ]


def history_of(items: Sequence[Document], words: Words) -> list[JournalEntry]:
    """Returns the acts on a thing, newest first."""
    return [
        JournalEntry(
            at=one["at"],
            act=words.title(one["action_title"]),
            beside=[words.text("permit_history_thing", thing=words.title(one["aggregate_title"]))],
            name=one.get("name"),
            note=one["note"],
            changes=[_change_words(words, change) for change in one.get("changes") or ()],
        )
        for one in reversed(items)
    ]


def _change_words(words: Words, change: Document) -> str:
    nothing = words.text("permit_nothing")
    return words.text(
        "permit_change",
        field=words.title(change["title"]),
        before=change["from"] or nothing,
        after=change["to"] or nothing,
    )


def action_text(kind: str, action: PermitAction) -> str:
    """Returns the name of the text of an action."""
    return f"permit_action_{kind}_{action.name}"


def links(words: Words, *named: tuple[str, str, str | None]) -> list[Link]:
    """Returns a link for each thing that there is: its text, its kind and its id."""
    return [Link(words.text(key), address_of(kind, found)) for key, kind, found in named if found]


def inspection_rows(words: Words, seen: Document | None) -> Rows:
    """Returns the day, the result and the defects of an inspection."""
    if not seen:
        return []
    return [
        (words.text("permit_inspected_on"), words.day(seen["inspected_on"])),
        (words.text("result"), words.choice("result", seen["result"])),
        (words.text("permit_defects"), words.lines(map(marks.sentence, seen["defects"]))),
    ]
