"""Chores of `work`: sign roots over the record, set gauges, delete what has been kept long enough."""

from datetime import timedelta

import structlog

from chassis.core import contracts, metrics
from chassis.data.unit_of_work import UnitOfWork
from partner_gateway.api.visits import EXAMINATION
from partner_gateway.commands import entries as company
from partner_gateway.commands import examinations, feed_changes
from partner_gateway.context import Context
from partner_gateway.domain.entries import INSULATION, SUPPLY
from partner_gateway.feed import sequencer
from partner_gateway.queries import partners
from partner_gateway.queries.partners import waiting_examinations as entered
from partner_gateway.queries.permits import as_of
from partner_gateway.record.accesses import searchers_of_many
from partner_gateway.webhooks import commands, reads
from partner_gateway.webhooks.rules import SYSTEM
from saudi.days import legal_day

log = structlog.get_logger(__name__)

SUSPECTS = metrics.gauge(
    "civil_id_search_suspects", "Employees who searched for too many people within an hour"
)
FEED_LATE = metrics.gauge("feed_late_seconds", "Age of the oldest change without a place")
WEBHOOKS = metrics.gauge("webhooks", "Webhooks by their state", ["state"])
FAILING = metrics.gauge("webhooks_failing", "Active webhooks whose last delivery failed")
UNTOLD = metrics.gauge("webhook_oldest_untold_seconds", "Age of the oldest change that waits")
OPEN_DAYS = metrics.gauge(
    "followed_days_open", "Days before today that have no reconciliation file yet"
)
UNANSWERED = metrics.gauge(
    "partner_entries_unanswered",
    "Entries of partners and medical centres without an answer",
    ["area"],
)
OLDEST_UNANSWERED = metrics.gauge(
    "partner_entry_oldest_unanswered_seconds", "Age of the oldest entry without an answer"
)
DELIVERIES_KEPT = timedelta(days=30)


def sign_root(context: Context) -> None:
    """Signs a root over the record, once a minute."""
    from partner_gateway.record.audit import sign_root

    sign_root(context.session, context.settings.audit_secret, context.now)


def watch_searches(context: Context) -> None:
    """Sets the gauge of employees who searched for too many people."""
    SUSPECTS.set(len(searchers_of_many(context.session, context.settings.civil_ids_per_hour_alarm)))


def watch_feed(context: Context) -> None:
    """Sets the gauges of feed and webhooks."""
    FEED_LATE.set(sequencer.late_seconds(context.session))
    health = reads.health(context.session, context.now)
    WEBHOOKS.clear()
    for state, count in health.states.items():
        WEBHOOKS.labels(state).set(count)
    FAILING.set(health.failing)
    UNTOLD.set(health.oldest_untold_seconds)


def watch_entries(context: Context) -> None:
    """Sets the gauges of what partners and medical centres entered."""
    waiting = partners.waiting_entries(context.session, context.now)
    for area in (INSULATION, SUPPLY):
        UNANSWERED.labels(area).set(waiting.counts.get(area, 0))
    count, since = entered(context.session)
    UNANSWERED.labels(EXAMINATION).set(count)
    examined = max(0.0, (context.now - since).total_seconds()) if since else 0.0
    OLDEST_UNANSWERED.set(max(waiting.oldest_seconds, examined))


def empty_entries(context: Context) -> None:
    """Empties names and typed texts of entries that have been kept long enough."""
    kept = contracts.read("reference/entry-retention.yaml")["retention"]["names"]
    before = context.now - timedelta(days=kept)
    if count := company.empty_old(context.session, before=before, now=context.now):
        log.info("retention.emptied", what="entries", count=count)


def publish_examinations_again(context: Context) -> None:
    """Publishes entries once more that health-certs hasn't answered in time."""
    if count := examinations.publish_again(context.session, context.now):
        log.info("examinations.published_again", count=count)


def forget_examinations(context: Context) -> None:
    """Deletes entries of medical centres that have been kept long enough."""
    examinations.forget(context.session, context.now)


def let_go_old_changes(context: Context) -> None:
    """Deletes changes that the feed has kept long enough."""
    sequencer.delete_old_changes(
        context.session, context.now - timedelta(days=context.settings.feed_days)
    )


def stop_webhooks_without_grant(context: Context) -> None:
    """Stops the webhooks of partners whose grant has ended."""
    commands.stop_all_without_grant(UnitOfWork.of(context, SYSTEM))


def close_days(context: Context) -> None:
    """Closes the days of the reconciliation file that are complete."""
    closed = feed_changes.close_days(
        context.session, as_of(context.session), today=legal_day(context.now), now=context.now
    )
    for day in closed:
        log.info("days.closed", day=day.isoformat())
    OPEN_DAYS.set(feed_changes.count_open_days(context.session, legal_day(context.now)))


def forget_days(context: Context) -> None:
    """Deletes reconciliation files that have been kept long enough."""
    oldest = context.now - timedelta(days=context.settings.feed_days)
    feed_changes.forget_days(context.session, legal_day(oldest))


def tidy_webhooks(context: Context) -> None:
    """Deletes deliveries that ended long ago, and secrets whose overlap is over."""
    commands.forget_deliveries(context.session, context.now - DELIVERIES_KEPT)
    commands.forget_older_secrets(context.session, context.now)
