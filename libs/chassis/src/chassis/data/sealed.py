"""Personal data in columns: sealed, found again by a keyed hash beside them, and sealed anew after a change of keys.

SQLAlchemy makes a column's type once for all processes, services and tests that import it, so the keys belong to the
database they're used with: `Process` gives them to its own, and no other one has them.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Dialect, LargeBinary, Text, func, or_, select, type_coerce
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.types import TypeDecorator

from chassis.core.settings import Settings
from chassis.data.db import Database
from chassis.data.sealing import BlindIndex, Keyring, Sealer

BATCH = 500
_KEYS = "chassis_keys"
_HASHED = re.compile(r"v[0-9]+:[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class KeyringSettings(Settings):
    """Settings of which some are keyrings (chassis.data.sealing), as the `CHECKS` of each class say. No key may stand
    in two of them: each has one use."""

    def __post_init__(self) -> None:
        super().__post_init__()
        rings = self.keyrings()
        secrets = [key for ring in rings.values() for key in ring.keys.values()]
        if len(set(secrets)) < len(secrets):
            *names, last = (name.upper() for name in rings)
            raise ValueError(f"{', '.join(names)} and {last} have to differ")

    def keyrings(self) -> dict[str, Keyring]:
        """Returns the keyrings by the name of their setting. Raises KeyringError."""
        checks = [check for kind in reversed(type(self).__mro__) for check in _checks(kind)]
        names = [name for name, check in checks if check == Keyring.parse]
        return {name: Keyring.parse(getattr(self, name)) for name in names}


def _checks(kind: type) -> Iterable[tuple[str, Any]]:
    own: Mapping[str, Any] = vars(kind).get("CHECKS", {})
    return own.items()


@dataclass(frozen=True, kw_only=True)
class ColumnSettings(KeyringSettings):
    """For a service with sealed columns: `sealing_key` for columns, `blind_index_key` for finding people by number."""

    sealing_key: str
    blind_index_key: str

    CHECKS = {"sealing_key": Keyring.parse, "blind_index_key": Keyring.parse}


@dataclass(frozen=True, kw_only=True)
class SealingSettings(ColumnSettings):
    """`personal_data_key` besides, for the sealed part of events, shared with their consumers."""

    personal_data_key: str

    CHECKS = {"personal_data_key": Keyring.parse}


class Keys:
    """A service's keyrings, ready for use: `columns` seals columns, `index` finds people by their number, `events`
    seals the personal part of events. Each raises LookupError for a service whose settings don't have it."""

    def __init__(self, rings: Mapping[str, Keyring]) -> None:
        self._rings = rings

    @classmethod
    def of(cls, settings: KeyringSettings) -> "Keys":
        """Raises KeyringError."""
        return cls(settings.keyrings())

    def ring(self, name: str) -> Keyring:
        """Returns the keyring of a setting."""
        if name not in self._rings:
            raise LookupError(f"the service's settings have no keyring {name}")
        return self._rings[name]

    @cached_property
    def columns(self) -> Sealer:
        return Sealer(self.ring("sealing_key"))

    @cached_property
    def index(self) -> BlindIndex:
        return BlindIndex(self.ring("blind_index_key"))

    @cached_property
    def events(self) -> Sealer:
        return Sealer(self.ring("personal_data_key"))


def use_keys(database: Database, settings: Settings) -> None:
    """Gives this database these settings' keys; does nothing for a service without keyrings."""
    if isinstance(settings, KeyringSettings):
        setattr(database.engine.dialect, _KEYS, Keys.of(settings))


def keys_of(session: Session) -> Keys:
    """Returns the keys of the session's database. Raises LookupError for a database without keys."""
    return _keys(session.get_bind().dialect)


def _keys(dialect: Dialect) -> Keys:
    keys: Keys | None = getattr(dialect, _KEYS, None)
    if keys is None:
        raise LookupError("the database has no keys: chassis.data.sealed.use_keys gives it some")
    return keys


class Sealed(TypeDecorator[Any]):
    """A JSON value that is kept encrypted, as `bytea`. `place`, the table and the column, is what it's bound to."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Seals."""
        if value is None:
            return None
        text = json.dumps(value, ensure_ascii=False)
        return _keys(dialect).columns.seal(text.encode(), self.place)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Opens. Raises CannotUnseal."""
        if value is None:
            return None
        return json.loads(_keys(dialect).columns.unseal(bytes(value), self.place))


class BlindKey(TypeDecorator[str]):
    """The keyed hash of a value, by which its row is found: written and compared as the value, stored and read as the
    hash. `of` is the attribute that holds the value, sealed. `inside` is the sealed column that always contains the
    value; `reseal` fills the hash of a row that has the sealed column and no hash, because a migration can't open it.

    A comparison looks under the current key; `keys_of(session).index.keys(value)` has those of the old keys too.
    """

    impl = Text
    cache_ok = True

    def __init__(self, of: str, inside: str | None = None) -> None:
        super().__init__()
        self.of = of
        self.inside = inside

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Hashes a value; a hash stays as it is."""
        if value is None or _HASHED.fullmatch(value):
            return value
        return _keys(dialect).index.key(value)


def reseal(database: Database, mappers: Iterable[Mapper[Any]], say: Callable[[str], None]) -> int:
    """Seals and hashes anew, under the current keys, all values of old keys, and fills missing hashes (BlindKey
    `inside`): in transactions of 500 rows, at any time, as often as you like. Returns how many rows."""
    done = 0
    for mapper in sorted(mappers, key=lambda one: str(one.local_table)):
        while count := _batch(database, mapper):
            done += count
            say(f"{mapper.local_table}: {count} rows")
    return done


def _batch(database: Database, mapper: Mapper[Any]) -> int:
    sealed, blind = _columns(mapper, Sealed), _columns(mapper, BlindKey)
    if not sealed and not blind:
        return 0
    with database.transaction() as session:
        keys = keys_of(session)
        old: list[ColumnElement[bool]] = [
            func.get_byte(type_coerce(column, LargeBinary), 0) != keys.columns.current
            for column in sealed.values()
        ]
        old += [
            type_coerce(column, Text).not_like(f"v{keys.index.current}:%")
            for column in blind.values()
        ]
        old += [
            column.is_(None) & sealed[column.type.inside].is_not(None)
            for column in blind.values()
            if column.type.inside is not None
        ]
        statement = select(mapper).where(or_(*old)).limit(BATCH).with_for_update(of=mapper.class_)
        rows = session.scalars(statement).all()
        for row in rows:
            for name in sealed:
                if getattr(row, name) is not None:
                    flag_modified(row, name)
            for name, column in blind.items():
                setattr(row, name, getattr(row, column.type.of))
        return len(rows)


def _columns(mapper: Mapper[Any], kind: type[TypeDecorator[Any]]) -> dict[str, Any]:
    return {
        attribute.key: attribute.columns[0]
        for attribute in mapper.column_attrs
        if isinstance(attribute.columns[0].type, kind)
    }
