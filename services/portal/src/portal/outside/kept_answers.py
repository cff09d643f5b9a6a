"""Answers that a process keeps for a while, so that many visitors cost one question."""

from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
AnswerT = TypeVar("AnswerT")


class KeptAnswers(Generic[KeyT, AnswerT]):
    """Made once per process. `asks_once`: of several threads that need an answer one asks, and the others wait, because
    the answer is costly. Without it nobody waits for a service that doesn't answer somebody else."""

    def __init__(self, kept_for: timedelta, *, asks_once: bool = False) -> None:
        self._kept_for = kept_for
        self._turn: AbstractContextManager[object] = Lock() if asks_once else nullcontext()
        self._answers: dict[KeyT, tuple[datetime, AnswerT]] = {}

    def read(self, key: KeyT, now: datetime, ask: Callable[[], AnswerT]) -> AnswerT:
        """Returns the answer of a key, at most `kept_for` old. Raises what `ask` raises, and keeps nothing then."""
        with self._turn:
            if key not in (young := self._young_answers(now)):
                self._answers = young = {**young, key: (now, ask())}
            return young[key][1]

    def _young_answers(self, now: datetime) -> dict[KeyT, tuple[datetime, AnswerT]]:
        """Returns the answers that count still. The others are forgotten with the next answer, so that keys of
        visitors fill no memory."""
        return {key: one for key, one in self._answers.items() if now - one[0] < self._kept_for}
