"""Waiting for the first decision on an application: many requests look together, and none holds a thread."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from chassis.access.auth import Caller
from chassis.data.db import Database
from chassis.fast.batching import Loader, Pause
from partner_gateway.domain.applications import ISSUED, SUBMITTED
from partner_gateway.models import Licence, LicenceApplication

FIRST_LOOK, SLOWEST_LOOK = 0.05, 0.4


@dataclass(frozen=True)
class Decision:
    """An application that is no longer just submitted or corrected, and the licence if it was issued."""

    application: LicenceApplication
    licence: Licence | None


class Decisions:
    """The decisions of the applications that the requests in hand wait for, in one round trip."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loader: Loader[str, Decision | None] = Loader(self._read)

    async def wait(self, caller: Caller, application_id: str, seconds: float) -> Decision | None:
        """The decision, or None when it isn't there in time. Where nothing can wait it's looked for once."""
        until, pause = time.monotonic() + seconds, FIRST_LOOK
        while True:
            found = await self._loader.load(application_id)
            left = until - time.monotonic()
            if found is not None or left <= 0:
                return found
            began = time.monotonic()
            pause = min(pause, left)
            await Pause(caller, _never, pause)
            if time.monotonic() - began < pause / 2:
                return None
            pause = min(pause * 1.5, SLOWEST_LOOK)

    def _read(self, application_ids: Sequence[str]) -> list[Decision | None]:
        rows = (
            select(LicenceApplication, Licence)
            .outerjoin(Licence, Licence.licence_no == LicenceApplication.licence_no)
            .where(LicenceApplication.application_id.in_(application_ids))
        )
        with self._database.transaction() as session:
            found = {one.application_id: (one, licence) for one, licence in session.execute(rows)}
        return [_decision(*found.get(one, (None, None))) for one in application_ids]


def _decision(application: LicenceApplication | None, licence: Licence | None) -> Decision | None:
    if application is None or not application.version or application.status == SUBMITTED:
        return None
    if application.corrected_version == application.version:
        return (
            None  # this state is what was corrected; what becomes of the correction isn't known yet
        )
    if application.status == ISSUED and application.request != "cancel" and licence is None:
        return None  # its licence is on its way, on another topic
    return Decision(application, licence if application.status == ISSUED else None)


def _never() -> bool:
    return False
