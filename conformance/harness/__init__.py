"""What the conformance suite drives a server with: real clients, and a hand for what they refuse to send."""
