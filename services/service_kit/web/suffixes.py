"""Which last labels make a link of what has no scheme, and which only look as if they did."""

from functools import lru_cache

from service_kit.web.host import canonical_host
from service_kit.web.web_page import suffixes


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MOST_CHARACTERS = 63
_WORDS = _listed(
    "ad am as at be best by call case cool do fail fit fly gay got here hot how id in is it la like link ltd ma me my "
    "name new next no now one open pay pm read room run safe save say select show st star talk tips to today total "
    "us watch win wow you"
)
"""English words and short forms: a sentence that begins without a space after the last one's dot is no link
(`OK.So`, `fine.How are you`, `user.id`)."""
_SYLLABLES = _listed(
    "ba bi bo ci cu de fan ge gu hu ke kim la li lu ma me mo mu na ne ni nu pa re sa se si so su"
)
"""Chinese syllables that are suffixes, mostly of countries: surnames and particles (`A.Li`, `hao.ma`)."""
_UNITS = _listed("cm gb kg km mg ml mm ms tb")
"""Units behind a dot that belongs to the number (`500.ml`)."""
_FILES = _listed("cab docs map md mov pl ps pt pub py rs sc sh tf zip")
"""Endings of files, which may have several dots (`README.zh.md`)."""
_TITLES = _listed("dr fig jr miss mr mrs ms mx no prof sir st vol vs")
"""What stands with a dot before a name or number: `Mr.Wang`, `No.one`."""
_PRODUCTS = _listed("ado.net asp.net ml.net vb.net")
"""Names of products that are hosts only by chance."""
_FURTHER = _listed(
    "apk avi bak csv dll doc docx exe gif gz htm html ipa jpeg jpg js json log mp3 mp4 pdf png ppt pptx psd rar tar txt "
    "wav xls xlsx xml 7z"
)
"""Endings of files that are no suffixes: what ends so is a file, even with `.com` inside (`ok.com.pdf`)."""
_SPOKEN = _listed("cn com net org xyz")
"""Suffixes that are enough behind a dot that may be a word or end a sentence: `ok点com`, `ok。com`."""


@lru_cache(maxsize=4_096)
def is_suffix(label: str) -> bool:
    """Tells whether the last label of a host is one that the public suffix list knows, in any spelling."""
    if not label or len(label) > _MOST_CHARACTERS:
        return False
    if label.isascii() and "%" not in label:
        return suffixes().is_public(label, accept_unknown=False)
    host = canonical_host(f"a.{label}.a")  # on its own it would be no host, and last it could end in a dot
    return host is not None and suffixes().is_public(host[2:-2], accept_unknown=False)


def is_spoken_suffix(label: str) -> bool:
    """Tells whether the suffix makes a host even behind 点 or 。."""
    return label.lower() in _SPOKEN


def is_file_ending(label: str) -> bool:
    """Tells whether what ends so is a file, whatever stands before."""
    return label.lower() in _FURTHER


def is_title(label: str) -> bool:
    """Tells whether a name or number follows on the dot behind it."""
    return label.lower() in _TITLES


@lru_cache(maxsize=4_096)
def is_written_as_link(host: str) -> bool:
    """Tells whether a canonical host is a link as it stands, without scheme, www, port and path."""
    labels = host.split(".")
    last = labels[-1]
    if last in _FILES or host in _PRODUCTS or suffixes().is_public(host):
        return False
    if len(labels) > 2:
        return True
    return not (
        last in _WORDS
        or last in _SYLLABLES
        or last in _UNITS
        or (is_title(labels[0]) and last not in _SPOKEN)
    )
