"""Formulas as complete functions in other languages, which give the engine's numbers."""
