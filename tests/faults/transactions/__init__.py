"""Transactions entered at four branches by two web processes, and moved by their department."""
