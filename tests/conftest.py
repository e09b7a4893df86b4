"""Random tests are the same on every run; `--hypothesis-profile=search` looks for new failures."""

import gc
import signal

from hypothesis import HealthCheck, settings

# A job in the background inherits that interrupts are ignored; some tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Machines that run tests are busy, so slowness is not a failure.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "search",
    deadline=None,
    max_examples=2000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


def pytest_collection_finish():
    """The collected tests live to the end: collections of garbage need not walk over them."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser):
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        help="write what the terminal shows now into the files of tests/golden",
    )
