"""The world of licences: municipalities that submit, what's decided, billed, paid and issued by itself, and what the
change feed tells of it."""
