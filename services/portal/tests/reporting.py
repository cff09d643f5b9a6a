"""The service `reports` as the pages see it, and a browser that files a report."""

from collections.abc import Callable
from typing import Any

from pages.origins import csrf_token
from portal.api.cookies import FORM_COOKIE
from portal.outside.public_reports import Picture
from portal.outside.public_services import PageVisitor
from portal.outside.services import Reply, ServiceAway

OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "https://services.example"}
PHOTO_ID = "0195ff10-4d00-7b22-9d3f-0000000000b1"
JPEG = b"\xff\xd8\xff a photo"
NUMBER = "1448104233"
DETAILS = {
    "description": "حفرة عميقة أمام المدرسة (بيانات تجريبية)",
    "place": "سيهات|النسيم",
    "landmark": "مدرسة",
    "latitude": "26.4834",
    "longitude": "50.0468",
    "name": "علي آل تجربة (بيانات تجريبية)",
    "mobile": "0500000001",
}


def words(ar: str, en: str) -> dict[str, str]:
    return {"ar": ar, "en": en}


def listed(number: str = "1448000001", **changes: Any) -> dict[str, Any]:
    """Returns a report as `reports` shows it to everybody."""
    return {
        "report_number": number,
        "category": "pothole",
        "category_title": words("حفرة", "Pothole"),
        "status": "assigned",
        "status_title": words("محال إلى الإدارة المختصة", "Referred to the department"),
        "tone": "progress",
        "filed_on": "2026-11-25",
        "due_on": "2026-12-06",
        "town": "سيهات",
        "district": "النسيم",
        "landmark": None,
        "description": None,
        "photo": None,
        **changes,
    }


def refusal(*faults: tuple[str, str], slug: str = "invalid-request", status: int = 400) -> Reply:
    """Returns a problem that names fields with their words."""
    errors = [{"field": field, "code": "x", "detail": detail} for field, detail in faults]
    named = {"errors": errors} if errors else {}
    document = {"type": f"https://x/problems/{slug}", "title": "مشكلة", "detail": "فسرها"}
    return Reply(status, {**document, **named})


CODE = "48210937"


class ReportsService:
    """Answers as a test wants, and files one report for each submission. `away`: what it doesn't answer; of `lost` the
    answer gets lost. `meanwhile`: what the person does in a second tab before the next answer to a filing."""

    def __init__(self) -> None:
        self.visitors: list[PageVisitor] = []
        self.previewed: list[dict[str, Any]] = []
        self.uploaded: list[tuple[str, bytes]] = []
        self.filed: dict[str, dict[str, Any]] = {}
        self.away: set[str] = set()
        self.lost: set[str] = set()
        self.refusals: dict[str, Reply] = {}
        self.meanwhile: Callable[[], None] | None = None
        self.similar: list[dict[str, Any]] = []
        self.position: dict[str, float] | None = None
        self.items = [listed()]
        self.query: dict[str, Any] = {}
        self.links: list[tuple[str, str]] = []
        self.inquired: dict[str, Any] | None = None

    def preview(self, visitor: PageVisitor, body: Any) -> Reply:
        self.previewed.append(body)
        preview = {
            "municipality": "saihat",
            "municipality_title": words("بلدية سيهات", "Saihat Municipality"),
            "due_on": "2026-12-06",
            "similar": self.similar,
        }
        return self._answer("preview", visitor, Reply(200, preview))

    def file(self, visitor: PageVisitor, body: Any) -> Reply:
        reply = self.refusals.get("file")
        if reply is None and "file" not in self.away:
            known = self.filed.setdefault(body["submission_id"], dict(body))
            reply = refusal(slug="submission-used", status=409) if known != body else None
        report = {
            **listed(NUMBER),
            "next": words("ستباشر الإدارة المختصة البلاغ.", "The department will attend to it."),
            "mobile_confirmed": False,
        }
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return self._answer("file", visitor, reply or Reply(201, report))

    def inquire(self, visitor: PageVisitor, number: str, code: str) -> Reply:
        """Answers with `inquired` to its code, and with nothing to any other."""
        known = self.inquired if (number, code) == (NUMBER, CODE) else None
        found = Reply(200, known) if known else refusal(slug="report-not-matched", status=404)
        return self._answer("inquire", visitor, found)

    def send_question_link(self, visitor: PageVisitor, number: str, mobile: str) -> Reply:
        self.links.append((number, mobile))
        return self._answer("link", visitor, Reply(204, {}))

    def upload(self, visitor: PageVisitor, name: str, content: bytes) -> Reply:
        if content.startswith(b"\xff\xd8\xff"):
            self.uploaded.append((name, content))
            sent = {
                "attachment_id": f"{PHOTO_ID[:-1]}{len(self.uploaded)}",
                "upload_key": "k" * 22,
                "position": self.position,
            }
            return self._answer("upload", visitor, Reply(201, sent))
        return self._answer("upload", visitor, refusal(("file", "ليس صورة")))

    def list_public(self, visitor: PageVisitor, query: Any) -> Reply:
        self.query = dict(query)
        page = {"items": self.items, "next_cursor": "c2"}
        return self._answer("list", visitor, Reply(200, page))

    def get_public(self, visitor: PageVisitor, number: str) -> Reply:
        missing = Reply(404, {"type": "https://x/problems/not-found", "title": "لا يوجد"})
        found = [Reply(200, one) for one in self.items if one["report_number"] == number]
        return self._answer("get", visitor, (found or [missing])[0])

    def get_photo(self, visitor: PageVisitor, photo_id: str) -> Picture | None:
        self._answer("photo", visitor, Reply(200, {}))
        return Picture(JPEG, "image/jpeg") if photo_id == PHOTO_ID else None

    def _answer(self, what: str, visitor: PageVisitor, reply: Reply) -> Reply:
        self.visitors.append(visitor)
        if what in self.away | self.lost:
            raise ServiceAway("test")
        return self.refusals.get(what, reply)


def step(browser: Any, path: str, form: Any = (), files: Any = None) -> Any:
    """Sends the form of a step, as the page does that the browser has open."""
    if FORM_COOKIE not in browser.cookies:
        browser.get("/report")
    token = csrf_token(browser.cookies[FORM_COOKIE])
    return browser.send(path, {"csrf_token": token, **dict(form)}, OWN, files)


def send_photos(browser: Any, *photos: tuple[str, bytes], action: str = "") -> Any:
    """Sends photos with the first step."""
    files = [("photos", (name, content, "image/jpeg")) for name, content in photos]
    return step(browser, "/report", {"action": action}, files)


def enter(browser: Any, kind: str = "pothole", **changes: Any) -> Any:
    """Chooses a type, and enters the details."""
    step(browser, "/report/kind", {"category": kind})
    return step(browser, "/report/details", {**DETAILS, **changes})


def submit(browser: Any) -> Any:
    """Presses the button that files."""
    return step(browser, "/report/review")
