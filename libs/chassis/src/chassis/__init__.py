"""How a service runs. Contains no noun of the municipality."""
