"""The command line of devstack, for the services of the tests."""

import sys

from devstack import cli, system
from devstack.rooms import Room

system.rooms = lambda: (Room("echo-desk", secrets=("CURSOR_KEY",)),)
cli.COMMAND = [sys.executable, __file__]
cli.main()
