"""The imaging core: inspects a photo's header, and makes its previews from one decode.

Import from the modules. This package imports none of them, so that `photosky.imaging.presets` does not load Pillow.
"""
