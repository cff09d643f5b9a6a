"""How many tokens identity issues: client credentials, each with an assertion of its own and its durable row.

The rate is per core: tokens by the CPU seconds that identity's processes used for them, so that the load generator and
PostgreSQL on the same machine don't hide it. `python -m bench.gateway.tokens` also prints the wall clock's.
"""

import re
import secrets
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from joserfc import jwt
from joserfc.jwk import import_key

from bench.gateway import processes
from devstack.machine import StartError, say
from devstack.system import System
from devstack.token import ASSERTION_TYPE
from identity.sealing import fingerprint

WHO, SCOPE = "safwa-system", "permits.read"
THREADS, CONNECTIONS, SECONDS, FORMS = 2, 8, 8, 6_000
WARMING = 100
_SCRIPT = Path(__file__).with_name("tokens.lua")
# The rows of this run alone: identity forgets expired assertions of others meanwhile, which a count of all would miss.
_USED = "SELECT count(*) FROM used_assertion WHERE client_id = %s AND jti_hash = ANY(%s)"


@dataclass(frozen=True)
class Issued:
    """The tokens of a run, and the CPU seconds of identity's web processes and of PostgreSQL."""

    tokens: int
    seconds: float
    cpu_identity: float
    cpu_postgres: float

    @property
    def per_core(self) -> float:
        return self.tokens / self.cpu_identity

    def text(self) -> str:
        """The figures as a line."""
        both = self.tokens / (self.cpu_identity + self.cpu_postgres)
        return (
            f"{self.tokens} tokens in {self.seconds:.1f} s: {self.tokens / self.seconds:.0f} a second;"
            f" {self.per_core:.0f} a second and core of identity"
            f" ({self.cpu_identity / self.tokens * 1000:.2f} ms each), {both:.0f} with PostgreSQL's share"
        )


def tokens_per_second(system: System) -> float:
    """Tokens a second and core of identity, under load. Raises StartError when a request failed or left no row."""
    issued = measure(system)
    say("tokens: " + issued.text())
    return issued.per_core


def measure(system: System) -> Issued:
    """Runs once against the running process."""
    url = system.services["identity"].url
    with tempfile.TemporaryDirectory() as folder:
        warming, _ = _sign_forms(system, Path(folder), WARMING * THREADS)
        _load(url, warming, 2, enough=False)
        forms, jtis = _sign_forms(system, Path(folder), FORMS)
        web = processes.tree(system.supervisor.pids()["identity/serve"])
        database = processes.tree(system.postgres.pid or 0)
        before = processes.cpu_seconds(web), processes.cpu_seconds(database)
        began = time.perf_counter()
        answered = _load(url, forms, SECONDS, enough=True)
        seconds = time.perf_counter() - began
        after = processes.cpu_seconds(web), processes.cpu_seconds(database)
    recorded = _count_recorded(system, jtis)
    if not answered <= recorded <= answered + CONNECTIONS:
        raise StartError(f"{answered} tokens were answered and {recorded} assertions recorded")
    return Issued(answered, seconds, after[0] - before[0], after[1] - before[1])


def _sign_forms(system: System, folder: Path, count: int) -> tuple[Path, list[str]]:
    """A file of forms, one a line, good for a minute from now on; and the `jti` of each."""
    client = next(one for one in system.description()["clients"] if one["client_id"] == WHO)
    key, now = import_key(client["private_jwk"]), int(time.time())
    header = {"alg": "ES256", "kid": client["private_jwk"]["kid"]}
    path = folder / f"forms-{count}"
    jtis = [secrets.token_urlsafe(16) for _ in range(count)]
    with path.open("w") as file:
        for jti in jtis:
            claims: dict[str, Any] = {
                "iss": WHO, "sub": WHO, "aud": system.issuer, "iat": now, "exp": now + 60, "jti": jti,
            }  # fmt: skip
            form = {
                "grant_type": "client_credentials",
                "scope": SCOPE,
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": jwt.encode(header, claims, key, algorithms=["ES256"]),
            }
            file.write(urlencode(form) + "\n")
    return path, jtis


def _load(url: str, forms: Path, seconds: int, *, enough: bool) -> int:
    """Answers how many requests were answered. Raises StartError when one failed, unless forms may run out."""
    command = [
        "wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s",
        "-s", str(_SCRIPT), url, "--", str(forms), str(THREADS),
    ]  # fmt: skip
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors.*", printed)
    if failed and enough:
        raise StartError(f"not every request got a token; are {FORMS} forms too few?\n{printed}")
    found = re.search(r"(\d+) requests in", printed)
    return int(found.group(1)) if found else 0


def _count_recorded(system: System, jtis: list[str]) -> int:
    """Counts the assertions that identity remembers as used."""
    url = system.description()["databases"]["identity"].replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        row = connection.execute(_USED, [WHO, [fingerprint(jti) for jti in jtis]]).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    with System() as running:
        for _ in range(3):
            say(measure(running).text())
