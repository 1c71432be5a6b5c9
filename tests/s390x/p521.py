# SPDX-License-Identifier: LGPL-2.1-or-later
"""Points of the curve P-521, from FIPS 186-4 and SEC 1, to check other implementations. It protects nothing."""

from __future__ import annotations

SIZE = 66

P = 2**521 - 1
B = int('0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573'
        'df883d2c34f1ef451fd46b503f00', 16)
ORDER = int('01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d0'
            '3bb5c9b8899c47aebb6fb71e91386409', 16)
G = (int('00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348'
         'b3c1856a429bf97e7e31c2e5bd66', 16),
     int('011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c'
         '7086a272c24088be94769fd16650', 16))

Point = tuple[int, int]


def is_on_curve(point: Point) -> bool:
    """Whether @point is one."""
    x, y = point
    return (y * y - x * x * x + 3 * x - B) % P == 0


def _add(a: Point | None, b: Point | None) -> Point | None:
    """The sum; None is the point at infinity."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(factor: int, point: Point) -> Point:
    """@factor times @point, which must not be at infinity."""
    result: Point | None = None
    addend: Point | None = point
    while factor:
        if factor & 1:
            result = _add(result, addend)
        addend = _add(addend, addend)
        factor >>= 1
    if result is None:
        raise ValueError('the point is at infinity')
    return result
