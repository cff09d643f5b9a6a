"""The base of the tables, and the columns that requests and permits share: owners, names, places.

Names, numbers and mobiles are sealed. `id_key` is the keyed hash of a number, and is what a search compares.
"""

from typing import Any, ClassVar

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, validates

from chassis.data.columns import TYPES, Document
from chassis.data.db import new_metadata
from chassis.data.sealed import BlindKey, Sealed
from saudi.finding import name_parts, place_keys


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {**TYPES, list[Any]: JSONB(none_as_null=True)}


class AgentNamePart:
    """A part of a representative's name, sealed; its keyed hash is what's searched: whole parts, never a piece of
    one."""

    place: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(Sealed("owner.name_part"))
    part_key: Mapped[str] = mapped_column(BlindKey(of="part"))

    @validates("part")
    def _index(self, _name: str, part: str) -> str:
        self.part_key = part
        return part


class NamePart(AgentNamePart):
    """A part of an owner's name."""

    position: Mapped[int] = mapped_column(primary_key=True)


class Represented:
    """The columns of a thing whose owners are represented. `agent_key` is the keyed hash of the representative's
    identity number, by which the representative's things are found."""

    agent_part_model: ClassVar[type[Any]]

    agent_number: Mapped[str | None] = mapped_column(Sealed("representative.id_number"))
    agent_key: Mapped[str | None] = mapped_column(BlindKey(of="agent_number"))

    @validates("representative")
    def _index_agent(self, _name: str, agent: Document | None) -> Document | None:
        self.agent_number = self.agent_key = agent.get("id_number") if agent else None
        model = self.agent_part_model
        parts = name_parts(agent["name"]) if agent else ()
        rows = [model(place=place, part=part) for place, part in enumerate(parts)]
        setattr(self, "agent_parts", rows)  # noqa: B010 - each thing has a relationship of its own type
        return agent


class Owner:
    """The columns of an owner, of a request or of a permit."""

    part_model: ClassVar[type[Any]]

    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Sealed("owner.name"))
    owner_type: Mapped[str]
    id_type: Mapped[str]
    id_number: Mapped[str | None] = mapped_column(Sealed("owner.id_number"))
    id_key: Mapped[str | None] = mapped_column(BlindKey(of="id_number"))
    share: Mapped[str | None]
    mobile: Mapped[str | None] = mapped_column(Sealed("owner.mobile"))

    @validates("name")
    def _index_name(self, _name: str, name: str) -> str:
        model = self.part_model
        parts = [model(place=place, part=part) for place, part in enumerate(name_parts(name))]
        setattr(self, "parts", parts)  # noqa: B010 - each owner has a relationship of its own type
        return name

    @validates("id_number")
    def _index(self, _name: str, id_number: str | None) -> str | None:
        self.id_key = id_number
        return id_number

    def record(self) -> Document:
        """Returns the owner as plain JSON values."""
        names = ("name", "owner_type", "id_type", "id_number", "share", "mobile")
        return {name: getattr(self, name) for name in names}


class Placed:
    """The keys by which a thing is found by its land, as saudi.finding spells them; null in rows of before."""

    plan_key: Mapped[str | None]
    district_key: Mapped[str | None]
    plot_keys: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    deed_key: Mapped[str | None]

    def place(self, land: Document) -> None:
        """Sets the land with its search keys."""
        keys = place_keys(land)
        self.land = land
        self.plan_key = keys.plan if land["plan_number"] else None
        self.district_key, self.plot_keys, self.deed_key = keys.district, keys.plots, keys.deed
