"""The network from scratch: formulas, parts, wholes and procedures in NumPy and SciPy."""
