"""What adcli costs, as ratios against peers measured in the same run.

`python -m tests.benchmarks [NAMES] [--json FILE] [--runs N] [--quick]` measures the adcli that is
installed beside the running Python. `pip install '.[bench]'` brings the peers.
"""
