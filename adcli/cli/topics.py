"""What `adcli help TOPIC` says of what several commands share.

A page is paragraphs between empty lines. One whose lines are set back is shown as it is, unless
these have a `::`: they are terms and what is said of them. What a command prints may stand behind
it, after `  # `. Every command here is run by the tests.
"""

from __future__ import annotations

from typing import NamedTuple


class Topic(NamedTuple):
    """One line for the list of topics, and the page."""

    summary: str
    page: str


POINTS = """
A point has a value for every variable of the program. --at names them; values are constant
expressions, and those with brackets or spaces go in quotes:

  adcli grad 'x1*x2 + sin(x1)' --at x1=2,x2=3
  adcli eval 'k*sum(v^2)' --at 'v=[1,2,3],k=1/7' --format plain  # 2.0

Many points come from a file with a column for each variable: CSV, TSV, JSON Lines or Parquet, by
its extension or --points-format; '-' is standard input. A vector v has the columns v[0], v[1], ...

  printf 'x,y\\n3,4\\n' | \\
    adcli eval 'hypot(x, y)' --points - --points-format csv --format plain  # 5.0

Points stream in blocks: memory does not grow with their number, and they keep their order. Columns
that the program does not name pass through. A variable that is the same at all points may be given
by --at beside --points:

  printf 'x\\n3\\n' | \\
    adcli eval 'k*x' --points - --points-format csv --at k=2 --format plain  # 6.0

A row that fails ends the run, unless --on-error null lets it go on. (Groups of fit --by go on,
unless --on-error stop ends the run.) The start of a descent is a point, too: --start x=2,y=3. Where
each column is a vector, and not each row a point, see 'adcli help data'.
"""

DATA = """
--data FILE makes a vector of each column of a table that the program names: CSV, TSV, JSON Lines or
Parquet. Names that are not columns are parameters, and a loss is a mean or a sum over the rows:

  printf 'x,y\\n1,2\\n2,4\\n' | \\
    adcli eval 'mean((y - a*x)^2)' --data - --at a=1 --format plain  # 2.5
  printf 'x,y\\n1,2\\n2,4\\n' | adcli descend 'mean((y - a*x)^2)' --data - --start a=0
  printf 'x,y\\n0,1\\n1,3\\n2,6\\n' | adcli fit 'y ~ a*x + b' --data - --start a=auto,b=auto

With --points it is the other way round: there each row is a point of its own.

  --data 'part*.csv'   :: several files with the same columns are one table; or repeat --data
  --where 'x > 0'      :: only these rows
  --missing drop       :: leave out rows with a missing value, which is otherwise an error
  `my col`             :: in the program, a column with any name, in backticks
  x[0], x[1]           :: columns that make a matrix x with a row for each row of the table
  a[codes(region)]     :: a parameter with a number for each text in the column region

Results never include the data.
"""

KINKS = """
At a kink a function has a left and a right derivative, and no derivative. What is given there is
the subgradient of least norm: 0 for abs and relu, equal shares for a tie in max and min.

  adcli grad 'abs(x)' --at x=0 --format plain  # 0.0 0.0
  adcli grad 'max(x, y)' --at x=1,y=1 --format plain  # 1.0 0.5 0.5

The promise holds for each function; the chain rule combines them. max(2x, x) has the slopes 1 to
the left of 0 and 2 to the right; 1 is of least norm, and the tie shared equally gives 1.5:

  adcli grad 'max(2x, x)' --at x=0 --format plain  # 0.0 1.5

At a jump (floor, mod, the condition of a where) the derivative is that of the piece that the point
is on. A note says where a kink was met, --strict makes it an error, and compare shows both sides:

  adcli compare 'abs(x)' --at x=0

where never lets the branch that is not taken into a gradient:

  adcli grad 'where(x > 0, log(x), 0)' --at x=-1 --format plain  # 0.0 0.0
"""

ENGINES = """
An engine runs a program. All engines agree to rounding; --engine auto, the default, takes the one
that suits the kind and the size of the work.

  python :: one point, or a few, of numbers; nothing heavy is imported
  numpy  :: vectors, matrices, thousands of points: arrays, in blocks that fit the cache
  llvm   :: millions of operations over rows (points of a file, losses over tables): machine code
  mpmath :: as many digits as you ask for: --precision 50

--explain-engine says which engine would compute, why, and at what cost; --verbose says it beside
the results:

  adcli grad 'sum(v^2)' --at 'v=[1,2,3]' --explain-engine
  adcli eval 'sqrt(2)' --precision 30 --format plain  # 1.41421356237309504880168872421
"""

EXIT_CODES = """
The exit code tells a script how a command ended.

{codes}

Results go to standard output and everything else to standard error, so a script can test the code
and read the result:

  adcli compare 'x^2*y' --at x=3,y=2 --gradient x=12,y=9 --no-times && echo right
  adcli descend '(x - 1)^2' --start x=0 --rate 0.1 -o run.json || echo "code $?"

A reader who leaves, as head does, is not a failure. Nor is an infinite value of a log density.
"""

LANGUAGE = """
A program is statements, separated by line breaks or ';'. The last one is the result; several
results separated by commas form a vector. Comments start with '#'.

  adcli grad 'r(u, v) = sqrt(u^2 + v^2); a = x*y; a + sin(r(x, y))' --at x=3,y=4

  numbers       :: 1 1.5 .5 1e-3 1_000; constants pi e tau inf; x = pi is written in backticks, `pi`
  operators     :: + - * / ^ (or **), @ for matrix products; < <= > >= == != give 0 or 1
  signs         :: -x^2 is -(x^2), 2x^2 is 2(x^2), 1/2x is 1/(2x), 2^3^2 is 2^(3^2)
  vectors       :: [1, 2, 3], [[1, 2], [3, 4]]; x[0], x[-1], x[1:], W[:, 0]; shapes broadcast
  choice        :: where(c, a, b), or if c then a else b
  as in books   :: |x| √x x² ½x n! x·y 0 < x < 2

'adcli functions' lists all functions with their derivatives, 'adcli functions tanh' shows one.
"""

