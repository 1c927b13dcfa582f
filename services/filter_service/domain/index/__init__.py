"""The keywords of a corp and match mode, found in one scan whatever the number of rules."""

from filter_service.domain.index.pattern_index import PatternIndex, Rebuilt, Tuning
from filter_service.domain.index.posting import Posting, Postings

__all__ = ["PatternIndex", "Posting", "Postings", "Rebuilt", "Tuning"]
