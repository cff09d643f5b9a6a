"""The command line of devstack, for the services of the tests."""

import sys

from devstack import cli, system
from devstack.running_services import RunningService

system.running_services = lambda: (RunningService("echo-desk", secrets=("CURSOR_KEY",)),)
cli.COMMAND = [sys.executable, __file__]
cli.main()