RECORD = """
--record FILE.json keeps what descend, fit and grad over a file have done: descents, fits, trainings
(--epochs) and gradients over rows. 'adcli replay FILE.json' runs it again:

  adcli descend '(x - 1)^2 + y^2' --start x=4,y=2 --record run.json -o end.json && \\
    adcli replay run.json --format plain  # same

and 'adcli replay run.json --against other.json' compares two runs without running any.

same: bit for bit, as it is on one machine whatever the number of threads (but for products of two
large matrices, whose threads are those of BLAS). rounding: status and exit code are the same, and
all values, points and errors differ by no more than 1e-6 of their size (that at the start, where it
was larger; at least 1e-5 of the largest beside them): so far apart descents end that take other
steps. Gradients at the end and counts of steps belong to the way there. different: anything else,
with what has changed. The exit code is 0, 0 and 1.

A replay reads the files of the record from the working folder, and writes none of the files that
the run has written. A run that read standard input gets it again: adcli replay run.json < rows.csv.

A record is JSON of version 1; another version of adcli reads it, and refuses one that is newer:

  format, version         :: "adcli record", 1
  command, program        :: descend, fit or grad; the program's text
  settings                :: by option: its value, and whether it was left at its default
  inputs                  :: files read: option, path as typed, bytes and sha256 (null of a pipe)
  engine                  :: what computed, and why
  versions, machine       :: adcli, Python, libraries, BLAS; system, processor, numbers in a vector
  status, exit_code       :: how the run ended
  results                 :: what --format json prints; sha256, norm and ends of what is large
  started, seconds        :: when, and for how long
  checksum                :: sha256 of all else, as JSON with sorted keys and without spaces
"""

UNCERTAINTY = """
adcli propagate takes values as they are written in laboratories, each with its standard
uncertainty, and combines them by the law of propagation of uncertainty (GUM, JCGM 100:2008):

  adcli propagate 'L*(1 + a*T)' --at 'L=1.000±0.002, a=1e-5, T=20.0(5)' --format plain
  adcli propagate 'sum(v)' --at 'v=[1±0.1, 2±1%]' --format plain

  1.000±0.002      :: also 1.000+-0.002, and 1.000(2): digits that count in the last place
  2.01±0.5%        :: a part of the value
  100±0.1 k=2      :: an expanded uncertainty, of which half is the standard uncertainty
  0±0.05 uniform   :: the half-width of limits; also triangular, arcsine
  12.3±0.2 df=9    :: degrees of freedom: few observations widen the interval (Student's t)

Quantities that vary together have correlations, or a matrix with their names: --covariance FILE, a
table of CSV with the names in its first row, or JSON:

  adcli propagate 'x - y' --at 'x=5.0±0.1, y=3.0±0.1' --correlation x,y=0.9 --format plain

Where the gradient is 0 or the program bends much, the law does not tell all: --order 2 takes the
next terms, and draws from the distributions check the interval (JCGM 101:2008):

  adcli propagate 'x^2' --at 'x=0±0.1' --format plain
  adcli propagate 'exp(x)' --at 'x=1±0.5' --monte-carlo 1e5

Rows of a file have columns x and u(x), and get value and u(f):

  printf 'x,u(x)\\n2,0.1\\n' | \\
    adcli propagate 'x^2' --points - --points-format csv --format plain  # 4.0 0.4
"""

TOPICS = {
    "language": Topic("How a program is written.", LANGUAGE),
    "points": Topic("One point by --at, many from a file.", POINTS),
    "data": Topic("Tables whose columns are vectors; parameters; losses.", DATA),
    "uncertainty": Topic("Measured values and the uncertainty of results.", UNCERTAINTY),
    "kinks": Topic("What the derivative is where there is none.", KINKS),
    "engines": Topic("What runs a program, and how it is chosen.", ENGINES),
    "record": Topic("What --record keeps of a run, and how replay compares.", RECORD),
    "exit-codes": Topic("What the exit code of a command says.", EXIT_CODES),
}


def page_of(name: str) -> str:
    """The page of a topic."""
    page = TOPICS[name].page
    return page.format(codes=exit_codes()) if name == "exit-codes" else page


def exit_codes() -> str:
    """The exit codes as terms, from where they are defined."""
    from adcli.cli.limits import INTERRUPTED
    from adcli.descent.stopping import Status
    from adcli.errors import AdcliError, UsageError

    told = {
        Status.CONVERGED.exit_code: "done; descend and fit: converged, or all epochs are done",
        AdcliError.exit_code: "the work failed: a point outside the domain, bad data, methods or "
        "runs that disagree, a file that cannot be written",
        UsageError.exit_code: "wrong usage, or a mistake in the program's text",
        Status.MAX_ITERATIONS.exit_code: "descend, fit: the limit of iterations or time is reached",
        Status.DIVERGED.exit_code: "descend, fit: diverged",
        Status.STALLED.exit_code: "descend, fit: stalled, no further progress in float64",
        INTERRUPTED: "interrupted: Ctrl-C, SIGTERM, or a terminal that closes",
    }
    return "\n".join(f"  {code} :: {text}" for code, text in sorted(told.items()))
