"""`python -m devstack.outside_bodies CONFIG`: serves until SIGTERM."""

import json
import sys
from pathlib import Path

from devstack.outside_bodies.serving import OutsideBodies
from devstack.stand_in import run_until_stopped

facts = json.loads(Path(sys.argv[1]).read_text("utf-8"))
run_until_stopped("outside_bodies", OutsideBodies(facts["port"]))
