"""Who calls: tokens, roles, corps."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from service_kit import auth
from service_kit.errors import PermissionDenied, Unauthenticated


def entry(token: str, **roles: list[str]) -> dict[str, Any]:
    digest = hashlib.sha256(token.encode()).hexdigest()
    return {"name": f"name of {token}", "sha256": digest, "roles": roles}


def read(tmp_path: Path, document: Any) -> auth.Tokens:
    file = tmp_path / "tokens.json"
    file.write_text(json.dumps(document), "utf-8")
    return auth.Tokens.read(file)


def test_a_token_names_its_caller(tmp_path: Path) -> None:
    tokens = read(tmp_path, {"tokens": [entry("one", ww1=["checker"]), entry("two", ww1=["viewer"])]})
    assert tokens.caller("Bearer one").name == "name of one"
    assert tokens.caller("bearer two").name == "name of two"


@pytest.mark.parametrize(
    "header",
    ["", "one", "Bearer", "Bearer ", "Basic one", "Bearer One", "Bearer one ", "Bearer  one", "Bearer none"],
)
def test_other_headers_name_nobody(tmp_path: Path, header: str) -> None:
    tokens = read(tmp_path, {"tokens": [entry("one", ww1=["checker"])]})
    with pytest.raises(Unauthenticated):
        tokens.caller(header)


def test_tokens_are_compared_in_constant_time_each_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfall 32: how long it takes tells neither how much of a token is right nor which one it was."""
    compared = []

    def compare(known: bytes, asked: bytes) -> bool:
        compared.append(known)
        return known == asked

    monkeypatch.setattr(hmac, "compare_digest", compare)
    tokens = read(tmp_path, {"tokens": [entry(name, ww1=["checker"]) for name in ("one", "two", "three")]})
    tokens.caller("Bearer one")
    assert len(compared) == 3


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ([], 'an object with a non-empty list "tokens" is needed'),
        ({"tokens": []}, "non-empty list"),
        ({"tokens": {}}, "non-empty list"),
        ({"tokens": ["x"]}, "tokens[0]: exactly name, sha256 and roles"),
        ({"tokens": [{**entry("one"), "token": "one"}]}, "tokens[0]: exactly"),
        ({"tokens": [entry("one"), {**entry("two"), "name": ""}]}, "tokens[1].name"),
        ({"tokens": [{**entry("one"), "sha256": "one"}]}, "tokens[0].sha256"),
        ({"tokens": [{**entry("one"), "sha256": "A" * 64}]}, "tokens[0].sha256"),
        ({"tokens": [{**entry("one"), "roles": ["viewer"]}]}, "tokens[0].roles"),
        ({"tokens": [entry("one", ww1=["root"])]}, "no role 'root'; there are checker"),
        ({"tokens": [entry("one", ww1=["member"])]}, "no role 'member'"),
        ({"tokens": [entry("one", ww1=["member:"])]}, "no role 'member:'"),
        ({"tokens": [entry("one", ww1=["super_admin:x"])]}, "no role 'super_admin:x'"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(tmp_path: Path, document: Any, where: str) -> None:
    with pytest.raises(ValueError, match=r"tokens\.json") as caught:
        read(tmp_path, document)
    assert where in str(caught.value)


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text("{", "utf-8")
    with pytest.raises(ValueError, match="is no readable JSON"):
        auth.Tokens.read(file)


def caller(**roles: list[str]) -> auth.Caller:
    parsed = {
        corp.replace("every", "*"): frozenset(map(auth.Role.parse, kinds)) for corp, kinds in roles.items()
    }
    return auth.Caller("it", parsed)


@pytest.mark.parametrize(
    ("who", "corp", "allowed"),
    [
        (caller(ww1=["viewer"]), "ww1", True),
        (caller(ww1=["viewer"]), "ww2", False),
        (caller(ww1=["viewer"]), "", False),
        (caller(every=["viewer"]), "ww2", True),
        (caller(every=["checker"], ww1=["viewer"]), "ww1", True),
        (caller(ww1=["checker"]), "ww1", False),
        (caller(ww1=[]), "ww1", False),
        (auth.ANYONE, "ww1", True),
    ],
)
def test_a_role_holds_in_its_corp_only(who: auth.Caller, corp: str, allowed: bool) -> None:
    auth.set_caller(who)
    try:
        if allowed:
            auth.authorize("/s/Get", frozenset({"viewer", "super_admin"}), corp)
        else:
            with pytest.raises(PermissionDenied) as caught:
                auth.authorize("/s/Get", frozenset({"viewer", "super_admin"}), corp)
            assert caught.value.metadata == {"method": "Get", "any_of": "super_admin, viewer"}
    finally:
        auth.set_caller(auth.ANYONE)


def test_an_owning_role_is_for_its_own_id() -> None:
    zhang = caller(ww1=["member:zhang", "strategy_admin:7:x"])
    assert zhang.is_role("ww1", "member", "zhang")
    assert zhang.is_role("ww1", "strategy_admin", "7:x")
    assert not zhang.is_role("ww1", "member", "li")
    assert not zhang.is_role("ww2", "member", "zhang")
    assert not zhang.is_role("ww1", "strategy_admin", "zhang")
