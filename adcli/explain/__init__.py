"""How a result comes about: traces, paths, operations, and the engine that was chosen."""
