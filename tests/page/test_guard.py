"""Who gets in, and who does not: another site, another name for this machine, a link without its key."""

import pytest
from asgi import ask, headers, scope, status
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from kuager.board.page.guard import Guard
from kuager.board.page.link import Link

LINK = Link(host="127.0.0.1", port=8417, key="the-key-of-this-page")
HOST = "127.0.0.1:8417"
COOKIE = f"kuager-8417={LINK.key}"


async def inner(asked: Scope, receive: Receive, send: Send) -> None:
    if asked["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await PlainTextResponse("in")(asked, receive, send)


GUARD = Guard(inner, LINK)


def test_the_link_gives_a_cookie_and_takes_the_key_out_of_the_address() -> None:
    sent = ask(GUARD, scope("http", query=f"key={LINK.key}", host=HOST))
    assert status(sent) == 303
    assert headers(sent)["location"] == "/"
    cookie = headers(sent)["set-cookie"]
    assert COOKIE in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_the_cookie_lets_in_and_everything_served_is_sealed_in() -> None:
    sent = ask(GUARD, scope("http", "/recordings", host=HOST, cookie=COOKIE))
    assert status(sent) == 200
    policy = headers(sent)["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "unsafe" not in policy
    assert headers(sent)["x-content-type-options"] == "nosniff"


def test_localhost_is_the_same_machine() -> None:
    assert status(ask(GUARD, scope("http", "/x", host="localhost:8417", cookie=COOKIE))) == 200


@pytest.mark.parametrize(
    ("query", "cookie"),
    [
        ("", ""), ("key=", ""), ("key=wrong", ""), ("", "kuager-8417=wrong"), ("", "kuager-8418=the-key-of-this-page"),
        ("key=%FF%FE", ""), ("", 'kuager-8417="'), ("", "\x00;;=;"), ("key=" + "x" * 5000, ""),
    ],
)  # fmt: skip
def test_without_the_key_nobody_gets_in(query: str, cookie: str) -> None:
    sent = ask(GUARD, scope("http", query=query, host=HOST, cookie=cookie))
    assert status(sent) == 403
    assert LINK.key.encode() not in b"".join(each.get("body", b"") for each in sent)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8417", "127.0.0.1", "127.0.0.1:80", ""])
def test_a_name_that_was_pointed_at_this_machine_is_refused(host: str) -> None:
    assert status(ask(GUARD, scope("http", query=f"key={LINK.key}", host=host, cookie=COOKIE))) == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "", "null", "https://127.0.0.1:8417", "http://127.0.0.1:80"])
def test_another_sites_socket_is_refused_even_with_the_cookie(origin: str) -> None:
    sent = ask(GUARD, scope("websocket", "/live", host=HOST, cookie=COOKIE, origin=origin))
    assert sent == [{"type": "websocket.close", "code": 1008, "reason": "not allowed"}]


def test_our_own_socket_is_let_in_with_the_cookie_only() -> None:
    ours = {"host": HOST, "origin": f"http://{HOST}"}
    assert ask(GUARD, scope("websocket", "/live", cookie=COOKIE, **ours)) == [{"type": "websocket.accept"}]
    assert ask(GUARD, scope("websocket", "/live", **ours))[0]["type"] == "websocket.close"
    # The link's key is for opening the page: a socket needs the cookie.
    assert ask(GUARD, scope("websocket", "/", query=f"key={LINK.key}", **ours))[0]["type"] == "websocket.close"


@pytest.mark.parametrize(
    ("host", "answer"),
    [("192.0.2.7:8417", 200), ("localhost:8417", 200), ("[2001:db8::7]:8417", 200), ("evil.example:8417", 421),
     ("192.0.2.7:80", 421), ("192.0.2.7", 421), ("2001:db8::7", 421), ("", 421)],
)  # fmt: skip
def test_where_all_addresses_are_meant_any_number_is_ours_and_no_name(host: str, answer: int) -> None:
    everywhere = Guard(inner, Link(host="0.0.0.0", port=8417, key=LINK.key))
    assert status(ask(everywhere, scope("http", "/x", host=host, cookie=COOKIE))) == answer
    other = scope("websocket", "/live", host=host, cookie=COOKIE, origin="http://198.51.100.1:8417")
    assert ask(everywhere, other)[0]["type"] == "websocket.close"
