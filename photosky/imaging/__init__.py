"""The imaging core: what a photo is, told from its header, and its previews, made from one decode.

Import from the modules. This package imports none of them, so that `photosky.imaging.presets` costs no Pillow.
"""
