"""Limits for one address, counted before anything of a request is verified or read."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware

from chassis.access.quotas import Demand, Policy
from chassis.process import Process


class LimitedOperation:
    """An operation that an address may ask for so many times."""

    def __init__(
        self, next_app: Any, policies: Sequence[Policy], process: Process[Any, Any]
    ) -> None:
        self._next_app = next_app
        self._policies = policies
        self._process = process

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._policies:
            demands = [Demand(policy, scope["chassis.address"]) for policy in self._policies]
            self._process.quotas.charge(demands, now=time.time())
        await self._next_app(scope, receive, send)


def step(process: Process[Any, Any]) -> type[RoutedMiddleware[Any]]:
    """Returns the step in front of Connexion's SecurityMiddleware."""
    named = process.service.address_limits
    limits: Mapping[str, Sequence[Policy]] = named(process.settings) if named else {}

    class LimitsAPI(RoutedAPI[LimitedOperation]):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.add_paths()

        def make_operation(self, operation: Any) -> LimitedOperation:
            policies = limits.get(operation.operation_id, ())
            return LimitedOperation(self.next_app, policies, process)

    class LimitsMiddleware(RoutedMiddleware[LimitsAPI]):  # type: ignore[misc]
        api_cls = LimitsAPI

    return LimitsMiddleware
