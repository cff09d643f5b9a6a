"""The composition root of the service."""

from chassis.service import Service, every
from notify import chores, resources, sample
from notify.api import v2
from notify.commands import reminders
from notify.consumers import HANDLERS
from notify.migrations import wordings
from notify.settings import Settings
from notify.workers.callbacks import CallbackPoster
from notify.workers.sender import Sender

SERVICE = Service(
    name="notify",
    package="notify",
    settings=Settings,
    api=[
        *("notify.api.staff", "notify.api.templates", "notify.api.receipts", "notify.api.codes"),
        *("notify.api.mine", "notify.api.v2"),
    ],
    seed=wordings.seed,
    handlers=HANDLERS,
    gather_seconds=0.25,  # the mobile network takes seconds
    commands=[sample.command],
    lock_order=("ending", "message", "provider_state"),
    resources=resources.make,
    credentials={"notify_key": v2.authenticate_key},
    error_shapes={"/v2": v2.notify_errors},
    due_times={**Sender.due_times, **CallbackPoster.due_times},
    workers={Sender.name: Sender.work, CallbackPoster.name: CallbackPoster.work},
    deadlines={reminders.REMINDER: reminders.remind},
    chores=[
        every(5, chores.measure),
        every(5, chores.release_held),
        every(10, chores.empty_messages),
        every(300, chores.forget_old),
        every(3_600, chores.forget_receipts),
        every(3_600, chores.forget_counts),
    ],
)
