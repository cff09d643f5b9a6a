"""The bodies outside the municipality that licences asks, on this machine: a stand-in for demo and tests.

Nobody in it is real. `python -m devstack.outside_bodies CONFIG` serves the civil register, the commercial register, the
lease register, the civil defence and the engineers' register, each at `POST /<body>`. What was told by `POST /records`
is answered; of every other number the answer follows from its digits (`registers.DEFAULTS`), so that demo, bench and
tests need tell nothing beforehand. `POST /faults` makes a body slow, silent or wrong.
"""
