"""Doors: Socket.IO. `wire` bounds what a client may do before anything of ours runs, `door` admits, greets and
dispatches for all four namespaces, `judge` takes back what no longer holds; one small file per namespace."""
