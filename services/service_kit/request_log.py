"""Logs: one JSON line an event on standard error, never with a message's text or a customer's id."""

import logging
import sys
from typing import Any

import structlog


def configure_logging(level: str, service: str, form: str = "json") -> None:
    """Sets up structlog for a process.

    Args:
        level: debug, info, warning or error; lesser events are not written.
        service: name written with every line.
        form: `json`, or `text` for people.
    """
    json = form == "json"
    # A frame's variables hold message texts, ids and passwords: tracebacks tell places only.
    exceptions: Any = (
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        )
        if json
        else structlog.processors.format_exc_info
    )
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            exceptions,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)


def log() -> Any:
    """Returns the logger."""
    return structlog.get_logger()
