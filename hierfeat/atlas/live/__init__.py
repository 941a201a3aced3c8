"""The network inside the page: its graph and weights, and the engine that runs them there."""
