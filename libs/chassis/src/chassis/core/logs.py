"""Structured logs: one JSON object a line on stdout. Only keys of the allow-list leave the process."""

import logging
import sys
import time
from collections.abc import MutableMapping
from typing import Any

import structlog

from chassis.core import telemetry

# Everything else is dropped and named in `dropped`: a log line can't carry a person's data by accident.
ALLOWED = frozenset(
    """event level timestamp logger service process trace_id operation method status seconds error reason topic
    partition offset outbox_id parked deadline worker aggregate_type consumer count path exception client_id
    decision migration signal port row rows problem kid provider template dropped""".split()
)


# While a broker is away a Kafka client logs the same line for each node, connection and try, several times a second.
QUIET_SECONDS = 60.0


class OnceInAWhile(logging.Filter):
    """Lets a library log the same message, with any arguments, once in `QUIET_SECONDS`."""

    def __init__(self, library: str) -> None:
        super().__init__()
        self._library = library
        self._said: dict[tuple[str, int, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """logging's hook."""
        if record.name.partition(".")[0] != self._library:
            return True
        what, now = (record.name, record.lineno, record.funcName), time.monotonic()
        if now - self._said.get(what, float("-inf")) < QUIET_SECONDS:
            return False
        self._said[what] = now
        return True


def configure(service: str, process: str, level: str = "INFO") -> None:
    """Sets up structlog and routes the libraries' logging through it."""

    def stamp(
        _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event.update(service=service, process=process)
        if trace := telemetry.trace_id():
            event["trace_id"] = trace
        return event

    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        stamp,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                safe_exception,
                allow_listed,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    handler.addFilter(OnceInAWhile("kafka"))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)
    logging.getLogger("kafka").setLevel("WARNING")
    logging.getLogger("kafka.cluster").setLevel(
        "CRITICAL"
    )  # it repeats a missing topic many times a second
    logging.getLogger("connexion").setLevel("ERROR")
    logging.getLogger("pypdf").setLevel("CRITICAL")  # it quotes what a file holds


def safe_exception(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Turns exc_info into the class and the places of the code, without the message: messages quote values."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        event["error"] = info[0].__name__
        places, frame = [], info[2]
        while frame is not None:
            code = frame.tb_frame.f_code
            places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{frame.tb_lineno}")
            frame = frame.tb_next
        event["exception"] = " > ".join(places[-12:])
    return event


def allow_listed(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Keeps the allowed keys; names the others."""
    extra = sorted(key for key in event if key not in ALLOWED)
    kept: dict[str, Any] = {key: value for key, value in event.items() if key in ALLOWED}
    if extra:
        kept["dropped"] = extra
    return kept
