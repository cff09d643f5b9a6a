"""Becomes another program that the kernel tells when its parent dies.

Run by path, before the package is known: `launcher.py PARENT_PID DEATH_SIGNAL UID GID NICE COMMAND...`,
UID -1 keeps the user. Standard library only. The order matters: the kernel forgets the death signal
when the user changes.
"""

import ctypes
import os
import sys
import time

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, death_signal, uid, gid, nice = (int(text) for text in sys.argv[1:6])
    command = sys.argv[6:]
    if nice:
        lower_priority(nice)
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":  # elsewhere the guard alone cleans up
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the process that started this one is already gone")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"cannot run {command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


def lower_priority(nice: int) -> None:
    """Leaves the processor to others. Where the kernel shares it between sessions (autogroup), the session's own value
    counts. An ordinary user may set it ten times a second, counted for the whole machine."""
    os.nice(nice)
    for _ in range(20):
        try:
            with open("/proc/self/autogroup", "w") as own:
                own.write(str(nice))
            return
        except BlockingIOError:
            time.sleep(0.1)
        except OSError:  # a kernel without autogroup
            return
    print("the session's share of the processor couldn't be lowered", file=sys.stderr)


if __name__ == "__main__":
    main()
