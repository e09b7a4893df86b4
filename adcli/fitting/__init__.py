"""Least squares: models of data, their fits, the statistics of the parameters, predictions."""
