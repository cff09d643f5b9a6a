"""What the operations of one process share to issue documents."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from documents.issuing.settings import DocumentSettings
from documents.issuing.signing import Signing

if TYPE_CHECKING:
    from chassis.data.db import Database
    from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem
    from documents.issuing.answers import Answers
    from documents.press import Press


class Printing:
    """The keys, the press and the service's answers. Made once per process, after the fork; a service with resources of
    its own extends the class. `answers`: imports the answers at their first use, because `work` needs none."""

    def __init__(
        self, _database: "Database", settings: DocumentSettings, *, answers: "Callable[[], Answers]"
    ) -> None:
        self.answers = answers
        self.signing = Signing(settings.keyrings()["document_key"], settings.documents_base)

    @cached_property
    def press(self) -> "Press":
        """Prints documents. Loaded when the first is asked for: `work` prints none, and the compiler is 80 MB."""
        from documents.press import Press

        return Press()


def page_of_trouble(
    answers: "Callable[[], Answers]",
) -> "Callable[[Problem, ErrorRequest], ErrorAnswer]":
    """Returns the error shape of the pages below `/documents`, for `Service(error_shapes=…)`."""
    return lambda problem, asked: answers().pages.trouble(problem, asked)
