"""A package, so that pytest ends what has the scope `package` after its last test."""
