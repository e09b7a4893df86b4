"""Methods of differentiation side by side, and verdicts on a gradient."""
