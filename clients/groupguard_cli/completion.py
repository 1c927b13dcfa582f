"""What zsh is given to complete the command by."""

from typer import _completion_shared

_ZSH = """
#compdef %(prog_name)s

%(complete_func)s() {
  eval $(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" %(autocomplete_var)s=complete_zsh %(prog_name)s)
}

if [[ $funcstack[1] == _%(prog_name)s ]]; then
  %(complete_func)s "$@"
else
  compdef %(complete_func)s %(prog_name)s
fi
"""


def complete_at_once() -> None:
    """Has zsh complete at the first Tab of a session.

    zsh loads the file then and runs it as the completion that was asked for; Typer's script only defines another one, so nothing
    is completed before the second Tab.
    """
    _completion_shared._completion_scripts["zsh"] = _ZSH
