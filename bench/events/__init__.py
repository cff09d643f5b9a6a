"""How soon a commit in `permits` is seen in the partner gateway, and how many events a second arrive."""
