"""The sample with keys for what it keeps of people: `python -m sample.keyed serve`."""

from dataclasses import replace

from chassis.data.sealed import ColumnSettings
from chassis.run.cli import main
from sample.app import SERVICE

KEYED = replace(SERVICE, settings=ColumnSettings)

if __name__ == "__main__":
    main(KEYED)
