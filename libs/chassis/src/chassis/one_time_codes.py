"""One-time codes by SMS (ADR 73): six digits for a few minutes and a few tries prove that a person holds a mobile.

The service draws the code and keeps a keyed hash of the digits. The digits travel to `notify` inside the sealed block
`contacts` of an event on the topic `<service>.code`, and stand nowhere else. A code for nobody (`reaches=False`) costs
the same work and leaves the same rows as a code that reaches a telephone, so neither answer nor time tells whether the
service knows the mobile.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.access.quotas import Demand, Policy, Quotas
from chassis.core import codes
from chassis.core.cloudevents import Event
from chassis.core.codes import CodeState, Verdict
from chassis.core.context import Context
from chassis.core.ids import new_id
from chassis.core.settings import between
from chassis.core.times import rfc3339
from chassis.data.sealed import ColumnSettings, keys_of
from chassis.events.contacts import Contact, ContactSettings, contacts_of
from chassis.events.outbox import publish

HOLDER, NOBODY = "holder", "nobody"
MINUTE, HOUR, DAY = 60, 3_600, 86_400
_PUT = text(
    """INSERT INTO one_time_code (holder, code_id, digits, tries, expires_at)
    VALUES (:holder, :code_id, :digits, 0, :expires_at)
    ON CONFLICT (holder) DO UPDATE SET code_id = EXCLUDED.code_id, digits = EXCLUDED.digits, tries = 0,
        expires_at = EXCLUDED.expires_at"""
)
_FIND = text(
    "SELECT holder, code_id::text, digits, tries, expires_at FROM one_time_code WHERE holder = ANY(:holders) FOR UPDATE"
)
_COUNT_TRY = text("UPDATE one_time_code SET tries = tries + 1 WHERE holder = :holder")
_DROP = text("DELETE FROM one_time_code WHERE holder = ANY(:holders)")
_FORGET = text("DELETE FROM one_time_code WHERE expires_at < :before")


@dataclass(frozen=True, kw_only=True)
class OneTimeCodeSettings(ColumnSettings, ContactSettings):
    """`code_seconds`: how long a code is good, as the text of the template `code` says. `code_tries`: wrong tries that
    end a code. Limits of a mobile: `code_again_seconds` between two codes, `codes_per_mobile_hour` and `…_day`,
    `code_tries_per_mobile` an hour over all its codes from one address, so that nobody uses up another person's tries.
    Limits an hour: `codes_per_address`, and `codes_in_all` of the codes that reach a telephone, so that nobody has the
    municipality send texts all day."""

    code_seconds: int = 300
    code_tries: int = 5
    code_again_seconds: int = 60
    codes_per_mobile_hour: int = 5
    codes_per_mobile_day: int = 10
    code_tries_per_mobile: int = 30
    codes_per_address: int = 60
    codes_in_all: int = 5_000

    CHECKS = {
        "code_seconds": between(60, 900),
        "code_tries": between(1, 10),
        "code_again_seconds": between(1),
        "codes_per_mobile_hour": between(1),
        "codes_per_mobile_day": between(1),
        "code_tries_per_mobile": between(1),
        "codes_per_address": between(1),
        "codes_in_all": between(1),
    }


@dataclass(frozen=True)
class CodeHolder:
    """The binding of a code: its purpose, the thing that the purpose is about, and the mobile in E.164.

    `is_guessed`: the thing's number may be a guess, and a wrong one sends no text. The limits of such codes count for
    thing and mobile together: else anybody locks a mobile out by naming it beside any number."""

    purpose: str
    about: str
    mobile: str = field(repr=False)
    is_guessed: bool = False

    @property
    def text(self) -> str:
        """Returns the text that is hashed."""
        return f"code|{self.purpose}|{self.about}|{self.mobile}"


@dataclass(frozen=True)
class SentCode:
    """What everybody reads who asks for a code."""

    expires_at: datetime
    resend_after: datetime

    def record(self) -> dict[str, str]:
        """Returns the moments for an answer."""
        return {
            "expires_at": rfc3339(self.expires_at),
            "resend_after": rfc3339(self.resend_after),
        }


@dataclass(frozen=True)
class Attempt:
    """The verdict on a try, and the number of tries left."""

    verdict: Verdict
    left: int


@dataclass(frozen=True)
class DrawnCode:
    """A new code, whose digits go into the text and nowhere else."""

    code_id: str
    digits: str = field(repr=False)
    expires_at: datetime


class KeptCodes:
    """The codes of a database, in one transaction. `OneTimeCodes` sends them by events; `notify` sends them itself."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def draw(self, holder: CodeHolder, *, seconds: int, now: datetime) -> DrawnCode:
        """Replaces the holder's code by a new one."""
        digits = codes.new_code(secrets.randbelow)
        code = DrawnCode(new_id(), digits, now + timedelta(seconds=seconds))
        current, *earlier = _hashes(self._session, holder.text)
        if earlier:  # a code that was drawn before the key changed
            self._session.execute(_DROP, {"holders": earlier})
        values = {
            "holder": current,
            "code_id": code.code_id,
            "digits": _hashes(self._session, f"{code.code_id}/{digits}")[0],
            "expires_at": code.expires_at,
        }
        self._session.execute(_PUT, values)
        return code

    def check(self, holder: CodeHolder, digits: str, *, most_tries: int, now: datetime) -> Attempt:
        """Returns the verdict, and uses up a right code. A wrong code raises nothing: its try has to be committed."""
        holders = list(_hashes(self._session, holder.text))
        found = self._session.execute(_FIND, {"holders": holders}).first()
        if found is None:
            self._is_right(new_id(), "", digits)  # takes the same time
            return Attempt(Verdict.OVER, 0)
        right = self._is_right(found.code_id, found.digits, digits)
        state = CodeState(found.expires_at, found.tries)
        verdict = codes.judge(state, right=right, most_tries=most_tries, now=now)
        if verdict is Verdict.RIGHT:
            self._session.execute(_DROP, {"holders": [found.holder]})
        if verdict is Verdict.WRONG:
            self._session.execute(_COUNT_TRY, {"holder": found.holder})
        return Attempt(verdict, most_tries - found.tries - 1 if verdict is Verdict.WRONG else 0)

    def _is_right(self, code_id: str, known: str, digits: str) -> bool:
        hashes = _hashes(self._session, f"{code_id}/{digits}")
        return any(hmac.compare_digest(known, one) for one in hashes)


