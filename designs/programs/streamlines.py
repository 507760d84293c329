"""Evenly spaced streamlines on a grid, after Jobard and Lefer (1997)."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Line = NDArray[np.float64]
"""Points (n, 2) as x, y in grid cells."""

STEP = 0.6
FINE = 4
"""Occupancy is kept on a grid this many times finer than the field."""

CLOSEST = 0.62
"""A growing line stops at this part of the spacing that a new line needs to start."""

SHORTEST = 5.0
"""Lines shorter than this many spacings are not drawn; they would look like lint."""


def evenly_spaced(
    *,
    velocity: Values,
    spacing: Values,
    blocked: NDArray[np.bool_],
    random: np.random.Generator,
    longest: int,
) -> list[Line]:
    """Cover the free cells with streamlines.

    `velocity` is (2, height, width) of unit x, y; `spacing` (height, width) in cells, at most 16; `longest`
    is in steps of 0.6 cells. Order and content depend only on the arguments and the state of `random`.
    """
    return _Weaver(velocity, spacing, blocked, longest).weave(random)


class _Weaver:
    def __init__(self, velocity: Values, spacing: Values, blocked: NDArray[np.bool_], longest: int) -> None:
        self.height, self.width = spacing.shape
        # Plain lists: single elements are read far faster from them than from arrays.
        self.right: list[list[float]] = velocity[0].tolist()
        self.down: list[list[float]] = velocity[1].tolist()
        self.spacing: list[list[float]] = spacing.tolist()
        self.longest = longest
        wide = np.repeat(np.repeat(blocked, FINE, axis=0), FINE, axis=1)
        self.taken = wide.astype(np.uint8)
        self.reserved = wide.astype(np.uint8)
        self.discs: dict[int, NDArray[np.bool_]] = {}

    def weave(self, random: np.random.Generator) -> list[Line]:
        lines: list[Line] = []
        starts = random.uniform((0, 0), (self.width - 1, self.height - 1), size=(4000, 2)).tolist()
        queue: deque[Line] = deque()
        for x, y in starts:
            self._try(x, y, lines, queue)
            while queue:
                line = queue.popleft()
                for x_beside, y_beside in self._beside(line):
                    self._try(x_beside, y_beside, lines, queue)
        return lines

    def _try(self, x: float, y: float, lines: list[Line], queue: deque[Line]) -> None:
        if not (1 <= x < self.width - 2 and 1 <= y < self.height - 2):
            return
        if self.reserved[int(y * FINE), int(x * FINE)]:
            return
        ahead, closed = self._trace(x, y, 1.0)
        behind = [] if closed else self._trace(x, y, -1.0)[0]
        points = [*reversed(behind), (x, y), *ahead]
        if (len(points) - 1) * STEP < SHORTEST * self.spacing[int(y)][int(x)]:
            return
        line = np.array(points)
        self._stamp(points)
        lines.append(line)
        queue.append(line)

    def _direction(self, x: float, y: float) -> tuple[float, float]:
        column, row = int(x), int(y)
        fx, fy = x - column, y - row
        a, b, c, d = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
        upper, lower = self.right[row], self.right[row + 1]
        u = a * upper[column] + b * upper[column + 1] + c * lower[column] + d * lower[column + 1]
        upper, lower = self.down[row], self.down[row + 1]
        v = a * upper[column] + b * upper[column + 1] + c * lower[column] + d * lower[column + 1]
        return u, v

    def _trace(self, x: float, y: float, sign: float) -> tuple[list[tuple[float, float]], bool]:
        """Follow the field by the midpoint rule until it ends; tell whether the line closed on its start."""
        points: list[tuple[float, float]] = []
        start_x, start_y = x, y
        taken, width, height = self.taken, self.width - 2, self.height - 2
        half, step = sign * STEP / 2, sign * STEP
        for count in range(self.longest):
            u, v = self._direction(x, y)
            u, v = self._direction(x + half * u, y + half * v)
            if u * u + v * v < 0.25:
                break
            x, y = x + step * u, y + step * v
            if not (1 <= x < width and 1 <= y < height) or taken[int(y * FINE), int(x * FINE)]:
                break
            points.append((x, y))
            if count > 12 and math.hypot(x - start_x, y - start_y) < STEP:
                points.append((start_x, start_y))
                return points, True
        return points, False

    def _beside(self, line: Line) -> list[tuple[float, float]]:
        """Starting points one spacing to the left and right of a line."""
        points = line[:: max(1, round(1.5 / STEP))]
        if len(points) < 3:
            return []
        tangent = np.gradient(points, axis=0)
        tangent /= np.maximum(np.hypot(*tangent.T), 1e-9)[:, None]
        away = np.array([self.spacing[int(y)][int(x)] for x, y in points])[:, None] * 1.02
        side = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) * away
        both = np.stack([points + side, points - side], axis=1).reshape(-1, 2)
        return [(x, y) for x, y in both.tolist()]

    def _disc(self, radius: int) -> NDArray[np.bool_]:
        if radius not in self.discs:
            offsets = np.arange(-radius, radius + 1)
            self.discs[radius] = offsets[:, None] ** 2 + offsets[None, :] ** 2 <= radius * radius
        return self.discs[radius]

    def _stamp(self, points: list[tuple[float, float]]) -> None:
        for x, y in points:
            away = self.spacing[int(y)][int(x)] * FINE
            column, row = int(x * FINE), int(y * FINE)
            for grid, radius in ((self.reserved, round(away)), (self.taken, round(away * CLOSEST))):
                top, left = row - radius, column - radius
                cut_top, cut_left = max(0, -top), max(0, -left)
                disc = self._disc(radius)[cut_top:, cut_left:]
                window = grid[top + cut_top : row + radius + 1, left + cut_left : column + radius + 1]
                window |= disc[: window.shape[0], : window.shape[1]].view(np.uint8)
