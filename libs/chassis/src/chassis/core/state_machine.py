"""State machines: which action leads from which status to which. Standard library only: a `domain` may import this
module."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from chassis.core.refusals import IllegalTransition

StatusT = TypeVar("StatusT", bound=str)
ActionT = TypeVar("ActionT", bound=str)


@dataclass(frozen=True)
class StateMachine(Generic[StatusT, ActionT]):
    """The table of one aggregate. `steps`: action → {status before: status after}; an action that keeps the status
    leads to the status it came from. `titles`: action → `{"ar": …, "en": …}`, the name that a refusal offers.
    `prefix` stands before the status in a refusal: the contract's words name a status with its aggregate."""

    steps: Mapping[ActionT, Mapping[StatusT, StatusT]]
    titles: Mapping[ActionT, Mapping[str, str]] = field(default_factory=dict)
    prefix: str = ""

    def after(self, action: ActionT, status: str) -> StatusT:
        """Returns the status after the action. Raises IllegalTransition, which names the actions that are possible."""
        for before, after in self.steps.get(action, {}).items():
            if before == status:
                return after
        titles = (self.titles.get(step) for step in self.possible(status))
        named = (title for title in titles if title is not None)
        raise IllegalTransition(action, f"{self.prefix}{status}", named)

    def possible(self, status: str) -> list[ActionT]:
        """Returns the actions that the status allows, in the order of the table."""
        return [action for action, ways in self.steps.items() if status in ways]
