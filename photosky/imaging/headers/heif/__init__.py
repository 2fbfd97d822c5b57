"""AVIF and HEIC headers: the boxes of an ISO base media file that describe the primary image.

ISO/IEC 14496-12 (boxes), ISO/IEC 23008-12 (image items and their properties), AV1-ISOBMFF and ISO/IEC 14496-15 (codec
configurations). `layout` reads what the boxes declare; `coded` checks it against the coded data.
"""
