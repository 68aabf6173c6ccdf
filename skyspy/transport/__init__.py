"""Infrastructure: WebSocket frames, connections and packets, bounded before they are read."""
