"""A function and its gradient over a file of points, by hand: `polars_stream.py SOURCE TARGET`.

The function is exp(sin(x*y))*log(x+y^2)+tanh(x/y); the files are CSV or Parquet, by extension.
"""

import sys

import numpy as np
import polars as pl

source, target = sys.argv[1:]
frame = pl.read_parquet(source) if source.endswith(".parquet") else pl.read_csv(source)
x, y = frame["x"].to_numpy(), frame["y"].to_numpy()
s, c = np.sin(x * y), np.cos(x * y)
e, u = np.exp(s), x + y * y
logarithm, t = np.log(u), np.tanh(x / y)
slope = 1 - t * t
inner, outer = e * c * logarithm, e / u
computed = {
    "value": e * logarithm + t,
    "df/dx": inner * y + outer + slope / y,
    "df/dy": inner * x + 2 * y * outer - slope * x / (y * y),
}
frame = frame.with_columns(**{name: pl.Series(column) for name, column in computed.items()})
if target.endswith(".parquet"):
    frame.write_parquet(target)
else:
    frame.write_csv(target)
