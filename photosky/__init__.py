"""What PhotoSky knows: photos, keys, errors, imaging, and the thin edge to AWS. No CDK in here."""
