#!/usr/bin/env bash
# A neural network that reads handwritten digits: scikit-learn's 1,797 pictures of 8x8 pixels (its
# extra: pip install 'adcli[examples]'). The network is a program in adcli's language, trained in
# mini-batches, saved, and judged by adcli itself on rows that it never saw.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 - <<'PYTHON'
import json
import random
import sys

try:
    from sklearn.datasets import load_digits
except ImportError:
    sys.exit("this example needs scikit-learn: pip install 'adcli[examples]'")

digits = load_digits()
rows = list(zip(digits.data.tolist(), digits.target.tolist()))
random.Random(1).shuffle(rows)
for name, part in (("train", rows[360:]), ("held_out", rows[:360])):
    with open(f"{name}.jsonl", "w") as file:
        for pixels, digit in part:
            file.write(json.dumps({"pixels": pixels, "digit": digit}) + "\n")
PYTHON

# Each row of `pixels` has 64 numbers from 0 to 16. `chosen` is 1 at a row's own digit, else 0.
network='
    hidden = relu(pixels/16 @ W1 + b1)
    logits = hidden @ W2 + b2
    chosen = expand(digit, 1) == range(10)
    right = sum(chosen*logits, axis=1)
'

# These matrices are small: on a busy machine the threads of BLAS would wait for each other.
export OPENBLAS_NUM_THREADS=1

# The cross entropy of softmax(logits), by logsumexp.
adcli descend "$network; mean(logsumexp(logits, axis=1) - right)" --data train.jsonl \
    --param 'W1=he(64, 256)' --param 'b1=zeros(256)' \
    --param 'W2=glorot(256, 10)' --param 'b2=zeros(10)' --seed 0 \
    --method adam --rate 0.003 --weight-decay 1e-4 --batch-size 64 --epochs 40 --shuffle \
    --validation 0.1 --save network.npz

# A row is right where no logit is larger than that of its digit.
accuracy=$(adcli eval "$network; mean(right == max(logits, axis=1))" --at network.npz \
    --data held_out.jsonl --format plain)
echo "accuracy on the held-out rows: $accuracy"
[ "$(adcli eval "$accuracy >= 0.97" --format plain)" = 1.0 ]
