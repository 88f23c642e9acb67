"""The command line: a module for each command, and a command for each step."""

from mlm_steps.cli.main import run_command

__all__ = ["run_command"]
