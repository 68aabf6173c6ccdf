"""SkySpy: what a receiver hears of the sky, live over Socket.IO and HTTP.

docs/architecture.md describes the layers; tests/unit/test_architecture.py checks that a module imports only from layers below its own.
"""

__version__ = "0.1.0"
