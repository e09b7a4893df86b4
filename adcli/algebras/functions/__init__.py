"""The elementwise functions of each algebra: the namespace `m` of a rule."""
