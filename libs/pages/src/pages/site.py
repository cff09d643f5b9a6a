"""A site: the table of its pages, and what happens to each request before and behind a page.

A page is a row of the table and a template. Nothing else answers: a path that isn't in the table is the page «not
found». Before a page runs, the site checks where a form comes from, asks the page's guard who the visitor is, and
compares the form's CSRF token. Behind it, every answer gets the headers of a page.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import flask
import structlog
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_cookie
from werkzeug.urls import iri_to_uri

from chassis.data.failures import UNEXPECTED
from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem, as_problem
from chassis.process import Process
from pages import origins
from pages.assets import mount_assets
from pages.headers import page_headers
from pages.rendering import EMPTY_FRAME, Rendering
from pages.unsent_forms import read_unsent_form
from pages.words import AR, EN, LANGUAGES

_A_YEAR = 31_536_000
_FOREIGN_FORM = "foreign-form"
_LANGUAGE = "language"
# Werkzeug reads a form in pieces of 64 KiB and keeps what is left of the piece before: with less it refuses photos.
# How large a form may be is the matter of its path (`Service.large_forms`).
_FORM_MEMORY = 4 * 65_536

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Page:
    """A row of the table. `guard` names who may see the page; `show` gets the Visit and the parts of the path.

    `is_download`: the answer is a file, and another site's page can't fetch it in a visitor's name.
    """

    name: str
    path: str
    guard: str
    show: Callable[..., flask.Response]
    methods: Sequence[str] = ("GET",)
    is_download: bool = False


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who visits. `secret` binds the forms of the page to the visitor's session; `known` is what the guard found.
    `person`: who it is in every session; nothing for somebody without a sign-in."""

    secret: str = field(repr=False)
    known: Any
    person: str = ""


# Returns the visitor, None on a public page, or the answer that the visitor gets instead of the page.
Guard = Callable[["Visit"], Visitor | flask.Response | None]


@dataclass(frozen=True, kw_only=True)
class Site:
    """The pages of a service. `public_url`: where browsers reach the site. `beyond`: origins to which a form of ours
    may lead by a redirect, because Chromium applies `form-action` to redirects too. `unsaved`: inputs that aren't given
    back with the rest of a form. `frame` returns what every page shows around its content (`area`, `nav`, `person`,
    `sign_out`, and `find`, a search by number)."""

    process: Process[Any, Any] | None
    table: Sequence[Page]
    guards: Mapping[str, Guard]
    templates: str
    texts: Sequence[Path]
    public_url: str
    beyond: Sequence[str] = ()
    unsaved: Collection[str] = ()
    frame: Callable[["Visit"], Mapping[str, Any]] = lambda _visit: {}

    @cached_property
    def rendering(self) -> Rendering:
        """Returns the templates and words of the site, which are read once."""
        return Rendering(self.templates, self.texts)

    def mount(self, app: flask.Flask) -> None:
        """Adds the pages, the sheet and the fonts to a service's Flask. Raises ValueError for an unknown guard."""
        if unknown := {page.guard for page in self.table} - {PUBLIC, *self.guards}:
            raise ValueError(f"unknown guards: {', '.join(sorted(unknown))}")
        app.config["MAX_FORM_MEMORY_SIZE"] = _FORM_MEMORY
        for page in self.table:
            app.add_url_rule(
                page.path,
                f"page.{page.name}",
                _view(self, page),
                methods=page.methods,
            )
        missing = Page("not_found", "/<path:path>", PUBLIC, _not_found)
        app.add_url_rule(missing.path, "page.not_found", _view(self, missing))
        mount_assets(app)

    def error_shape(self, problem: Problem, asked: ErrorRequest) -> ErrorAnswer:
        """Returns the page of an error that no page answered: a body that's too large, a wrong method."""
        language, _ = _language_of(dict(parse_qsl(asked.query)), parse_cookie(asked.cookie))
        # There's no page at the address of a form: words about methods and headers help nobody who opens it.
        shown = Problem("not-found") if problem.status == 405 else problem
        html = self.rendering.error_page(shown, language)
        return html.encode(), problem.status, _headers(self, language)


PUBLIC = "public"


