"""Functions of matrices, by LAPACK and in many digits."""
