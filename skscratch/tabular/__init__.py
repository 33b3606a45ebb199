"""From a table as it comes to arrays a network can read."""
