"""Reports under load: lifecycles a second, on an empty database and on a million reports."""
