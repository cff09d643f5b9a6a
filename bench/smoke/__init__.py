"""`make bench-smoke`: all main paths in small, on one system, compared with the ratios that are kept."""
