"""What to paste into a program so that it uses a new key: three ready pieces of code.

Law: pure: an address and a key in, texts out. They are shown with the key, once.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snippet:
    """One piece of code; `key` is a word for its element's id."""

    key: str
    title: str
    text: str


def snippets(address: str, path: str, token: str) -> tuple[Snippet, ...]:
    """The pieces for a server at `address` (no slash at its end), whose Socket.IO is served at `path`."""
    custom = path.strip("/") != "socket.io"
    js_path = f', path: "{path}"' if custom else ""
    py_path = f', socketio_path="{path.strip("/")}"' if custom else ""
    return (
        Snippet(
            "js",
            "JavaScript, with socket.io-client",
            f"""import {{ io }} from "socket.io-client";

const token = "{token}";
const socket = io("{address}", {{ auth: {{ token }}, transports: ["websocket"]{js_path} }});
socket.on("connect", () => socket.emit("subscribe", {{ topics: ["aircraft"] }}));
socket.on("aircraft:snapshot", ({{ aircraft }}) => console.log(aircraft.length, "aircraft"));
socket.on("connect_error", (error) => console.error(error.message));""",
        ),
        Snippet(
            "python",
            "Python, with python-socketio",
            f"""import socketio

token = "{token}"
client = socketio.Client()
client.on("connect", lambda: client.emit("subscribe", {{"topics": ["aircraft"]}}))
client.on("aircraft:snapshot", lambda state: print(len(state["aircraft"]), "aircraft"))
client.connect("{address}", auth={{"token": token}}, transports=["websocket"]{py_path})
client.wait()""",
        ),
        Snippet("curl", "curl", f'curl -H "X-API-Key: {token}" {address}/api/aircraft/'),
    )
