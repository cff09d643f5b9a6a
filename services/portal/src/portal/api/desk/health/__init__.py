"""The desk of health education: requests of workers, passes of courses."""
