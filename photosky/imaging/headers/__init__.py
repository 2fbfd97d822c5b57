"""Header readers: the declared size of an image, read from a few bytes without a decoder and without Pillow.

Each reader is small and bounded: it reads at offsets, counts what it visits, and raises `HeaderError` for invalid
input. Every upload passes its reader before any byte reaches native code.
"""
