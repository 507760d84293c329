"""Triangles in an order in which each lies beside one that came just before, for coders that remember edges."""

import numpy as np

from designs.untrusted.geometry import Edges, Indices


def in_strips(faces: Indices, vertex_count: int) -> tuple[Indices, Indices]:
    """The faces in such an order, with vertices numbered as they are first used; and for each new vertex its old one.

    Walks from face to face over shared edges as long as there is one that was not walked on yet.
    """
    left, right = Edges.of(faces, vertex_count).pairs()
    across = np.full(3 * len(faces), -1, np.int64)
    across[left], across[right] = right // 3, left // 3
    beside: list[int] = across.tolist()
    walked = bytearray(len(faces))
    order: list[int] = []
    branches: list[int] = []
    for start in range(len(faces)):
        branches.append(start)
        while branches:
            face = branches.pop()
            while face >= 0 and not walked[face]:
                walked[face] = 1
                order.append(face)
                following = -1
                for side in (3 * face, 3 * face + 1, 3 * face + 2):
                    other = beside[side]
                    if other >= 0 and not walked[other]:
                        if following < 0:
                            following = other
                        else:
                            branches.append(other)
                face = following
    flat = faces[order].reshape(-1)
    used, first, place = np.unique(flat, return_index=True, return_inverse=True)
    by_use = np.argsort(first)
    number = np.empty(len(used), np.int64)
    number[by_use] = np.arange(len(used))
    return number[place].reshape(-1, 3), used[by_use]
