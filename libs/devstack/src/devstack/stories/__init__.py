"""The stories of `make demo`: each narrates journeys in Arabic and English."""
