"""`python -m devstack.national_login CONFIG`: serves until SIGTERM."""

import json
import sys
from pathlib import Path

from devstack.national_login.flow import Settings
from devstack.national_login.provider import Provider
from devstack.stand_in import run_until_stopped

settings = Settings(**json.loads(Path(sys.argv[1]).read_text("utf-8")))
run_until_stopped("national_login", Provider(settings))
