"""Benchmarks of the estimators for Dask: accuracy against a fit in memory, and how rounds scale."""
