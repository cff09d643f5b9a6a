"""`python -m devstack up | down | token`. Progress goes to standard error."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from devstack.introduction import introduction
from devstack.machine import ROOT, StartError, last_lines, say
from devstack.run_folder import DEFAULT, RunFolder

COMMAND = [sys.executable, "-m", "devstack"]
QUIET_S = 300.0
STOP_S = 60.0


@click.group(help="PostgreSQL, Kafka and the services on one machine.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=DEFAULT,
    help="Where system.json and the logs are.",
)
@click.pass_context
def commands(context: click.Context, folder: Path) -> None:
    context.obj = RunFolder(folder)


@commands.command(help="Start everything; Ctrl-C stops it.")
@click.option("--detach", is_flag=True, help="Return when it's ready, and leave it running.")
@click.option("--samples", default=200, show_default=True, help="How many rows of sample data.")
@click.pass_obj
def up(folder: RunFolder, detach: bool, samples: int) -> None:
    if detach:
        _detach(folder, samples)
    else:
        _run(folder, samples)


@commands.command(help="Stop what `up --detach` started, and remove its data.")
@click.pass_obj
def down(folder: RunFolder) -> None:
    holder = folder.holder()
    if holder is None:
        folder.remove_leftovers()
        say("devstack: nothing is running")
        return
    if holder:
        os.kill(holder, signal.SIGTERM)
    if not folder.await_end(holder, STOP_S):
        raise StartError(f"it did not stop within {STOP_S:.0f} s: see {folder.log} and `ps`")
    folder.remove_leftovers()
    say("devstack: stopped")


@commands.command(help="Show the main job from end to end and then the other stories.")
@click.option("--samples", default=500, show_default=True, help="How many sample permits.")
@click.option("--story", default="", help="Only this story: main-job, building, reports, …")
@click.pass_obj
def demo(folder: RunFolder, samples: int, story: str) -> None:
    from devstack.demo import MAIN_JOB, MAIN_JOB_SERVICES, STORIES, show
    from devstack.system import System

    if story not in ("", MAIN_JOB, *STORIES):
        raise StartError(f"no story {story}; there are: {', '.join((MAIN_JOB, *STORIES))}")
    first = MAIN_JOB_SERVICES if story in ("", MAIN_JOB) else ()
    with _interruptible(), System(folder, first=first) as system:
        show(system, samples, story)


@commands.command(help="Schemathesis, all checks, against each service of a running system.")
@click.option("--examples", default=30, show_default=True, help="How many cases per operation.")
@click.pass_obj
def fuzz(folder: RunFolder, examples: int) -> None:
    from devstack.fuzz import fuzz as run

    sys.exit(1 if run(folder.read(), examples) else 0)


@commands.command(help="Print an access token for WHO: a username or a client_id.")
@click.argument("who")
@click.option(
    "--audience", default="partner-gateway", show_default=True, help="The service that it opens."
)
@click.pass_obj
def token(folder: RunFolder, who: str, audience: str) -> None:
    from devstack.token import access_token

    click.echo(access_token(folder.read(), who, audience))


@commands.command(help="Write the files that repeat what stands elsewhere.")
def generate() -> None:
    from devstack import generated

    for file in generated.write():
        click.echo(file.relative_to(ROOT))


@commands.command(help="Print the AsyncAPI document of all topics and events.")
def asyncapi() -> None:
    from devstack.asyncapi import text

    click.echo(text(), nl=False)


@commands.command(help="Write a service called NAME, out of templates/.")
@click.argument("name")
@click.option("--aggregate", default="", help="What it owns; NAME without its final s by default.")
@click.option("--follows", default="permits.permit", show_default=True, help="A topic to consume.")
def service(name: str, aggregate: str, follows: str) -> None:
    from devstack import generated, new_service

    for file in [*new_service.write(ROOT, name, aggregate, follows), *generated.write()]:
        click.echo(file.relative_to(ROOT))


def main() -> None:
    """Runs the command line. A failure is one message that says what to do, and exit code 1."""
    try:
        commands(prog_name="devstack")
    except StartError as error:
        sys.exit(f"devstack: {error}")


def _run(folder: RunFolder, samples: int) -> None:
    from devstack.system import System

    echo = None if os.environ.get("DEVSTACK_QUIET") else sys.stdout
    with _interruptible(), System(folder, echo=echo) as system:
        if samples and "permits" in system.services:
            from devstack.demo import Demo

            Demo(system).load(samples)
        _introduce(system.description())
        threading.Event().wait()


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and a closed terminal are Ctrl-C. The first counts: stopping isn't interrupted."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        for later in numbers:
            signal.signal(later, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        say("devstack: stopped")


def _introduce(system: dict[str, Any]) -> None:
    say("\n".join(introduction(system)))
    say("devstack: ready")


def _detach(folder: RunFolder, samples: int) -> None:
    if folder.holder() is not None:
        raise StartError(folder.occupied())
    folder.path.mkdir(mode=0o700, exist_ok=True)
    log = folder.path / "up.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*COMMAND, "--folder", str(folder.path), "up", "--samples", str(samples)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=output,
            env={**os.environ, "DEVSTACK_QUIET": "1"},
            start_new_session=True,
        )
    try:
        _await_ready(process, log)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise


def _await_ready(process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Shows its progress until it says that it's ready. A busy machine may take longer than QUIET_S in all, as long
    as the start gets on: what counts is the time since the last line of its progress or of the services' log."""
    said, deadline = -1, 0.0
    with log.open() as lines:
        while (written := _count_written(log.parent)) != said or time.monotonic() < deadline:
            if written != said:
                said, deadline = written, time.monotonic() + QUIET_S
            for line in lines:
                say(line.rstrip())
                if line == "devstack: ready\n":
                    return
            if process.poll() is not None:
                raise StartError(
                    f"it did not start; see the lines above and {log.parent}/system.log"
                )
            time.sleep(0.1)
    progress = last_lines(log)
    process.terminate()
    process.wait()  # the next `up` finds the folder free
    raise StartError(f"nothing happened for {QUIET_S:.0f} s; its progress:\n{progress}")


def _count_written(folder: Path) -> int:
    """Returns how many bytes the start and its services have written so far."""
    written = 0
    for log in (folder / "up.log", folder / "system.log"):
        with contextlib.suppress(FileNotFoundError):
            written += log.stat().st_size
    return written
