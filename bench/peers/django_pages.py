"""The inquiry by number and the inbox of reports as a competent team writes them today with Django: gunicorn, sessions
and users in PostgreSQL, CsrfViewMiddleware, a Form, compiled templates, connections that stay open.

It does what the portal's pages do: counts the five limits of an inquiry in the database before it looks, finds the
thing by the keyed hash with the same SELECT, and shows the inbox to a person who has signed in with the same two
SELECTs. Its texts come from gettext in the visitor's language, its days stand in both calendars, and its answers have
the portal's headers. An inquiry costs both one statement for the limits and one for the thing; the inbox costs it the
session, the user and two SELECTs.

The shortcuts are in its favour: it reads the database of the reports itself, without a service that checks a token and
its proof; it knows the states' words at its start; a session isn't encrypted, and nobody looks whether the person was
revoked.

    DJANGO_PEER=<file of JSON> gunicorn bench.peers.django_pages:application
"""

import base64
import hmac
import json
import os
import re
import struct
import time
from datetime import date, datetime
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import Any

import django
from django.conf import settings

TEMPLATES = Path(__file__).with_name("django_templates")
GIVEN: dict[str, Any] = json.loads(Path(os.environ["DJANGO_PEER"]).read_text("utf-8"))

settings.configure(
    SECRET_KEY=GIVEN["secret"],
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={
        name: {
            "ENGINE": "django.db.backends.postgresql",
            "CONN_MAX_AGE": None,
            "DISABLE_SERVER_SIDE_CURSORS": True,
            **GIVEN["databases"][name],
        }
        for name in ("default", "reports")
    },
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
    ],
    MIDDLEWARE=[
        f"{__name__}.with_page_headers",
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [TEMPLATES],
            "OPTIONS": {
                "libraries": {"hijri": "bench.peers.django_hijri"},
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                ],
            },
        }
    ],
    LANGUAGE_CODE="ar",
    LANGUAGES=[("ar", "العربية"), ("en", "English")],
    LOCALE_PATHS=[GIVEN["locale"]],
    USE_TZ=True,
    TIME_ZONE="Asia/Riyadh",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django import forms  # noqa: E402 - Django's modules need its settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.shortcuts import redirect, render  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.http import require_POST  # noqa: E402

_TRANSLATED = re.compile(r'(?:translate |_\()"([^"]*)"')
_KEY = base64.urlsafe_b64decode(GIVEN["inquiry_key"] + "=")
_HOUR = 3_600
_COUNTERS = "CREATE TABLE IF NOT EXISTS peer_counter (subject text, hour bigint, used int, PRIMARY KEY (subject, hour))"
# In the order of the names, so that two requests never wait for each other; no waiting for the disk.
_COUNT = """
WITH soon AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO peer_counter SELECT named.subject, %s, 1 FROM soon, unnest(%s::text[]) AS named (subject) ORDER BY 1
ON CONFLICT (subject, hour) DO UPDATE SET used = peer_counter.used + 1 RETURNING used
"""


_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none';"
    " form-action 'self'"
)


def with_page_headers(get_response: Any) -> Any:
    """Middleware: nothing is kept, and nothing of another site is loaded. Django's own middleware sets the others."""

    def respond(request: HttpRequest) -> HttpResponse:
        response: HttpResponse = get_response(request)
        response["Content-Security-Policy"] = _POLICY
        response["Cache-Control"] = "no-store"
        return response

    return respond


class InquiryForm(forms.Form):
    """A number of a transaction and a mobile."""

    number = forms.RegexField(r"^[0-9]{1,30}$")
    proof = forms.RegexField(r"^05[0-9]{8}$")


