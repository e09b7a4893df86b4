"""Training: mini-batches, initial parameters, validation, checkpoints."""
