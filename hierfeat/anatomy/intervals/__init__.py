"""Exact receptive fields: intervals of pixels carried along through every operation of a forward pass."""
