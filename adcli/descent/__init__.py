"""Descent: update rules, schedules, line searches, stopping, checkpoints, and the loop."""
