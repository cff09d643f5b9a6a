"""The refusal of content. By itself, so that the process that judges PDFs loads no decoder of pictures."""

from typing import Any

from chassis.core.refusals import Fault


class Unacceptable(Exception):
    """Content that isn't kept, with the code of the fault for the person who sent it."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params

    def fault(self, field: str) -> Fault:
        """Returns the fault of the field that brought the content."""
        return Fault(field, self.code, self.params)
