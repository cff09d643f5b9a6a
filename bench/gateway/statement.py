"""The SELECT that the service sends, read off the server's log while it answers one request: never a copy of it."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

_HEAD = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ \w+ \[\d+\] (?:\S+@\S+ )?(\w+):  (.*)$")
_EXECUTE = re.compile(r"^execute [^:]*: (.*)$", re.S)
_PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")


@dataclass(frozen=True)
class Statement:
    """`sql` with $1, $2, …; `varying`: number → (name, what stands around the text: '{' and '}' for an array);
    `constants`: variable → text, for the parameters that are the same in each request."""

    sql: str
    varying: Mapping[int, tuple[str, str, str]]
    constants: Mapping[str, str]

    def text(self, names: Mapping[str, str]) -> str:
        """Returns the SELECT with pgbench's variables; `names`: parameter → variable."""

        def variable(found: re.Match[str]) -> str:
            number = int(found[1])
            if number in self.varying:
                return ":" + names[self.varying[number][0]]
            return f":constant{number}"

        return re.sub(r"\$(\d+)", variable, self.sql) + ";"

    def as_sent(self, name: str, text: str) -> str:
        """A varying parameter's text, as it's sent."""
        for varied, before, after in self.varying.values():
            if varied == name:
                return before + text + after
        raise LookupError(name)


class Log:
    """The server's log, and the way to have statements written into it."""

    def __init__(self, path: Path, admin: str) -> None:
        self._path = path
        self._admin = admin

    def statement(self, example: Mapping[str, str], ask: Callable[[], None]) -> Statement:
        """The one SELECT from the projection that the server ran with the example's parameters while `ask` asked."""
        with self._logged() as since:
            for _ in range(12):  # until the driver prepares it
                ask()
        found = [
            one
            for sql, parameters in self._executed(since)
            if (one := _match_example(sql, parameters, example)) is not None
        ]
        if not found:
            raise SystemExit(f"no SELECT with {dict(example)} was seen in the server's log")
        if len({one.sql for one in found}) != 1:
            raise SystemExit(f"several SELECTs with {dict(example)}: {[one.sql for one in found]}")
        return found[-1]

    def executed(self, ask: Callable[[], object]) -> list[tuple[str, dict[int, str | None]]]:
        """Returns the statements that the server ran while `ask` asked, each with its parameters."""
        with self._logged() as since:
            ask()
        return list(self._executed(since))

    @contextmanager
    def _logged(self) -> Iterator[int]:
        self._set("log_statement", "'all'")
        try:
            yield self._path.stat().st_size
            time.sleep(0.2)
        finally:
            self._set("log_statement", "DEFAULT")

    def _set(self, name: str, text: str) -> None:
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET {name} = {text}")
            connection.execute("SELECT pg_reload_conf()")
        time.sleep(0.3)  # every backend takes it in at its next statement

    def _executed(self, since: int) -> Iterator[tuple[str, dict[int, str | None]]]:
        entries: list[tuple[str, str]] = []
        with self._path.open(encoding="utf-8", errors="replace") as lines:
            lines.seek(since)
            for line in lines:
                head = _HEAD.match(line.rstrip("\n"))
                if head:
                    entries.append((head[1], head[2]))
                elif entries:
                    entries[-1] = (entries[-1][0], entries[-1][1] + "\n" + line.strip())
        for (kind, said), (following, detail) in zip(
            entries, [*entries[1:], ("", "")], strict=True
        ):
            executed = _EXECUTE.match(said)
            if kind == "LOG" and executed:
                yield (
                    " ".join(executed[1].split()),
                    _parameters(detail) if following == "DETAIL" else {},
                )


def _parameters(detail: str) -> dict[int, str | None]:
    return {
        int(number): None if text == "NULL" else text[1:-1].replace("''", "'")
        for number, text in _PARAMETER.findall(detail)
    }


def _match_example(
    sql: str, parameters: dict[int, str | None], example: Mapping[str, str]
) -> Statement | None:
    if not re.match(r"(?i)(SELECT|WITH)\b", sql) or "building_permit" not in sql:
        return None
    varying, constants = {}, {}
    for number, sent in parameters.items():
        for name, text in example.items():
            # An array of one text, or the text itself.
            around = (sent or "").split(text)
            if (
                sent is not None
                and len(around) == 2
                and around in (["", ""], ["{", "}"], ['{"', '"}'])
            ):
                varying[number] = (name, around[0], around[1])
        if number not in varying:
            if sent is None:
                raise SystemExit(f"${number} is NULL, which pgbench can't send: {sql}")
            constants[f"constant{number}"] = sent
    if {name for name, _, _ in varying.values()} != set(example):
        return None
    if re.search(r"(?i)\b(INSERT|UPDATE|DELETE)\b", sql):
        raise SystemExit(
            f"the statement writes too, so that pgbench can't run the same SELECT: {sql}"
        )
    return Statement(sql, varying, constants)
