"""The llvm engine: scalar programs as vector machine code over rows, and as loops of steps."""
