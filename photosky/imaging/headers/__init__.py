"""Header readers: how large a picture claims to be, read from a few bytes, without a decoder and without Pillow.

Each reader is small and bounded: it reads at offsets, counts what it walks over and raises `HeaderError` for what it
can't follow. No byte reaches native code before a reader has seen its claims.
"""
