"""What `make bench`, `make load` and `make simulate` run: measurements of PhotoSky, none of them a test."""
