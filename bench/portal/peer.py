"""The Django peer of bench.peers beside the system: on the same databases, with the same SELECTs, by gunicorn with the
portal's workers and threads."""

import json
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import requests

from bench.gateway.peer import PYTHON
from bench.portal.load import Load, request
from bench.portal.statements import Select
from bench.portal.things import ASKED, Asked
from chassis.core import contracts
from devstack.machine import ROOT, free_port
from devstack.system import System
from pages.marks import tone_of_state
from portal.api.desk.reports.views import choices

PROCESS, MODULE = "bench/django", "bench.peers.django_pages"
_CSRF = secrets.token_hex(16)
_NAVIGATION = ("/desk/reports", "/desk/search", "/desk/referrals", "/desk?tasks=all")
_TIMEOUT_S = 30


class Peer:
    """Runs between `with`'s braces."""

    def __init__(
        self, system: System, folder: Path, inquiry: Sequence[Select], inbox: Sequence[Select]
    ) -> None:
        self._system, self._folder = system, folder
        self._url = f"http://127.0.0.1:{free_port()}"
        self._session = folder / "django-session"
        given = {
            "secret": secrets.token_urlsafe(32),
            "session_file": str(self._session),
            "locale": str(folder / "django-locale"),
            "databases": {
                "default": _database(system, "portal"),
                "reports": _database(system, "reports"),
            },
            "inquiry_key": system.environment("portal")["PORTAL_INQUIRY_KEY"],
            "inquiry": inquiry[0].for_driver(),
            "inbox": [one.for_driver() for one in inbox],
            **_words(),
        }
        file = folder / "django.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(given, ensure_ascii=False), "utf-8")
        self._environment = os.environ | {"DJANGO_PEER": str(file), "PYTHONPATH": str(ROOT)}

    def __enter__(self) -> Self:
        supervisor = self._system.supervisor
        supervisor.run(f"{PROCESS}/prepare", [str(PYTHON), "-m", MODULE], self._environment, cwd=ROOT)  # fmt: skip
        portal = self._system.environment("portal")
        command = [
            str(PYTHON), "-m", "gunicorn", f"{MODULE}:application", "--bind", urlsplit(self._url).netloc,
            "--worker-class", "gthread", "--workers", portal.get("PORTAL_WORKERS", "2"),
            "--threads", portal.get("PORTAL_THREADS", "8"), "--keep-alive", "75", "--log-level", "warning",
        ]  # fmt: skip
        supervisor.start(PROCESS, command, self._environment, cwd=ROOT)
        supervisor.wait_ready(PROCESS, f"{self._url}/readyz")
        return self

    def __exit__(self, *_: object) -> None:
        self._system.supervisor.process(PROCESS).child.stop()

    def inquiry(self, asked: Iterable[Asked]) -> Load:
        """Returns the load of the same inquiries."""
        url, headers = f"{self._url}/inquiry", {"Cookie": f"csrftoken={_CSRF}"}
        asked = list(asked)
        origin = {"Origin": self._url}
        page = requests.post(
            url, data=_form(asked[0]), headers=headers | origin, timeout=_TIMEOUT_S
        )
        if page.status_code != requests.codes.ok or asked[0].number not in page.text:
            raise SystemExit(f"the peer's inquiry answers {page.status_code}: {page.text[:500]}")
        made = [request(url, headers, _form(one)) for one in asked]
        return Load("the peer's inquiry", url, made, len(page.content))

    def inbox(self) -> Load:
        """Returns the load of the same inbox."""
        url = f"{self._url}/desk/reports"
        headers = {"Cookie": f"sessionid={self._session.read_text('utf-8')}"}
        page = requests.get(url, headers=headers, timeout=_TIMEOUT_S, allow_redirects=False)
        if page.status_code != requests.codes.ok or "<table>" not in page.text:
            raise SystemExit(f"the peer's inbox answers {page.status_code}: {page.text[:500]}")
        return Load("the peer's inbox", url, [request(url, headers)], len(page.content))


def _form(asked: Asked) -> Mapping[str, str]:
    return {"csrfmiddlewaretoken": _CSRF, "kind": ASKED, "number": asked.number, "proof": asked.mobile}  # fmt: skip


def _database(system: System, service: str) -> dict[str, Any]:
    url = urlsplit(system.description()["databases"][service])
    return {
        "NAME": url.path.lstrip("/"),
        "USER": url.username,
        "PASSWORD": url.password,
        "HOST": url.hostname,
        "PORT": url.port,
    }


def _words() -> dict[str, Any]:
    """Returns the words that the pages show, which the portal has in memory too."""
    states = contracts.read("reference/states.yaml")
    categories = contracts.read("reference/report-categories.yaml")
    lists = [("department", "departments"), ("municipality", "municipalities")]
    return {
        "states": {
            status: {"ar": one["ar"], "next": one["next"]["ar"], "tone": tone_of_state(one["tone"])}
            for status, one in states[ASKED].items()
        },
        "report_states": {status: one["ar"] for status, one in states["report"].items()},
        "categories": _names_in(categories),
        "lists": {
            "filters": [
                {"name": name, "label": name, "choices": choices(listed, "ar")}
                for name, listed in lists
            ],
            "nav": [{"address": one, "text": one} for one in _NAVIGATION],
        },
    }


def _names_in(part: Any) -> dict[str, str]:
    """Returns the Arabic word of each code in a list with lists in it."""
    if isinstance(part, list):
        return {code: name for one in part for code, name in _names_in(one).items()}
    if not isinstance(part, dict):
        return {}
    own = {part["code"]: part["ar"]} if {"code", "ar"} <= part.keys() else {}
    return own | {code: name for one in part.values() for code, name in _names_in(one).items()}
