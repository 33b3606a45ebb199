"""Speed and memory as a user meets them: searches, predictions, large tables, the import."""
