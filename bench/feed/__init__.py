"""How soon a change is heard, and by how many at once."""
