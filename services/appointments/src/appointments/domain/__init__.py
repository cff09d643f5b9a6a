"""The rules of appointments. They read no clock and no database."""
