"""Benchmarks of what a user waits for: a hyperparameter search, predictions, memory, the import."""
