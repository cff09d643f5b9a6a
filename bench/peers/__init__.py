"""What others would build for the same task, to be measured in the same run."""
