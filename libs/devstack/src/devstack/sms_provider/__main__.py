"""`python -m devstack.sms_provider CONFIG`: serves until SIGTERM."""

import json
import sys
from pathlib import Path

from devstack.sms_provider.provider import SmsProviders
from devstack.sms_provider.settings import read_settings
from devstack.stand_in import run_until_stopped

settings = read_settings(json.loads(Path(sys.argv[1]).read_text("utf-8")))
run_until_stopped("sms_provider", SmsProviders(settings))
