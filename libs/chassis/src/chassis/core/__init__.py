"""What every room stands on: settings, contracts, ids, times, logs, metrics, traces. No database, no broker."""
