"""The providers' circuit breakers, in the database: a process that starts knows what the others have found out, and all
of them try a dead provider once per interval, not once each."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from notify.domain import breaker
from notify.domain.breaker import Breaker, Policy
from notify.models import ProviderState


def read(session: Session, providers: Iterable[str]) -> dict[str, Breaker]:
    """The breakers as they are, by provider; one that never failed is closed."""
    names = list(providers)
    rows = session.scalars(
        select(ProviderState)
        .where(ProviderState.provider.in_(names))
        .execution_options(populate_existing=True)
    )
    return {name: Breaker() for name in names} | {row.provider: _breaker(row) for row in rows}


def note(
    session: Session, calls: Sequence[tuple[str, bool]], policy: Policy, now: datetime
) -> None:
    """Counts the outcomes of some calls, in order: (provider, whether it failed). Nothing is written while a provider
    that works goes on working."""
    for name in sorted({provider for provider, _ in calls}):
        outcomes = [failed for provider, failed in calls if provider == name]
        known = read(session, [name])[name]
        if not any(outcomes) and known == Breaker():
            continue
        row = _locked(session, name)
        state = _breaker(row)
        for failed in outcomes:
            state = breaker.failed(state, policy, now) if failed else breaker.succeeded()
        _write(row, state)
    session.flush()


def take(
    session: Session, provider: str, known: Breaker | None, policy: Policy, now: datetime
) -> bool:
    """Whether a message may go to the provider now. The one place of a half-open breaker is taken by it. `known`: the
    breaker as this transaction has read it; while it's closed nothing more is asked of the database."""
    if known is not None and known.closed:
        return True
    row = _locked(session, provider)
    state = _breaker(row)
    if not state.lets_through:
        return False
    _write(row, breaker.took(state, policy, now))
    session.flush()
    return True


def to_probe(
    session: Session, providers: Iterable[str], policy: Policy, now: datetime
) -> list[str]:
    """The providers that this process is to try now; the others see that it does."""
    wanted = []
    for name, state in sorted(read(session, providers).items()):
        if not state.wants_probe(now):
            continue
        row = _locked(session, name)
        state = _breaker(row)
        if state.wants_probe(now):
            _write(row, breaker.probing(state, policy, now))
            wanted.append(name)
    session.flush()
    return wanted


def answered(session: Session, provider: str) -> None:
    """The provider has answered a probe: one message may try."""
    row = _locked(session, provider)
    _write(row, breaker.answered(_breaker(row)))
    session.flush()


def _locked(session: Session, provider: str) -> ProviderState:
    new = insert(ProviderState).values(provider=provider, failures=[], half_open=False)
    session.execute(new.on_conflict_do_nothing())
    statement = select(ProviderState).where(ProviderState.provider == provider)
    return session.scalars(
        statement.with_for_update().execution_options(populate_existing=True)
    ).one()


def _breaker(row: ProviderState) -> Breaker:
    return Breaker(
        failures=tuple(row.failures),
        opened_at=row.opened_at,
        probe_at=row.probe_at,
        half_open=row.half_open,
    )


def _write(row: ProviderState, state: Breaker) -> None:
    row.failures = list(state.failures)
    row.opened_at, row.probe_at, row.half_open = state.opened_at, state.probe_at, state.half_open
