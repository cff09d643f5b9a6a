"""The world of health certificates: what a medical centre enters at the gateway, money and health education in any
order, to the one certificate of a worker who is fit and to no certificate of anybody else."""
