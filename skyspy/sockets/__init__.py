"""Interfaces: Socket.IO. `base` admits, greets and dispatches for all four namespaces, one small file each; `reauthorizer` applies
changed rights to live sessions, `subscriptions` keeps rooms, `requests` answers requests. What a client may send is bounded in transport/."""