class Visit:
    """One request for a page. `source` is the address that it comes from, for limits."""

    def __init__(self, site: Site, page: Page) -> None:
        self.page = page
        self.site = site
        self.now = datetime.now(UTC)
        self.query = flask.request.args
        self.cookies = flask.request.cookies
        self.path = flask.request.path
        self.source: str = flask.request.environ["asgi.scope"]["chassis.address"]
        self.language, self._asked_language = _language_of(self.query, self.cookies)
        self.visitor: Visitor | None = None
        self._rendering = site.rendering

    @property
    def process(self) -> Process[Any, Any]:
        """Returns the process that answers. Only the pages of errors have none."""
        if self.site.process is None:
            raise LookupError("the site answers errors only")
        return self.site.process

    @property
    def form(self) -> ImmutableMultiDict[str, str]:
        """Returns what the form sends. The first look reads the form, so it comes behind the guard: photos may arrive
        slowly."""
        return flask.request.form

    @property
    def known(self) -> Any:
        """Returns what the page's guard knows of the visitor."""
        if self.visitor is None:
            raise LookupError(f"{self.page.name} is public and has no visitor")
        return self.visitor.known

    @property
    def address(self) -> str:
        """Returns path and query, without the language."""
        return self.address_with()

    def address_with(self, **changes: str | None) -> str:
        """Returns the page's address with other parameters; one of None is left out."""
        kept = {name: self.query[name] for name in self.query if name != "lang"}
        query = {name: one for name, one in {**kept, **changes}.items() if one is not None}
        return f"{self.path}?{urlencode(query)}" if query else self.path

    def text(self, key: str, **values: Any) -> str:
        """Returns a text of the site in the page's language."""
        return self._rendering.words.text(self.language, key, **values)

    def count(self, key: str, count: int) -> str:
        """Returns the form of a text of the page's language that fits the number."""
        return self._rendering.words.count(self.language, key, count)

    def words_of(self, list_name: str, code: str) -> str:
        """Returns the words of a service's code, or the code where the texts don't know it."""
        return self._rendering.words.of_code(self.language, list_name, code)

    def render(
        self,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        has_script: bool = False,
        **context: Any,
    ) -> flask.Response:
        """Renders a page of this visit. `has_script`: its template has a script of ours. A page whose address says
        that a form was carried out has the script that takes this out of the address."""
        says_done = "done" in self.query
        frame = {**self._frame(), "says_done": says_done}
        html = self._rendering.render(template, self.language, **{**frame, **context})
        own = {**_headers(self.site, self.language, has_script or says_done), **(headers or {})}
        return self._finish(flask.Response(html, status, own))

    def show_problem(self, problem: Problem) -> flask.Response:
        """Renders the page of an error. A form that is outdated, as after a sign-in in another tab, can be sent again
        from there by the same person, or the page leads back to the form's."""
        is_outdated = problem.slug == _FOREIGN_FORM and self._has_own_form()
        if is_outdated and self.has_form_of_visitor() and (page := self.show_unsent_form()):
            return page
        form_page = self._form_page() if is_outdated else None
        html = self._rendering.error_page(
            problem, self.language, form_page=form_page, **self._frame()
        )
        named = {name: text for name, text in problem.headers.items() if name == "Retry-After"}
        return self._finish(flask.Response(html, problem.status, {**self._headers(), **named}))

    def show_unsent_form(self, *, sign_in: str | None = None) -> flask.Response | None:
        """Renders what the form carried, to be sent again; None where that isn't worth while, or can't be shown.
        `sign_in`: the address of the sign-in that has to come before; without it the visitor is signed in."""
        unsent = read_unsent_form(flask.request, self.site.unsaved)
        if unsent is None:
            return None
        return self.render(
            "unsent_form.html",
            status=403,
            unsent=unsent,
            action=self.address,
            form_page=origins.path_on_site(unsent.form_page) or self._form_page(),
            sign_in=sign_in,
        )

    def has_form_of_visitor(self) -> bool:
        """Returns whether the form was made for the visitor, in any session. Reads no form for nobody."""
        person = self.visitor.person if self.visitor else ""
        return bool(person) and origins.is_form_of(self.form.get("csrf_token", ""), person)

    def see_other(self, address: str) -> flask.Response:
        """Leads the browser to another page, by GET."""
        response = flask.Response(status=303, headers={**self._headers(), "Location": address})
        del response.headers["Content-Type"]
        return self._finish(response)

    def reopen(self) -> flask.Response:
        """Has the browser open the page once more, from this site. A page to which the redirect of another site led, as
        after a sign-in, stays whole in Chromium's memory in spite of `no-store`: «Back» would show it after a
        sign-out. This answer names nobody."""
        self.visitor = None
        refresh = {"Refresh": f"0; url={iri_to_uri(self.address)}"}
        return self.render("reopened.html", headers=refresh, address=self.address)

    def send_picture(self, content: bytes, media_type: str) -> flask.Response:
        """Sends a picture for a page of ours."""
        return flask.Response(content, 200, {**self._headers(), "Content-Type": media_type})

    def send_file(self, content: bytes, name: str, media_type: str) -> flask.Response:
        """Sends a file to be saved. `name` is ASCII."""
        disposition = f'attachment; filename="{name}"'
        headers = {
            **self._headers(),
            "Content-Type": media_type,
            "Content-Disposition": disposition,
        }
        return flask.Response(content, 200, headers)

    def _has_own_form(self) -> bool:
        """Returns whether the request sends a form of ours."""
        is_form = flask.request.method == "POST"
        return is_form and origins.is_own(flask.request.headers, self.site.public_url)

    def _form_page(self) -> str | None:
        """Returns the page on which the form stood, as far as the browser says."""
        return origins.own_path(flask.request.headers.get("Referer", ""), self.site.public_url)

    def _frame(self) -> dict[str, Any]:
        is_page = "GET" in self.page.methods
        return {
            **EMPTY_FRAME,
            "toggle": self.address_with(lang=EN if self.language == AR else AR)
            if is_page
            else None,
            "here": self.page.name,
            "csrf_token": self._csrf_token(),
            **self.site.frame(self),
        }

    def _csrf_token(self) -> str:
        if self.visitor is None:
            return ""
        return origins.csrf_token(self.visitor.secret, self.visitor.person)

    def _headers(self) -> dict[str, str]:
        return _headers(self.site, self.language)

    def _finish(self, response: flask.Response) -> flask.Response:
        """Keeps the language that the visitor has just chosen."""
        if self._asked_language:
            response.set_cookie(
                _LANGUAGE,
                self.language,
                max_age=_A_YEAR,
                secure=True,
                httponly=True,
                samesite="Lax",
            )
        return response


