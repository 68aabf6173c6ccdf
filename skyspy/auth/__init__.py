"""Authentication and authorization, for sockets, HTTP and the panel alike.

`authorize` is the one function that admits or refuses; `principal` the record of who is admitted; `policy` a pure table of
verdicts; `tokens`, `apikeys`, `passwords` and `panel_sessions` identify credentials. Nothing here imports a socket, request or
page.
"""
