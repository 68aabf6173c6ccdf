"""What tests of every tier stand on: servers, databases, clocks and clients, each in a file of its name."""
