"""Functions of matrices for generated NumPy, which raises where the engine has nan.

`_cofactors` is that of `adcli.algebras.matrices.cofactors` without the scaling of rows and columns.
"""

from __future__ import annotations

NUMPY = {
    "_symmetric": """
def _symmetric(a):
    return 0.5*a + 0.5*np.transpose(a)
""",
    "_or_nan": """
def _or_nan(function, *arrays):
    try:
        return function(*arrays)
    except np.linalg.LinAlgError:
        return np.full(np.shape(arrays[-1]), np.nan)
""",
    "_logdet": """
def _logdet(a):
    sign, value = np.linalg.slogdet(a)
    return value if sign > 0 else np.float64(np.nan)
""",
    "_small_cofactors": """
def _small_cofactors(a, along):
    x = a if along is None else along
    if len(a) == 1:
        return np.full((1, 1), float(along is None))
    if len(a) == 2:
        return np.array([[x[1, 1], -x[1, 0]], [-x[0, 1], x[0, 0]]])
    after, before = [1, 2, 0], [2, 0, 1]
    found = np.cross(x[after], a[before])
    return found if along is None else found + np.cross(a[after], x[before])
""",
    "_cofactors": """
def _cofactors(a, along=None):
    if len(a) <= 3:
        return _small_cofactors(a, along)
    u, s, v = np.linalg.svd(a)
    sign = np.sign(np.linalg.det(u)*np.linalg.det(v))
    n = len(s)
    if along is None:
        return sign*(u*[np.prod(np.delete(s, i)) for i in range(n)]) @ v
    e = np.transpose(u) @ along @ np.transpose(v)
    others = [[np.prod(np.delete(s, [i, j]))*(i != j) for j in range(n)] for i in range(n)]
    middle = -np.array(others)*np.transpose(e)
    np.fill_diagonal(middle, np.array(others) @ np.diagonal(e))
    return sign*u @ middle @ v
""",
    "_eigvalsh": """
def _eigvalsh(a):
    try:
        return np.linalg.eigvalsh(_symmetric(a))
    except np.linalg.LinAlgError:
        return np.full(len(a), np.nan)
""",
    "_eigvecsh": """
def _eigvecsh(a):
    vectors = np.linalg.eigh(_symmetric(a))[1]
    sizes = np.abs(vectors)
    first = np.argmax(sizes > 0.99*np.max(sizes, axis=0), axis=0)
    return vectors*np.where(vectors[first, np.arange(len(vectors))] < 0, -1, 1)
""",
    "_ties": """
def _ties(x):
    return np.abs(x[:, np.newaxis] - x) <= 8*len(x)*2.0**-52*np.max(np.abs(x))
""",
    "_eigen_gaps": """
def _eigen_gaps(x):
    ties = _ties(x)
    gaps = np.where(ties, np.inf, 1/np.where(ties, 1, x - x[:, np.newaxis]))
    np.fill_diagonal(gaps, 0.0)
    return gaps
""",
    "_eigen_part": """
def _eigen_part(x, a):
    ties = _ties(x)
    means = (ties @ np.diagonal(a))/np.sum(ties, axis=1)
    off = np.max(np.abs(np.where(ties, a - np.diag(means), 0)), axis=1)
    return np.diag(np.where(off <= 1e-9*np.max(np.abs(a)), means, np.nan))
""",
}
