"""The names of functions that no program may give to something else."""

_FIRST = (
    "abs acos acosh amax amin arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin "
    "asinh atan atan2 atanh broadcast cbrt ceil clip concat cos cosh cot coth csc csch "
    "cumsum detach diag digamma dot einsum erf erfc exp exp2 expand expm1 flip floor full "
    "gamma gauss gelu hypot inversion lgamma linspace ln log log10 log1mexp log1p log2 "
    "log_softmax logaddexp logcosh logisticpdf logit logsigmoid logsumexp max mean min "
    "mod norm normcdf normpdf on_diagonal ones outer polygamma pow powlog prod radius "
    "range relu reshape round scatter sec sech sigmoid sign silu sin sinh size slope "
    "softmax softplus sqdiff sqrt stack std sum sum_to tan tanh trace transpose tril "
    "trunc unit var where xlogy zeros "
)
RESERVED = frozenset(_FIRST.split())
"""The functions whose names belong to the language. Those of later ones are free: a program that
defines such a function, or has a variable of its name, means what it did before there was one."""
