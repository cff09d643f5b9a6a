"""How fast the portal answers: the inquiry by number and the inbox of a desk, over up to a million things."""
