"""What the operations of one process share to issue documents."""

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from documents.issuing.settings import DocumentSettings
from documents.issuing.signing import Signing

if TYPE_CHECKING:
    from chassis.data.db import Database
    from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem
    from documents.issuing.answers import Answers
    from documents.press import Press


class Printing:
    """The keys, the press and the service's answers. Made once per process, after the fork; each service extends the
    class. `answers_module`: the module, by name, that has them as `ANSWERS`."""

    answers_module: ClassVar[str]

    def __init__(self, _database: "Database", settings: DocumentSettings) -> None:
        self.signing = Signing(settings.keyrings()["document_key"], settings.documents_base)

    @classmethod
    def answers(cls) -> "Answers":
        """Returns what the service answers about its documents. Imported at the first use: `work` answers nobody."""
        found: Answers = import_module(cls.answers_module).ANSWERS
        return found

    @cached_property
    def press(self) -> "Press":
        """Prints documents. Loaded when the first is asked for: `work` prints none, and the compiler is 80 MB."""
        from documents.press import Press

        return Press()


def page_of_trouble(
    resources: type[Printing],
) -> "Callable[[Problem, ErrorRequest], ErrorAnswer]":
    """Returns the error shape of the pages below `/documents`, for `Service(error_shapes=…)`."""
    return lambda problem, asked: resources.answers().pages.trouble(problem, asked)
