"""Linear elasticity on a grid of equal cubes: what topology optimization asks for, and nothing more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Values = NDArray[np.float64]
Indices = NDArray[np.int64]

POISSON = 0.33
_CORNERS = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]])


def stiffness_of_cube() -> Values:
    """Stiffness (24, 24) of a unit cube of modulus 1: trilinear, two Gauss points a side."""
    elastic = np.zeros((6, 6))
    elastic[:3, :3] = POISSON
    elastic[np.arange(3), np.arange(3)] = 1 - POISSON
    elastic[np.arange(3, 6), np.arange(3, 6)] = (1 - 2 * POISSON) / 2
    elastic /= (1 + POISSON) * (1 - 2 * POISSON)
    signs = 2.0 * _CORNERS - 1
    total = np.zeros((24, 24))
    for gauss in signs / np.sqrt(3):
        # Shape functions are products of (1 + s x) / 2 on -1..1; the cube's edge is 1, so slopes double.
        factors = (1 + signs * gauss) / 2
        slopes = np.stack([signs[:, a] * factors[:, (a + 1) % 3] * factors[:, (a + 2) % 3] for a in range(3)], axis=1)
        strain = np.zeros((6, 24))
        for axis in range(3):
            strain[axis, axis::3] = slopes[:, axis]
        for row, (one, other) in enumerate(((0, 1), (1, 2), (2, 0)), start=3):
            strain[row, one::3], strain[row, other::3] = slopes[:, other], slopes[:, one]
        total += strain.T @ elastic @ strain / 8
    symmetric: Values = (total + total.T) / 2
    return symmetric


class Grid:
    """Cells (x, y, z) with their nodes; degrees of freedom are three a node. `held` are those that cannot move."""

    def __init__(self, cells: tuple[int, int, int], held: NDArray[np.bool_]) -> None:
        self.cells = cells
        nodes = np.arange(int(np.prod(np.array(cells) + 1))).reshape(np.array(cells) + 1)
        corners = [nodes[i : i + cells[0], j : j + cells[1], k : k + cells[2]].ravel() for i, j, k in _CORNERS.tolist()]
        self.freedoms: Indices = (3 * np.stack(corners, axis=1)[:, :, None] + np.arange(3)).reshape(-1, 24)
        self.unit = stiffness_of_cube()
        self.free = ~held
        size = 3 * nodes.size
        rows, columns = np.repeat(self.freedoms, 24, axis=1).ravel(), np.tile(self.freedoms, 24).ravel()
        key = rows * size + columns
        places, self._slot = np.unique(key, return_inverse=True)
        pattern = csr_matrix((np.ones(len(places)), (places // size, places % size)), shape=(size, size))
        self._columns, self._starts = pattern.indices, pattern.indptr
        self._size = size
        self._diagonal = np.flatnonzero(places // size == places % size)

    def solve(self, moduli: Values, load: Values, guess: Values, tolerance: float) -> Values:
        """Displacements for a modulus a cell, by conjugate gradients from `guess`.

        Sums are numpy's own and not BLAS': they do not depend on the number of threads.
        """
        data = np.bincount(self._slot, (moduli[:, None] * self.unit.ravel()).ravel())
        matrix = csr_matrix((data, self._columns, self._starts), shape=(self._size, self._size))
        scale = 1 / np.maximum(data[self._diagonal], 1e-12)
        moved = np.where(self.free, guess, 0.0)
        rest = np.where(self.free, load - matrix @ moved, 0.0)
        goal = tolerance**2 * np.sum(load * load)
        ready = scale * rest
        way, energy = ready.copy(), np.sum(rest * ready)
        for _ in range(1500):
            if np.sum(rest * rest) < goal:
                break
            pushed = np.where(self.free, matrix @ way, 0.0)
            length = energy / np.sum(way * pushed)
            moved += length * way
            rest -= length * pushed
            ready = scale * rest
            before, energy = energy, np.sum(rest * ready)
            way = ready + energy / before * way
        return moved

    def energies(self, moved: Values) -> Values:
        """Strain energy a cell for modulus 1."""
        own = moved[self.freedoms]
        result: Values = np.einsum("ni,ij,nj->n", own, self.unit, own, optimize=["einsum_path", (0, 1), (0, 1)])
        return result
