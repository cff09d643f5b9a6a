"""A right that ended is seen as ended within two seconds, by each worker that is asked."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.system.endings import ENDINGS, Desk, wait_until_refused
from tests.system.settings import UNLIMITED

from devstack.run_folder import RunFolder
from devstack.system import System

from .stage import demand

PROMISED_S = 2.0


def ended_rights(rounds: int = 3) -> str:
    """Each way in which a right ends, in turn: how long a token was still taken. At most 2 s."""
    waits: dict[str, float] = {}
    with (
        TemporaryDirectory(prefix="promises-") as home,
        System(RunFolder(Path(home) / ".run"), extra=UNLIMITED) as system,
    ):
        desk = Desk(system)
        for name, end in list(ENDINGS.items()) * rounds:
            with end(desk) as refused:
                waits[name] = max(waits.get(name, 0.0), wait_until_refused(refused))
    late = {name: round(wait, 2) for name, wait in waits.items() if wait > PROMISED_S}
    demand(not late, f"a token was still taken after more than {PROMISED_S:.0f} s: {late}")
    longest = ", ".join(f"{name} {wait:.2f}" for name, wait in waits.items())
    return f"{rounds} × each way a right ends, the longest time in s that a token was still taken: {longest}"
