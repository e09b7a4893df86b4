"""Points that stream in, results that stream out."""

from adcli.data.output import atomic_output
from adcli.data.points import FORMATS, Block, Points, PointsFormat, open_points
from adcli.data.results import Field, ResultWriter, open_results

__all__ = [
    "FORMATS",
    "Block",
    "Field",
    "Points",
    "PointsFormat",
    "ResultWriter",
    "atomic_output",
    "open_points",
    "open_results",
]
