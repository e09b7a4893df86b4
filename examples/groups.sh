#!/usr/bin/env bash
# A parameter for each group of rows: codes(spray) numbers the texts of a column in sorted order, and
# a[codes(spray)] takes the number of each row's group.
#
# sprays.csv has the insects that were counted in plots after one of six sprays (Beall 1942, in
# Biometrika 32); hair_eye.csv has 592 students by the colours of hair and eyes (Snee 1974, in The
# American Statistician 28).
set -euo pipefail

say() { printf '\n# %s\n' "$*"; }
found() { # the panel at the end: the value and the parameters
    sed -n -e 's/^│ \(value [^,]*\),.*/\1/p' -e 's/^│ \(.* = [^ ]*\) .*/\1/p'
}

say "The mean root of the count for each spray, with its standard error"
adcli fit 'sqrt(count) ~ a[codes(spray)]' --data sprays.csv --start a=auto --save sprays.json |
    sed -n '2,10p'

say "A saved fit keeps the levels; another spray is an error that names it"
printf 'spray\nF\nC\n' > new.csv
adcli fit --model sprays.json --predict new.csv --format csv -o -
printf 'spray\nF\nG\n' > new.csv
adcli eval --model sprays.json --points new.csv --format csv 2>&1 || true

# Counts y of a mean exp(r) have the negative log likelihood exp(r) - y*r, but for a constant. The
# effects of sprays are normal, too: s of them is 1 here.
say "Partial pooling: log means that are shrunk towards a common one, m"
adcli descend '
    r = m + d[codes(spray)]
    sum(exp(r) - count*r) + sum(d^2)/2
  ' --data sprays.csv --start m=0,d=0 | found

say "Hair colours as points in a plane, trained to tell the colour of the eyes"
adcli descend '
    logits = H[codes(hair), :] @ E + b
    own = expand(codes(eye), 1) == range(4)
    sum(students*(logsumexp(logits, axis=1) - sum(own*logits, axis=1)))/592
  ' --data hair_eye.csv --param 'H=normal(4, 2)' --param 'E=normal(2, 4)' --param 'b=zeros(4)' \
    --method adam --rate 0.05 --batch-size 32 --epochs 300 --every 100 --seed 1 --save hair.npz |
    grep -v '^│ \(H\|E\|b\)'
