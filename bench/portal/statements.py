"""The SELECTs behind a page, as the services send them, read off the server's log: for pgbench and for the peer."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.gateway.load import PgBench, Run
from bench.gateway.queries import Measured
from bench.gateway.statement import Log, Statement

_PARAMETER = re.compile(r"\$(\d+)")


@dataclass(frozen=True)
class Select:
    """A SELECT with $1, $2, … and the texts that were sent for them."""

    sql: str
    parameters: dict[int, str]

    def for_driver(self) -> dict[str, Any]:
        """Returns the SELECT as a Python driver takes it, with its parameters by name."""
        sql = _PARAMETER.sub(r"%(p\1)s", self.sql.replace("%", "%%"))
        return {"sql": sql, "parameters": {f"p{n}": text for n, text in self.parameters.items()}}


def selects_with(log: Log, parts: Sequence[str], ask: Callable[[], object]) -> list[Select]:
    """Returns the SELECTs that have these parts and that the server ran while a page was asked for, in the order of the
    parts. Ends the bench when one is missing."""
    executed = log.executed(ask)
    found = []
    for part in parts:
        sql, given = next(
            (one for one in executed if one[0].startswith("SELECT ") and part in one[0]), ("", {})
        )
        if not sql:
            raise SystemExit(f"no SELECT with «{part}» was seen in the server's log")
        found.append(Select(sql, _texts_of(sql, given)))
    return found


def _texts_of(sql: str, given: dict[int, str | None]) -> dict[int, str]:
    if None in given.values():
        raise SystemExit(f"a parameter is NULL, which pgbench can't send: {sql}")
    return {number: text for number, text in given.items() if text is not None}


class BareSelects:
    """pgbench with the SELECTs of a page. `varying`: texts that take the place of the first parameter of the first
    SELECT, one for each connection."""

    def __init__(
        self, url: str, folder: Path, selects: Sequence[Select], varying: Sequence[str] = ()
    ) -> None:
        self._pgbench = PgBench(url, folder)
        texts: list[str] = []
        constants: dict[str, str] = {}
        for one in selects:
            moved = len(constants)
            texts.append(_PARAMETER.sub(lambda found, by=moved: f"${int(found[1]) + by}", one.sql))
            constants |= {f"constant{n + moved}": text for n, text in one.parameters.items()}
        if varying:
            del constants["constant1"]
        self._statement = Statement(
            ";\n".join(texts), {1: ("varying", "", "")} if varying else {}, constants
        )
        values = [{"varying": text} for text in varying]
        self._measured = Measured(
            "bare", "", "", [], values[0] if values else {},
            sets=() if varying else [r"\set unused 0"], values=values,
        )  # fmt: skip

    def run(self, seconds: float) -> Run:
        """Runs them as often as goes, over as many connections as the page is asked for."""
        return self._pgbench.run(self._measured, self._statement, seconds)
