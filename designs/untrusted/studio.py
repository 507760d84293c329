"""The studio: where camera, backdrop and lights stand around an object one unit in size. Pure geometry, z up."""

from dataclasses import dataclass

import numpy as np

from designs.untrusted.geometry import Floats, Indices

FIELD_OF_VIEW = 26.0
"""Degrees across the width: about an 80 mm lens on small film, which keeps verticals calm."""
MARGIN = 0.15
ASPECT = 4 / 3


@dataclass(frozen=True)
class Stage:
    """Maps a model into the studio: rotate so that z is up, scale to one unit, stand on the floor at the origin."""

    rotation: Floats
    scale: float
    offset: Floats

    def place(self, positions: Floats) -> Floats:
        """Studio coordinates of the model's positions."""
        return (positions @ self.rotation.T) * self.scale + self.offset

    def turn(self, normals: Floats) -> Floats:
        """Studio directions of the model's normals."""
        return normals @ self.rotation.T


@dataclass(frozen=True)
class Mood:
    """How one picture differs a little from the next: the side that the light comes from, a further turn in
    degrees, and the linear color of the ground."""

    mirrored: bool = False
    turn: float = 0.0
    ground: tuple[float, float, float] = (0.86, 0.835, 0.785)

    @property
    def side(self) -> float:
        return -1.0 if self.mirrored else 1.0


GROUNDS = ((0.86, 0.835, 0.785), (0.83, 0.822, 0.80), (0.805, 0.812, 0.81), (0.85, 0.815, 0.775))
TURN = 6.0


def mood_of(digest: bytes) -> Mood:
    """The mood of a file by its SHA-256: always the same for the file, and different on a page of many."""
    return Mood(bool(digest[0] & 1), TURN * (digest[1] / 127.5 - 1), GROUNDS[digest[2] % len(GROUNDS)])


@dataclass(frozen=True)
class Camera:
    """Where the eye stands and what it looks at."""

    origin: Floats
    target: Floats

    @property
    def direction(self) -> Floats:
        way = self.target - self.origin
        return way / np.linalg.norm(way)


def stage_for(positions: Floats, up: str) -> Stage:
    """The stage for a model with these positions and this up axis ("y" or "z")."""
    rotation = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]]) if up == "y" else np.eye(3)
    turned = positions @ rotation.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    size = float(np.linalg.norm(high - low)) or 1.0
    middle = (low + high) / 2
    return Stage(rotation, 1 / size, -np.array([middle[0], middle[1], low[2]]) / size)


def camera_for(points: Floats, mood: Mood) -> Camera:
    """A three-quarter view that shows the broad side, from higher up the flatter the object, fitted to the frame."""
    extent = points.max(axis=0) - points.min(axis=0)
    flatness = float(extent[2] / max(extent[0], extent[1], 1e-9))
    elevation = float(np.interp(flatness, [0.0, 0.12, 0.5, 1.2, 3.0], [48, 44, 30, 20, 13]))
    deep = float(extent[1] / max(extent[0], 1e-9))
    azimuth = mood.side * (float(np.interp(deep, [0.25, 1.0, 4.0], [24, 34, 62])) + mood.turn)
    high, round_ = np.radians(elevation), np.radians(azimuth)
    toward = np.array([np.sin(round_) * np.cos(high), -np.cos(round_) * np.cos(high), np.sin(high)])
    return _fitted(points, toward)


def _fitted(points: Floats, toward: Floats) -> Camera:
    # Four planes through the eye bound the frame; each is pushed out until every point is inside.
    forward = -toward
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    x, y, z = points @ right, points @ up, points @ forward
    wide = np.tan(np.radians(FIELD_OF_VIEW) / 2) * (1 - MARGIN)
    tall = np.tan(np.radians(FIELD_OF_VIEW) / 2) / ASPECT * (1 - MARGIN)
    left_most, right_most = (x + wide * z).min(), (x - wide * z).max()
    bottom, top = (y + tall * z).min(), (y - tall * z).max()
    back = min((left_most - right_most) / (2 * wide), (bottom - top) / (2 * tall))
    eye = right * (left_most + right_most) / 2 + up * (bottom + top) / 2 + forward * back
    return Camera(eye, eye + forward)


def backdrop(camera: Camera) -> tuple[Floats, Floats, Indices]:
    """A floor that bends up into a wall behind the object, as in a photographer's studio: positions, normals, faces."""
    heading = np.array([camera.direction[0], camera.direction[1], 0.0])
    heading /= np.linalg.norm(heading)
    side = np.array([heading[1], -heading[0], 0.0])
    start, bend, radius, height = -14.0, 2.6, 3.0, 14.0
    angles = np.linspace(0, np.pi / 2, 48)
    along = np.r_[start, bend + radius * np.sin(angles), bend + radius]
    above = np.r_[0.0, radius * (1 - np.cos(angles)), height]
    normal_along = np.r_[0.0, -np.sin(angles), -1.0]
    normal_above = np.r_[1.0, np.cos(angles), 0.0]
    profile = along[:, None] * heading + above[:, None] * np.array([0, 0, 1.0])
    normal = normal_along[:, None] * heading + normal_above[:, None] * np.array([0, 0, 1.0])
    positions = np.concatenate([profile - side * 16, profile + side * 16])
    normals = np.concatenate([normal, normal])
    count = len(profile)
    first = np.arange(count - 1)
    faces = np.concatenate(
        [
            np.stack([first, first + count, first + 1], axis=1),
            np.stack([first + 1, first + count, first + count + 1], axis=1),
        ]
    )
    return positions, normals, faces


@dataclass(frozen=True)
class Panel:
    """A rectangular light: where it hangs, where it faces, its half width and height, and its radiance."""

    origin: Floats
    target: Floats
    half_width: float
    half_height: float
    radiance: tuple[float, float, float]


def lights(camera: Camera, points: Floats, mood: Mood) -> list[Panel]:
    """A large key from the upper left in front, and a narrow rim from behind on the right, or both mirrored.

    The flatter the object, the lower the key: only a raking light shows a relief.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    flatness = float((high[2] - low[2]) / max(high[0] - low[0], high[1] - low[1], 1e-9))
    key_height = float(np.interp(flatness, [0.08, 0.4], [1.25, 2.2]))
    forward = np.array([camera.direction[0], camera.direction[1], 0.0])
    forward /= np.linalg.norm(forward)
    right = mood.side * np.array([forward[1], -forward[0], 0.0])
    above = np.array([0.0, 0.0, 1.0])
    key = middle - right * 2.0 - forward * 0.45 + above * key_height
    rim = middle + right * 1.9 + forward * 1.5 + above * 1.5
    return [
        Panel(key, middle, 0.75, 0.75, (13.0, 12.6, 12.0)),
        Panel(rim, middle, 0.3, 0.8, (5.0, 5.1, 5.3)),
    ]
