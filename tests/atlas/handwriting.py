"""Digits as strokes that a hand might draw: templates of lines, bent, slanted, sized and placed at random."""

from itertools import pairwise

import numpy as np

Stroke = list[tuple[float, float]]

#: Most sevens among UCI's digits look crossed (not counted); plain ones are read as other digits more often.
CROSSED_SEVEN = 77
#: For each digit some ways to write it; strokes are corners (x, y) in a box one unit high, y downwards.
TEMPLATES: dict[int, list[list[Stroke]]] = {
    0: [
        [[(0.35, 0), (0.1, 0.2), (0.02, 0.5), (0.1, 0.8), (0.35, 1), (0.6, 0.8), (0.68, 0.5), (0.6, 0.2), (0.35, 0)]],
        [
            [
                (0.5, 0.05),
                (0.2, 0.1),
                (0.05, 0.45),
                (0.15, 0.9),
                (0.4, 1),
                (0.65, 0.75),
                (0.65, 0.3),
                (0.45, 0),
                (0.3, 0.05),
            ]
        ],
    ],
    1: [[[(0.2, 0), (0.2, 1)]], [[(0.3, 0), (0.25, 0.5), (0.2, 1)]], [[(0.05, 0.2), (0.25, 0), (0.25, 1)]]],
    2: [
        [
            [
                (0.05, 0.22),
                (0.2, 0.03),
                (0.45, 0.02),
                (0.6, 0.22),
                (0.5, 0.5),
                (0.2, 0.8),
                (0, 1),
                (0.3, 0.97),
                (0.65, 1),
            ]
        ],
        [[(0.08, 0.15), (0.35, 0), (0.58, 0.15), (0.55, 0.4), (0.05, 1)], [(0.05, 1), (0.65, 0.98)]],
    ],
    3: [
        [
            [
                (0.05, 0.1),
                (0.3, 0),
                (0.55, 0.12),
                (0.52, 0.35),
                (0.25, 0.47),
                (0.55, 0.58),
                (0.62, 0.8),
                (0.4, 1),
                (0.05, 0.92),
            ]
        ],
        [
            [(0.02, 0.05), (0.5, 0.03), (0.25, 0.42)],
            [(0.25, 0.42), (0.55, 0.5), (0.62, 0.75), (0.4, 0.98), (0.02, 0.9)],
        ],
    ],
    4: [
        [[(0.1, 0), (0.05, 0.5), (0.65, 0.52)], [(0.52, 0.05), (0.48, 1)]],
        [[(0.45, 0), (0, 0.62), (0.65, 0.62)], [(0.48, 0.3), (0.48, 1)]],
    ],
    5: [
        [[(0.6, 0.02), (0.12, 0.03), (0.08, 0.43), (0.35, 0.38), (0.6, 0.55), (0.58, 0.85), (0.3, 1), (0, 0.9)]],
        [[(0.12, 0.03), (0.08, 0.45), (0.4, 0.4), (0.6, 0.65), (0.45, 0.95), (0.02, 0.95)], [(0.12, 0.03), (0.6, 0)]],
    ],
    6: [
        [[(0.5, 0), (0.2, 0.25), (0.05, 0.65), (0.2, 0.97), (0.48, 0.95), (0.57, 0.72), (0.4, 0.55), (0.1, 0.68)]],
        [[(0.4, 0), (0.1, 0.4), (0.03, 0.75), (0.25, 1), (0.52, 0.85), (0.48, 0.6), (0.25, 0.55), (0.06, 0.75)]],
    ],
    7: [
        [[(0, 0.03), (0.6, 0.02), (0.4, 0.45), (0.25, 1)]],
        [[(0, 0.08), (0.3, 0.05), (0.6, 0.03), (0.35, 0.5), (0.2, 1)]],
    ],
    CROSSED_SEVEN: [
        [[(0, 0.08), (0.3, 0.06), (0.6, 0.03), (0.35, 0.5), (0.2, 1)], [(0.1, 0.52), (0.58, 0.48)]],
        [[(0.02, 0.14), (0.05, 0.02), (0.6, 0.02), (0.4, 0.45), (0.28, 1)], [(0.1, 0.5), (0.62, 0.46)]],
    ],
    8: [
        [
            [
                (0.5, 0.12),
                (0.3, 0),
                (0.08, 0.15),
                (0.15, 0.38),
                (0.48, 0.58),
                (0.58, 0.82),
                (0.32, 1),
                (0.05, 0.85),
                (0.15, 0.6),
                (0.48, 0.35),
                (0.52, 0.15),
            ]
        ],
        [
            [(0.3, 0), (0.08, 0.2), (0.3, 0.45), (0.55, 0.22), (0.3, 0)],
            [(0.3, 0.45), (0.02, 0.75), (0.3, 1), (0.6, 0.75), (0.3, 0.45)],
        ],
    ],
    9: [
        [[(0.55, 0.15), (0.3, 0), (0.05, 0.2), (0.15, 0.45), (0.42, 0.42), (0.56, 0.15), (0.53, 0.55), (0.45, 1)]],
        [[(0.52, 0.08), (0.2, 0.02), (0.04, 0.3), (0.25, 0.5), (0.5, 0.35), (0.55, 0.08), (0.5, 0.6), (0.35, 1)]],
    ],
}


def digit(label: int, seed: int) -> list[Stroke]:
    """Strokes of one written digit: points (x, y) as shares of the paper, close to each other."""
    random = np.random.default_rng([label, seed])
    template = TEMPLATES[label][seed % len(TEMPLATES[label])]
    slant, turn = random.normal(0.08, 0.12), np.deg2rad(random.normal(0, 4))
    size = random.uniform(0.45, 0.75)
    stretch = random.uniform(0.85, 1.25)
    corners = {corner: np.array(corner) + random.normal(0, 0.02, 2) for stroke in template for corner in stroke}
    bend = np.array([[stretch, -slant], [0, 1]])
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    strokes = [
        size * (_smooth(np.array([corners[corner] for corner in stroke])) @ (rotation @ bend).T) for stroke in template
    ]
    every = np.concatenate(strokes)
    room = 0.94 - np.ptp(every, axis=0)
    shift = 0.03 + random.uniform(0.25, 0.75, 2) * room - every.min(0)
    return [[tuple(map(float, point + shift)) for point in stroke] for stroke in strokes]


def _smooth(corners: np.ndarray, rounds: int = 3) -> np.ndarray:
    """Chaikin's corner cutting, with the ends kept."""
    for _ in range(rounds if len(corners) > 2 else 0):
        cut = [point for a, b in pairwise(corners) for point in (0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b)]
        corners = np.array([corners[0], *cut[1:-1], corners[-1]])
    return corners
