"""The one error of this library."""

from typing import Any


class Malformed(ValueError):
    """A text that isn't what it should be. `code` is stable; contracts/problems has its words, and
    `params` fill them: `limit` of `length` is the number of digits that it should have."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
