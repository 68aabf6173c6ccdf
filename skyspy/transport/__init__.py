"""Infrastructure: client connections, from bytes on the TCP socket to Socket.IO packets.

`frames` is the WebSocket protocol, `handler` and `http` serve one HTTP connection, `outbox` is the queue of packets to a
client, `connection` is the registry of all connections, `guard` checks origins and limits, `packets` validates
Socket.IO packets, `rate_limit` counts, `setup` installs all of it. Nothing here knows users, topics or events.
"""
