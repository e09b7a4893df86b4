"""`python -m adcli`, and the command `adcli`."""

# The part of `signal` that is in C: the rest takes 3 ms to import, in which Ctrl-C may come.
from _signal import SIG_DFL, SIGINT, default_int_handler, getsignal, signal

# The first lines that are ours: until `main` takes over, Ctrl-C ends the process, as it does for
# others, and not in the middle of an import with a traceback. There is nothing to clean up.
if getsignal(SIGINT) is default_int_handler:
    signal(SIGINT, SIG_DFL)

from adcli.cli import main

if __name__ == "__main__":
    main()
