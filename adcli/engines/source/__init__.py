"""Scalar programs as generated Python: straight lines, and loops of steps."""
