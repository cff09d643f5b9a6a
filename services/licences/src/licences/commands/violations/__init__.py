"""What is done to violations. Each command raises NotFound for another municipality's, IllegalTransition, and the
errors that its docstring names."""
