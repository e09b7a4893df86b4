"""What the namespaces floats, arrays and digits are built from."""
