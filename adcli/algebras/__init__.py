"""What flows through a sweep: floats, arrays, numbers of many digits, complex numbers."""
