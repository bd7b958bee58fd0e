import sys


def say(text: str) -> None:
    """Progress goes to standard error, so that standard output holds the tables alone."""
    print(text, file=sys.stderr, flush=True)
