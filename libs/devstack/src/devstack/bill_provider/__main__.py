"""`python -m devstack.bill_provider CONFIG`: serves until SIGTERM."""

import json
import sys
from pathlib import Path

from devstack.bill_provider.provider import BillProvider
from devstack.bill_provider.settings import Settings
from devstack.stand_in import run_until_stopped

facts = json.loads(Path(sys.argv[1]).read_text("utf-8"))
settings = Settings(**{**facts, "ledger": Path(facts["ledger"])})
run_until_stopped("bill_provider", BillProvider(settings))
