# SPDX-License-Identifier: LGPL-2.1-or-later
"""AES-256 and its modes XTS and GCM, from FIPS 197, IEEE 1619 and NIST SP 800-38D, to check other implementations.

It is slow and protects nothing.
"""

from __future__ import annotations

BLOCK = 16


def _multiply(a: int, b: int) -> int:
    """The product of two elements of AES's field."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (0x11b if a & 0x80 else 0)
        b >>= 1
    return product


def _make_sbox() -> list[int]:
    """The substitution box: inverses, then an affine map."""
    inverse = [0] * 256
    for a in range(1, 256):
        for b in range(a, 256):
            if _multiply(a, b) == 1:
                inverse[a], inverse[b] = b, a
                break
    box = []
    for value in inverse:
        rotated = value | value << 8
        box.append((value ^ rotated >> 4 ^ rotated >> 5 ^ rotated >> 6 ^ rotated >> 7 ^ 0x63) & 0xff)
    return box


SBOX = _make_sbox()
TABLE = [_multiply(SBOX[i], 2) << 24 | SBOX[i] << 16 | SBOX[i] << 8 | _multiply(SBOX[i], 3) for i in range(256)]
INVERSE_SBOX = [SBOX.index(i) for i in range(256)]
UNMIX = [[_multiply(i, factor) for i in range(256)] for factor in (14, 11, 13, 9)]


def _substitute(word: int) -> int:
    return SBOX[word >> 24] << 24 | SBOX[word >> 16 & 255] << 16 | SBOX[word >> 8 & 255] << 8 | SBOX[word & 255]


def _rotate(word: int, bits: int) -> int:
    return (word >> bits | word << (32 - bits)) & 0xffffffff


class Aes256:
    """A key that encrypts blocks."""

    def __init__(self, key: bytes):
        if len(key) != 32:
            raise ValueError('a key is 32 bytes')
        words = [int.from_bytes(key[i:i + 4], 'big') for i in range(0, 32, 4)]
        constant = 1
        for i in range(8, 60):
            word = words[i - 1]
            if i % 8 == 0:
                word = _substitute(_rotate(word, 24)) ^ constant << 24
                constant = _multiply(constant, 2)
            elif i % 8 == 4:
                word = _substitute(word)
            words.append(words[i - 8] ^ word)
        self.words = words

    def encrypt(self, block: bytes) -> bytes:
        """One block."""
        words = self.words
        state = [int.from_bytes(block[4 * i:4 * i + 4], 'big') ^ words[i] for i in range(4)]
        for number in range(1, 14):
            state = [TABLE[state[i] >> 24] ^ _rotate(TABLE[state[(i + 1) % 4] >> 16 & 255], 8)
                     ^ _rotate(TABLE[state[(i + 2) % 4] >> 8 & 255], 16)
                     ^ _rotate(TABLE[state[(i + 3) % 4] & 255], 24)
                     ^ words[4 * number + i] for i in range(4)]
        last = [(SBOX[state[i] >> 24] << 24 | SBOX[state[(i + 1) % 4] >> 16 & 255] << 16
                 | SBOX[state[(i + 2) % 4] >> 8 & 255] << 8 | SBOX[state[(i + 3) % 4] & 255])
                ^ words[56 + i] for i in range(4)]
        return b''.join(word.to_bytes(4, 'big') for word in last)


    def decrypt(self, block: bytes) -> bytes:
        """One block, by the inverse of each step."""
        words = self.words
        state = [block[i] ^ words[56 + i // 4] >> 8 * (3 - i % 4) & 255 for i in range(16)]
        for number in range(13, -1, -1):
            # Row i of the state has been rotated to the left by i.
            state = [INVERSE_SBOX[state[4 * ((i // 4 - i % 4) % 4) + i % 4]] for i in range(16)]
            state = [state[i] ^ words[4 * number + i // 4] >> 8 * (3 - i % 4) & 255 for i in range(16)]
            if number:
                state = [UNMIX[0][state[4 * (i // 4) + i % 4]] ^ UNMIX[1][state[4 * (i // 4) + (i + 1) % 4]]
                         ^ UNMIX[2][state[4 * (i // 4) + (i + 2) % 4]] ^ UNMIX[3][state[4 * (i // 4) + (i + 3) % 4]]
                         for i in range(16)]
        return bytes(state)


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b))


def xts(key: bytes, tweak: bytes, data: bytes, decrypt: bool = False) -> bytes:
    """One unit of whole blocks under the 64 bytes of @key."""
    cipher = Aes256(key[:32])
    run = cipher.decrypt if decrypt else cipher.encrypt
    mask = int.from_bytes(Aes256(key[32:]).encrypt(tweak), 'little')
    result = bytearray()
    for i in range(0, len(data), BLOCK):
        pad = mask.to_bytes(BLOCK, 'little')
        result += _xor(run(_xor(data[i:i + BLOCK], pad)), pad)
        mask = (mask << 1 ^ (0x87 if mask >> 127 else 0)) & (1 << 128) - 1
    return bytes(result)


def xts_encrypt(key: bytes, tweak: bytes, data: bytes) -> bytes:
    """The same, encrypted."""
    return xts(key, tweak, data)


def _ghash(subkey: int, data: bytes) -> int:
    """GHASH of whole blocks."""
    value = 0
    for i in range(0, len(data), BLOCK):
        value ^= int.from_bytes(data[i:i + BLOCK], 'big')
        product, factor = 0, subkey
        for bit in range(127, -1, -1):
            if value >> bit & 1:
                product ^= factor
            factor = factor >> 1 ^ (0xe1 << 120 if factor & 1 else 0)
        value = product
    return value


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def gcm_encrypt(key: bytes, iv: bytes, aad: bytes, data: bytes) -> tuple[bytes, bytes]:
    """Ciphertext and tag, with an @iv of 12 bytes."""
    cipher = Aes256(key)
    subkey = int.from_bytes(cipher.encrypt(bytes(BLOCK)), 'big')
    stream = b''.join(cipher.encrypt(iv + (2 + i).to_bytes(4, 'big')) for i in range(-(-len(data) // BLOCK)))
    text = _xor(data, stream)
    lengths = (8 * len(aad)).to_bytes(8, 'big') + (8 * len(text)).to_bytes(8, 'big')
    tag = _ghash(subkey, _padded(aad) + _padded(text) + lengths).to_bytes(BLOCK, 'big')
    return text, _xor(tag, cipher.encrypt(iv + (1).to_bytes(4, 'big')))
