"""The web process: gunicorn with threads. The master builds the application, and its workers share the memory of it.

Nothing that a fork breaks is made before the fork: no thread, no connection, and none of the service's `resources`.
"""

import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from chassis.core.settings import Settings
from chassis.data.db import Database
from chassis.process import Process, collect_seldom
from chassis.service import Service

# Longer than a load balancer keeps an idle connection (60 s is the usual default): else it sends a request on a
# connection that we're just closing: it gets no answer, and the balancer may not repeat a write.
KEPT_ALIVE_SECONDS = 75
# By name: a service without fast operations imports nothing of them.
WORKER = "chassis.run.worker.WholeRequestWorker"
LANE_WORKER = "chassis.run.lane_worker.LaneWorker"


def serve(service: Service, settings: Settings) -> None:
    """Serves until SIGTERM. Then /readyz says no, and requests that still arrive are answered, for `drain_seconds`.

    Each of those answers closes its connection, so that kept-alive clients move to another instance. After that no
    connection is accepted, and requests in hand are finished. SIGINT or a second signal skips the draining.
    """
    shared, arbiter = tempfile.mkdtemp(prefix=f"{service.name}-metrics-"), os.getpid()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared
    try:
        _Gunicorn(service, settings).run()
    finally:
        if (
            os.getpid() == arbiter
        ):  # a worker that ends leaves through here too, and the others count on
            shutil.rmtree(shared, ignore_errors=True)


def require_safe_fork(process: Process[Any, Any]) -> None:
    """Raises RuntimeError: a worker would have a thread's locks without the thread, or share a client's connection."""
    if threading.active_count() > 1 or process.has_resources:
        raise RuntimeError("a thread or the service's resources were made before the fork")


def connections(service: Service, settings: Settings) -> int:
    """Returns the size of a worker's pool for transactions: one for each thread, one for its own loop, and with fast
    operations one that listens for the requests that wait (chassis.data.wakeup)."""
    return settings.threads + 1 + bool(service.fast)


class _Gunicorn(BaseApplication):  # type: ignore[misc]
    def __init__(self, service: Service, settings: Settings) -> None:
        self._service = service
        self._settings = settings
        # Shared with the workers: they answer /readyz, the arbiter gets the signal.
        self._draining = multiprocessing.RawValue("b", 0)
        super().__init__()

    def run(self) -> None:
        _Draining(self, self._draining, self._settings.drain_seconds).run()

    def load_config(self) -> None:
        settings = self._settings
        binds = [f"{settings.host}:{settings.port}"]
        if settings.ops_port:
            binds.append(f"{settings.ops_host}:{settings.ops_port}")
        options = {
            "bind": binds,
            "workers": settings.workers,
            "preload_app": True,
            "threads": settings.threads,
            "worker_class": LANE_WORKER if self._service.fast else WORKER,
            "proc_name": self._service.name,
            "graceful_timeout": 30,
            "timeout": 30,
            "keepalive": KEPT_ALIVE_SECONDS,
            "max_requests": 200_000,
            "max_requests_jitter": 20_000,
            "limit_request_line": 4_094,
            "limit_request_fields": 50,
            "limit_request_field_size": 10_000,
            "forwarded_allow_ips": "",
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108
            "control_socket_disable": True,
            "pre_request": lambda _worker, request: self._close_when_draining(request),
            "post_fork": lambda _server, _worker: self._configure_telemetry(),
            "child_exit": _forget_worker,
            "loglevel": "warning",
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def _close_when_draining(self, request: Any) -> None:
        if self._draining.value:
            request.force_close()

    def load(self) -> Any:
        """Builds the application, in the master.

        The collector writes into each object that it looks at, and a page that is written to is no longer shared. So
        the collector never looks at what the master has made.
        """
        from chassis.core import contracts, logs
        from chassis.http import health
        from chassis.run.web import build

        logs.configure(self._service.name, "serve", self._settings.log_level)
        process: Process[Any, Any] = Process(self._service, self._settings, self._database())
        web = build(process)
        require_safe_fork(process)

        package, verifier = self._service.package, web.app.verifier
        secured = contracts.has_secured_operations(self._service.name)

        def ready() -> str:
            if self._draining.value:
                return "draining"
            return health.hindrance(package, process.database, verifier if secured else None)

        application = health.SplitByPort(
            web.app.wsgi, self._settings.ops_port, ready=ready, lane=web.lane
        )
        collect_seldom()
        return application

    def _configure_telemetry(self) -> None:
        """Begins the thread that exports spans, so in each worker."""
        from chassis.core import telemetry

        telemetry.configure(self._service.name, "serve")

    def _database(self) -> Database:
        settings = self._settings
        return Database(
            settings.database_url,
            pool_size=connections(self._service, settings),
            statement_timeout_ms=settings.statement_timeout_ms,
            name=f"{self._service.name}/serve",
            watched=True,
        )


class _Draining(Arbiter):  # type: ignore[misc]
    """Leaves the load balancer time to see that we aren't ready any more, before the listening socket is closed."""

    def __init__(self, app: BaseApplication, draining: Any, seconds: float) -> None:
        from chassis.run.worker import hold_all

        super().__init__(app)
        hold_all()
        self._flag = draining
        self._seconds = seconds

    def handle_term(self) -> None:
        self._flag.value = 1
        until = time.monotonic() + self._seconds
        while (left := until - time.monotonic()) > 0:
            if any(number != signal.SIGCHLD for number in self.wait_for_signals(min(left, 1.0))):
                break
        super().handle_term()

    def kill_worker(self, pid: int, sig: int) -> None:
        """Tells a worker first that this signal is meant for it."""
        from chassis.run.worker import dismiss

        if sig == signal.SIGTERM and pid in self.WORKERS:
            dismiss(self.WORKERS[pid])
        super().kill_worker(pid, sig)


def _forget_worker(_server: Any, worker: Any) -> None:
    from chassis.core import metrics
    from chassis.run.worker import forget

    forget(worker)
    metrics.forget_process(worker.pid)
