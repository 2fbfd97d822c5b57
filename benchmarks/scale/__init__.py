"""Model of cost, quotas and bursts on AWS; `make simulate` writes `docs/scale.md` from it."""
