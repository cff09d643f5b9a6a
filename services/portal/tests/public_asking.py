"""The services that everybody may ask, as the pages see them."""

from collections.abc import Mapping
from typing import Any

from reporting import step

from chassis.core import contracts
from portal.outside.public_services import PageVisitor
from portal.outside.services import FileReply, Reply, ServiceAway


def example(service: str, name: str) -> Any:
    """Returns an example of a service's contract."""
    return contracts.openapi(service)["components"]["examples"][name]["value"]


def refusal(slug: str, *faults: tuple[str, str], status: int = 409, **more: Any) -> Reply:
    """Returns a problem, with the fields that it names."""
    errors = [{"field": field, "code": "x", "detail": detail} for field, detail in faults]
    named = {"errors": errors} if errors else {}
    document = {"type": f"https://x/problems/{slug}", "title": "مشكلة", "detail": "فسرها"}
    return Reply(status, {**document, **named, **more})


def press_twice(
    browser: Any, service: Any, path: str, address: str, form: Mapping[str, str]
) -> Any:
    """Presses a button that has the service send a code twice at once. Returns the answer to the press that the service
    refused; the code of the other press was noted while that press waited for the service."""
    post = service.post

    def refuse(visitor: Any, asked: str, body: Any, **once: Any) -> Any:
        if asked != path:
            return post(visitor, asked, body, **once)
        service.post = post
        step(browser, address, form)
        return refusal("too-many-requests", status=429)

    service.post = refuse
    return step(browser, address, form)


class PublicServiceStandIn:
    """Answers as a test wants: `replies` by path; None is a service that's away. `asked` are the questions that it got,
    `keys` what stood beside the entries."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply | FileReply | None] = {}
        self.asked: list[tuple[str, Any]] = []
        self.keys: list[str | None] = []
        self.visitors: list[PageVisitor] = []

    def get(self, visitor: PageVisitor, path: str, query: Any = None) -> Any:
        return self._answer(visitor, path, query)

    def post(self, visitor: PageVisitor, path: str, body: Any, *, once: str | None = None) -> Any:
        self.keys.append(once)
        return self._answer(visitor, path, body)

    def get_file(self, visitor: PageVisitor, path: str) -> FileReply:
        found = self._answer(visitor, path, None)
        return found if isinstance(found, FileReply) else FileReply(b"", "", found)

    def post_for_file(self, visitor: PageVisitor, path: str, body: Any) -> FileReply:
        found = self._answer(visitor, path, body)
        return found if isinstance(found, FileReply) else FileReply(b"", "", found)

    def bodies(self, path: str) -> list[Any]:
        """Returns what was sent to a path."""
        return [content for asked, content in self.asked if asked == path]

    def _answer(self, visitor: PageVisitor, path: str, content: Any) -> Any:
        self.visitors.append(visitor)
        self.asked.append((path, content))
        found = self.replies.get(path, refusal("not-found", status=404))
        if found is None:
            raise ServiceAway("test")
        return found
