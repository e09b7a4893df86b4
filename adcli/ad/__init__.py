"""Automatic differentiation: evaluation and the two sweeps, each written once for any algebra."""
