"""Points that stream in, results that stream out."""
