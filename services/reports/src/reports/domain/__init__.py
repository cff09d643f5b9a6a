"""The rules of reports: categories, places, filing, the life of a report, its clock, who sees what."""
