"""How fast it is, measured: each figure beside a floor measured in the same run. ``python -m benchmarks`` runs all."""
