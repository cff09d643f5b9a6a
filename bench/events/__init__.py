"""How soon what is committed in `permits` is seen in the partner gateway, and how much of it a second."""
