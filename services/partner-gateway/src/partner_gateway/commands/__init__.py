"""Use cases of the partner gateway that write, one module for each subject."""
