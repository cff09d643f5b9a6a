"""Appointments that more people ask for than there are places, moved and cancelled."""
