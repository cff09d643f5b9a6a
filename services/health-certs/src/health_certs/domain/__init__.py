"""The rules of health certificates: pure, with time and ids as arguments."""
