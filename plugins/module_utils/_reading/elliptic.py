# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The elliptic curves that Go's C(crypto/x509) knows (FIPS 186-4, D.1.2), and whether a point is on one of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Curve:
    """The curve y^2 = x^3 - 3x + b over the prime field of p."""

    p: int
    b: int

    def holds(self, point: bytes) -> bool:
        """Say whether it is a point of the curve in uncompressed form (SEC 1, 2.3.4), and not the one at infinity."""
        width = (self.p.bit_length() + 7) // 8
        x, y = int.from_bytes(point[1 : 1 + width], "big"), int.from_bytes(point[1 + width :], "big")
        is_form = len(point) == 1 + 2 * width and point[0] == 4 and x < self.p and y < self.p
        return is_form and (y * y - x * x * x + 3 * x - self.b) % self.p == 0


#: By the content of the curve's object identifier.
CURVES: Mapping[bytes, Curve] = {
    bytes.fromhex("2b81040021"): Curve(  # P-224
        2**224 - 2**96 + 1,
        0xB4050A850C04B3ABF54132565044B0B7D7BFD8BA270B39432355FFB4,
    ),
    bytes.fromhex("2a8648ce3d030107"): Curve(  # P-256
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    ),
    bytes.fromhex("2b81040022"): Curve(  # P-384
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    ),
    bytes.fromhex("2b81040023"): Curve(  # P-521
        2**521 - 1,
        0x0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
    ),
}
