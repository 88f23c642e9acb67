"""Modules of the fuzzers that are no tests."""

collect_ignore = ["with_atheris.py"]  # it needs a package that is not among those of development
