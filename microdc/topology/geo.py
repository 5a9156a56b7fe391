"""Distances on the earth, and how long light takes for them."""

from __future__ import annotations

import math

from microdc.units import Delay

Place = tuple[float, float]
"""Latitude and longitude, degrees."""

EARTH_KM = 6371.0088
"""Mean radius of the earth, km (IUGG)."""
FIBRE_NS = 4900.0
"""Ns for each km of fibre: a group index of 1.468 (thebroadcastbridge.com/3988: 203,000 km/s)."""
RADIO_NS = 1e9 / 299_792.458
"""Ns for each km through air or vacuum: the speed of light."""


def great_circle(a: Place, b: Place) -> float:
    """Km between two places on a sphere (haversine)."""
    (lat_a, lon_a), (lat_b, lon_b) = (map(math.radians, place) for place in (a, b))
    lat, lon = math.sin((lat_b - lat_a) / 2), math.sin((lon_b - lon_a) / 2)
    chord = lat * lat + math.cos(lat_a) * math.cos(lat_b) * lon * lon
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(chord)))


def light(km: float, medium: str = "fibre") -> Delay:
    """Ns that light takes one way."""
    return Delay(round(km * (RADIO_NS if medium == "radio" else FIBRE_NS)))
