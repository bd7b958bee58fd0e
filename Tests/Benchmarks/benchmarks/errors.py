class BenchmarkError(Exception):
    """Why the figures can't be had: one line that says what, where, and the way out."""
