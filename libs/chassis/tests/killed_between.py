"""A process that a kill ends after a file is durable and before its row is committed: `… <database url> <folder>`."""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import hostile

from chassis.core.uploads import Upload
from chassis.data.db import Database
from chassis.files.attachments import Files, FilesSettings

url, folder = sys.argv[1:]
settings = FilesSettings(
    database_url=url,
    kafka_bootstrap_servers="127.0.0.1:1",
    issuer="https://issuer.test",
    files_folder=Path(folder),
)
with Database(url).transaction() as session:
    Files.of(settings).store(
        session, Upload("", "", hostile.photo()), uploader="u", now=datetime.now(UTC)
    )
    os.kill(os.getpid(), signal.SIGKILL)
