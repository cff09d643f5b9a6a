"""The portal's pages: one function for each."""
