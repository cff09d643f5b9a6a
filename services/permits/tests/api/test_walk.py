"""The walk of the README is what the service answers."""

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from permits import workers
from permits.domain.imports import Status

README = Path(__file__).parents[2] / "README.md"
PEOPLE = {
    "CLERK": {"sub": "p_clerk", "name": "موظف تجربة"},
    "OFFICER": {"sub": "p_officer", "name": "مهندسة تجربة"},
    "REVIEWER": {"sub": "p_reviewer", "name": "مهندس تجربة"},
}
SCOPES = (
    *("permits.read", "permit-requests.write", "permit-requests.review", "permits.issue"),
    *("permits.enter", "permits.verify", "permit-files.write"),
)


class Shell:
    """Carries out the lines of the walk as curl and jq would."""

    def __init__(self, client: Any, token: Any, sent: dict[str, Any]) -> None:
        self._client, self._token, self._sent = client, token, sent
        self.known: dict[str, str] = {}
        self.last: Any = None

    def run(self, line: str) -> None:
        found = re.fullmatch(r"([A-Z]+)=\$\((.*) \| jq -r (\S+)\)", line)
        name, command, taken = found.groups() if found else ("", line, "")
        self._curl(shlex.split(command))
        if name:
            self.known[name] = self._taken(taken)

    def _curl(self, words: list[str]) -> None:
        method, url, headers, more = "GET", "", {}, {}
        fields = iter(words[2:])
        for word in fields:
            if word == "-X":
                method = next(fields)
            elif word == "-H":
                headers |= self._header(next(fields))
            elif word == "-d":
                more = self._body(next(fields))
            elif word == "-F":
                more = self._form(more, next(fields))
            else:
                url = self._filled(word)
        answer = self._client.request(method, url, headers=headers, **more)
        assert answer.is_success, f"{words} {answer.text}"
        self.last = answer.json()

    def _filled(self, written: str) -> str:
        return re.sub(r"\$([A-Z]+)", lambda one: self.known.get(one[1], ""), written)

    def _header(self, written: str) -> dict[str, str]:
        if written.startswith("$"):
            token: dict[str, str] = self._token(*SCOPES, **PEOPLE[written[1:]])
            return token
        name, _, value = written.partition(": ")
        return {name: value}

    def _body(self, written: str) -> dict[str, Any]:
        if written.startswith("@"):
            return {"json": self._sent[written[1:]]}
        return {"content": self._filled(written).encode()}

    def _form(self, more: dict[str, Any], written: str) -> dict[str, Any]:
        name, _, value = written.partition("=")
        if value.startswith("@"):
            file = self._sent[value[1:]]
            return {**more, "files": {name: (value[1:], file.content, "text/csv")}}
        return {**more, "data": {**more.get("data", {}), name: value}}

    def _taken(self, path: str) -> str:
        found = self.last
        for step in re.findall(r"[a-z_]+|\d+", path):
            found = found[int(step)] if step.isdigit() else found[step]
        return str(found)


def test_every_line_of_the_walk_succeeds(
    client: Any, token: Any, application: Any, files: Any, scan_files: Any, pay: Any, database: Any
) -> None:
    [block] = re.findall(r"## A walk.*?```sh\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    sent = {
        "request.json": application(),
        "older.csv": files.upload([files.row(77)]),
        "scan.png": scan_files.upload(),
    }
    shell = Shell(client, token, sent)

    for line in block.splitlines():
        if "payments tells" in line:
            pay(shell.last)
        elif line.startswith("# the worker"):
            _work(database)
        else:
            shell.run(line)

    assert shell.last["verified"] is True


def _work(database: Any) -> None:
    for status in (Status.READING, Status.RELEASING):
        more = True
        while more:
            with database.transaction() as session:
                more = workers.take_step(session, status, now=datetime.now(UTC))
