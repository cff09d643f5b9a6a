"""The providers' circuit breakers, stored in the database.

A process that starts knows the failures that other processes found, and all processes together probe a dead provider
once per interval."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.data.lock_order import note_lock
from notify.domain import breaker
from notify.domain.breaker import Breaker, Policy
from notify.models import ProviderState

_STATES = (
    select(ProviderState)
    .where(ProviderState.provider.in_(bindparam("names", expanding=True)))
    .execution_options(populate_existing=True)
)


def read(session: Session, providers: Iterable[str]) -> dict[str, Breaker]:
    """Returns the breakers by provider. The breaker of a provider that never failed is closed."""
    names = list(providers)
    rows = session.scalars(_STATES, {"names": names})
    return {name: Breaker() for name in names} | {row.provider: _breaker_of(row) for row in rows}


def lock_unsettled(
    session: Session, providers: Iterable[str], *, failed: bool = False
) -> dict[str, Breaker]:
    """Returns the breakers by provider, as `read` does. Locks all their rows in the order of their names if a call has
    `failed` or a breaker isn't as new: what follows in the transaction changes several of them in whatever order the
    calls came. Working providers cost no lock."""
    names = sorted(providers)
    known = read(session, names)
    if not failed and all(one == Breaker() for one in known.values()):
        return known
    return {name: _breaker_of(_lock_state(session, name)) for name in names}


def count_outcomes(
    session: Session,
    known: Mapping[str, Breaker],
    calls: Sequence[tuple[str, bool]],
    policy: Policy,
    now: datetime,
) -> dict[str, Breaker]:
    """Counts the outcomes of calls, in order: (provider, whether the call failed). Writes nothing while a working
    provider goes on working. `known`: the breakers that `lock_unsettled` returned. Returns them as they are now."""
    states = dict(known)
    for name in sorted({provider for provider, _ in calls}):
        outcomes = [failed for provider, failed in calls if provider == name]
        if not any(outcomes) and known[name] == Breaker():
            continue
        row = _lock_state(session, name)
        state = _breaker_of(row)
        for failed in outcomes:
            state = breaker.after_failure(state, policy, now) if failed else breaker.after_success()
        _write_state(row, state)
        states[name] = state
    session.flush()
    return states


def admit_message(
    session: Session, provider: str, known: Breaker | None, policy: Policy, now: datetime
) -> bool:
    """Returns whether a message may go to the provider now. The message takes the only place of a half-open breaker.
    `known`: the breaker that this transaction has read. A closed `known` breaker costs no statement."""
    if known is not None and known.closed:
        return True
    row = _lock_state(session, provider)
    state = _breaker_of(row)
    if not state.lets_through:
        return False
    _write_state(row, breaker.after_admission(state, policy, now))
    session.flush()
    return True


def choose_probes(
    session: Session, known: Mapping[str, Breaker], policy: Policy, now: datetime
) -> list[str]:
    """Returns the providers that this process probes now, and keeps other processes from probing them. `known`: the
    breakers that `lock_unsettled` returned."""
    chosen = []
    for name, state in sorted(known.items()):
        if not state.wants_probe(now):
            continue
        row = _lock_state(session, name)
        state = _breaker_of(row)
        if state.wants_probe(now):
            _write_state(row, breaker.after_probe_start(state, policy, now))
            chosen.append(name)
    session.flush()
    return chosen


def note_answer(session: Session, provider: str) -> None:
    """Notes that the provider has answered a probe: one message may try."""
    row = _lock_state(session, provider)
    _write_state(row, breaker.after_probe_answer(_breaker_of(row)))
    session.flush()


def _lock_state(session: Session, provider: str) -> ProviderState:
    new = insert(ProviderState).values(provider=provider, failures=[], half_open=False)
    session.execute(new.on_conflict_do_nothing())
    statement = select(ProviderState).where(ProviderState.provider == provider)
    note_lock(session, ProviderState.__tablename__)
    return session.scalars(
        statement.with_for_update().execution_options(populate_existing=True)
    ).one()


def _breaker_of(row: ProviderState) -> Breaker:
    return Breaker(
        failures=tuple(row.failures),
        opened_at=row.opened_at,
        probe_at=row.probe_at,
        half_open=row.half_open,
    )


def _write_state(row: ProviderState, state: Breaker) -> None:
    row.failures = list(state.failures)
    row.opened_at, row.probe_at, row.half_open = state.opened_at, state.probe_at, state.half_open
