"""The header that carries a token."""

from service_kit.errors import Unauthenticated


def token_in(authorization: str) -> str:
    """Returns the token of an `authorization` header; an empty one stands for none.

    Raises:
        Unauthenticated: there is no bearer token in it.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated('a header "authorization: Bearer <token>" is needed')
    return token
