"""The graph of primitive operations: nodes, the table of primitives, shapes, symbolic algebra."""
