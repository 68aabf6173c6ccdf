"""Documents of other providers (weather, flight restrictions, NOTAMs, boundaries), polled over HTTP or from a file.

`sources.py` has one row per source; a `Poller` asks for its document by a `Fetcher`, hands it on, keeps the last good one through the
port `LastGood`, and knows how fresh it is. What is in a document is read elsewhere (`skyspy.airspace`).
"""