@require_POST
def inquiry(request: HttpRequest) -> HttpResponse:
    form = InquiryForm(request.POST)
    if not form.is_valid():
        return render(request, "inquiry_form.html", {"form": form}, status=400)
    number, mobile = form.cleaned_data["number"], "+966" + form.cleaned_data["proof"][1:]
    address = request.META["REMOTE_ADDR"]
    if not _within_limits(number, mobile, address):
        return HttpResponse(status=429)
    text = f"transaction|{number}|mobile|{mobile}"
    digest = hmac.digest(_KEY, text.encode(), "sha256")[:16]
    key = "1:" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    rows = _rows("default", GIVEN["inquiry"], p1=f"{{{key}}}")
    if not rows:
        return render(request, "inquiry_form.html", {"form": form, "unknown": True}, status=404)
    return render(request, "inquiry_answer.html", {"answers": [_answer(one) for one in rows]})


def _within_limits(number: str, mobile: str, address: str) -> bool:
    subjects = [address]
    for one in (number, mobile):
        hashed = hmac.new(_KEY, one.encode(), sha256).hexdigest()
        subjects += [f"{hashed}/{address}", hashed]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [int(time.time()) // _HOUR, sorted(subjects)])
        return all(used <= 1_000_000 for (used,) in cursor.fetchall())


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    state = json.loads(row["state"]) if isinstance(row["state"], str) else row["state"]
    steps = json.loads(row["steps"]) if isinstance(row["steps"], str) else row["steps"]
    days = {
        name: date.fromisoformat(state[name]) if state[name] else None
        for name in ("opened_on", "due_on", "decided_on", "expires_on")
    }
    return {
        **days,
        "number": state["number"],
        "words": GIVEN["states"][state["status"]],
        "branch": row["municipality"],
        "changed_at": row["changed_at"],
        "steps": [(GIVEN["states"][status], date.fromisoformat(day)) for _, status, day in steps],
    }


def _for_staff(view: Any) -> Any:
    @wraps(view)
    def admitted(request: HttpRequest) -> HttpResponse:
        if not request.user.is_staff:
            return redirect("/sign-in")
        found: HttpResponse = view(request)
        return found

    return admitted


@_for_staff
def inbox(request: HttpRequest) -> HttpResponse:
    listed, counted = (_rows("reports", one) for one in GIVEN["inbox"])
    now = datetime.now().astimezone()
    rows = [
        {
            **one,
            "kind": GIVEN["categories"][one["category"]],
            "words": GIVEN["report_states"][one["status"]],
            "is_late": one["due_at"] < now,
        }
        for one in listed[:20]
    ]
    context = {"rows": rows, "counts": counted[0], "has_more": len(listed) > 20, **GIVEN["lists"]}
    return render(request, "desk_inbox.html", context)


def _rows(database: str, select: dict[str, Any], **changed: str) -> list[dict[str, Any]]:
    with connections[database].cursor() as cursor:
        cursor.execute(select["sql"], {**select["parameters"], **changed})
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def prepare() -> None:
    """Makes the catalogue of texts, Django's tables, and an officer who has signed in."""
    _write_catalogue()
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTERS)
    officer = User(username="officer", first_name="موظف البلاغات (بيانات تجريبية)", is_staff=True)
    officer.set_unusable_password()
    officer.save()
    session = SessionStore()
    session[SESSION_KEY] = str(officer.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = officer.get_session_auth_hash()
    session.create()
    Path(GIVEN["session_file"]).write_text(session.session_key, "utf-8")


def _write_catalogue() -> None:
    """Writes the Arabic texts of the templates as gettext's compiled catalogue; each text is its own name."""
    pages = [one.read_text("utf-8") for one in TEMPLATES.glob("*.html")]
    names = sorted({text for page in pages for text in _TRANSLATED.findall(page)})
    texts = ["", *names, "Content-Type: text/plain; charset=UTF-8", *names]
    content, table = b"", b""
    for text in (one.encode() for one in texts):
        table += struct.pack("<2I", len(text), 28 + 8 * len(texts) + len(content))
        content += text + b"\0"
    count = len(names) + 1
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0)
    folder = Path(GIVEN["locale"], "ar", "LC_MESSAGES")
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(head + table + content)


def alive(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [path("inquiry", inquiry), path("desk/reports", inbox), path("readyz", alive)]
application = get_wsgi_application()

if __name__ == "__main__":
    prepare()
