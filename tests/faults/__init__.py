"""Faults: kills, signals, full disks, closed streams, limits; `python -m tests.faults`.

Commands run as processes of their own, are disturbed, and must leave whole files or none.
"""
