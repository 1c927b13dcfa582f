"""Files that hold a rule."""

from pathlib import Path

from groupguard.rule.v1.rule_pb2 import Rule
from groupguard_cli.lines import BadLines, decoded, file_name, opened, parsed, refusing_bad_lines


def read_rule(file: Path) -> Rule:
    """Reads a rule in protobuf JSON; ends the command with exit code 2 if the file holds none."""
    with refusing_bad_lines(), opened(file) as raw:
        try:
            return parsed(decoded(raw.read()), Rule())
        except ValueError as error:
            raise BadLines([f"{file_name(file)}: {error}"]) from None
