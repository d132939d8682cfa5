"""From a checked graph to the IR."""
