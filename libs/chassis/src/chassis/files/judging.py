"""PDFs judged in a process of their own, which ends when it takes too long or too much: the parser is in Python, and
no count of objects foresees what each costs."""

import resource
import subprocess
import sys

from chassis.files.storage import StorageUnavailable
from chassis.files.unacceptable import Unacceptable
from chassis.files.work_slots import WorkSlots

START = b"%PDF-"
_CPU_SECONDS = 5
# Others may have the processor meanwhile.
_SECONDS = 15
_MEMORY = 400 * 1024 * 1024
_GOOD = "good"
_TOO_COMPLEX = "pdf-too-complex"
_CODES = {"pdf-encrypted", "pdf-active", "pdf-embedded", "file-damaged", _TOO_COMPLEX}
_SLOTS = WorkSlots(2, waiting=1)


def check(content: bytes) -> None:
    """Takes a third of a second, and up to 15. Raises Unacceptable: `pdf-encrypted`, `pdf-active`, `pdf-embedded`,
    `pdf-too-complex`, `file-damaged`; StorageUnavailable when no process can be started, or too many wait."""
    with _SLOTS.slot():
        verdict = _run_judge(content)
    if verdict != _GOOD:
        raise Unacceptable(verdict if verdict in _CODES else _TOO_COMPLEX)


def _run_judge(content: bytes) -> str:
    """Returns the judge's word, empty if the process was ended. Passes no variables on: they hold secrets."""
    command = [sys.executable, "-I", "-m", "chassis.files.judging"]
    try:
        ended = subprocess.run(  # noqa: S603 - our own module
            command, input=content, env={}, timeout=_SECONDS, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return ""
    except OSError as error:
        raise StorageUnavailable from error
    return ended.stdout.decode("ascii", "replace") if ended.returncode == 0 else ""


def main() -> None:
    """The process itself: bytes in, one word out."""
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from chassis.files import pdfs  # after the limits, and never in the process that serves

    try:
        pdfs.judge(sys.stdin.buffer.read())
    except Unacceptable as refused:
        sys.stdout.write(refused.code)
    else:
        sys.stdout.write(_GOOD)


if __name__ == "__main__":
    main()
