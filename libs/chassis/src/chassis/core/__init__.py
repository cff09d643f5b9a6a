"""The base of every other package: settings, contracts, ids, times, logs, metrics, traces. No database, no broker."""
