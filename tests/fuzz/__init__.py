"""The campaign: random programs, commands, arrays and files, `python -m tests.fuzz --seconds N`.

A case is made of choices, whole numbers from a seeded source. The same choices make the same case,
so that whatever fails can be run again, and fewer or smaller choices make a simpler case, which is
how a failure is shrunk, whatever kind it is of.
"""
