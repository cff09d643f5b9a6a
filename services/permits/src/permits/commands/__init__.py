"""Use cases: session, who acts, plain input and the time → rule → rows and events. None commits.

Imported by module: `issuing.issue_permit(…)`.
"""
