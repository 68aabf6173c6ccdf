"""SkySpy: a receiver's sky, live over Socket.IO and HTTP, behind one door.

The floors of the house (a module imports only from floors below its own) are
drawn in docs/architecture.md and held by tests/unit/test_architecture.py.
"""

__version__ = "0.1.0"