def _hashes(session: Session, value: str) -> Sequence[str]:
    """Returns the keyed hashes of a value, the current key's first."""
    return keys_of(session).index.keys(value)


class OneTimeCodes:
    """The codes of one service, in one transaction."""

    def __init__(self, session: Session, service: str, settings: OneTimeCodeSettings) -> None:
        self._session, self._service, self._settings = session, service, settings
        self._kept = KeptCodes(session)

    def charge_code(
        self, quotas: Quotas, holder: CodeHolder, address: str, now: datetime, *, reaches: bool
    ) -> None:
        """Charges the mobile, the address and the service one code. Raises LimitReached.

        Call this before the code is sent: quotas use transactions of their own. `reaches`: as for `send`. A code for
        nobody is charged to its mobile in place of the service, which costs the same work: else wrong numbers would
        use up the codes of everybody."""
        limits, subject = self._settings, self._payer_of(holder)
        of_mobile = (
            Policy("code-again", 1, limits.code_again_seconds, step=1),
            Policy("codes-in-hour", limits.codes_per_mobile_hour, HOUR, step=MINUTE),
            Policy("codes-in-day", limits.codes_per_mobile_day, DAY, step=HOUR),
        )
        of_address = Policy("codes-of-address", limits.codes_per_address, HOUR, step=MINUTE)
        in_all = Policy("codes-in-all", limits.codes_in_all, HOUR, step=MINUTE)
        demands = [Demand(of_address, address), *(Demand(one, subject) for one in of_mobile)]
        payer = self._service if reaches else subject
        quotas.charge([*demands, Demand(in_all, payer)], now=now.timestamp())

    def charge_try(self, quotas: Quotas, mobile: str, address: str, now: datetime) -> None:
        """Charges the mobile one try from the address, over all its codes. Raises LimitReached."""
        policy = Policy("code-tries", self._settings.code_tries_per_mobile, HOUR, step=MINUTE)
        subject = _hashes(self._session, f"code|{mobile}|{address}")[0]
        quotas.charge([Demand(policy, subject)], now=now.timestamp())

    def send(self, holder: CodeHolder, *, reaches: bool, language: str, now: datetime) -> SentCode:
        """Replaces the holder's code by a new one and publishes its event. `reaches`: the code goes to the telephone;
        else nobody gets the code, and every other step is the same."""
        code = self._kept.draw(holder, seconds=self._settings.code_seconds, now=now)
        role = HOLDER if reaches else NOBODY
        contact = Contact(role=role, mobile=holder.mobile, language=language, token=code.digits)
        publish(self._session, self._event(code, holder.purpose, contact, now))
        again = timedelta(seconds=self._settings.code_again_seconds)
        return SentCode(code.expires_at, now + again)

    def check(self, holder: CodeHolder, digits: str, *, now: datetime) -> Attempt:
        """Returns the verdict, and uses up a right code. A wrong code raises nothing: its try has to be committed."""
        return self._kept.check(holder, digits, most_tries=self._settings.code_tries, now=now)

    def _event(self, code: DrawnCode, purpose: str, contact: Contact, now: datetime) -> Event:
        return Event(
            type=f"sa.gov.qatif.{self._service}.code.requested.v1",
            topic=f"{self._service}.code",
            aggregate_type="code",
            aggregate_id=code.code_id,
            version=1,
            data={
                "code_id": code.code_id,
                "purpose": purpose,
                "expires_at": rfc3339(code.expires_at),
                "contacts": contacts_of(self._session).seal(code.code_id, [contact]),
            },
            time=now,
        )

    def _payer_of(self, holder: CodeHolder) -> str:
        paid = holder.text if holder.is_guessed else f"code|{holder.mobile}"
        return _hashes(self._session, paid)[0]


@dataclass(frozen=True)
class CodeDesk:
    """Sends and checks codes, and charges each to the mobile and to the address from which the request comes."""

    codes: OneTimeCodes
    quotas: Quotas
    address: str

    def send(self, holder: CodeHolder, *, reaches: bool, language: str, now: datetime) -> SentCode:
        """Raises LimitReached."""
        self.codes.charge_code(self.quotas, holder, self.address, now, reaches=reaches)
        return self.codes.send(holder, reaches=reaches, language=language, now=now)

    def check(self, holder: CodeHolder, digits: str, now: datetime) -> Attempt:
        """Raises LimitReached."""
        self.codes.charge_try(self.quotas, holder.mobile, self.address, now)
        return self.codes.check(holder, digits, now=now)


def forget_old(context: Context[Any, Any]) -> None:
    """Deletes the codes that are over. A chore."""
    context.session.execute(_FORGET, {"before": context.now})
