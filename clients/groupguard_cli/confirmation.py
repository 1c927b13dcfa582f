"""Asking before something is destroyed."""

import sys

import typer

from groupguard_cli.failures import show, tell


def confirm(question: str, yes: bool) -> None:
    """Returns if the user agrees, and ends the command otherwise.

    Args:
        question: what shall happen, as a question.
        yes: the user agreed beforehand. Needed where nobody can be asked: when standard input is no terminal.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        show(f"{question} There is no terminal to ask at; --yes answers.")
        raise typer.Exit(2)
    if not typer.confirm(question, err=True):
        tell("Nothing was changed.")
        raise typer.Exit(1)