def _headers(site: Site, language: str, has_script: bool = False) -> dict[str, str]:
    """The referrer stays within the site. Without any referrer browsers would send `Origin: null` with our own
    forms."""
    return {
        **page_headers(language, beyond=site.beyond, has_script=has_script),
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Vary": "Cookie",
    }


def _view(site: Site, page: Page) -> Callable[..., flask.Response]:
    """Returns the page as Flask calls it."""

    def view(**parts: str) -> flask.Response:
        flask.request.environ["asgi.scope"]["chassis.page"] = page.name
        visit = Visit(site, page)
        try:
            return _admit(visit, parts)
        except Exception as error:
            return visit.show_problem(_as_page_problem(error))

    return view


def _admit(visit: Visit, parts: Mapping[str, str]) -> flask.Response:
    """Lets a visitor through to the page, or answers instead."""
    page, headers = visit.page, flask.request.headers
    if any("\0" in one for one in visit.query.values()):  # PostgreSQL takes none
        raise Problem("not-found")
    is_form = flask.request.method == "POST"
    if is_form and not origins.is_own(headers, visit.site.public_url):
        raise Problem(_FOREIGN_FORM)
    if page.is_download and origins.is_from_elsewhere(headers):
        raise Problem(_FOREIGN_FORM)
    if page.guard != PUBLIC:
        found = visit.site.guards[page.guard](visit)
        if isinstance(found, flask.Response):
            return found
        visit.visitor = found
    if is_form:
        secret = visit.visitor.secret if visit.visitor else ""
        if not secret or not origins.is_csrf_token(visit.form.get("csrf_token", ""), secret):
            raise Problem(_FOREIGN_FORM)
    return page.show(visit, **parts)


def _as_page_problem(error: Exception) -> Problem:
    if isinstance(error, HTTPException):
        if error.code == 413:
            return Problem("body-too-large", params={"limit": _FORM_MEMORY})
        return Problem("not-found" if error.code == 404 else "invalid-request")
    problem = as_problem(error)
    if problem.slug == "internal-error":
        UNEXPECTED.labels("http").inc()
        log.error("page.broken", error=type(error).__name__, exc_info=error)
    return problem


def _language_of(query: Mapping[str, str], cookies: Mapping[str, str]) -> tuple[str, bool]:
    """Returns the language, and whether the visitor has just asked for it. Arabic unless a visitor chose English."""
    asked = query.get("lang")
    if asked in LANGUAGES:
        return asked, True
    return (EN if cookies.get(_LANGUAGE) == EN else AR), False


def _not_found(visit: Visit, path: str) -> flask.Response:
    del path
    return visit.show_problem(Problem("not-found"))
